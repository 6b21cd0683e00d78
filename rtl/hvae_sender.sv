// SPDX-License-Identifier: Apache-2.0
// Sends what a pair of heads has made of a step: {log-variance, mean}, a number a cycle.
//
// Lanes numbers of each head are written a cycle (group k: elements k*Lanes ..), all groups in
// order. Element j leaves 3 + j cycles after the write of the last group; busy_o from the cycle
// after that write through the last one that leaves.
`default_nettype none

module hvae_sender #(
    parameter Size      = 4,
    parameter Lanes     = 4,
    parameter Bits      = 16,
    parameter GroupBits = 18
) (
    input  wire                    clk_i,
    input  wire                    rst_i,
    input  wire                    write_i,
    input  wire [GroupBits-1:0]    write_group_i,
    input  wire [2*Lanes*Bits-1:0] write_data_i,   // means, then log-variances
    output wire                    busy_o,
    output reg                     valid_o,
    output reg                     last_o,
    output reg  [31:0]             data_o
);
  localparam GROUPS     = (Size + Lanes - 1) / Lanes;
  localparam INDEX_BITS = GROUPS > 1 ? $clog2(GROUPS) : 1;
  localparam LANE_BITS  = Lanes > 1 ? $clog2(Lanes) : 1;
  localparam COUNT_BITS = Size > 1 ? $clog2(Size) : 1;

  reg [2*Lanes*Bits-1:0] words [0:GROUPS-1];
  reg [2*Lanes*Bits-1:0] word_q;

  // Read: group and lane of the element, how many it is.
  reg                  reading_q, read_q, last_q;
  reg [INDEX_BITS-1:0] group_q;
  reg [LANE_BITS-1:0]  lane_q, read_lane_q;
  reg [COUNT_BITS-1:0] count_q;
  wire                 full = lane_q == LANE_BITS'(Lanes - 1);
  wire                 ends = count_q == COUNT_BITS'(Size - 1);

  wire signed [Bits-1:0] mean         = word_q[{{(32-LANE_BITS){1'b0}}, read_lane_q}*Bits+:Bits];
  wire signed [Bits-1:0] log_variance = word_q[({{(32-LANE_BITS){1'b0}}, read_lane_q}+Lanes)*Bits+:Bits];
  // Not cast inside the concatenation: yosys 0.23 takes the width of what is cast.
  wire signed [15:0] mean_word         = 16'(mean);
  wire signed [15:0] log_variance_word = 16'(log_variance);

  always @(posedge clk_i) begin
    if (write_i) words[write_group_i[INDEX_BITS-1:0]] <= write_data_i;
    word_q      <= words[group_q];
    read_lane_q <= lane_q;
    data_o      <= {log_variance_word, mean_word};
    last_o      <= last_q;
    last_q      <= reading_q && ends;

    if (!reading_q) begin
      group_q <= {INDEX_BITS{1'b0}};
      lane_q  <= {LANE_BITS{1'b0}};
      count_q <= {COUNT_BITS{1'b0}};
    end else begin
      group_q <= full ? group_q + 1'b1 : group_q;
      lane_q  <= full ? {LANE_BITS{1'b0}} : lane_q + 1'b1;
      count_q <= count_q + 1'b1;
    end
    if (rst_i) {reading_q, read_q, valid_o} <= 3'b000;
    else begin
      if (write_i && write_group_i == GroupBits'(GROUPS - 1)) reading_q <= 1'b1;
      else if (ends) reading_q <= 1'b0;
      read_q  <= reading_q;
      valid_o <= read_q;
    end
  end
  assign busy_o = reading_q || read_q || valid_o;

  wire unused = &{1'b0, write_group_i};
endmodule

`default_nettype wire
