// SPDX-License-Identifier: Apache-2.0
// Log-probability of one token under the softmax of all logits:
//
//   score = l[target] - max - ln(sum over tokens of 2^-((max - l) * log2(e)))
//
// in nats with 16 fraction bits. The logits come twice, Lanes a cycle: the first pass finds
// the largest, the second one adds up. Terms are rounded one by one (16 fraction bits of the
// exponent, 32 of the term) and added exactly, so that the score does not depend on the
// number of lanes. Mirrors `golden::score`.
//
// Logits of a group arrive with valid_i; score_valid_o comes LEVELS + 9 + LEVELS + 15 cycles
// after the last one of the second pass, LEVELS = ceil(log2(Lanes)).
`default_nettype none

module hvae_log_prob #(
    parameter Vocabulary    = 2000,
    parameter Lanes         = 16,
    parameter LogitBits     = 16,
    parameter LogitFrac     = 10,
    parameter AddressBits   = 9,    // of both tables
    parameter Exp2DeltaBits = 12,
    parameter Exp2File      = "",   // 2^-f of a 16-bit fraction f
    parameter Log2DeltaBits = 12,
    parameter Log2File      = ""    // log2(1 + f)
) (
    input  wire                       clk_i,
    input  wire                       rst_i,
    input  wire                       valid_i,
    input  wire                       second_i,   // the second pass
    input  wire [17:0]                group_i,    // group k: tokens k*Lanes ..
    input  wire [Lanes*LogitBits-1:0] logits_i,
    input  wire [15:0]                target_i,
    output wire                       score_valid_o,
    output reg  [31:0]                score_o
);
  localparam LEVELS    = Lanes > 1 ? $clog2(Lanes) : 0;
  localparam LEAVES    = 1 << LEVELS;
  localparam GROUPS    = (Vocabulary + Lanes - 1) / Lanes;
  localparam WAIT      = LEVELS + 1;        // until the largest logit is known
  localparam DIFF_BITS = LogitBits + 1;     // largest less a logit: signed, never negative
  localparam FRAC      = 16;                // of exponents, tables and scores
  localparam TABLE     = 18;                // bits of a table's answer
  localparam TERM_FRAC = 32;
  localparam TERM_BITS = TERM_FRAC + 2;
  localparam SUM_BITS  = TERM_FRAC + 18;    // at most 2^16 terms of at most 1
  localparam POWER     = 7;                 // bits of the whole part of an exponent
  localparam X_BITS    = POWER + FRAC + 1;
  localparam signed [17:0] LOG2_E = 18'sd94548;  // log2(e), 16 fraction bits
  localparam signed [17:0] LN_2   = 18'sd45426;  // ln(2), 16 fraction bits
  localparam signed [LogitBits-1:0] LOWEST = {1'b1, {(LogitBits-1){1'b0}}};

  // First pass, per lane, then over the lanes a level a cycle.
  wire [LEAVES*LogitBits-1:0] largest;
  wire signed [LogitBits-1:0] max;
  // Second pass: logits and what they belong to, once the largest one is known.
  wire [Lanes*LogitBits-1:0] logits;
  wire [17:0]                group;
  wire                       valid, ends;
  reg  [WAIT-1:0]            valid_line_q;
  hvae_delay #(.Bits(Lanes * LogitBits), .Cycles(WAIT)) u_logits (.clk_i(clk_i), .d_i(logits_i), .d_o(logits));
  hvae_delay #(.Bits(18), .Cycles(WAIT)) u_group (.clk_i(clk_i), .d_i(group_i), .d_o(group));
  wire [WAIT:0] valid_line = {valid_line_q, valid_i && second_i};
  always @(posedge clk_i)
    if (rst_i) valid_line_q <= {WAIT{1'b0}};
    else valid_line_q <= valid_line[WAIT-1:0];
  assign valid = valid_line[WAIT];
  assign ends  = valid && group == 18'(GROUPS - 1);

  // valid_q[k]: stage k of the second pass, from the cycle of valid on.
  reg [8:1] valid_q, starts_q;
  always @(posedge clk_i)
    if (rst_i) {valid_q, starts_q} <= 16'd0;
    else begin
      valid_q  <= {valid_q[7:1], valid};
      starts_q <= {starts_q[7:1], valid && group == 18'd0};
    end

  wire [LEAVES*SUM_BITS-1:0]  sums;
  wire [LEAVES*DIFF_BITS-1:0] targets;
  genvar l, d, n;
  generate
    for (l = 0; l < LEAVES; l = l + 1) begin : gen_lane
      if (l < Lanes) begin : gen_used
        // Largest of the lane.
        wire signed [LogitBits-1:0] first = logits_i[l*LogitBits+:LogitBits];
        wire                        real_token = {14'd0, group_i} * Lanes + l < Vocabulary;
        reg  signed [LogitBits-1:0] largest_q;
        always @(posedge clk_i)
          if (valid_i && !second_i) begin
            if (group_i == 18'd0) largest_q <= real_token ? first : LOWEST;
            else if (real_token && first > largest_q) largest_q <= first;
          end
        assign largest[l*LogitBits+:LogitBits] = largest_q;

        // 1: how far below the largest. 2, 3: the same in octaves, and whether that is so far
        // that the term vanishes.
        wire signed [LogitBits-1:0] logit = logits[l*LogitBits+:LogitBits];
        wire [31:0]                 token = {14'd0, group} * Lanes + l;
        reg  signed [DIFF_BITS-1:0] diff_q, target_q;
        reg  signed [DIFF_BITS+17:0] octaves_wide_q;
        wire signed [X_BITS-1:0]    octaves;
        wire                        unused_sat;
        reg  signed [X_BITS-1:0]    octaves_q;
        reg  [3:1]                  here_q;
        hvae_requant #(.InBits(DIFF_BITS + 18), .OutBits(X_BITS), .Shift(LogitFrac)) u_octaves (
            .value_i(octaves_wide_q), .value_o(octaves), .sat_o(unused_sat));
        always @(posedge clk_i) begin
          diff_q         <= {max[LogitBits-1], max} - {logit[LogitBits-1], logit};
          octaves_wide_q <= diff_q * LOG2_E;
          octaves_q      <= octaves;
          here_q         <= {here_q[2:1], token < Vocabulary};
          if (valid && group == 18'd0) target_q <= {DIFF_BITS{1'b0}};
          if (valid && token == {16'd0, target_i}) target_q <= {max[LogitBits-1], max} - {logit[LogitBits-1], logit};
        end
        assign targets[l*DIFF_BITS+:DIFF_BITS] = target_q;

        // 3 -> 7: 2^-fraction; 8: the term; 9: the sum.
        wire signed [TABLE-1:0]   mantissa;
        wire        [POWER-1:0]   power7;
        wire                      here7;
        reg  [TERM_BITS-1:0]      term_q;
        reg  [SUM_BITS-1:0]       sum_q;
        hvae_table #(
            .InBits(FRAC), .AddressBits(AddressBits), .OutBits(TABLE), .DeltaBits(Exp2DeltaBits), .InitFile(Exp2File)
        ) u_exp2 (.clk_i(clk_i), .x_i({~octaves_q[FRAC-1], octaves_q[FRAC-2:0]}), .y_o(mantissa));
        hvae_delay #(.Bits(POWER + 1), .Cycles(4)) u_power (
            .clk_i(clk_i), .d_i({here_q[3], octaves_q[FRAC+:POWER]}), .d_o({here7, power7}));
        always @(posedge clk_i) begin
          term_q <= here7 ? {mantissa, {(TERM_FRAC-FRAC){1'b0}}} >> power7 : {TERM_BITS{1'b0}};
          if (valid_q[8]) sum_q <= (starts_q[8] ? {SUM_BITS{1'b0}} : sum_q) + SUM_BITS'(term_q);
        end
        assign sums[l*SUM_BITS+:SUM_BITS] = sum_q;
        wire unused_octaves = &{1'b0, octaves_q};
      end else begin : gen_empty
        assign largest[l*LogitBits+:LogitBits] = LOWEST;
        assign sums[l*SUM_BITS+:SUM_BITS]      = {SUM_BITS{1'b0}};
        assign targets[l*DIFF_BITS+:DIFF_BITS] = {DIFF_BITS{1'b0}};
      end
    end

    // Trees over the lanes, a level a cycle. (Only one lane has a target that is not 0.)
    for (d = 0; d <= LEVELS; d = d + 1) begin : gen_level
      wire [(LEAVES>>d)*LogitBits-1:0] top;
      wire [(LEAVES>>d)*SUM_BITS-1:0]  sum;
      wire [(LEAVES>>d)*DIFF_BITS-1:0] target;
      if (d == 0) begin : gen_leaves
        assign top    = largest;
        assign sum    = sums;
        assign target = targets;
      end else begin : gen_inner
        reg [(LEAVES>>d)*LogitBits-1:0] top_q;
        reg [(LEAVES>>d)*SUM_BITS-1:0]  sum_q;
        reg [(LEAVES>>d)*DIFF_BITS-1:0] target_q;
        for (n = 0; n < (LEAVES >> d); n = n + 1) begin : gen_node
          wire signed [LogitBits-1:0] a = gen_level[d-1].top[(2*n)*LogitBits+:LogitBits];
          wire signed [LogitBits-1:0] b = gen_level[d-1].top[(2*n+1)*LogitBits+:LogitBits];
          always @(posedge clk_i) begin
            top_q[n*LogitBits+:LogitBits] <= a > b ? a : b;
            sum_q[n*SUM_BITS+:SUM_BITS] <= gen_level[d-1].sum[(2*n)*SUM_BITS+:SUM_BITS] + gen_level[d-1].sum[(2*n+1)*SUM_BITS+:SUM_BITS];
            target_q[n*DIFF_BITS+:DIFF_BITS] <= gen_level[d-1].target[(2*n)*DIFF_BITS+:DIFF_BITS] | gen_level[d-1].target[(2*n+1)*DIFF_BITS+:DIFF_BITS];
          end
        end
        assign top    = top_q;
        assign sum    = sum_q;
        assign target = target_q;
      end
    end
  endgenerate
  assign max = gen_level[LEVELS].top;

  // The sum, from 1 to 2^17, as power and fraction: leading zeros go in steps of 16, 8, 4, 2, 1.
  // It is read once, 9 + LEVELS cycles after its last group; the steps follow a cycle apart.
  localparam TOTAL = 9 + LEVELS;
  reg  [TOTAL+14:1]    end_q;
  always @(posedge clk_i)
    if (rst_i) end_q <= {(TOTAL+14){1'b0}};
    else end_q <= {end_q[TOTAL+13:1], ends};
  reg  [SUM_BITS-1:0]  shifted_q;
  reg  [4:0]           zeros_q;
  reg  [2:0]           step_q;
  wire [4:0]           stride = 5'd16 >> step_q;
  wire [15:0]          top16  = shifted_q[SUM_BITS-1-:16];
  wire                 empty  = (top16 >> (5'd16 - stride)) == 16'd0;
  always @(posedge clk_i) begin
    if (end_q[TOTAL]) begin
      shifted_q <= gen_level[LEVELS].sum;
      zeros_q   <= 5'd0;
      step_q    <= 3'd0;
    end else if (step_q != 3'd5) begin
      if (empty) begin
        shifted_q <= shifted_q << stride;
        zeros_q   <= zeros_q + stride;
      end
      step_q <= step_q + 3'd1;
    end
  end

  // TOTAL + 6: normalised; + 10: its logarithm to base 2; + 11, 12, 13: the natural one, of power
  // and fraction apart, then together; + 14: score.
  wire signed [TABLE-1:0] log2_mantissa;
  hvae_table #(
      .InBits(FRAC), .AddressBits(AddressBits), .OutBits(TABLE), .DeltaBits(Log2DeltaBits), .InitFile(Log2File)
  ) u_log2 (
      .clk_i(clk_i), .x_i({~shifted_q[SUM_BITS-2], shifted_q[SUM_BITS-3-:FRAC-1]}), .y_o(log2_mantissa));
  wire signed [5:0]  power = 6'sd17 - $signed({1'b0, zeros_q});
  reg  signed [23:0] ln_power_q;
  reg  signed [35:0] ln_mantissa_q;
  reg  signed [41:0] ln_wide_q;
  wire signed [31:0] ln_sum, target_nats;
  reg  signed [31:0] ln_q, target_nats_q;
  wire               unused_ln_sat, unused_target_sat;
  wire signed [DIFF_BITS-1:0] target_diff = gen_level[LEVELS].target;
  hvae_requant #(.InBits(42), .OutBits(32), .Shift(FRAC)) u_ln (.value_i(ln_wide_q), .value_o(ln_sum), .sat_o(unused_ln_sat));
  hvae_requant #(.InBits(DIFF_BITS), .OutBits(32), .Shift(LogitFrac - FRAC)) u_target (
      .value_i(target_diff), .value_o(target_nats), .sat_o(unused_target_sat));
  always @(posedge clk_i) begin
    ln_power_q    <= power * LN_2;
    ln_mantissa_q <= log2_mantissa * LN_2;
    ln_wide_q     <= 42'(ln_power_q) * 42'sd65536 + 42'(ln_mantissa_q);
    ln_q          <= ln_sum;
    target_nats_q <= target_nats;
    if (end_q[TOTAL+13]) score_o <= -(target_nats_q + ln_q);
  end
  assign score_valid_o = end_q[TOTAL+14];

  wire unused = &{1'b0, shifted_q};
endmodule

`default_nettype wire
