// SPDX-License-Identifier: Apache-2.0
// Mixes 32 bits: every bit of x_i turns about half of y_o (the finaliser of MurmurHash3).
// Combinational.
`default_nettype none

module hvae_mix (
    input  wire [31:0] x_i,
    output wire [31:0] y_o
);
  wire [31:0] a = (x_i ^ (x_i >> 16)) * 32'h85ebca6b;
  wire [31:0] b = (a ^ (a >> 13)) * 32'hc2b2ae35;
  assign y_o = b ^ (b >> 16);
endmodule

`default_nettype wire
