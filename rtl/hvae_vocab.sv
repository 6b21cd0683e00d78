// SPDX-License-Identifier: Apache-2.0
// The vocabulary stage: logits of all tokens, and the token chosen from them.
// Logits of the group asked for in cycle q are there in q + 3; token_o holds from the
// cycle in which the stage falls idle until it is started again.
//
// With score_i the logits are read twice, and score_o is the log-probability of target_i
// (hvae_log_prob); target_i is constant from the cycle after the start.
`default_nettype none
`include "hvae_design.svh"

module hvae_vocab #(
    parameter Vocabulary      = 2000,
    parameter Lanes           = 16,
    parameter LogitBits       = 16,
    parameter LogitFrac       = 10,
    parameter Shift           = 4,
    parameter GumbelFile      = "",
    parameter Score           = 1,    // 0: without the log-probabilities of SCORE
    parameter Exp2DeltaBits   = 12,
    parameter Exp2File        = "",
    parameter Log2DeltaBits   = 12,
    parameter Log2File        = "",
    parameter Inputs          = 96,
    parameter BiasCoarse      = 1,
    parameter BiasFine        = 1,
    parameter CoarseBit       = 6,
    parameter RowTiles        = 1,
    parameter ColTiles        = 125,
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
    parameter RomPrefix       = "vocab"
) (
    input  wire                        clk_i,
    input  wire                        rst_i,
    input  wire                        start_i,
    output wire                        busy_o,
    input  wire [31:0]                 noise_key_i,    // of the draws of converters in this step
    input  wire [InputBits*Inputs-1:0] planes_i,
    input  wire                        sample_i,   // draw the token; otherwise the likeliest
    input  wire                        unknown_i,  // it may be the unknown word
    input  wire [15:0]                 beta_i,
    input  wire [22*16-1:0]            keys_i,
    input  wire [11:0]                 step_i,
    output wire [15:0]                 token_o,
    input  wire                        score_i,
    input  wire [15:0]                 target_i,
    output wire                        score_valid_o,
    output wire [31:0]                 score_o,
    output wire [15:0]                 clips_o,
    output wire [15:0]                 sats_o,
    output wire [15:0]                 samples_o,
    output wire [AskBits-1:0]          ask_o,          // of the tiles that matrices share (hvae_turns)
    input  wire [TellBits-1:0]         tell_i
);
  localparam WAIT     = Engines == 0 ? 5 : 7 + Engines * (Groups * WeightsPerGroup - Spare);  // for the last sums
  localparam READS    = (InputBits + DacBits - 1) / DacBits + `HVAE_EXTRA_READS;  // conversions of a column
  localparam SUM_BITS = AccBits + (RowTiles > 1 ? $clog2(RowTiles) : 0);
  localparam SCANS    = (Vocabulary + Lanes - 1) / Lanes;
  localparam LEVELS   = Lanes > 1 ? $clog2(Lanes) : 0;
  localparam DRAIN       = 16 + LEVELS + 2;
  localparam SCORE_DRAIN = 3 + 2 * LEVELS + 24 + 1;

  wire        sample, first, scan;
  wire [7:0]  phase, slot, round;
  wire [17:0] unused_index;
  wire        scores = Score != 0 && score_i;
  hvae_stage_seq u_seq (
      .clk_i(clk_i), .rst_i(rst_i), .start_i(start_i), .mvm_i(1'b1), .rounds_last_i(8'(Rounds - 1)),
      .phases_last_i(8'(READS - 1)), .slots_last_i(8'(Slots - 1)), .wait_last_i(8'(WAIT)),
      .scan_last_i(scores ? 18'(2 * SCANS - 1) : 18'(SCANS - 1)),
      .drain_last_i(scores ? 8'(SCORE_DRAIN - 1) : 8'(DRAIN - 1)),
      .busy_o(busy_o), .sample_o(sample), .round_o(round), .phase_o(phase), .first_phase_o(first),
      .slot_o(slot), .scan_o(scan), .scan_index_o(unused_index)
  );

  // The group of this pass over the logits, and which pass it is.
  reg [17:0] group;
  reg        second_q;
  always @(posedge clk_i)
    if (!scan) begin
      group    <= 18'd0;
      second_q <= 1'b0;
    end else if (group == 18'(SCANS - 1)) begin
      group    <= 18'd0;
      second_q <= 1'b1;
    end else group <= group + 18'd1;


  wire [Lanes*SUM_BITS-1:0] sum;
  `HVAE_PRODUCT #(
      .Inputs(Inputs), .Sets(1), .Size(Vocabulary), .Lanes(Lanes), .BiasCoarse(BiasCoarse), .BiasFine(BiasFine),
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
  reg  [3:1]                 valid_q;
  reg  [4:1]                 second_line_q;
  wire [17:0]                group2, write_group;
  wire [Lanes*LogitBits-1:0] write_data;
  wire                       write_valid = valid_q[3] && !second_line_q[3];
  always @(posedge clk_i) begin
    if (rst_i) valid_q <= 3'd0;
    else valid_q <= {valid_q[2:1], scan};
    second_line_q <= {second_line_q[3:1], second_q};
  end
  hvae_delay #(.Bits(18), .Cycles(2)) u_group2 (.clk_i(clk_i), .d_i(group), .d_o(group2));
  hvae_delay #(.Bits(18), .Cycles(1)) u_group3 (.clk_i(clk_i), .d_i(group2), .d_o(write_group));

  // Saturations count once, in the first pass.
  wire [15:0] all_sats;
  assign sats_o = second_line_q[4] ? 16'd0 : all_sats;
  hvae_lanes_requant #(
      .Sets(1), .Lanes(Lanes), .Size(Vocabulary), .InBits(SUM_BITS), .OutBits(LogitBits), .Shift(Shift),
      .Gains(Gains), .GainFile(GainFile)
  ) u_logits (
      .clk_i(clk_i), .valid_i(valid_q[2]), .group_i(group2), .value_i(sum),
      .value_o(write_data), .sats_o(all_sats)
  );

  hvae_token_choice #(
      .Vocabulary(Vocabulary), .Lanes(Lanes), .LogitBits(LogitBits), .LogitFrac(LogitFrac),
      .GumbelFile(GumbelFile)
  ) u_choice (
      .clk_i(clk_i), .rst_i(rst_i), .sample_i(sample_i), .unknown_i(unknown_i), .beta_i(beta_i), .keys_i(keys_i),
      .step_i(step_i), .scan_i(scan && !second_q), .group_i(group), .logits_i(write_data), .token_o(token_o)
  );

  generate
    if (Score != 0) begin : gen_score
      hvae_log_prob #(
          .Vocabulary(Vocabulary), .Lanes(Lanes), .LogitBits(LogitBits), .LogitFrac(LogitFrac),
          .Exp2DeltaBits(Exp2DeltaBits), .Exp2File(Exp2File), .Log2DeltaBits(Log2DeltaBits), .Log2File(Log2File)
      ) u_score (
          .clk_i(clk_i), .rst_i(rst_i), .valid_i(valid_q[3] && scores), .second_i(second_line_q[3]),
          .group_i(write_group), .logits_i(write_data), .target_i(target_i),
          .score_valid_o(score_valid_o), .score_o(score_o)
      );
    end else begin : gen_no_score
      assign score_valid_o = 1'b0;
      assign score_o       = 32'd0;
      wire unused = &{1'b0, target_i, score_i};
    end
  endgenerate

  wire unused = &{1'b0, write_valid, write_group, unused_index};
endmodule

`default_nettype wire
