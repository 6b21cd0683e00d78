// SPDX-License-Identifier: Apache-2.0
// d_o = d_i, Cycles later. No reset: what comes out first is undefined.
`default_nettype none

module hvae_delay #(
    parameter Bits   = 1,
    parameter Cycles = 1
) (
    input  wire            clk_i,
    input  wire [Bits-1:0] d_i,
    output wire [Bits-1:0] d_o
);
  reg [Cycles*Bits-1:0] line_q;  // the youngest in the lowest bits
  integer i;

  always @(posedge clk_i) begin
    line_q[Bits-1:0] <= d_i;
    for (i = 1; i < Cycles; i = i + 1) line_q[i*Bits+:Bits] <= line_q[(i-1)*Bits+:Bits];
  end

  assign d_o = line_q[(Cycles-1)*Bits+:Bits];
endmodule

`default_nettype wire
