// SPDX-License-Identifier: Apache-2.0
// The analog core of a tile: word lines, cells, bit lines and converters.
//
// Behavioural model for simulation and FPGA; the black box of an ASIC macro. Its pins
// are digital: `select_i` names the column that every converter sees, rows are driven with
// one digit of the input each, a cycle later.
//
//   sum  = sum over rows of digit * code          (digit: DacBits, code: CodeBits)
//   code = clamp((sum + noise + AdcZero + offset + half) >> AdcShift, 0, 2^AdcBits - 1)
//
// noise: hvae_noise, when Noise is set; a non-linearity then moves the code by the table
// HVAE_ADC_CODES, when Bent is set.
//
// With DacBits > 1 the most significant digit is signed (`signed_i`): its top bit counts
// negative and the sum is lifted by AdcOffset. Cells are stored as bit planes, so a sum is
// popcounts, of 32 rows each, added up in a stage of their own.
//
//   cycle n - 1  early_i, early_select_i (with Early alone: what select_i will be; the memory has a register behind it)
//   cycle n      sample_i, select_i, signed_i
//   cycle n + 1  live_i, drive_i       (live_i low: nothing is driven, nothing converted)
//   cycle n + 3  noise_i               (key of the conversion's draws)
//   cycle n + 4  code_o, clip_o
//
// One conversion per converter and cycle; idle when not sampling.
`default_nettype none
`include "hvae_design.svh"

