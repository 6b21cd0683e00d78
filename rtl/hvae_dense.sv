// SPDX-License-Identifier: Apache-2.0
// A dense stage: product, requantised to pre-activations (Shift), an activation, requantised to
// words (WordShift), Lanes outputs a cycle.
//
// Activation 0: none, 1: by table (hvae_table, TableFile). A group asked for in cycle q is written
// in q + 4 without an activation, in q + 8 with one. planes_o: the words as others see them, from
// the cycle after the write; clear_i zeroes them.
`default_nettype none
`include "hvae_design.svh"

module hvae_dense #(
    parameter Size             = 96,
    parameter Lanes            = 8,
    parameter PreBits          = 16,
    parameter StateBits        = 16,
    parameter Shift            = 6,
    parameter WordShift        = 0,    // of what the activation makes
    parameter Activation       = 0,
    parameter TableBits        = 16,
    parameter TableAddressBits = 9,
    parameter TableDeltaBits   = 12,
    parameter TableFile        = "",
    parameter CodeShift        = 8,    // word to code
    parameter HasPlanes        = 1,
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
    parameter RomPrefix       = "matrix"
) (
    input  wire                        clk_i,
    input  wire                        rst_i,
    input  wire                        clear_i,
    input  wire                        start_i,
    output wire                        busy_o,
    input  wire [31:0]                 noise_key_i,    // of the draws of converters in this step
    input  wire [InputBits*Inputs-1:0] planes_i,
    output wire                        write_o,
    output wire [17:0]                 write_group_o,
    output wire [Lanes*StateBits-1:0]  write_data_o,
    output wire [InputBits*Size-1:0]   planes_o,
    output wire [15:0]                 clips_o,
    output wire [15:0]                 sats_o,
    output wire [15:0]                 samples_o,
    output wire [AskBits-1:0]          ask_o,          // of the tiles that matrices share (hvae_turns)
    input  wire [TellBits-1:0]         tell_i
);
  localparam WAIT     = Engines == 0 ? 5 : 7 + Engines * (Groups * WeightsPerGroup - Spare);  // for the last sums
  localparam READS     = (InputBits + DacBits - 1) / DacBits + `HVAE_EXTRA_READS;  // conversions of a column
  localparam SUM_BITS  = AccBits + (RowTiles > 1 ? $clog2(RowTiles) : 0);
  localparam SCANS     = (Size + Lanes - 1) / Lanes;
  localparam MADE_BITS = Activation != 0 ? TableBits : PreBits;
  localparam LATENCY   = Activation != 0 ? 8 : 4;  // from asking to writing

  wire        sample, first, scan;
  wire [7:0]  phase, slot, round;
  wire [17:0] group;
  hvae_stage_seq u_seq (
      .clk_i(clk_i), .rst_i(rst_i), .start_i(start_i), .mvm_i(1'b1), .rounds_last_i(8'(Rounds - 1)),
      .phases_last_i(8'(READS - 1)), .slots_last_i(8'(Slots - 1)), .wait_last_i(8'(WAIT)),
      .scan_last_i(18'(SCANS - 1)), .drain_last_i(8'(LATENCY)),
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

  // Asked in cycle q: sums in q + 2, pre-activations in q + 3, what is made of them in LATENCY - 1.
  reg  [LATENCY:1] valid_q;
  wire [17:0]      group2, group_made;
  always @(posedge clk_i)
    if (rst_i) valid_q <= {LATENCY{1'b0}};
    else valid_q <= {valid_q[LATENCY-1:1], scan};
  hvae_delay #(.Bits(18), .Cycles(2)) u_group2 (.clk_i(clk_i), .d_i(group), .d_o(group2));
  hvae_delay #(.Bits(18), .Cycles(LATENCY - 3)) u_group_made (.clk_i(clk_i), .d_i(group2), .d_o(group_made));
  hvae_delay #(.Bits(18), .Cycles(1)) u_group_write (.clk_i(clk_i), .d_i(group_made), .d_o(write_group_o));
  assign write_o = valid_q[LATENCY];

  wire [Lanes*PreBits-1:0]   pre;
  wire [Lanes*MADE_BITS-1:0] made;
  wire [15:0]                pre_sats, word_sats, code_sats;
  hvae_lanes_requant #(
      .Sets(1), .Lanes(Lanes), .Size(Size), .InBits(SUM_BITS), .OutBits(PreBits), .Shift(Shift),
      .Gains(Gains), .GainFile(GainFile)
  ) u_pre (
      .clk_i(clk_i), .valid_i(valid_q[2]), .group_i(group2), .value_i(sum), .value_o(pre), .sats_o(pre_sats)
  );

  genvar l;
  generate
    if (Activation != 0) begin : gen_tables
      for (l = 0; l < Lanes; l = l + 1) begin : gen_lane
        hvae_table #(
            .InBits(PreBits), .AddressBits(TableAddressBits), .OutBits(TableBits),
            .DeltaBits(TableDeltaBits), .InitFile(TableFile)
        ) u_table (.clk_i(clk_i), .x_i(pre[l*PreBits+:PreBits]), .y_o(made[l*TableBits+:TableBits]));
      end
    end else begin : gen_plain
      assign made = pre;
    end
  endgenerate

  hvae_lanes_requant #(
      .Sets(1), .Lanes(Lanes), .Size(Size), .InBits(MADE_BITS), .OutBits(StateBits), .Shift(WordShift)
  ) u_word (
      .clk_i(clk_i), .valid_i(valid_q[LATENCY-1]), .group_i(group_made), .value_i(made),
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
  assign sats_o = pre_sats + word_sats + code_sats;

  wire unused = &{1'b0, unused_words};
endmodule

`default_nettype wire
