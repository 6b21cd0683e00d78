// SPDX-License-Identifier: Apache-2.0
// Many numbers to one format, with a count of those that were clipped.
//
// Lane l of group k is element k*Lanes + l; lanes beyond Size are not counted. In each of
// Sets sets of lanes (gates, or mean and log-variance) the same lanes are valid. Latency 1;
// sats_o 2.
`default_nettype none

module hvae_lanes_requant #(
    parameter Sets      = 1,
    parameter Lanes     = 8,
    parameter Size      = 96,
    parameter InBits    = 25,
    parameter OutBits   = 16,
    parameter Shift     = 8,
    parameter GroupBits = 18
) (
    input  wire                          clk_i,
    input  wire                          valid_i,
    input  wire [GroupBits-1:0]          group_i,
    input  wire [Sets*Lanes*InBits-1:0]  value_i,
    output reg  [Sets*Lanes*OutBits-1:0] value_o,
    output reg  [15:0]                   sats_o
);
  wire [Sets*Lanes*OutBits-1:0] value;
  wire [Sets*Lanes-1:0]         sat;
  genvar n;
  generate
    for (n = 0; n < Sets * Lanes; n = n + 1) begin : gen_lane
      hvae_requant #(.InBits(InBits), .OutBits(OutBits), .Shift(Shift)) u_requant (
          .value_i(value_i[n*InBits+:InBits]),
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
