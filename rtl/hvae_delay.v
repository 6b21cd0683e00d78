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
  reg [Cycles*Bits-1:0] line_q;

  generate
    if (Cycles == 1) begin : gen_one
      always @(posedge clk_i) line_q <= d_i;
    end else begin : gen_line
      always @(posedge clk_i) line_q <= {line_q[(Cycles-1)*Bits-1:0], d_i};
    end
  endgenerate

  assign d_o = line_q[(Cycles-1)*Bits+:Bits];
endmodule

`default_nettype wire
