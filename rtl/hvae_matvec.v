// SPDX-License-Identifier: Apache-2.0
// A weight matrix on its tiles: read_sum_o = sum over inputs of input * weight (+ bias).
//
// RowTiles x ColTiles tiles work together, phase by phase. Input k is row k; behind the
// data rows stand BiasCoarse rows driven with 2^CoarseBit and BiasFine rows driven with 1.
// A sample in cycle c is in the accumulators from cycle c + 4. A read takes 2 cycles:
// selected accumulators, then the sum over row tiles.
`default_nettype none

module hvae_matvec #(
    parameter Inputs          = 96,
    parameter Outputs         = 288,
    parameter BiasCoarse      = 0,
    parameter BiasFine        = 0,
    parameter CoarseBit       = 6,
    parameter RowTiles        = 1,
    parameter ColTiles        = 18,
    parameter Reads           = 24,   // accumulators read per cycle
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
    parameter AdcOffset       = 0,
    parameter Differential    = 1,
    parameter WeightBits      = 8,
    parameter AccBits         = 25,
    parameter Lossless        = 1,
    parameter RomDir          = "rom",
    parameter RomPrefix       = "matrix",
    parameter ColumnBits      = Outputs > 1 ? $clog2(Outputs) : 1,
    parameter SumBits         = AccBits + (RowTiles > 1 ? $clog2(RowTiles) : 0)
) (
    input  wire                        clk_i,
    input  wire                        sample_i,
    input  wire                        first_i,        // the most significant phase
    input  wire [7:0]                  phase_i,
    input  wire [7:0]                  slot_i,
    input  wire [InputBits*Inputs-1:0] planes_i,       // bit b of input k at b*Inputs + k
    input  wire [Reads*ColumnBits-1:0] read_column_i,
    output reg  [Reads*SumBits-1:0]    read_sum_o,
    output wire [15:0]                 clips_o
);
  localparam PHASES    = (InputBits + DacBits - 1) / DacBits;
  localparam SLOT_BITS = Slots > 1 ? $clog2(Slots) : 1;
  localparam LOGICAL   = Groups * WeightsPerGroup;
  localparam USED      = Inputs + BiasCoarse + BiasFine;
  localparam ALL_ROWS  = RowTiles * Rows;

  generate
    if (USED > ALL_ROWS || (RowTiles - 1) * Rows >= USED) begin : gen_refuse_rows
      hvae_row_tiles_do_not_fit_the_inputs u_refuse ();
    end
    if (Outputs > ColTiles * LOGICAL) begin : gen_refuse_columns
      hvae_column_tiles_do_not_hold_the_outputs u_refuse ();
    end
  endgenerate

  reg                 sample_q, first_q;
  reg [SLOT_BITS-1:0] slot_q;
  always @(posedge clk_i) begin
    sample_q <= sample_i;
    first_q  <= first_i;
    slot_q   <= slot_i[SLOT_BITS-1:0];
  end
  wire unused_slot = &{1'b0, slot_i};

  // Two decimal digits of a tile row, four of a tile column, as in the image's name.
  function [15:0] two(input integer n);
    two = 16'h3030 + 16'(((n / 10) % 10) * 256 + n % 10);
  endfunction

  localparam COLUMNS = ColTiles * LOGICAL;  // logical columns of a row of tiles

  // Accumulators of row tile r: r*COLUMNS and up, in the order of the outputs.
  wire [AccBits-1:0] acc  [0:RowTiles*COLUMNS-1];
  wire [15:0]        clip [0:RowTiles*ColTiles-1];

  genvar r, c, b, l;
  generate
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
      hvae_dac #(.Rows(Rows), .InputBits(InputBits), .DacBits(DacBits), .Phases(PHASES)) u_dac (
          .clk_i   (clk_i),
          .sample_i(sample_i),
          .phase_i (phase_i),
          .planes_i(planes),
          .drive_o (drive)
      );

      for (c = 0; c < ColTiles; c = c + 1) begin : gen_col
        localparam IMAGE = {RomDir, "/", RomPrefix, "_r", two(r), "_c", two(c / 100), two(c), ".hex"};
        wire [LOGICAL*AccBits-1:0] tile_acc;
        hvae_tile #(
`ifndef VERILATOR
            .InitFile(IMAGE),
`endif
            .Rows(Rows), .Groups(Groups), .AdcsPerGroup(AdcsPerGroup), .WeightsPerGroup(WeightsPerGroup),
            .CellsPerWeight(CellsPerWeight), .Slots(Slots), .CellBits(CellBits), .CodeBits(CodeBits),
            .DacBits(DacBits), .AdcBits(AdcBits), .AdcShift(AdcShift), .AdcOffset(AdcOffset),
            .Differential(Differential), .WeightBits(WeightBits), .AccBits(AccBits), .Lossless(Lossless)
        ) u_tile (
            .clk_i   (clk_i),
            .sample_i(sample_q),
            .first_i (first_q),
            .slot_i  (slot_q),
            .drive_i (drive),
            .acc_o   (tile_acc),
            .clips_o (clip[r*ColTiles+c])
        );
        for (l = 0; l < LOGICAL; l = l + 1) begin : gen_logical
          assign acc[r*COLUMNS+c*LOGICAL+l] = tile_acc[l*AccBits+:AccBits];
        end
`ifdef VERILATOR
        // Loaded from here, so that all tiles have the same parameters: one class in the
        // simulator instead of one a tile (measured 3.6 x faster).
        initial $readmemh(IMAGE, u_tile.u_core.cells);
`endif
      end
    end
  endgenerate

  // Read port.
  reg [RowTiles*Reads*AccBits-1:0] picked_q;
  reg signed [SumBits-1:0]         sum;
  integer p, t, column;

  // Temporaries of the clocked blocks are blocking.
  // verilator lint_off BLKSEQ
  always @(posedge clk_i) begin
    for (p = 0; p < Reads; p = p + 1) begin
      column = {{(32-ColumnBits){1'b0}}, read_column_i[p*ColumnBits+:ColumnBits]};
      if (column > Outputs - 1) column = Outputs - 1;  // lanes beyond the last output
      for (t = 0; t < RowTiles; t = t + 1) picked_q[(t*Reads+p)*AccBits+:AccBits] <= acc[t*COLUMNS+column];
      sum = {SumBits{1'b0}};
      for (t = 0; t < RowTiles; t = t + 1)
        sum = sum + SumBits'($signed(picked_q[(t*Reads+p)*AccBits+:AccBits]));
      read_sum_o[p*SumBits+:SumBits] <= sum;
    end
  end

  generate
    if (Lossless != 0) begin : gen_no_clips
      assign clips_o = 16'd0;
      for (r = 0; r < RowTiles * ColTiles; r = r + 1) begin : gen_unused
        wire unused = &{1'b0, clip[r]};
      end
    end else begin : gen_clips
      reg [15:0] count, count_q;
      integer    k;
      always @(posedge clk_i) begin
        count = 16'd0;
        for (k = 0; k < RowTiles * ColTiles; k = k + 1) count = count + clip[k];
        count_q <= count;
      end
      assign clips_o = count_q;
    end
  endgenerate
  // verilator lint_on BLKSEQ
endmodule

`default_nettype wire
