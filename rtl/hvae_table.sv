// SPDX-License-Identifier: Apache-2.0
// A function as 2^AddressBits linear segments over all of InBits (signed):
//   y_o = value + (delta * fraction + half) >> (InBits - AddressBits)
// Memory word of a segment, most negative input first: {value, delta}, both signed.
// Latency 4, one look-up per cycle, no reset. A block memory is slow to show its word, so
// nothing is computed in that cycle.
`default_nettype none

module hvae_table #(
    parameter InBits      = 16,
    parameter AddressBits = 9,
    parameter OutBits     = 16,
    parameter DeltaBits   = 12,
    parameter InitFile    = ""
) (
    input  wire                      clk_i,
    input  wire signed [InBits-1:0]  x_i,
    output reg  signed [OutBits-1:0] y_o
);
  localparam FRACTION_BITS = InBits - AddressBits;
  localparam RISE_BITS     = DeltaBits + FRACTION_BITS + 2;

  reg [OutBits+DeltaBits-1:0] segments [0:(1<<AddressBits)-1];
  generate
    if (InitFile != "") begin : gen_init
      initial $readmemh(InitFile, segments);
    end
  endgenerate

  // Flipping the sign orders two's complement from the most negative input.
  wire [AddressBits-1:0] segment = {~x_i[InBits-1], x_i[InBits-2-:AddressBits-1]};

  reg        [OutBits+DeltaBits-1:0] word_q;
  reg        [FRACTION_BITS-1:0]     fraction_q, fraction_q2;
  reg signed [DeltaBits-1:0]         delta_q;
  reg signed [OutBits-1:0]           value_q, value_q2;
  reg signed [RISE_BITS-1:0]         product_q;

  wire signed [RISE_BITS-1:0] rise = (product_q + (RISE_BITS'(1) <<< (FRACTION_BITS - 1))) >>> FRACTION_BITS;

  always @(posedge clk_i) begin
    word_q      <= segments[segment];
    fraction_q  <= x_i[FRACTION_BITS-1:0];
    {value_q, delta_q} <= word_q;
    fraction_q2 <= fraction_q;
    value_q2    <= value_q;
    product_q   <= RISE_BITS'(delta_q) * RISE_BITS'($signed({1'b0, fraction_q2}));
    y_o         <= value_q2 + OutBits'(rise);
  end

  wire unused = &{1'b0, rise};
endmodule

`default_nettype wire
