// SPDX-License-Identifier: Apache-2.0
// The words of a vector beside the stage that makes it, for those who combine it with others
// number by number.
//
// Written as its stage writes them: WriteLanes a cycle (group k: elements k*WriteLanes ..), all
// groups in order, the last one last. Read ReadLanes a cycle, in groups of as many; WriteLanes is
// ReadLanes, or 1. Of a vector of Total elements these are the Size from element From on: the others
// pass by. clear_i: all are 0 until the last one has been written. A read takes a cycle.
// Visible the cycle after the write.
`default_nettype none

module hvae_words #(
    parameter Size       = 96,
    parameter WriteLanes = 8,
    parameter ReadLanes  = 8,
    parameter Bits       = 16,
    parameter From       = 0,
    parameter Total      = Size,   // written
    parameter GroupBits  = 18
) (
    input  wire                       clk_i,
    input  wire                       clear_i,
    input  wire                       write_i,
    input  wire [GroupBits-1:0]       write_group_i,
    input  wire [WriteLanes*Bits-1:0] write_data_i,
    input  wire [GroupBits-1:0]       read_group_i,
    output wire [ReadLanes*Bits-1:0]  read_data_o
);
  localparam FIRST      = From / WriteLanes;  // of the groups that are written
  localparam LAST       = (From + Size - 1) / WriteLanes;
  localparam READS      = (Size + ReadLanes - 1) / ReadLanes;
  localparam INDEX_BITS = READS > 1 ? $clog2(READS) : 1;
  localparam LANE_BITS  = ReadLanes > 1 ? $clog2(ReadLanes) : 1;

  generate
    if (WriteLanes != ReadLanes && WriteLanes != 1) begin : gen_refuse_lanes
      hvae_words_are_written_one_a_cycle_or_as_many_as_are_read u_refuse ();
    end
  endgenerate

  // Where a word goes that comes alone: they come in order, so nothing is divided.
  wire                  begins = write_group_i == GroupBits'(From);
  reg  [INDEX_BITS-1:0] row_q;
  reg  [LANE_BITS-1:0]  lane_q;
  wire [INDEX_BITS-1:0] row  = begins ? {INDEX_BITS{1'b0}} : row_q;
  wire [LANE_BITS-1:0]  lane = begins ? {LANE_BITS{1'b0}} : lane_q;
  wire                  full = lane == LANE_BITS'(ReadLanes - 1);

  // Of the elements that come alone, those that are kept.
  wire is_kept;
  generate
    if (From == 0 && Total == Size) begin : gen_all
      assign is_kept = 1'b1;
    end else if (FIRST == 0) begin : gen_front
      assign is_kept = write_group_i <= GroupBits'(LAST);
    end else begin : gen_part
      assign is_kept = write_group_i >= GroupBits'(FIRST) && write_group_i <= GroupBits'(LAST);
    end
  endgenerate

  // A memory cannot be cleared at once.
  reg cleared_q, zero_q;
  always @(posedge clk_i) begin
    if (write_i && is_kept) begin
      row_q  <= full ? row + 1'b1 : row;
      lane_q <= full ? {LANE_BITS{1'b0}} : lane + 1'b1;
    end
    if (clear_i) cleared_q <= 1'b1;
    else if (write_i && write_group_i == GroupBits'(LAST)) cleared_q <= 1'b0;
    zero_q <= cleared_q;
  end

  genvar l;
  generate
    for (l = 0; l < ReadLanes; l = l + 1) begin : gen_lane
      reg  [Bits-1:0]       words_q [0:READS-1];
      reg  [Bits-1:0]       word_q;
      wire                  here;
      wire [INDEX_BITS-1:0] index;
      wire [Bits-1:0]       data;
      if (WriteLanes == ReadLanes && From == 0 && Total == Size) begin : gen_together
        assign here  = write_i;
        assign index = write_group_i[INDEX_BITS-1:0];
        assign data  = write_data_i[l*Bits+:Bits];
      end else if (WriteLanes == ReadLanes) begin : gen_turned
        // Lane l has every ReadLanes-th element from From + l on: of one lane that is written, in groups
        // from FIRST on, or from the next one.
        localparam WRITTEN = (From + l) % WriteLanes;
        localparam OWN     = (From + l) / WriteLanes;
        wire [GroupBits-1:0] row_of_lane = write_group_i - GroupBits'(OWN);
        assign here  = write_i && row_of_lane < GroupBits'(READS);
        assign index = row_of_lane[INDEX_BITS-1:0];
        assign data  = write_data_i[WRITTEN*Bits+:Bits];
      end else begin : gen_alone
        assign here  = write_i && is_kept && lane == LANE_BITS'(l);
        assign index = row;
        assign data  = write_data_i[Bits-1:0];
      end
      always @(posedge clk_i) begin
        if (here) words_q[index] <= data;
        word_q <= words_q[read_group_i[INDEX_BITS-1:0]];
      end
      assign read_data_o[l*Bits+:Bits] = zero_q ? {Bits{1'b0}} : word_q;
    end
  endgenerate

  wire unused = &{1'b0, read_group_i, write_group_i, write_data_i, row, lane, is_kept};
endmodule

`default_nettype wire
