// SPDX-License-Identifier: Apache-2.0
// The words of a vector at every position of a sequence, for a later loop that combines them with
// others number by number.
//
// Written as hvae_words is, at position write_index_i: WriteLanes a cycle, which is ReadLanes, or 1, all
// groups in order. A read of a group of position read_index_i takes a cycle; what was never written is
// what the memory held. No reset on the data.
`default_nettype none

module hvae_step_words #(
    parameter Depth      = 64,
    parameter Size       = 96,
    parameter WriteLanes = 8,
    parameter ReadLanes  = 8,
    parameter Bits       = 16
) (
    input  wire                       clk_i,
    input  wire [15:0]                write_index_i,
    input  wire                       write_i,
    input  wire [17:0]                write_group_i,
    input  wire [WriteLanes*Bits-1:0] write_data_i,
    input  wire [15:0]                read_index_i,
    input  wire [17:0]                read_group_i,
    output wire [ReadLanes*Bits-1:0]  read_data_o
);
  localparam READS      = (Size + ReadLanes - 1) / ReadLanes;
  localparam GROUP_BITS = READS > 1 ? $clog2(READS) : 1;
  localparam INDEX_BITS = Depth > 1 ? $clog2(Depth) : 1;
  localparam LANE_BITS  = ReadLanes > 1 ? $clog2(ReadLanes) : 1;

  generate
    if (WriteLanes != ReadLanes && WriteLanes != 1) begin : gen_refuse_lanes
      hvae_words_are_written_one_a_cycle_or_as_many_as_are_read u_refuse ();
    end
  endgenerate

  // Where a word goes that comes alone: they come in order, so nothing is divided.
  wire                  begins = write_group_i == 18'd0;
  reg  [GROUP_BITS-1:0] group_q;
  reg  [LANE_BITS-1:0]  lane_q;
  wire [GROUP_BITS-1:0] group = begins ? {GROUP_BITS{1'b0}} : group_q;
  wire [LANE_BITS-1:0]  lane  = begins ? {LANE_BITS{1'b0}} : lane_q;
  wire                  full  = lane == LANE_BITS'(ReadLanes - 1);
  always @(posedge clk_i)
    if (write_i) begin
      group_q <= full ? group + 1'b1 : group;
      lane_q  <= full ? {LANE_BITS{1'b0}} : lane + 1'b1;
    end

  wire [INDEX_BITS+GROUP_BITS-1:0] written =
      {write_index_i[INDEX_BITS-1:0], WriteLanes == ReadLanes ? write_group_i[GROUP_BITS-1:0] : group};
  wire [INDEX_BITS+GROUP_BITS-1:0] read = {read_index_i[INDEX_BITS-1:0], read_group_i[GROUP_BITS-1:0]};

  genvar l;
  generate
    for (l = 0; l < ReadLanes; l = l + 1) begin : gen_lane
      reg  [Bits-1:0] words [0:(1<<(INDEX_BITS+GROUP_BITS))-1];
      reg  [Bits-1:0] word_q;
      wire            here;
      wire [Bits-1:0] data;
      if (WriteLanes == ReadLanes) begin : gen_together
        assign here = write_i;
        assign data = write_data_i[l*Bits+:Bits];
      end else begin : gen_alone
        assign here = write_i && lane == LANE_BITS'(l);
        assign data = write_data_i[Bits-1:0];
      end
      always @(posedge clk_i) begin
        if (here) words[written] <= data;
        word_q <= words[read];
      end
      assign read_data_o[l*Bits+:Bits] = word_q;
    end
  endgenerate

  wire unused = &{1'b0, write_index_i, read_index_i, write_group_i, read_group_i, group, lane};
endmodule

`default_nettype wire
