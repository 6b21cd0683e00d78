// SPDX-License-Identifier: Apache-2.0
// Tiles that all matrices of a network take turns on (hvae_turns: the side of a matrix).
//
// Tiles stand side by side and see the same word lines. Their columns of image i (one logical tile
// of each) are words i*Slots on of the memories. After the last conversion of a round the sums of
// that round are told one a cycle, those of the first tile first, while the next round converts.
//
//   cycle n             ask_i: {sample, first, last, slot, phase, image, number, ..}
//   cycle n + 1         ask_i: {.., live, drive}
//   cycle n + 2         ask_i: {.., key, ..}
//   cycle n + 8 + k     tell_o has sum k of the round whose last conversion was asked for in n
//
// A round must not take fewer conversions than it has sums.
`default_nettype none
`include "hvae_design.svh"

module hvae_engine #(
    parameter Engines         = 1,
    parameter Images          = 1,
    parameter AskBits         = 212,
    parameter TellBits        = 43,
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
    parameter AdcLift         = 0,    // how far below 0 a sum may be, in code steps
    parameter AdcZero         = 0,    // code of no current
    parameter Flip            = 0,    // columns may hold what is missing to the highest level
    parameter Remap           = 0,    // weights may stand on any place of their tile
    parameter Spare           = 0,    // places of a tile without a weight
    parameter LevelShift      = 0,    // code steps from one level to the next: 2^LevelShift
    parameter Noise           = 0,    // conversions draw (hvae_noise)
    parameter Bent            = 0,    // converters are not linear
    parameter HighFirst       = 0,    // the most significant slice of a weight comes first
    parameter Differential    = 1,
    parameter WeightBits      = 8,
    parameter AccBits         = 25,
    parameter Lossless        = 1,
    parameter RomDir          = "rom"
) (
    input  wire                clk_i,
    input  wire                rst_i,
    input  wire [AskBits-1:0]  ask_i,
    output wire [TellBits-1:0] tell_o,
    output wire [15:0]         clips_o,    // conversions clipped, per cycle
    output reg  [15:0]         samples_o   // tiles that convert, per cycle
);
  localparam READS       = (InputBits + DacBits - 1) / DacBits + `HVAE_EXTRA_READS;  // conversions of a column
  localparam COLUMNS     = Slots * Images;
  localparam SELECT_BITS = COLUMNS > 1 ? $clog2(COLUMNS) : 1;
  localparam LOGICAL     = Groups * WeightsPerGroup - Spare;
  localparam WORDS       = Engines * LOGICAL;  // of a round
  localparam WORD_BITS   = AccBits > 32 ? 64 : 32;
  localparam INDEX_BITS  = WORDS > 1 ? $clog2(WORDS) : 1;

  generate
    if (WORDS > READS * Slots) begin : gen_refuse_words
      hvae_a_round_is_over_before_its_sums_are_told u_refuse ();
    end
    if (AskBits != 51 + 32 + Engines + DacBits * Rows || TellBits != 18 + AccBits) begin : gen_refuse_bits
      hvae_ask_or_tell_has_another_width u_refuse ();
    end
  endgenerate

  // Asked.
  wire                    sample, first, last;
  wire [7:0]              slot, phase;
  wire [15:0]             image, number;
  wire [31:0]             key;
  wire [Engines-1:0]      live;
  wire [DacBits*Rows-1:0] drive;
  assign {sample, first, last, slot, phase, image, number, key, live, drive} = ask_i;

  wire [SELECT_BITS-1:0] select = SELECT_BITS'({16'd0, image} * Slots + {24'd0, slot});
  reg                    sample_q, sample_q2, first_q, last_q;
  reg [7:0]              slot_q, phase_q;
  reg [15:0]             image_q, number_q;
  reg [SELECT_BITS-1:0]  select_q;
  reg [31:0]             key_q;
  reg [Engines-1:0]      live_q;
  reg [DacBits*Rows-1:0] drive_q;
  always @(posedge clk_i) begin
    sample_q  <= sample;
    sample_q2 <= sample_q;
    first_q   <= first;
    last_q    <= last;
    slot_q    <= slot;
    phase_q   <= phase;
    image_q   <= image;
    number_q  <= number;
    select_q  <= select;
    key_q     <= key;
    live_q    <= live;
    drive_q   <= drive;
  end

  wire [Engines*LOGICAL*WORD_BITS-1:0] acc;
  wire [15:0]                          clip [0:Engines-1];
  function [15:0] two(input integer n);
    two = 16'h3030 + 16'(((n / 10) % 10) * 256 + n % 10);
  endfunction
  genvar k;
  generate
    for (k = 0; k < Engines; k = k + 1) begin : gen_tile
      localparam IMAGE  = {RomDir, "/engine_", two(k), ".hex"};
      localparam FLIPS  = {RomDir, "/engine_", two(k), "_flips.hex"};
      localparam PLACES = {RomDir, "/engine_", two(k), "_places.hex"};
      hvae_tile #(
`ifndef VERILATOR
          .InitFile(IMAGE), .FlipFile(FLIPS), .PlaceFile(PLACES),
