// SPDX-License-Identifier: Apache-2.0
// A weight matrix on its tiles: read_sum_o = sum over inputs of input * weight (+ bias).
//
// RowTiles x ColTiles logical tiles; each physical one holds up to Rounds logical tiles of
// its row, which take turns on its converters. All rows of tiles work together, phase by
// phase. Input k is row k; behind the data rows stand BiasCoarse rows driven with
// 2^CoarseBit and BiasFine rows driven with 1.
//
// A sample in cycle c is in the sums that can be read from cycle c + 7, when it is the last
// of its round. Outputs stand in Sets blocks of Size; a read takes group_i and gives, two
// cycles later, outputs set*Size + group*Lanes + lane of every set.
`default_nettype none
`include "hvae_design.svh"

module hvae_matvec #(
    parameter Inputs          = 96,
    parameter Sets            = 3,    // blocks of outputs, read side by side
    parameter Size            = 96,   // outputs of a block
    parameter Lanes           = 8,    // of each block, read per cycle
    parameter BiasCoarse      = 0,
    parameter BiasFine        = 0,
    parameter CoarseBit       = 6,
    parameter RowTiles        = 1,
    parameter ColTiles        = 18,
    parameter Rounds          = 1,
    parameter Engines         = 0,    // hvae_turns: tiles that all matrices share
    parameter Image           = 0,
    parameter From            = 0,
    parameter AskBits         = 1,
    parameter TellBits        = 1,
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
    parameter AdcLift         = 0,    // how far below 0 a sum may be, in code steps
    parameter AdcZero         = 0,    // code of no current
    parameter [8*RowTiles*((ColTiles+Rounds-1)/Rounds)-1:0] Ranges = 0,  // of physical tiles, beyond AdcShift
    parameter Flip            = 0,    // columns may hold what is missing to the highest level
    parameter Remap           = 0,    // weights may stand on any place of their tile
    parameter Spare           = 0,    // places of a tile without a weight
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
    output wire [15:0]                 clips_o,
    output reg  [15:0]                 samples_o,      // tiles that convert, per cycle
    output wire [AskBits-1:0]          ask_o,          // nothing: its tiles are its own
    input  wire [TellBits-1:0]         tell_i
);
  localparam READS       = (InputBits + DacBits - 1) / DacBits + `HVAE_EXTRA_READS;  // conversions of a column
  localparam COLUMNS     = Slots * Rounds;
  localparam SELECT_BITS = COLUMNS > 1 ? $clog2(COLUMNS) : 1;
  localparam LOGICAL     = Groups * WeightsPerGroup - Spare;
  localparam OUTPUTS     = Sets * Size;
  localparam USED        = Inputs + BiasCoarse + BiasFine;
  localparam ALL_ROWS    = RowTiles * Rows;
  localparam PHYSICAL    = (ColTiles + Rounds - 1) / Rounds;  // tiles of a row
  localparam WORD_BITS   = AccBits > 32 ? 64 : 32;
  localparam SCANS       = (Size + Lanes - 1) / Lanes;
  localparam SCAN_BITS   = SCANS > 1 ? $clog2(SCANS) : 1;
  localparam signed [SumBits-1:0] HALF_READ = SumBits'((1 << `HVAE_READ_BITS) >> 1);

  generate
    if (USED > ALL_ROWS || (RowTiles - 1) * Rows >= USED) begin : gen_refuse_rows
      hvae_row_tiles_do_not_fit_the_inputs u_refuse ();
    end
    if (OUTPUTS > ColTiles * LOGICAL) begin : gen_refuse_columns
      hvae_column_tiles_do_not_hold_the_outputs u_refuse ();
    end
  endgenerate

  reg                   sample_q, first_q, last_q;
  reg [7:0]             phase_q, slot_q, round_q;
  reg [SELECT_BITS-1:0] select_q;
  always @(posedge clk_i) begin
    sample_q <= sample_i;
    first_q  <= first_i;
    last_q   <= phase_i == 8'(READS - 1) && slot_i == 8'(Slots - 1);
    phase_q  <= phase_i;
    slot_q   <= slot_i;
    round_q  <= round_i;
    select_q <= SELECT_BITS'({8'd0, round_i} * Slots + {8'd0, slot_i});
  end

  // The key of this product's draws.
  wire [31:0] key;
  generate
    if (Noise != 0) begin : gen_key
      wire [31:0] mixed;
      reg  [31:0] key_q;
      hvae_mix u_mix (.x_i(noise_key_i ^ {16'(MatrixNumber), 16'd0}), .y_o(mixed));
      always @(posedge clk_i) key_q <= mixed;
      assign key = key_q;
    end else begin : gen_no_key
      assign key = 32'd0;
      wire unused = &{1'b0, noise_key_i};
    end
  endgenerate

  // Two decimal digits of a tile row, four of a tile column, as in the image's name.
  function [15:0] two(input integer n);
    two = 16'h3030 + 16'(((n / 10) % 10) * 256 + n % 10);
  endfunction

  wire [15:0]               clip [0:RowTiles*PHYSICAL-1];
  wire [RowTiles-1:0]       live;
  reg                       sample_q2;
  reg [7:0]                 round_q2;
  always @(posedge clk_i) begin
    sample_q2 <= sample_q;
    round_q2  <= round_q;
  end

  // Physical tiles with columns in this round; the last round may not fill them all.
  wire [PHYSICAL-1:0] held;

  genvar r, c, b, s, l, g, d;
  generate
    for (c = 0; c < PHYSICAL; c = c + 1) begin : gen_held
      assign held[c] = c + (Rounds - 1) * PHYSICAL < ColTiles || {24'd0, round_q2} * PHYSICAL + c < ColTiles;
    end
    for (r = 0; r < RowTiles; r = r + 1) begin : gen_row
      wire [InputBits*Rows-1:0] planes;
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
        assign planes[b*Rows+:Rows] = all[r*Rows+:Rows];
        if (RowTiles > 1) begin : gen_other_rows
          wire unused = &{1'b0, all};
        end
      end

      wire [DacBits*Rows-1:0] drive;
      hvae_dac #(
          .Rows(Rows), .InputBits(InputBits), .DacBits(DacBits), .Phases(READS - `HVAE_EXTRA_READS), .SkipZeros(SkipZeros)
      ) u_dac (
          .clk_i   (clk_i),
          .sample_i(sample_q),
          .phase_i (phase_q),
          .planes_i(planes),
          .drive_o (drive),
          .live_o  (live[r])
      );

      for (c = 0; c < PHYSICAL; c = c + 1) begin : gen_col
        localparam IMAGE  = {RomDir, "/", RomPrefix, "_r", two(r), "_c", two(c / 100), two(c), ".hex"};
        localparam FLIPS  = {RomDir, "/", RomPrefix, "_r", two(r), "_c", two(c / 100), two(c), "_flips.hex"};
        localparam PLACES = {RomDir, "/", RomPrefix, "_r", two(r), "_c", two(c / 100), two(c), "_places.hex"};
        wire [Rounds*LOGICAL*WORD_BITS-1:0] acc;  // word l of round n at (n*LOGICAL + l)*WORD_BITS
        wire unused_acc = &{1'b0, acc};           // words of places without an output
        hvae_tile #(
`ifndef VERILATOR
            .InitFile(IMAGE), .FlipFile(FLIPS), .PlaceFile(PLACES),
`endif
            .Rows(Rows), .Groups(Groups), .AdcsPerGroup(AdcsPerGroup), .WeightsPerGroup(WeightsPerGroup),
            .CellsPerWeight(CellsPerWeight), .Slots(Slots), .Rounds(Rounds), .Images(Rounds), .CellBits(CellBits),
            .CodeBits(CodeBits), .DacBits(DacBits), .AdcBits(AdcBits),
            .AdcShift(AdcShift + {24'd0, Ranges[8*(r*PHYSICAL+c)+:8]}), .AdcLift(AdcLift), .AdcZero(AdcZero),
            .Flip(Flip), .Remap(Remap), .Spare(Spare), .LevelShift(LevelShift), .Noise(Noise), .Bent(Bent),
            .HighFirst(HighFirst), .Differential(Differential), .WeightBits(WeightBits),
            .AccBits(AccBits), .WordBits(WORD_BITS), .Lossless(Lossless)
        ) u_tile (
            .clk_i   (clk_i),
            .sample_i(sample_q),
            .first_i (first_q),
            .last_i  (last_q),
            .slot_i  (slot_q),
            .round_i (round_q),
            .image_i ({8'd0, round_q}),
            .select_i(select_q),
            .early_i (1'b0),
            .early_select_i({SELECT_BITS{1'b0}}),
            .key_i   (key),
            .number_i(16'(r * ColTiles + c) + 16'(PHYSICAL) * {8'd0, round_q}),
            .phase_i (phase_q),
            .live_i  (live[r] && held[c]),
            .drive_i (drive),
            .acc_o   (acc),
            .clips_o (clip[r*PHYSICAL+c])
        );
`ifdef VERILATOR
        // Loaded from here, so that all tiles have the same parameters: one class in the
        // simulator instead of one a tile (measured 3.6 x faster).
        initial $readmemh(IMAGE, u_tile.u_core.cells);
        if (Flip != 0) begin : gen_flips
          initial $readmemh(FLIPS, u_tile.gen_flip.flips);
        end
        if (Remap != 0) begin : gen_places
          initial $readmemh(PLACES, u_tile.gen_place.places);
        end
`endif
      end
    end
  endgenerate

  // Read port: the words that the lanes of a set read together, out of those of all groups by a tree
  // of choices; then the sum over row tiles. (A simulator goes down one branch of the tree, and
  // only in a read.)
  generate
    for (s = 0; s < Sets; s = s + 1) begin : gen_set
      for (r = 0; r < RowTiles; r = r + 1) begin : gen_read
        for (d = 0; d <= SCAN_BITS; d = d + 1) begin : gen_level
          for (g = 0; g << d < SCANS; g = g + 1) begin : gen_group
            wire [Lanes*WORD_BITS-1:0] words;
            if (d > 0) begin : gen_choice
              if ((2 * g + 1) << (d - 1) < SCANS) begin : gen_two
                assign words = group_i[d-1] ? gen_level[d-1].gen_group[2*g+1].words : gen_level[d-1].gen_group[2*g].words;
              end else begin : gen_one
                assign words = gen_level[d-1].gen_group[2*g].words;
              end
            end else begin : gen_tiles
              // Output n is column n % LOGICAL of logical tile n / LOGICAL; those stand round after
              // round on the physical tiles.
              localparam FROM = s * Size + g * Lanes;
              localparam TO   = s * Size + ((g + 1) * Lanes < Size ? (g + 1) * Lanes : Size);
              for (c = FROM / LOGICAL; c * LOGICAL < TO; c = c + 1) begin : gen_tile
                localparam FIRST = c * LOGICAL > FROM ? c * LOGICAL : FROM;
                localparam COUNT = ((c + 1) * LOGICAL < TO ? (c + 1) * LOGICAL : TO) - FIRST;
                localparam PLACE = (c / PHYSICAL) * LOGICAL + FIRST - c * LOGICAL;
                assign words[(FIRST-FROM)*WORD_BITS+:COUNT*WORD_BITS] =
                    gen_row[r].gen_col[c%PHYSICAL].acc[PLACE*WORD_BITS+:COUNT*WORD_BITS];
              end
              if (TO - FROM < Lanes) begin : gen_beyond
                assign words[Lanes*WORD_BITS-1:(TO-FROM)*WORD_BITS] = {((Lanes-TO+FROM)*WORD_BITS){1'b0}};
              end
            end
          end
        end
        reg [Lanes*WORD_BITS-1:0] words_q;
        always @(posedge clk_i) if (scan_i) words_q <= gen_level[SCAN_BITS].gen_group[0].words;
        wire unused = &{1'b0, words_q};
      end

      for (l = 0; l < Lanes; l = l + 1) begin : gen_lane
        for (r = 0; r < RowTiles; r = r + 1) begin : gen_rows
          wire signed [AccBits-1:0] word = gen_read[r].words_q[l*WORD_BITS+:AccBits];
          wire signed [SumBits-1:0] sum;
          if (r == 0) begin : gen_first
            assign sum = SumBits'(word);
          end else begin : gen_more
            assign sum = gen_rows[r-1].sum + SumBits'(word);
          end
        end
        wire signed [SumBits-1:0] all = gen_rows[RowTiles-1].sum;
        reg         [SumBits-1:0] sum_q;
        // The mean of reads, rounded half up.
        always @(posedge clk_i) sum_q <= (all + HALF_READ) >>> `HVAE_READ_BITS;
        assign read_sum_o[(s*Lanes+l)*SumBits+:SumBits] = sum_q;
      end
    end
  endgenerate
  wire unused_group = &{1'b0, group_i};

  assign ask_o = {AskBits{1'b0}};
  wire unused_tell = &{1'b0, tell_i, Engines != 0, Image != 0, From != 0};

  // Temporaries of the clocked blocks are blocking.
  // verilator lint_off BLKSEQ
  // Tiles at work.
  reg [15:0] working;
  integer    row, tile;
  always @(posedge clk_i) begin
    working = 16'd0;
    for (row = 0; row < RowTiles; row = row + 1)
      if (sample_q2 && live[row])
        for (tile = 0; tile < PHYSICAL; tile = tile + 1) working = working + {15'd0, held[tile]};
    samples_o <= working;
  end

  generate
    if (Lossless != 0) begin : gen_no_clips
      assign clips_o = 16'd0;
      for (r = 0; r < RowTiles * PHYSICAL; r = r + 1) begin : gen_unused
        wire unused = &{1'b0, clip[r]};
      end
    end else begin : gen_clips
      reg [15:0] count, count_q;
      integer    k;
      always @(posedge clk_i) begin
        count = 16'd0;
        for (k = 0; k < RowTiles * PHYSICAL; k = k + 1) count = count + clip[k];
        count_q <= count;
      end
      assign clips_o = count_q;
    end
  endgenerate
  // verilator lint_on BLKSEQ
endmodule

`default_nettype wire
