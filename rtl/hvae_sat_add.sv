// SPDX-License-Identifier: Apache-2.0
// sum_o = a_i + b_i, saturated to Bits signed bits. Combinational.
`default_nettype none

module hvae_sat_add #(
    parameter Bits = 16
) (
    input  wire signed [Bits-1:0] a_i,
    input  wire signed [Bits-1:0] b_i,
    output wire signed [Bits-1:0] sum_o,
    output wire                   sat_o   // sum_o was clipped
);
  wire signed [Bits:0] sum = {a_i[Bits-1], a_i} + {b_i[Bits-1], b_i};

  hvae_requant #(.InBits(Bits + 1), .OutBits(Bits), .Shift(0)) u_clip (
      .value_i(sum),
      .value_o(sum_o),
      .sat_o  (sat_o)
  );
endmodule

`default_nettype wire
