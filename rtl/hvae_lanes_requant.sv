// SPDX-License-Identifier: Apache-2.0
// Many numbers to one format, with a count of those that were clipped.
//
// Lane l of group k is element k*Lanes + l; lanes beyond Size are not counted. In each of
// Sets sets of lanes (gates, or mean and log-variance) the same lanes are valid. Latency 1;
// sats_o 2.
//
// With Gains, every element is first multiplied by a gain of 10 fraction bits, and an offset is
// added: a word of GainFile has {offset, gain} of each lane of a group.
`default_nettype none

module hvae_lanes_requant #(
    parameter Sets      = 1,
    parameter Lanes     = 8,
    parameter Size      = 96,
    parameter InBits    = 25,
    parameter OutBits   = 16,
    parameter Shift     = 8,
    parameter Gains     = 0,
    parameter GainFile  = "",
    parameter GroupBits = 18
) (
    input  wire                          clk_i,
    input  wire                          valid_i,
    input  wire [GroupBits-1:0]          group_i,
    input  wire [Sets*Lanes*InBits-1:0]  value_i,
    output reg  [Sets*Lanes*OutBits-1:0] value_o,
    output reg  [15:0]                   sats_o
);
  genvar n;
  localparam GAIN_BITS = 11, GAIN_FRAC = 10;
  localparam WIDE      = Gains != 0 ? InBits + GAIN_BITS + 2 : InBits;
  localparam GROUPS    = (Size + Lanes - 1) / Lanes;
  localparam EACH      = InBits + GAIN_BITS;

  wire [Sets*Lanes*WIDE-1:0] wide;
  generate
    if (Gains != 0) begin : gen_gains
      localparam ADDRESS = GROUPS > 1 ? $clog2(GROUPS) : 1;
      reg  [Sets*Lanes*EACH-1:0] gains [0:GROUPS-1];
      wire [Sets*Lanes*EACH-1:0] word = gains[group_i[ADDRESS-1:0]];
      if (GainFile != "") begin : gen_init
        initial $readmemh(GainFile, gains);
      end
      for (n = 0; n < Sets * Lanes; n = n + 1) begin : gen_each
        wire signed [InBits-1:0]  sum    = value_i[n*InBits+:InBits];
        wire signed [GAIN_BITS:0] gain   = {1'b0, word[n*EACH+:GAIN_BITS]};
        wire signed [InBits-1:0]  offset = word[n*EACH+GAIN_BITS+:InBits];
        assign wide[n*WIDE+:WIDE] = WIDE'(sum) * WIDE'(gain) + (WIDE'(offset) <<< GAIN_FRAC);
      end
      wire unused_word = &{1'b0, word};
    end else begin : gen_plain
      assign wide = value_i;
    end
  endgenerate

  wire [Sets*Lanes*OutBits-1:0] value;
  wire [Sets*Lanes-1:0]         sat;
  generate
    for (n = 0; n < Sets * Lanes; n = n + 1) begin : gen_lane
      hvae_requant #(.InBits(WIDE), .OutBits(OutBits), .Shift(Gains != 0 ? Shift + GAIN_FRAC : Shift)) u_requant (
          .value_i(wide[n*WIDE+:WIDE]),
          .value_o(value[n*OutBits+:OutBits]),
          .sat_o  (sat[n])
      );
    end
  endgenerate

  reg [Sets*Lanes-1:0] sat_q;
  reg [15:0]           count;
  integer s, l;
  // Temporaries of the clocked block are blocking.
  // verilator lint_off BLKSEQ
  always @(posedge clk_i) begin
    if (valid_i) value_o <= value;
    for (s = 0; s < Sets; s = s + 1)
      for (l = 0; l < Lanes; l = l + 1)
        sat_q[s*Lanes+l] <= valid_i && {{(32-GroupBits){1'b0}}, group_i} * Lanes + l < Size && sat[s*Lanes+l];
    count = 16'd0;
    for (s = 0; s < Sets * Lanes; s = s + 1) count = count + {15'd0, sat_q[s]};
    sats_o <= count;
  end
  // verilator lint_on BLKSEQ
endmodule

`default_nettype wire