`endif
          .Rows(Rows), .Groups(Groups), .AdcsPerGroup(AdcsPerGroup), .WeightsPerGroup(WeightsPerGroup),
          .CellsPerWeight(CellsPerWeight), .Slots(Slots), .Rounds(1), .Images(Images), .Early(1), .CellBits(CellBits),
          .CodeBits(CodeBits), .DacBits(DacBits), .AdcBits(AdcBits),
          .AdcShift(AdcShift), .AdcLift(AdcLift), .AdcZero(AdcZero),
          .Flip(Flip), .Remap(Remap), .Spare(Spare), .LevelShift(LevelShift), .Noise(Noise), .Bent(Bent),
          .HighFirst(HighFirst), .Differential(Differential), .WeightBits(WeightBits),
          .AccBits(AccBits), .WordBits(WORD_BITS), .Lossless(Lossless)
      ) u_tile (
          .clk_i   (clk_i),
          .sample_i(sample_q),
          .first_i (first_q),
          .last_i  (last_q),
          .slot_i  (slot_q),
          .round_i (8'd0),
          .image_i (image_q),
          .select_i(select_q),
          .early_i (sample),
          .early_select_i(select),
          .key_i   (key_q),
          .number_i(number_q + 16'(k)),
          .phase_i (phase_q),
          .live_i  (live_q[k]),
          .drive_i (drive_q),
          .acc_o   (acc[k*LOGICAL*WORD_BITS+:LOGICAL*WORD_BITS]),
          .clips_o (clip[k])
      );
`ifdef VERILATOR
      // As in hvae_matvec: all tiles have the same parameters.
      initial $readmemh(IMAGE, u_tile.u_core.cells);
      if (Flip != 0) begin : gen_flips
        initial $readmemh(FLIPS, u_tile.gen_flip.flips);
      end
      if (Remap != 0) begin : gen_places
        initial $readmemh(PLACES, u_tile.gen_place.places);
      end
`endif
    end
  endgenerate

  // Told: from the cycle on in which the tiles have the sums of a round.
  wire        done;
  wire [15:0] done_image;
  reg         telling_q;
  reg  [INDEX_BITS-1:0] index_q;
  reg  [15:0] told_image_q;
  hvae_delay #(.Bits(16), .Cycles(6)) u_image (.clk_i(clk_i), .d_i(image_q), .d_o(done_image));
  reg  [6:1]  last_q2;
  always @(posedge clk_i)
    if (rst_i) last_q2 <= 6'd0;
    else last_q2 <= {last_q2[5:1], last_q && sample_q};
  assign done = last_q2[6];

  wire [INDEX_BITS-1:0] index = done ? {INDEX_BITS{1'b0}} : index_q;
  reg                   valid_q, starts_q;
  reg  [15:0]           word_image_q;
  reg  [AccBits-1:0]    word_q;
  always @(posedge clk_i) begin
    if (rst_i) begin
      telling_q <= 1'b0;
      valid_q   <= 1'b0;
    end else begin
      if (done) telling_q <= WORDS > 1;
      else if (index_q == INDEX_BITS'(WORDS - 1)) telling_q <= 1'b0;
      valid_q <= done || telling_q;
    end
    if (done) told_image_q <= done_image;
    index_q      <= index + {{(INDEX_BITS-1){1'b0}}, 1'b1};
    starts_q     <= done;
    word_image_q <= done ? done_image : told_image_q;
    word_q       <= acc[index*WORD_BITS+:AccBits];
  end
  assign tell_o = {valid_q, starts_q, word_image_q, word_q};

  // Temporaries of the clocked blocks are blocking.
  // verilator lint_off BLKSEQ
  reg [15:0] working;
  integer    t;
  always @(posedge clk_i) begin
    working = 16'd0;
    for (t = 0; t < Engines; t = t + 1) working = working + {15'd0, sample_q2 && live_q[t]};
    samples_o <= working;
  end

  generate
    if (Lossless != 0) begin : gen_no_clips
      assign clips_o = 16'd0;
      for (k = 0; k < Engines; k = k + 1) begin : gen_unused
        wire unused = &{1'b0, clip[k]};
      end
    end else begin : gen_clips
      reg [15:0] count, count_q;
      integer    c;
      always @(posedge clk_i) begin
        count = 16'd0;
        for (c = 0; c < Engines; c = c + 1) count = count + clip[c];
        count_q <= count;
      end
      assign clips_o = count_q;
    end
  endgenerate
  // verilator lint_on BLKSEQ

  wire unused = &{1'b0, acc, SkipZeros != 0};
endmodule

`default_nettype wire
