// SPDX-License-Identifier: Apache-2.0
// A vector of the network: words as computed, and the codes that drive word lines with it.
//
// Lanes words are written per cycle (group k: elements k*Lanes ..); the code of a word is
// its top InputBits, rounded (Shift) and saturated. Codes leave as bit planes.
// clear_i zeroes all; then all groups are written in order, the last one last. A read takes
// a cycle. Visible the cycle after the write.
`default_nettype none

module hvae_state_vec #(
    parameter Size      = 96,
    parameter Lanes     = 8,
    parameter Bits      = 16,
    parameter InputBits = 8,
    parameter Shift     = 8,
    parameter HasPlanes = 1,   // 0: it drives no word lines
    parameter GroupBits = 18
) (
    input  wire                      clk_i,
    input  wire                      clear_i,
    input  wire                      write_i,
    input  wire [GroupBits-1:0]      write_group_i,
    input  wire [Lanes*Bits-1:0]     write_data_i,
    input  wire [GroupBits-1:0]      read_group_i,
    output wire [Lanes*Bits-1:0]     read_data_o,
    output wire [InputBits*Size-1:0] planes_o,   // bit b of element j at b*Size + j
    output reg  [15:0]               sats_o      // codes clipped, two cycles after the write
);
  localparam GROUPS = (Size + Lanes - 1) / Lanes;

  localparam INDEX_BITS = GROUPS > 1 ? $clog2(GROUPS) : 1;

  reg [Lanes*Bits-1:0] words_q [0:GROUPS-1];

  // A memory cannot be cleared at once: until its last group has been written, reads give 0.
  reg                  cleared_q, zero_q;
  reg [Lanes*Bits-1:0] word_q;
  always @(posedge clk_i) begin
    if (write_i) words_q[write_group_i[INDEX_BITS-1:0]] <= write_data_i;
    if (clear_i) cleared_q <= 1'b1;
    else if (write_i && write_group_i == GroupBits'(GROUPS - 1)) cleared_q <= 1'b0;
    word_q <= words_q[read_group_i[INDEX_BITS-1:0]];
    zero_q <= cleared_q;
  end
  assign read_data_o = zero_q ? {Lanes*Bits{1'b0}} : word_q;
  wire unused = &{1'b0, write_group_i, read_group_i};

  genvar l;
  generate
    if (HasPlanes != 0) begin : gen_planes
      wire [Lanes*InputBits-1:0] code;
      wire [Lanes-1:0]           sat;
      for (l = 0; l < Lanes; l = l + 1) begin : gen_lane
        hvae_requant #(.InBits(Bits), .OutBits(InputBits), .Shift(Shift)) u_code (
            .value_i(write_data_i[l*Bits+:Bits]),
            .value_o(code[l*InputBits+:InputBits]),
            .sat_o  (sat[l])
        );
      end

      reg [InputBits*Size-1:0] planes_q;
      reg [Lanes-1:0]          sat_q;
      reg [15:0]               count;
      integer                  b, g, k;
      // Temporaries of the clocked block are blocking.
      // verilator lint_off BLKSEQ
      always @(posedge clk_i) begin
        sat_q <= {Lanes{1'b0}};
        if (clear_i) planes_q <= {InputBits*Size{1'b0}};
        else if (write_i)
          for (g = 0; g < GROUPS; g = g + 1)
            if (write_group_i == GroupBits'(g))
              for (k = 0; k < Lanes; k = k + 1)
                if (g * Lanes + k < Size) begin
                  sat_q[k] <= sat[k];
                  for (b = 0; b < InputBits; b = b + 1) planes_q[b*Size+g*Lanes+k] <= code[k*InputBits+b];
                end
        count = 16'd0;
        for (k = 0; k < Lanes; k = k + 1) count = count + {15'd0, sat_q[k]};
        sats_o <= count;
      end
      // verilator lint_on BLKSEQ
      assign planes_o = planes_q;
    end else begin : gen_no_planes
      assign planes_o = {InputBits*Size{1'b0}};
      always @(posedge clk_i) sats_o <= 16'd0;
    end
  endgenerate
endmodule

`default_nettype wire
