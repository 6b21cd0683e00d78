// SPDX-License-Identifier: Apache-2.0
// The head of a frame of independent bits. Chosen, a bit is 1 where beta * logit + logistic noise is
// above 0, a draw with probability 1 / (1 + e^(-beta * logit)); greedy: where the logit is.
//
// Logits of the group asked for in cycle q are there in q + 3, bits in q + 16. They leave in words of
// 16, the first bit lowest: all words but the last with sends_o while the stage works; chosen_o, the last
// one, holds from the cycle in which it falls idle until it is started again, as do the words that
// word_index_i asks for (word_o comes the cycle after). Noise of bit j is draw (token, step, j) of the seed.
//
// With score_i nothing is chosen: score_o is the log-probability of the frame behind position_i, the sum
// of -ln(1 + e^-x), x a logit or, of a bit that is 0, its negative; Q16, each term rounded alone. The
// frame's words are asked for from the cycle after the start on, and come the cycle after.
`default_nettype none
`include "hvae_design.svh"

module hvae_bits #(
    parameter Size              = 88,
    parameter Lanes             = 16,
    parameter LogitBits         = 16,
    parameter LogitFrac         = 10,
    parameter Shift             = 4,
    parameter LogisticFile      = "",
    parameter Score             = 1,    // 0: without the log-probabilities of SCORE
    parameter SoftplusDeltaBits = 12,
    parameter SoftplusFile      = "",
    parameter Inputs          = 32,
    parameter BiasCoarse      = 0,
    parameter BiasFine        = 0,
    parameter CoarseBit       = 6,
    parameter RowTiles        = 1,
    parameter ColTiles        = 6,
    parameter Rounds          = 1,
    parameter Engines         = 0,   // tiles that all matrices share; 0: every matrix has its own
    parameter Image           = 0,   // in the memories of those
    parameter AskBits         = 1,
    parameter TellBits        = 1,
    parameter SkipZeros       = 0,
    parameter InputBits       = 8,
    parameter Rows            = 128,
    parameter Groups          = 16,
    parameter AdcsPerGroup    = 1,
    parameter WeightsPerGroup = 1,
    parameter CellsPerWeight  = 8,
    parameter Slots           = 8,
    parameter CellBits        = 2,
    parameter CodeBits        = 2,
    parameter DacBits         = 1,
    parameter AdcBits         = 9,
    parameter AdcShift        = 0,
    parameter AdcLift         = 0,   // how far below 0 a sum may be, in code steps
    parameter AdcZero         = 0,   // code of no current
    parameter [8*RowTiles*((ColTiles+Rounds-1)/Rounds)-1:0] Ranges = 0,  // of physical tiles, beyond AdcShift
    parameter Flip            = 0,   // columns may hold what is missing to the highest level
    parameter Remap           = 0,   // weights may stand on any place of their tile
    parameter Spare           = 0,   // places of a tile without a weight
    parameter Gains           = 0,   // every output has a gain and an offset
    parameter GainFile        = "",
    parameter LevelShift      = 0,   // code steps from one level to the next: 2^LevelShift
    parameter Noise           = 0,   // conversions draw (hvae_noise)
    parameter Bent            = 0,   // converters are not linear
    parameter HighFirst       = 0,   // the most significant slice of a weight comes first
    parameter MatrixNumber    = 0,   // in the design; of its draws
    parameter Differential    = 1,
    parameter WeightBits      = 8,
    parameter AccBits         = 25,
    parameter Lossless        = 1,
    parameter RomDir          = "rom",
    parameter RomPrefix       = "bits"
) (
    input  wire                        clk_i,
    input  wire                        rst_i,
    input  wire                        start_i,
    output wire                        busy_o,
    input  wire [31:0]                 noise_key_i,    // of the draws of converters in this step
    input  wire [InputBits*Inputs-1:0] planes_i,
    input  wire                        sample_i,   // draw the bits; otherwise the likelier ones
    input  wire [15:0]                 beta_i,     // Q4.12
    input  wire [22*16-1:0]            keys_i,
    input  wire [11:0]                 step_i,
    output wire                        sends_o,
    output wire [15:0]                 sent_o,
    output wire [15:0]                 chosen_o,
    input  wire [15:0]                 word_index_i,
    output reg  [15:0]                 word_o,
    input  wire                        score_i,
    input  wire [15:0]                 position_i,
    output wire [15:0]                 target_index_o,
    input  wire [15:0]                 target_data_i,
    output wire                        score_valid_o,
    output wire [31:0]                 score_o,
    output wire [15:0]                 clips_o,
    output wire [15:0]                 sats_o,
    output wire [15:0]                 samples_o,
    output wire [AskBits-1:0]          ask_o,          // of the tiles that matrices share (hvae_turns)
    input  wire [TellBits-1:0]         tell_i
);
  localparam WAIT     = Engines == 0 ? 5 : 7 + Engines * (Groups * WeightsPerGroup - Spare);  // for the last sums
  localparam READS       = (InputBits + DacBits - 1) / DacBits + `HVAE_EXTRA_READS;  // conversions of a column
  localparam SUM_BITS    = AccBits + (RowTiles > 1 ? $clog2(RowTiles) : 0);
  localparam SCANS       = (Size + Lanes - 1) / Lanes;
  localparam LEVELS      = Lanes > 1 ? $clog2(Lanes) : 0;
  localparam WORDS       = (Size + 15) / 16;
  localparam WORD_BITS   = WORDS > 1 ? $clog2(WORDS) : 1;
  localparam NOISE_FRAC  = 12;
  localparam NOISE_BITS  = 20;
  localparam SCORE_FRAC  = 16;
  localparam [16:0] UNIT_BETA = 17'd1 << NOISE_FRAC;
  // The words of a frame that is scored are read while the converters work, and rarely longer.
  localparam ADC         = Rounds * READS * Slots;
  localparam LONGER      = WORDS > ADC + 8 ? WORDS - ADC - 8 : 0;
  localparam DRAIN       = 16 + WORDS + 1;
  localparam SCORE_DRAIN = 3 + LEVELS + 9 + 1;

  wire        sample, first, scan;
  wire [7:0]  phase, slot, round;
  wire [17:0] group;
  wire        scores = Score != 0 && score_i;
  hvae_stage_seq u_seq (
      .clk_i(clk_i), .rst_i(rst_i), .start_i(start_i), .mvm_i(1'b1), .rounds_last_i(8'(Rounds - 1)),
      .phases_last_i(8'(READS - 1)), .slots_last_i(8'(Slots - 1)), .wait_last_i(8'(WAIT + LONGER)),
      .scan_last_i(18'(SCANS - 1)), .drain_last_i(scores ? 8'(SCORE_DRAIN - 1) : 8'(DRAIN - 1)),
      .busy_o(busy_o), .sample_o(sample), .round_o(round), .phase_o(phase), .first_phase_o(first),
      .slot_o(slot), .scan_o(scan), .scan_index_o(group)
  );

  wire [Lanes*SUM_BITS-1:0] sum;
  `HVAE_PRODUCT #(
      .Inputs(Inputs), .Sets(1), .Size(Size), .Lanes(Lanes), .BiasCoarse(BiasCoarse), .BiasFine(BiasFine),
      .CoarseBit(CoarseBit), .RowTiles(RowTiles), .ColTiles(ColTiles), .Rounds(Rounds), .SkipZeros(SkipZeros),
      .Engines(Engines), .Image(Image), .AskBits(AskBits), .TellBits(TellBits),
      .InputBits(InputBits), .Rows(Rows), .Groups(Groups), .AdcsPerGroup(AdcsPerGroup),
      .WeightsPerGroup(WeightsPerGroup), .CellsPerWeight(CellsPerWeight), .Slots(Slots),
      .CellBits(CellBits), .CodeBits(CodeBits), .DacBits(DacBits), .AdcBits(AdcBits),
      .AdcShift(AdcShift), .AdcLift(AdcLift), .AdcZero(AdcZero), .Ranges(Ranges),
      .Flip(Flip), .Remap(Remap), .Spare(Spare), .LevelShift(LevelShift),
      .Noise(Noise), .Bent(Bent), .MatrixNumber(MatrixNumber), .HighFirst(HighFirst), .Differential(Differential),
      .WeightBits(WeightBits), .AccBits(AccBits), .Lossless(Lossless),
      .RomDir(RomDir), .RomPrefix(RomPrefix)
  ) u_matvec (
      .clk_i(clk_i), .noise_key_i(noise_key_i),
      .sample_i(sample), .first_i(first), .phase_i(phase), .slot_i(slot), .round_i(round),
      .planes_i(planes_i), .scan_i(scan), .group_i(group), .read_sum_o(sum), .clips_o(clips_o), .samples_o(samples_o),
      .ask_o(ask_o), .tell_i(tell_i)
  );

  // Asked in cycle q: sums in q + 2, logits in q + 3. Read by the probes of a simulation.
  reg  [15:1]                valid_q;
  wire [17:0]                group2, write_group, group15;
  wire [Lanes*LogitBits-1:0] write_data;
  wire                       write_valid = valid_q[3];
  always @(posedge clk_i)
    if (rst_i) valid_q <= 15'd0;
    else valid_q <= {valid_q[14:1], scan};
  hvae_delay #(.Bits(18), .Cycles(2)) u_group2 (.clk_i(clk_i), .d_i(group), .d_o(group2));
  hvae_delay #(.Bits(18), .Cycles(1)) u_group3 (.clk_i(clk_i), .d_i(group2), .d_o(write_group));
  hvae_delay #(.Bits(18), .Cycles(12)) u_group15 (.clk_i(clk_i), .d_i(write_group), .d_o(group15));
  hvae_lanes_requant #(
      .Sets(1), .Lanes(Lanes), .Size(Size), .InBits(SUM_BITS), .OutBits(LogitBits), .Shift(Shift),
      .Gains(Gains), .GainFile(GainFile)
  ) u_logits (
      .clk_i(clk_i), .valid_i(valid_q[2]), .group_i(group2), .value_i(sum), .value_o(write_data), .sats_o(sats_o)
  );

  // Bits of a group, in q + 15.
  wire [Lanes*LogitBits-1:0] logits12;
  hvae_delay #(.Bits(Lanes * LogitBits), .Cycles(9)) u_logits12 (.clk_i(clk_i), .d_i(write_data), .d_o(logits12));
  wire signed [16:0] beta = sample_i ? {1'b0, beta_i} : UNIT_BETA;
  reg  [Lanes-1:0]   drawn_q;
  genvar l, d, n, j;
  generate
    for (l = 0; l < Lanes; l = l + 1) begin : gen_lane
      // Noise, in q + 14.
      wire [31:0]           uniform;
      wire                  sign;
      wire [NOISE_BITS-1:0] magnitude;
      wire [17:0]           draw = 18'(group * Lanes + l);
      hvae_rng_lane u_rng (
          .clk_i(clk_i), .rst_i(rst_i), .keys_i(keys_i), .valid_i(scan && sample_i && !scores),
          .counter_i({2'd2, step_i, draw}), .uniform_o(uniform)
      );
      hvae_octave_table #(.OutBits(NOISE_BITS), .InitFile(LogisticFile)) u_logistic (
          .clk_i(clk_i), .v_i({uniform[31:1], 1'b1}), .value_o(magnitude)
      );
      hvae_delay #(.Bits(1), .Cycles(3)) u_sign (.clk_i(clk_i), .d_i(uniform[0]), .d_o(sign));
      wire signed [NOISE_BITS-1:0] noise = sign ? -$signed(magnitude) : $signed(magnitude);

      // beta * logit in q + 13, requantised in q + 14.
      wire signed [LogitBits-1:0]    logit = logits12[l*LogitBits+:LogitBits];
      reg  signed [LogitBits+17-1:0] product_q;
      wire signed [31:0]             scaled;
      wire                           unused_sat;
      hvae_requant #(.InBits(LogitBits + 17), .OutBits(32), .Shift(LogitFrac)) u_scaled (
          .value_i(product_q), .value_o(scaled), .sat_o(unused_sat));
      reg  signed [31:0] scaled_q;
      wire signed [32:0] score = 33'(scaled_q) + (sample_i ? 33'(noise) : 33'sd0);
      always @(posedge clk_i) begin
        if (valid_q[12]) product_q <= logit * beta;
        if (valid_q[13]) scaled_q <= scaled;
        if (valid_q[14]) drawn_q[l] <= score > 33'sd0;
      end
    end
  endgenerate

  // The frame.
  reg     [Size-1:0] bits_q;
  integer            g, k;
  always @(posedge clk_i)
    if (valid_q[15] && !scores)
      for (g = 0; g < SCANS; g = g + 1)
        if (group15 == 18'(g))
          for (k = 0; k < Lanes; k = k + 1)
            if (g * Lanes + k < Size) bits_q[g*Lanes+k] <= drawn_q[k];
  wire [16*WORDS-1:0] words;
  generate
    for (j = 0; j < 16 * WORDS; j = j + 1) begin : gen_bit
      if (j < Size) begin : gen_used
        assign words[j] = bits_q[j];
      end else begin : gen_spare
        assign words[j] = 1'b0;
      end
    end
  endgenerate
  wire [WORD_BITS-1:0] word_index = word_index_i[WORD_BITS-1:0];
  always @(posedge clk_i) word_o <= words[word_index*16+:16];
  assign chosen_o = words[16*(WORDS-1)+:16];

  // All words but the last, one a cycle once the last bit is there.
  generate
    if (WORDS > 1) begin : gen_sends
      wire                 ends = scan && !scores && group == 18'(SCANS - 1);
      reg  [16:1]          end_q;
      reg                  sending_q;
      reg  [WORD_BITS-1:0] at_q;
      always @(posedge clk_i) begin
        if (rst_i) {end_q, sending_q} <= 17'd0;
        else begin
          end_q <= {end_q[15:1], ends};
          if (end_q[16]) sending_q <= 1'b1;
          else if (at_q == WORD_BITS'(WORDS - 2)) sending_q <= 1'b0;
        end
        at_q <= sending_q ? at_q + 1'b1 : {WORD_BITS{1'b0}};
      end
      assign sends_o = sending_q;
      assign sent_o  = words[at_q*16+:16];
    end else begin : gen_one_word
      assign sends_o = 1'b0;
      assign sent_o  = 16'd0;
    end
  endgenerate

  generate
    if (Score != 0) begin : gen_score
      // The frame to be predicted, word by word.
      reg  [16*WORDS-1:0]  target_q;
      reg  [15:0]          index_q;
      reg                  asks_q, comes_q;
      reg  [WORD_BITS-1:0] at_q, came_q;
      always @(posedge clk_i) begin
        if (rst_i) {asks_q, comes_q} <= 2'b00;
        else begin
          if (start_i && score_i) asks_q <= 1'b1;
          else if (at_q == WORD_BITS'(WORDS - 1)) asks_q <= 1'b0;
          comes_q <= asks_q;
        end
        at_q    <= asks_q ? at_q + 1'b1 : {WORD_BITS{1'b0}};
        index_q <= asks_q ? index_q + 16'd1 : 16'(({16'd0, position_i} + 32'd1) * WORDS);
        came_q  <= at_q;
        if (comes_q) target_q[came_q*16+:16] <= target_data_i;
      end
      assign target_index_o = asks_q ? index_q : 16'd0;

      // q + 3 -> q + 4: x; q + 5: what it is below 0, and its magnitude, cut at 16; q + 9: ln(1 + e^-|x|);
      // q + 10: the term; q + 11: the sum of the lane.
      localparam X_BITS = LogitBits + 1;
      wire [16*WORDS-1:0]   target = target_q;
      wire [17:0]           group10;
      hvae_delay #(.Bits(18), .Cycles(7)) u_group10 (.clk_i(clk_i), .d_i(write_group), .d_o(group10));
      wire [(1<<LEVELS)*32-1:0] sums;
      for (l = 0; l < (1 << LEVELS); l = l + 1) begin : gen_term
        if (l < Lanes) begin : gen_used
          wire signed [X_BITS-1:0] logit = X_BITS'($signed(write_data[l*LogitBits+:LogitBits]));
          wire [31:0]              number = {14'd0, write_group} * Lanes + l;
          wire                     here   = number < Size;
          wire [$clog2(16*WORDS)-1:0] bit_index = here ? number[$clog2(16*WORDS)-1:0] : {$clog2(16*WORDS){1'b0}};
          reg  signed [X_BITS-1:0] x_q;
          wire signed [X_BITS:0]   x = (X_BITS + 1)'(x_q);
          wire signed [X_BITS:0]   against_wide   = x_q[X_BITS-1] ? -x : {(X_BITS+1){1'b0}};
          wire signed [X_BITS:0]   magnitude_wide = x_q[X_BITS-1] ? -x : x;
          wire signed [31:0]       against;
          wire signed [16:0]       magnitude;
          wire                     unused_against_sat, unused_magnitude_sat;
          hvae_requant #(.InBits(X_BITS + 1), .OutBits(32), .Shift(LogitFrac - SCORE_FRAC)) u_against (
              .value_i(against_wide), .value_o(against), .sat_o(unused_against_sat));
          hvae_requant #(.InBits(X_BITS + 1), .OutBits(17), .Shift(LogitFrac - 12)) u_magnitude (
              .value_i(magnitude_wide), .value_o(magnitude), .sat_o(unused_magnitude_sat));
          reg  signed [31:0]       against_q;
          reg  signed [16:0]       magnitude_q;
          wire signed [31:0]       against9;
          wire signed [17:0]       rest;
          wire                     here9;
          hvae_table #(
              .InBits(16), .AddressBits(10), .OutBits(18), .DeltaBits(SoftplusDeltaBits), .InitFile(SoftplusFile)
          ) u_softplus (.clk_i(clk_i), .x_i({~magnitude_q[15], magnitude_q[14:0]}), .y_o(rest));
          hvae_delay #(.Bits(32), .Cycles(4)) u_against9 (.clk_i(clk_i), .d_i(against_q), .d_o(against9));
          hvae_delay #(.Bits(1), .Cycles(6)) u_here9 (.clk_i(clk_i), .d_i(here), .d_o(here9));
          reg  [31:0]              term_q, sum_q;
          always @(posedge clk_i) begin
            x_q         <= target[bit_index] ? logit : -logit;
            against_q   <= against;
            magnitude_q <= magnitude;
            term_q      <= here9 ? against9 + 32'(rest) : 32'd0;
            if (valid_q[10]) sum_q <= (group10 == 18'd0 ? 32'd0 : sum_q) + term_q;
          end
          assign sums[l*32+:32] = sum_q;
          wire unused = &{1'b0, magnitude_q, number};
        end else begin : gen_empty
          assign sums[l*32+:32] = 32'd0;
        end
      end

      // A tree over the lanes, a level a cycle.
      for (d = 0; d <= LEVELS; d = d + 1) begin : gen_level
        wire [((1<<LEVELS)>>d)*32-1:0] total;
        if (d == 0) begin : gen_leaves
          assign total = sums;
        end else begin : gen_inner
          reg [((1<<LEVELS)>>d)*32-1:0] total_q;
          for (n = 0; n < ((1 << LEVELS) >> d); n = n + 1) begin : gen_node
            always @(posedge clk_i)
              total_q[n*32+:32] <= gen_level[d-1].total[(2*n)*32+:32] + gen_level[d-1].total[(2*n+1)*32+:32];
          end
          assign total = total_q;
        end
      end
      localparam TOTAL = 11 + LEVELS;
      reg [TOTAL+1:1] end_q;
      reg [31:0]      score_q;
      always @(posedge clk_i) begin
        if (rst_i) end_q <= {(TOTAL+1){1'b0}};
        else end_q <= {end_q[TOTAL:1], scan && scores && group == 18'(SCANS - 1)};
        if (end_q[TOTAL]) score_q <= -gen_level[LEVELS].total;
      end
      assign score_valid_o = end_q[TOTAL+1];
      assign score_o       = score_q;
    end else begin : gen_no_score
      assign score_valid_o  = 1'b0;
      assign score_o        = 32'd0;
      assign target_index_o = 16'd0;
      wire unused = &{1'b0, position_i, target_data_i, score_i};
    end
  endgenerate

  wire unused = &{1'b0, write_valid, word_index_i};
endmodule

`default_nettype wire
