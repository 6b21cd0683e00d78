// SPDX-License-Identifier: Apache-2.0
// Drives the word lines of one row of tiles: picks the digit of this phase out of every
// input and registers it. Inputs come as bit planes; plane InputBits-1 is the sign and is
// repeated above itself. Phase 0 is the most significant digit. Latency 1.
//
// phase_i counts reads: the first HVAE_READ_PHASES phases have 2^HVAE_READ_BITS of them, the others one.
//
// live_o: this digit is to be converted. With SkipZeros, not when it is 0 on every row.
`default_nettype none
`include "hvae_design.svh"

module hvae_dac #(
    parameter Rows      = 128,
    parameter InputBits = 8,
    parameter DacBits   = 1,
    parameter Phases    = 8,  // ceil(InputBits / DacBits)
    parameter SkipZeros = 0
) (
    input  wire                      clk_i,
    input  wire                      sample_i,
    input  wire [7:0]                phase_i,
    input  wire [InputBits*Rows-1:0] planes_i,  // bit b of row r at b*Rows + r
    output reg  [DacBits*Rows-1:0]   drive_o,   // bit j of row r's digit at j*Rows + r
    output reg                       live_o
);
  generate
    if (Phases * DacBits < InputBits) begin : gen_refuse_phases
      hvae_phases_do_not_cover_the_input u_refuse ();
    end
  endgenerate

  // What each phase drives, the first one lowest. Every code of a phase has a place, a power of two wide: the choice
  // is then a tree of multiplexers in any tool (ands and ors of strides of Rows took 4 to 40 times the look-up tables).
  localparam LEVELS = Phases > 1 ? $clog2(Phases) : 1;
  localparam WIDTH  = Rows > 1 ? 1 << $clog2(Rows) : 2;
  wire [7:0] phase;
  generate
    if (`HVAE_READ_PHASES > 0) begin : gen_reads
      localparam AGAIN = `HVAE_READ_PHASES << `HVAE_READ_BITS;  // reads of phases that have several
      assign phase = {1'b0, phase_i} < 9'(AGAIN) ? phase_i >> `HVAE_READ_BITS : phase_i - 8'(`HVAE_EXTRA_READS);
    end else begin : gen_read
      assign phase = phase_i;
    end
  endgenerate

  wire [DacBits-1:0] some;
  genvar j, p;
  generate
    for (j = 0; j < DacBits; j = j + 1) begin : gen_bit
      wire [(WIDTH<<LEVELS)-1:0] digits;
      for (p = 0; p < (1 << LEVELS); p = p + 1) begin : gen_phase
        localparam PLANE = p < Phases ? (Phases - 1 - p) * DacBits + j : 0;
        localparam FROM  = (PLANE < InputBits ? PLANE : InputBits - 1) * Rows;
        assign digits[p*WIDTH+:WIDTH] = WIDTH'(planes_i[FROM+:Rows]);
      end
      wire [WIDTH-1:0] digit = digits[{phase[LEVELS-1:0], {$clog2(WIDTH){1'b0}}}+:WIDTH];
      assign some[j] = |digit;
      always @(posedge clk_i) if (sample_i) drive_o[j*Rows+:Rows] <= digit[Rows-1:0];
    end
  endgenerate
  always @(posedge clk_i) if (sample_i) live_o <= SkipZeros == 0 || |some;

  wire unused = &{1'b0, phase};
endmodule

`default_nettype wire
