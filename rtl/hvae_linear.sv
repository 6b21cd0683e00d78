// SPDX-License-Identifier: Apache-2.0
// A matrix stage: product, requantised, Lanes outputs of each of Sets output blocks a cycle.
//
// Sets = 1: a bridge (W z), whose words are h_0 (Shift) and c_0 (ShiftC) of a decoder cell.
// Sets = 2: a pair of heads; mean = outputs 0..Size-1, log-variance = Size..2*Size-1, kept
// as vectors after the last write. Group k is written 3 cycles after it was asked for.
`default_nettype none
`include "hvae_design.svh"

module hvae_linear #(
    parameter Sets            = 1,
    parameter Size            = 96,   // outputs of a set
    parameter Lanes           = 8,
    parameter OutBits         = 16,
    parameter Shift           = 6,
    parameter ShiftC          = 6,
    parameter HasC            = 0,
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
    input  wire                        start_i,
    output wire                        busy_o,
    input  wire [31:0]                 noise_key_i,    // of the draws of converters in this step
    input  wire [InputBits*Inputs-1:0] planes_i,
    output wire                        write_o,
    output wire [17:0]                 write_group_o,
    output wire [Sets*Lanes*OutBits-1:0] write_data_o,    // lane l of set s at (s*Lanes + l)*OutBits
    output wire [Lanes*OutBits-1:0]    write_c_data_o,
    output reg  [Sets*Size*OutBits-1:0] kept_o,           // element j of set s at (s*Size + j)*OutBits
    output wire [15:0]                 clips_o,
    output wire [15:0]                 sats_o,
    output wire [15:0]                 samples_o,
    output wire [AskBits-1:0]          ask_o,          // of the tiles that matrices share (hvae_turns)
    input  wire [TellBits-1:0]         tell_i
);
  localparam WAIT     = Engines == 0 ? 5 : 7 + Engines * (Groups * WeightsPerGroup - Spare);  // for the last sums
  localparam READS    = (InputBits + DacBits - 1) / DacBits + `HVAE_EXTRA_READS;  // conversions of a column
  localparam SUM_BITS = AccBits + (RowTiles > 1 ? $clog2(RowTiles) : 0);
  localparam SCANS    = (Size + Lanes - 1) / Lanes;

  wire        sample, first, scan;
  wire [7:0]  phase, slot, round;
  wire [17:0] group;
  hvae_stage_seq u_seq (
      .clk_i(clk_i), .rst_i(rst_i), .start_i(start_i), .mvm_i(1'b1), .rounds_last_i(8'(Rounds - 1)),
      .phases_last_i(8'(READS - 1)), .slots_last_i(8'(Slots - 1)), .wait_last_i(8'(WAIT)),
      .scan_last_i(18'(SCANS - 1)), .drain_last_i(8'd3),
      .busy_o(busy_o), .sample_o(sample), .round_o(round), .phase_o(phase), .first_phase_o(first),
      .slot_o(slot), .scan_o(scan), .scan_index_o(group)
  );

  wire [Sets*Lanes*SUM_BITS-1:0] sum;
  `HVAE_PRODUCT #(
      .Inputs(Inputs), .Sets(Sets), .Size(Size), .Lanes(Lanes), .BiasCoarse(BiasCoarse), .BiasFine(BiasFine),
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

  // Asked in cycle q: sums in q + 2, words in q + 3.
  reg  [2:0]  valid_q;
  wire [17:0] group2, group3;
  always @(posedge clk_i)
    if (rst_i) valid_q <= 3'd0;
    else valid_q <= {valid_q[1:0], scan};
  hvae_delay #(.Bits(18), .Cycles(2)) u_group2 (.clk_i(clk_i), .d_i(group), .d_o(group2));
  hvae_delay #(.Bits(18), .Cycles(1)) u_group3 (.clk_i(clk_i), .d_i(group2), .d_o(group3));

  wire [15:0] sats;
  hvae_lanes_requant #(
      .Sets(Sets), .Lanes(Lanes), .Size(Size), .InBits(SUM_BITS), .OutBits(OutBits), .Shift(Shift),
      .Gains(Gains), .GainFile(GainFile)
  ) u_requant (
      .clk_i(clk_i), .valid_i(valid_q[1]), .group_i(group2), .value_i(sum),
      .value_o(write_data_o), .sats_o(sats)
  );
  assign write_o       = valid_q[2];
  assign write_group_o = group3;

  generate
    if (HasC != 0) begin : gen_c
      wire [15:0] c_sats;
      hvae_lanes_requant #(
          .Sets(1), .Lanes(Lanes), .Size(Size), .InBits(SUM_BITS), .OutBits(OutBits), .Shift(ShiftC),
      .Gains(Gains), .GainFile(GainFile)
      ) u_requant_c (
          .clk_i(clk_i), .valid_i(valid_q[1]), .group_i(group2), .value_i(sum[Lanes*SUM_BITS-1:0]),
          .value_o(write_c_data_o), .sats_o(c_sats)
      );
      assign sats_o = sats + c_sats;
    end else begin : gen_no_c
      assign write_c_data_o = {Lanes*OutBits{1'b0}};
      assign sats_o         = sats;
    end
  endgenerate

  integer g, k, i;
  always @(posedge clk_i)
    if (write_o)
      for (g = 0; g < SCANS; g = g + 1)
        if (write_group_o == 18'(g))
          for (k = 0; k < Sets; k = k + 1)
            for (i = 0; i < Lanes; i = i + 1)
              if (g * Lanes + i < Size)
                kept_o[(k*Size+g*Lanes+i)*OutBits+:OutBits] <= write_data_o[(k*Lanes+i)*OutBits+:OutBits];
endmodule

`default_nettype wire
