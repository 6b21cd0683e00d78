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
  localparam STAGES = 11;

  function [31:0] round(input [31:0] block, input [15:0] key);
    reg [15:0] x, y;
    begin
      x     = ({block[22:16], block[31:23]} + block[15:0]) ^ key;
      y     = {block[13:0], block[15:14]} ^ x;
      round = {x, y};
    end
  endfunction

  reg [32*STAGES-1:0] block_q;
  reg [STAGES-1:0]    valid_q;
  integer s;

  always @(posedge clk_i) begin
    if (rst_i) valid_q <= {STAGES{1'b0}};
    else valid_q <= {valid_q[STAGES-2:0], valid_i};
    if (valid_i) block_q[31:0] <= round(round(counter_i, keys_i[0+:16]), keys_i[16+:16]);
    for (s = 1; s < STAGES; s = s + 1)
      if (valid_q[s-1]) block_q[s*32+:32] <= round(round(block_q[(s-1)*32+:32], keys_i[s*32+:16]), keys_i[s*32+16+:16]);
  end

  assign uniform_o = block_q[(STAGES-1)*32+:32];
  wire unused = valid_q[STAGES-1];
endmodule

`default_nettype wire
