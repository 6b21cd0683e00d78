// SPDX-License-Identifier: Apache-2.0
// The key schedule of the noise source: 22 round keys of Speck32/64 from a 64-bit seed,
// one a cycle after start_i. keys_o holds until the next start.
`default_nettype none

module hvae_rng_key (
    input  wire            clk_i,
    input  wire            rst_i,
    input  wire            start_i,
    input  wire [63:0]     seed_i,
    output reg  [22*16-1:0] keys_o   // round i at i*16
);
  reg [15:0] k_q, l0_q, l1_q, l2_q;
  reg [4:0]  round_q;
  reg        busy_q;

  wire [15:0] next_l = (k_q + {l0_q[6:0], l0_q[15:7]}) ^ {11'd0, round_q};
  wire [15:0] next_k = {k_q[13:0], k_q[15:14]} ^ next_l;

  always @(posedge clk_i) begin
    if (start_i) begin
      {l2_q, l1_q, l0_q, k_q} <= seed_i;
    end else if (busy_q) begin
      keys_o[round_q*16+:16] <= k_q;
      {l2_q, l1_q, l0_q, k_q} <= {next_l, l2_q, l1_q, next_k};
    end
    if (rst_i) busy_q <= 1'b0;
    else if (start_i) busy_q <= 1'b1;
    else if (round_q == 5'd21) busy_q <= 1'b0;
    round_q <= start_i ? 5'd0 : round_q + 5'd1;
  end
endmodule

`default_nettype wire
