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
  // Room for the rounding carry, for the bits that a negative shift adds, and for half a step of any.
  localparam MOST = InBits > OutBits ? InBits : OutBits;
  localparam WIDE = (MOST > DOWN ? MOST : DOWN) + UP + 2;

  localparam signed [WIDE-1:0] HALF = DOWN > 0 ? {{(WIDE-1){1'b0}}, 1'b1} <<< (DOWN - 1) : {WIDE{1'b0}};

  wire signed [WIDE-1:0] wide    = {{(WIDE-InBits){value_i[InBits-1]}}, value_i};
  wire signed [WIDE-1:0] scaled  = ((wide <<< UP) + HALF) >>> DOWN;

  // It fits when all bits above the output are copies of its sign.
  wire negative = scaled[WIDE-1];
  wire fits     = scaled[WIDE-1:OutBits-1] == {(WIDE-OutBits+1){negative}};

  assign value_o = fits ? scaled[OutBits-1:0] : {negative, {(OutBits-1){!negative}}};
  assign sat_o   = !fits;
endmodule

`default_nettype wire
