// SPDX-License-Identifier: Apache-2.0
// The sum, or with Mean the mean, of a vector over the steps since clear_i, Lanes numbers a cycle.
//
// The sum is exact: StateBits and as many bits as MaxSteps needs. What leaves is requantised once
// (Shift; of a mean behind the product with hvae_share, whose fraction bits Shift has in it).
// A step is a start. The group asked for in cycle q (read_group_o, 0 while none is) comes in q + 1
// and is written in q + 3, of a mean in q + 4. planes_o: the words as others see them, from the
// cycle after the write; clear_i zeroes them.
`default_nettype none

module hvae_accumulate #(
    parameter Mean      = 0,
    parameter MaxSteps  = 64,
    parameter Size      = 96,
    parameter Lanes     = 8,
    parameter StateBits = 16,
    parameter Shift     = 0,
    parameter InputBits = 8,
    parameter CodeShift = 8,   // word to code
    parameter HasPlanes = 1
) (
    input  wire                       clk_i,
    input  wire                       rst_i,
    input  wire                       clear_i,
    input  wire                       start_i,
    output wire                       busy_o,
    output wire [17:0]                read_group_o,
    input  wire [Lanes*StateBits-1:0] words_i,
    output wire                       write_o,
    output wire [17:0]                write_group_o,
    output wire [Lanes*StateBits-1:0] write_data_o,
    output wire [InputBits*Size-1:0]  planes_o,
    output wire [15:0]                sats_o
);
  localparam SCANS      = (Size + Lanes - 1) / Lanes;
  localparam INDEX_BITS = SCANS > 1 ? $clog2(SCANS) : 1;
  localparam LATENCY    = Mean != 0 ? 4 : 3;
  localparam MORE       = $clog2(MaxSteps);
  localparam SUM_BITS   = StateBits + MORE;
  localparam SHARE_FRAC = StateBits + MORE;
  localparam WIDE_BITS  = Mean != 0 ? SUM_BITS + SHARE_FRAC + 2 : SUM_BITS;

  wire        scan;
  wire [17:0] group;
  wire        unused_sample, unused_first;
  wire [7:0]  unused_round, unused_phase, unused_slot;
  hvae_stage_seq u_seq (
      .clk_i(clk_i), .rst_i(rst_i), .start_i(start_i), .mvm_i(1'b0), .rounds_last_i(8'd0),
      .phases_last_i(8'd0), .slots_last_i(8'd0), .wait_last_i(8'd0),
      .scan_last_i(18'(SCANS - 1)), .drain_last_i(8'(LATENCY)),
      .busy_o(busy_o), .sample_o(unused_sample), .round_o(unused_round), .phase_o(unused_phase), .first_phase_o(unused_first),
      .slot_o(unused_slot), .scan_o(scan), .scan_index_o(group)
  );
  assign read_group_o = group;

  reg  [LATENCY:1] valid_q;
  wire [17:0]      group1, group_wide;
  always @(posedge clk_i)
    if (rst_i) valid_q <= {LATENCY{1'b0}};
    else valid_q <= {valid_q[LATENCY-1:1], scan};
  hvae_delay #(.Bits(18), .Cycles(1)) u_group1 (.clk_i(clk_i), .d_i(group), .d_o(group1));
  hvae_delay #(.Bits(18), .Cycles(LATENCY - 2)) u_group_wide (.clk_i(clk_i), .d_i(group1), .d_o(group_wide));
  hvae_delay #(.Bits(18), .Cycles(1)) u_group_write (.clk_i(clk_i), .d_i(group_wide), .d_o(write_group_o));
  assign write_o = valid_q[LATENCY];

  // Steps, the one that works included.
  reg  [15:0] count_q;
  wire        first = count_q == 16'd1;
  always @(posedge clk_i)
    if (rst_i || clear_i) count_q <= 16'd0;
    else if (start_i) count_q <= count_q + 16'd1;

  wire [SHARE_FRAC:0] share;
  generate
    if (Mean != 0) begin : gen_share
      hvae_share #(.MaxSteps(MaxSteps), .Frac(SHARE_FRAC)) u_share (.clk_i(clk_i), .count_i(count_q), .share_o(share));
    end else begin : gen_no_share
      assign share = {(SHARE_FRAC + 1){1'b0}};
    end
  endgenerate

  // q + 1: words, and what they are added to; q + 2: the sum; of a mean q + 3: with its share.
  wire [Lanes*WIDE_BITS-1:0] wide;
  genvar l;
  generate
    for (l = 0; l < Lanes; l = l + 1) begin : gen_lane
      reg  signed [SUM_BITS-1:0]  sums_q [0:SCANS-1];
      reg  signed [SUM_BITS-1:0]  before_q, sum_q;
      wire signed [StateBits-1:0] word = words_i[l*StateBits+:StateBits];
      wire signed [SUM_BITS-1:0]  sum  = (first ? {SUM_BITS{1'b0}} : before_q) + SUM_BITS'(word);
      always @(posedge clk_i) begin
        before_q <= sums_q[group[INDEX_BITS-1:0]];
        sum_q    <= sum;
        if (valid_q[1]) sums_q[group1[INDEX_BITS-1:0]] <= sum;
      end
      if (Mean != 0) begin : gen_mean
        reg signed [WIDE_BITS-1:0] wide_q;
        always @(posedge clk_i) wide_q <= sum_q * $signed({1'b0, share});
        assign wide[l*WIDE_BITS+:WIDE_BITS] = wide_q;
      end else begin : gen_sum
        assign wide[l*WIDE_BITS+:WIDE_BITS] = sum_q;
      end
    end
  endgenerate

  wire [15:0] word_sats, code_sats;
  hvae_lanes_requant #(
      .Sets(1), .Lanes(Lanes), .Size(Size), .InBits(WIDE_BITS), .OutBits(StateBits), .Shift(Shift)
  ) u_word (
      .clk_i(clk_i), .valid_i(valid_q[LATENCY-1]), .group_i(group_wide), .value_i(wide),
      .value_o(write_data_o), .sats_o(word_sats)
  );

  wire [Lanes*StateBits-1:0] unused_words;
  hvae_state_vec #(
      .Size(Size), .Lanes(Lanes), .Bits(StateBits), .InputBits(InputBits), .Shift(CodeShift), .HasPlanes(HasPlanes)
  ) u_vector (
      .clk_i(clk_i), .clear_i(clear_i), .write_i(write_o), .write_group_i(write_group_o),
      .write_data_i(write_data_o), .read_group_i(18'd0), .read_data_o(unused_words),
      .planes_o(planes_o), .sats_o(code_sats)
  );
  assign sats_o = word_sats + code_sats;

  wire unused = &{1'b0, group1, share, unused_sample, unused_first, unused_round, unused_phase, unused_slot, unused_words};
endmodule

`default_nettype wire
