// SPDX-License-Identifier: Apache-2.0
// Counter to uniform 32-bit integer: Speck32/64 encryption, two rounds a stage.
// Latency 11, one number per cycle; stages without a valid counter do not move.
`default_nettype none

module hvae_rng_lane (
    input  wire             clk_i,
    input  wire             rst_i,
    input  wire [22*16-1:0] keys_i,
    input  wire             valid_i,
    input  wire [31:0]      counter_i,
    output wire [31:0]      uniform_o
);
  /* verilator no_inline_module */  // one class for all lanes
  localparam STAGES = 11;

  reg [STAGES-1:0] valid_q;
  always @(posedge clk_i)
    if (rst_i) valid_q <= {STAGES{1'b0}};
    else valid_q <= {valid_q[STAGES-2:0], valid_i};

  // Stage s: x' = (x >>> 7) + y ^ key, y' = (y <<< 2) ^ x', twice (rotations).
  reg [STAGES*32-1:0] block_q;
  genvar s;
  generate
    for (s = 0; s < STAGES; s = s + 1) begin : gen_stage
      wire [31:0] block = s == 0 ? counter_i : block_q[(s==0?0:s-1)*32+:32];
      wire        move  = s == 0 ? valid_i : valid_q[s==0?0:s-1];
      wire [15:0] x0 = block[31:16];
      wire [15:0] y0 = block[15:0];
      wire [15:0] x1 = ({x0[6:0], x0[15:7]} + y0) ^ keys_i[s*32+:16];
      wire [15:0] y1 = {y0[13:0], y0[15:14]} ^ x1;
      wire [15:0] x2 = ({x1[6:0], x1[15:7]} + y1) ^ keys_i[s*32+16+:16];
      wire [15:0] y2 = {y1[13:0], y1[15:14]} ^ x2;
      always @(posedge clk_i) if (move) block_q[s*32+:32] <= {x2, y2};
    end
  endgenerate

  assign uniform_o = block_q[(STAGES-1)*32+:32];
  wire unused = valid_q[STAGES-1];
endmodule

`default_nettype wire
