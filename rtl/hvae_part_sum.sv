// SPDX-License-Identifier: Apache-2.0
// The input parts of a cell's pre-activations, added from the first to the last, each sum
// saturated; with a count of the sums that were. Layout as in hvae_lanes_requant. Latency 1;
// sats_o 2.
`default_nettype none

module hvae_part_sum #(
    parameter Parts     = 1,
    parameter Sets      = 3,
    parameter Lanes     = 8,
    parameter Size      = 96,
    parameter Bits      = 16,
    parameter GroupBits = 18
) (
    input  wire                             clk_i,
    input  wire                             valid_i,
    input  wire [GroupBits-1:0]             group_i,
    input  wire [Parts*Sets*Lanes*Bits-1:0] value_i,   // part after part
    output reg  [Sets*Lanes*Bits-1:0]       sum_o,
    output reg  [15:0]                      sats_o
);
  localparam N = Sets * Lanes;

  wire [Parts*N*Bits-1:0] sum;
  wire [Parts*N-1:0]      sat;
  genvar p, n;
  generate
    for (n = 0; n < N; n = n + 1) begin : gen_lane
      assign sum[n*Bits+:Bits] = value_i[n*Bits+:Bits];
      assign sat[n]            = 1'b0;
      for (p = 1; p < Parts; p = p + 1) begin : gen_part
        hvae_sat_add #(.Bits(Bits)) u_add (
            .a_i  (sum[((p-1)*N+n)*Bits+:Bits]),
            .b_i  (value_i[(p*N+n)*Bits+:Bits]),
            .sum_o(sum[(p*N+n)*Bits+:Bits]),
            .sat_o(sat[p*N+n])
        );
      end
    end
  endgenerate

  reg [Parts*N-1:0] sat_q;
  reg [15:0]        count;
  integer i, s, l;
  // Temporaries of the clocked block are blocking.
  // verilator lint_off BLKSEQ
  always @(posedge clk_i) begin
    if (valid_i) sum_o <= sum[(Parts-1)*N*Bits+:N*Bits];
    for (i = 0; i < Parts; i = i + 1)
      for (s = 0; s < Sets; s = s + 1)
        for (l = 0; l < Lanes; l = l + 1)
          sat_q[i*N+s*Lanes+l] <= valid_i && {{(32-GroupBits){1'b0}}, group_i} * Lanes + l < Size && sat[i*N+s*Lanes+l];
    count = 16'd0;
    for (i = N; i < Parts * N; i = i + 1) count = count + {15'd0, sat_q[i]};
    sats_o <= count;
  end
  // verilator lint_on BLKSEQ

  wire unused = &{1'b0, sum, sat_q, group_i};
endmodule

`default_nettype wire
