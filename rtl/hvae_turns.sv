// SPDX-License-Identifier: Apache-2.0
// A weight matrix on the engine that all matrices share (hvae_engine): what hvae_matvec computes, at
// the same ports, and the sums of the last product, kept until the next one.
//
// The logical tiles of the matrix follow each other in the engine's memory from Image on, row of
// tiles after row of tiles, Engines columns of tiles in one round; the rounds of this matrix are
// From .. From + Rounds - 1 of its stage.
//
//   ask_o   {sample, first phase, last of the round, slot, phase, image, logical tile} of a
//           conversion one cycle after sample_i; a cycle later what drives the word lines and which
//           tiles are to convert; two cycles later the key of its draws. 0 while others work.
//   tell_i  the sums of a round one after the other, {valid, first of the round, image, sum}
//
// Written with all rows of tiles, a sum can be read in the cycle after; see hvae_engine for when.
// Outputs stand in Sets blocks of Size; a read takes group_i and gives, two cycles later, outputs
// set*Size + group*Lanes + lane of every set.
`default_nettype none
`include "hvae_design.svh"

module hvae_turns #(
    parameter Inputs          = 96,
    parameter Sets            = 3,    // blocks of outputs, read side by side
    parameter Size            = 96,   // outputs of a block
    parameter Lanes           = 8,    // of each block, read per cycle
    parameter BiasCoarse      = 0,
    parameter BiasFine        = 0,
    parameter CoarseBit       = 6,
    parameter RowTiles        = 1,
    parameter ColTiles        = 18,
    parameter Rounds          = 18,   // RowTiles * ceil(ColTiles / Engines)
    parameter Engines         = 1,    // tiles of the engine, side by side
    parameter Image           = 0,    // in the engine's memory
    parameter From            = 0,    // the first round of its stage that is for this matrix
    parameter AskBits         = 212,
    parameter TellBits        = 43,
    parameter SkipZeros       = 0,    // no conversions for digits that are 0 on a row of tiles
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
    parameter AdcLift         = 0,
    parameter AdcZero         = 0,
    parameter Ranges          = 0,
    parameter Flip            = 0,
    parameter Remap           = 0,
    parameter Spare           = 0,    // places of a tile without a weight
    parameter LevelShift      = 0,
    parameter Noise           = 0,    // conversions draw (hvae_noise)
    parameter Bent            = 0,
    parameter HighFirst       = 0,
    parameter MatrixNumber    = 0,    // in the design; of its draws
    parameter Differential    = 1,
    parameter WeightBits      = 8,
    parameter AccBits         = 25,
    parameter Lossless        = 1,
    parameter RomDir          = "rom",
    parameter RomPrefix       = "matrix",
    parameter SumBits         = AccBits + (RowTiles > 1 ? $clog2(RowTiles) : 0)
) (
    input  wire                        clk_i,
    input  wire [31:0]                 noise_key_i,    // of the step of the job
    input  wire                        sample_i,
    input  wire                        first_i,        // the first read of the most significant phase
    input  wire [7:0]                  phase_i,
    input  wire [7:0]                  slot_i,
    input  wire [7:0]                  round_i,
    input  wire [InputBits*Inputs-1:0] planes_i,       // bit b of input k at b*Inputs + k
    input  wire                        scan_i,
    input  wire [17:0]                 group_i,
    output wire [Sets*Lanes*SumBits-1:0] read_sum_o,   // lane l of set s at (s*Lanes + l)*SumBits
    output wire [15:0]                 clips_o,        // counted by the engine
    output wire [15:0]                 samples_o,
    output wire [AskBits-1:0]          ask_o,
    input  wire [TellBits-1:0]         tell_i
);
  localparam READS    = (InputBits + DacBits - 1) / DacBits + `HVAE_EXTRA_READS;  // conversions of a column
  localparam LOGICAL  = Groups * WeightsPerGroup - Spare;
  localparam WORDS    = Engines * LOGICAL;                         // of a round
  localparam BLOCKS   = (ColTiles + Engines - 1) / Engines;        // rounds of a row of tiles
  localparam OUTPUTS  = Sets * Size;
  localparam USED     = Inputs + BiasCoarse + BiasFine;
  localparam ALL_ROWS = RowTiles * Rows;
  localparam SCANS    = (Size + Lanes - 1) / Lanes;
  localparam SCAN_BITS = SCANS > 1 ? $clog2(SCANS) : 1;
  localparam signed [SumBits-1:0] HALF_READ = SumBits'((1 << `HVAE_READ_BITS) >> 1);

  generate
    if (USED > ALL_ROWS || (RowTiles - 1) * Rows >= USED) begin : gen_refuse_rows
      hvae_row_tiles_do_not_fit_the_inputs u_refuse ();
    end
    if (OUTPUTS > ColTiles * LOGICAL) begin : gen_refuse_columns
      hvae_column_tiles_do_not_hold_the_outputs u_refuse ();
    end
    if (Rounds != RowTiles * BLOCKS) begin : gen_refuse_rounds
      hvae_rounds_are_not_those_of_the_matrix u_refuse ();
    end
    if (AskBits != 51 + 32 + Engines + DacBits * Rows || TellBits != 18 + AccBits) begin : gen_refuse_bits
      hvae_ask_or_tell_has_another_width u_refuse ();
    end
  endgenerate

  // What is asked.
  wire [7:0] local_round = round_i - 8'(From);
  wire       mine        = sample_i && {1'b0, local_round} < 9'(Rounds);
  reg  [2:0] sample_q;
  reg        first_q, last_q;
  reg  [7:0] phase_q, slot_q, round_q;
  always @(posedge clk_i) begin
    sample_q <= {sample_q[1:0], mine};
    first_q  <= mine && first_i;
    last_q   <= mine && phase_i == 8'(READS - 1) && slot_i == 8'(Slots - 1);
    phase_q  <= mine ? phase_i : 8'd0;
    slot_q   <= mine ? slot_i : 8'd0;
    round_q  <= mine ? local_round : 8'd0;
  end

  // Which row of tiles, and whether the last of its rounds.
  wire [RowTiles-1:0] row, ends;
  genvar r, b, k, s, l;
  generate
    for (r = 0; r < RowTiles; r = r + 1) begin : gen_row
      assign row[r]  = {1'b0, round_q} < 9'((r + 1) * BLOCKS) && (r == 0 || {1'b0, round_q} >= 9'(r * BLOCKS));
      assign ends[r] = round_q == 8'((r + 1) * BLOCKS - 1);
    end
  endgenerate

  wire [InputBits*Rows-1:0] planes;
  generate
    for (b = 0; b < InputBits; b = b + 1) begin : gen_plane
      // Data, coarse bias rows, fine bias row, nothing.
      wire [ALL_ROWS-1:0] all;
      assign all[Inputs-1:0] = planes_i[b*Inputs+:Inputs];
      if (BiasCoarse > 0) begin : gen_coarse
        assign all[Inputs+:BiasCoarse] = {BiasCoarse{b == CoarseBit}};
      end
      if (BiasFine > 0) begin : gen_fine
        assign all[Inputs+BiasCoarse+:BiasFine] = {BiasFine{b == 0}};
      end
      if (USED < ALL_ROWS) begin : gen_rest
        assign all[ALL_ROWS-1:USED] = {(ALL_ROWS-USED){1'b0}};
      end
      for (r = 0; r < RowTiles; r = r + 1) begin : gen_chosen
        wire [Rows-1:0] rows;
        if (RowTiles == 1) begin : gen_only
          assign rows = all;
        end else if (r == 0) begin : gen_first
          assign rows = all[Rows-1:0] & {Rows{row[0]}};
        end else begin : gen_more
          assign rows = gen_chosen[r-1].rows | (all[r*Rows+:Rows] & {Rows{row[r]}});
        end
      end
      assign planes[b*Rows+:Rows] = gen_chosen[RowTiles-1].rows;
    end
  endgenerate

  wire [DacBits*Rows-1:0] drive;
  wire                    live;
  hvae_dac #(
      .Rows(Rows), .InputBits(InputBits), .DacBits(DacBits), .Phases(READS - `HVAE_EXTRA_READS), .SkipZeros(SkipZeros)
  ) u_dac (
      .clk_i   (clk_i),
      .sample_i(sample_q[0]),
      .phase_i (phase_q),
      .planes_i(planes),
      .drive_o (drive),
      .live_o  (live)
  );

  // Tiles with columns in this round: the last one of a row may not fill them all.
  reg ends_q;
  always @(posedge clk_i) ends_q <= |ends;
  wire [Engines-1:0] held;
  generate
    for (k = 0; k < Engines; k = k + 1) begin : gen_held
      assign held[k] = (BLOCKS - 1) * Engines + k < ColTiles || !ends_q;
    end
  endgenerate

  // The key of this product's draws, and which tile of the matrix the engine's first one is.
  wire [31:0] key;
  wire [15:0] number;
  generate
    if (Noise != 0) begin : gen_key
      wire [31:0] mixed;
      reg  [31:0] key_q;
      hvae_mix u_mix (.x_i(noise_key_i ^ {16'(MatrixNumber), 16'd0}), .y_o(mixed));
      always @(posedge clk_i) key_q <= mixed;
      assign key = key_q & {32{sample_q[2]}};
      for (r = 0; r < RowTiles; r = r + 1) begin : gen_number
        // Of this row of tiles: those before it, less the places that their last rounds left empty.
        wire [15:0] of_row;
        wire [15:0] here = 16'(Engines) * {8'd0, round_q} - 16'(r * (BLOCKS * Engines - ColTiles));
        if (r == 0) begin : gen_first
          assign of_row = here & {16{row[0]}};
        end else begin : gen_more
          assign of_row = gen_number[r-1].of_row | (here & {16{row[r]}});
        end
      end
      assign number = gen_number[RowTiles-1].of_row & {16{sample_q[0]}};
    end else begin : gen_no_key
      assign key    = 32'd0;
      assign number = 16'd0;
      wire unused = &{1'b0, noise_key_i, sample_q[2]};
    end
  endgenerate

  wire [15:0] image = (16'(Image) + {8'd0, round_q}) & {16{sample_q[0]}};
  assign ask_o = {
    sample_q[0], first_q, last_q, slot_q, phase_q, image, number,
    key, {Engines{live && sample_q[1]}} & held, drive & {DacBits*Rows{sample_q[1]}}
  };

  // What is told: sums of this matrix, output after output of a row of tiles, then of the next row.
  wire                      valid, starts;
  wire [15:0]               told_image;
  wire signed [AccBits-1:0] told;
  assign {valid, starts, told_image, told} = tell_i;
  wire [15:0] told_round = told_image - 16'(Image);
  wire        taken      = valid && told_round < 16'(Rounds);
  wire        begins     = taken && starts && told_round == 16'd0;
  localparam LAST_WORD  = BLOCKS * WORDS - 1;
  localparam COUNT_BITS = BLOCKS * WORDS > 1 ? $clog2(BLOCKS * WORDS) : 1;
  localparam SET_BITS   = $clog2(Sets + 1);  // Sets itself: places of the last tile without an output
  localparam LANE_BITS  = Lanes > 1 ? $clog2(Lanes) : 1;
  localparam LAST_GROUP = SCANS - 1;
  localparam LAST_LANE  = Size - 1 - LAST_GROUP * Lanes;
  reg                   again_q;   // a later row of tiles: added to what is there
  reg  [COUNT_BITS-1:0] word_q;
  reg  [SET_BITS-1:0]   set_q;
  reg  [SCAN_BITS-1:0]  group_q;
  reg  [LANE_BITS-1:0]  lane_q;
  wire                  again    = again_q && !begins;
  wire [COUNT_BITS-1:0] word     = begins ? {COUNT_BITS{1'b0}} : word_q;
  wire [SET_BITS-1:0]   set      = begins ? {SET_BITS{1'b0}} : set_q;
  wire [SCAN_BITS-1:0]  group    = begins ? {SCAN_BITS{1'b0}} : group_q;
  wire [LANE_BITS-1:0]  lane     = begins ? {LANE_BITS{1'b0}} : lane_q;
  wire                  beyond   = set == SET_BITS'(Sets);
  wire                  full     = group == SCAN_BITS'(LAST_GROUP) && lane == LANE_BITS'(LAST_LANE);  // ends a set
  wire                  wraps    = full || lane == LANE_BITS'(Lanes - 1);
  wire                  row_ends = word == COUNT_BITS'(LAST_WORD);
  always @(posedge clk_i)
    if (taken) begin
      again_q <= row_ends || again;
      word_q  <= row_ends ? {COUNT_BITS{1'b0}} : word + COUNT_BITS'(1);
      set_q   <= row_ends ? {SET_BITS{1'b0}} : full && !beyond ? set + SET_BITS'(1) : set;
      group_q <= row_ends || full ? {SCAN_BITS{1'b0}} : wraps ? group + SCAN_BITS'(1) : group;
      lane_q  <= row_ends || wraps ? {LANE_BITS{1'b0}} : lane + LANE_BITS'(1);
    end

  // A memory for every output that is read in a cycle.
  generate
    for (s = 0; s < Sets; s = s + 1) begin : gen_set
      for (l = 0; l < Lanes; l = l + 1) begin : gen_lane
        // Small ones in look-up tables: block memories are for cells.
        (* ram_style = SCANS > 64 ? "auto" : "distributed" *) reg [SumBits-1:0] sums [0:SCANS-1];
        reg signed [SumBits-1:0] word_q2;
        reg        [SumBits-1:0] sum_q;
        wire [SCAN_BITS-1:0] at    = taken ? group : group_i[SCAN_BITS-1:0];
        wire [SumBits-1:0]   there = sums[at];
        wire                 here  = taken && set == SET_BITS'(s) && lane == LANE_BITS'(l);
        wire [SumBits-1:0]   sum;
        if (RowTiles > 1) begin : gen_added
          assign sum = (again ? there : {SumBits{1'b0}}) + SumBits'(told);
        end else begin : gen_alone
          assign sum = SumBits'(told);
        end
        always @(posedge clk_i) begin
          if (here) sums[at] <= sum;
          if (scan_i) word_q2 <= there;
          // The mean of reads, rounded half up.
          sum_q <= (word_q2 + HALF_READ) >>> `HVAE_READ_BITS;
        end
        assign read_sum_o[(s*Lanes+l)*SumBits+:SumBits] = sum_q;
      end
    end
  endgenerate

  assign clips_o   = 16'd0;
  assign samples_o = 16'd0;
  wire unused = &{1'b0, again, row, group_i, AdcsPerGroup != 0, CellsPerWeight != 0, CellBits != 0, CodeBits != 0, AdcBits != 0,
                  AdcShift != 0, AdcLift != 0, AdcZero != 0, Ranges != 0, Flip != 0, Remap != 0, LevelShift != 0, Bent != 0,
                  HighFirst != 0, Differential != 0, WeightBits != 0, Lossless != 0, 8'(RomDir), 8'(RomPrefix)};
endmodule

`default_nettype wire
