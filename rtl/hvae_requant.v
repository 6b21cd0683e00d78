// SPDX-License-Identifier: Apache-2.0
// value_o = value_i * 2^-Shift, rounded half up, saturated to OutBits signed bits.
//
// The one place of the design that rounds; it mirrors `quant::requant` of the tool.
// A negative Shift multiplies by a power of two, exactly. Combinational.
`default_nettype none

module hvae_requant #(
    parameter InBits  = 24,  // bits of value_i, signed
    parameter OutBits = 16,  // bits of value_o, signed
    parameter Shift   = 8    // binary places dropped; negative: added
) (
    input  wire signed [InBits-1:0]  value_i,
    output wire signed [OutBits-1:0] value_o,
    output wire                      sat_o     // value_o was clipped
);
  localparam UP   = Shift < 0 ? -Shift : 0;
  localparam DOWN = Shift > 0 ? Shift : 0;
  // Room for the rounding carry and for the bits that a negative shift adds.
  localparam WIDE = (InBits > OutBits ? InBits : OutBits) + UP + 2;

  localparam signed [WIDE-1:0] HALF = DOWN > 0 ? {{(WIDE-1){1'b0}}, 1'b1} <<< (DOWN - 1) : {WIDE{1'b0}};
  localparam signed [WIDE-1:0] MAX  = ({{(WIDE-1){1'b0}}, 1'b1} <<< (OutBits - 1)) - 1;
  localparam signed [WIDE-1:0] MIN  = -MAX - 1;

  wire signed [WIDE-1:0] wide    = {{(WIDE-InBits){value_i[InBits-1]}}, value_i};
  wire signed [WIDE-1:0] scaled  = ((wide <<< UP) + HALF) >>> DOWN;
  wire                   above   = scaled > MAX;
  wire                   below   = scaled < MIN;
  wire signed [WIDE-1:0] clipped = above ? MAX : below ? MIN : scaled;

  assign value_o = clipped[OutBits-1:0];
  assign sat_o   = above | below;

  // The bits above the output are copies of its sign.
  wire unused = &{1'b0, clipped[WIDE-1:OutBits]};
endmodule

`default_nettype wire