module hvae_tile_core #(
    // Small by default: yosys makes a module of the defaults whenever it reads this file.
    parameter Rows       = 8,    // word lines
    parameter Adcs       = 2,    // converters
    parameter Columns    = 8,    // columns under each converter, seen one after the other
    parameter CodeBits   = 2,    // bits of a conductance code
    parameter DacBits    = 1,    // bits of a digit
    parameter AdcBits    = 9,
    parameter AdcShift   = 0,    // conductance steps per ADC step: 2^AdcShift
    parameter AdcOffset  = 0,    // added in the signed phase
    parameter AdcZero    = 0,    // added always: the range begins that far below 0
    parameter Noise      = 0,
    parameter Bent       = 0,
    parameter Early      = 0,    // columns are asked for a cycle before they are seen
    parameter InitFile   = "",   // memory image, one word per column; "": loaded from outside
    parameter SelectBits = Columns > 1 ? $clog2(Columns) : 1
) (
    input  wire                    clk_i,
    input  wire                    sample_i,
    input  wire                    signed_i,
    input  wire [SelectBits-1:0]   select_i,
    input  wire                    early_i,
    input  wire [SelectBits-1:0]   early_select_i,
    input  wire                    live_i,
    input  wire [31:0]             noise_i,
    input  wire [DacBits*Rows-1:0] drive_i,   // bit j of row r's digit at j*Rows + r
    output reg  [Adcs*AdcBits-1:0] code_o,
    output reg  [Adcs-1:0]         clip_o     // the conversion was clamped
);
  localparam PEAK      = Rows * ((1 << CodeBits) - 1) * ((1 << DacBits) - 1);
  localparam SUM_BITS  = $clog2(PEAK + 1) + 1;                        // signed
  localparam WIDE      = SUM_BITS > AdcBits + AdcShift ? SUM_BITS : AdcBits + AdcShift;
  localparam MID_BITS  = (Noise != 0 && WIDE < 16 ? 16 : WIDE) + 2;
  localparam ROUND     = AdcShift > 0 ? (1 << AdcShift) >> 1 : 0;
  localparam TOP       = (1 << AdcBits) - 1;
  localparam SPAN      = Rows < 32 ? Rows : 32;      // rows counted together
  localparam SPANS     = (Rows + SPAN - 1) / SPAN;
  localparam LAST_SPAN = Rows - (SPANS - 1) * SPAN;  // rows of the last span
  localparam LACK      = SPANS * SPAN - Rows;        // rows that it lacks
  localparam PLANES    = Adcs * CodeBits;            // of a column word
  localparam [(Bent != 0 ? AdcBits << AdcBits : AdcBits)-1:0] ADC_CODES = `HVAE_ADC_CODES;  // of code c at c*AdcBits

  // Plane b of the cells under converter a: bits (a*CodeBits + b)*Rows +: Rows of a word.
  (* rom_style = `HVAE_CELL_STORAGE, ram_style = `HVAE_CELL_STORAGE *)
  reg [PLANES*Rows-1:0] cells [0:Columns-1];

  generate
    if (InitFile != "") begin : gen_init
      initial $readmemh(InitFile, cells);
    end
  endgenerate

  // Behind a large memory, so that its own delay and the way to the word lines are not of one cycle.
  wire [PLANES*Rows-1:0] word;
  generate
    if (Early != 0) begin : gen_early
      reg [PLANES*Rows-1:0] word_q;
      always @(posedge clk_i) if (early_i) word_q <= cells[early_select_i];
      assign word = word_q;
    end else begin : gen_at_once
      assign word = {PLANES*Rows{1'b0}};
    end
  endgenerate
  wire unused_early = &{1'b0, early_i, early_select_i, word};

  reg [3:1] valid_q, signed_q;
  // Registers, not memories. Plane p of span s is at s*PLANES + p: neighbours meet the same word
  // lines, so a simulator's compiler counts a dozen of them at a time (for which they are words).
  (* mem2reg *) reg [SPAN-1:0]            column_q [0:SPANS*PLANES-1];
  (* mem2reg *) reg [15:0]                ones_q   [0:DacBits*SPANS*PLANES-1];
  (* mem2reg *) reg signed [SUM_BITS-1:0] sum_q    [0:Adcs-1];
  (* mem2reg *) reg [AdcBits-1:0]         converted [0:Adcs-1];
  (* mem2reg *) reg                       clipped   [0:Adcs-1];
  reg signed [SUM_BITS-1:0] sum, part;
  reg signed [MID_BITS-1:0] mid, lift;
  reg [SPAN-1:0]            lines, lit;
  reg [31:0] a, b, j, p, s;  // unsigned: a compiler then knows how often a loop runs

  // Deviations of the conversions of this range.
  localparam [511:0] SIGMA = Noise != 0 ? 512'(`HVAE_NOISE_SIGMA >> (512 * (AdcShift - `HVAE_FINEST_RANGE))) : 512'd0;

  // What each conversion adds to its sum.
  wire [Adcs*16-1:0] noise;
  genvar c;
  generate
    if (Noise != 0) begin : gen_noise
      for (c = 0; c < Adcs; c = c + 1) begin : gen_adc
        localparam [31:0] OF_ADC = 32'(64'h9e3779b9 * c);
        hvae_noise #(.SumBits(SUM_BITS), .BinShift(`HVAE_NOISE_BIN_SHIFT), .Sigma(SIGMA)) u_noise (
            .key_i(noise_i + OF_ADC), .sum_i(sum_q[c]), .noise_o(noise[c*16+:16]));
      end
    end else begin : gen_no_noise
      assign noise = {Adcs*16{1'b0}};
      wire unused_noise = &{1'b0, noise, noise_i};
    end
  endgenerate

  // Four stages in one block, the last one first: what they hand on is blocking: this is
  // what simulates fast. The tools see registers all the same. Long loops stay loops in a
  // simulator: written out for each tile, they were most of what it had to compile.
  // verilator lint_off BLKSEQ
  always @(posedge clk_i) begin
    // Converters.
    if (valid_q[3]) begin
      lift = MID_BITS'(ROUND) + MID_BITS'(AdcZero) + (DacBits > 1 && signed_q[3] ? MID_BITS'(AdcOffset) : {MID_BITS{1'b0}});
      // verilator unroll_disable
      for (a = 0; a < Adcs; a = a + 1) begin
        mid = MID_BITS'(sum_q[a]) + lift;
        if (Noise != 0) mid = mid + MID_BITS'($signed(noise[a*16+:16]));
        mid          = mid >>> AdcShift;
        clipped[a]   = mid < 0 || mid > MID_BITS'(TOP);
        converted[a] = mid < 0 ? {AdcBits{1'b0}} : mid > MID_BITS'(TOP) ? {AdcBits{1'b1}} : mid[AdcBits-1:0];
        if (Bent != 0) converted[a] = ADC_CODES[converted[a]*AdcBits+:AdcBits];
      end
      // verilator unroll_full
      for (a = 0; a < Adcs; a = a + 1) begin
        clip_o[a]                  <= clipped[a];
        code_o[a*AdcBits+:AdcBits] <= converted[a];
      end
    end

    // Column sums.
    if (valid_q[2]) begin
      // verilator unroll_disable
      for (a = 0; a < Adcs; a = a + 1) begin
        sum = {SUM_BITS{1'b0}};
        for (j = 0; j < DacBits; j = j + 1)
          for (b = 0; b < CodeBits; b = b + 1) begin
            part = {SUM_BITS{1'b0}};
            for (s = 0; s < SPANS; s = s + 1) part = part + SUM_BITS'(ones_q[(j*SPANS+s)*PLANES+a*CodeBits+b]);
            if (DacBits > 1 && j == DacBits - 1 && signed_q[2]) sum = sum - (part <<< (j + b));
            else sum = sum + (part <<< (j + b));
          end
        sum_q[a] = sum;
      end
    end

    // Driven cells that are lit, span by span.
    if (valid_q[1] && live_i)
      for (j = 0; j < DacBits; j = j + 1)
        for (s = 0; s < SPANS; s = s + 1) begin
          lines = {SPAN{1'b0}};
          if (s == SPANS - 1) lines[LAST_SPAN-1:0] = drive_i[j*Rows+(SPANS-1)*SPAN+:LAST_SPAN];
          else lines = drive_i[j*Rows+s*SPAN+:SPAN];
          // verilator unroll_disable
          for (p = 0; p < PLANES; p = p + 1) begin
            // A name for what is counted: Icarus 11 miscounts an expression.
            lit = lines & column_q[s*PLANES+p];
            ones_q[(j*SPANS+s)*PLANES+p] = {10'd0, 6'($countones(lit))};
          end
        end

    // The columns that the converters see.
    if (sample_i)
      for (s = 0; s < SPANS; s = s + 1) begin
        // verilator unroll_disable
        for (p = 0; p < PLANES; p = p + 1)
          if (Early != 0) begin
            if (s == SPANS - 1) column_q[s*PLANES+p] = SPAN'(word[(p*SPANS+s)*SPAN-p*LACK+:LAST_SPAN]);
            else column_q[s*PLANES+p] = word[(p*SPANS+s)*SPAN-p*LACK+:SPAN];
          end else if (s == SPANS - 1) column_q[s*PLANES+p] = SPAN'(cells[select_i][(p*SPANS+s)*SPAN-p*LACK+:LAST_SPAN]);
          else column_q[s*PLANES+p] = cells[select_i][(p*SPANS+s)*SPAN-p*LACK+:SPAN];
      end

    valid_q  <= {valid_q[2], valid_q[1] && live_i, sample_i};
    signed_q <= {signed_q[2:1], signed_i};
  end
  // verilator lint_on BLKSEQ
endmodule

`default_nettype wire
