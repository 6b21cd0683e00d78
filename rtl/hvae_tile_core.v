// SPDX-License-Identifier: Apache-2.0
// The analog core of a tile: word lines, cells, bit lines and converters.
//
// Behavioural model for simulation and FPGA; the black box of an ASIC macro. Its pins
// are digital: rows are driven with one digit of the input each, `slot_i` selects which
// column every converter sees, `sample_i` starts a conversion.
//
//   sum  = sum over rows of digit * code          (digit: DacBits, code: CodeBits)
//   code = clamp((sum + offset + half) >> AdcShift, 0, 2^AdcBits - 1)
//
// With DacBits > 1 the most significant digit is signed (`signed_i`): its top bit counts
// negative and the sum is lifted by AdcOffset. Cells are stored as bit planes, so a sum is
// popcounts. Latency 2, one conversion per converter and cycle; idle when not sampling.
`default_nettype none

module hvae_tile_core #(
    parameter Rows      = 128,  // word lines
    parameter Adcs      = 16,   // converters
    parameter Slots     = 8,    // columns converted by each, one after the other
    parameter CodeBits  = 2,    // bits of a conductance code
    parameter DacBits   = 1,    // bits of a digit
    parameter AdcBits   = 9,
    parameter AdcShift  = 0,    // conductance steps per ADC step: 2^AdcShift
    parameter AdcOffset = 0,    // added in the signed phase
    parameter InitFile  = "",   // memory image, one word per slot; "": loaded from outside
    parameter SlotBits  = Slots > 1 ? $clog2(Slots) : 1
) (
    input  wire                    clk_i,
    input  wire                    sample_i,
    input  wire                    signed_i,
    input  wire [SlotBits-1:0]     slot_i,
    input  wire [DacBits*Rows-1:0] drive_i,   // bit j of row r's digit at j*Rows + r
    output reg  [Adcs*AdcBits-1:0] code_o,
    output reg  [Adcs-1:0]         clip_o     // the conversion was clamped
);
  localparam PEAK     = Rows * ((1 << CodeBits) - 1) * ((1 << DacBits) - 1);
  localparam SUM_BITS = $clog2(PEAK + 1) + 1;                        // signed
  localparam MID_BITS = (SUM_BITS > AdcBits + AdcShift ? SUM_BITS : AdcBits + AdcShift) + 2;
  localparam ROUND    = AdcShift > 0 ? (1 << AdcShift) >> 1 : 0;
  localparam TOP      = (1 << AdcBits) - 1;

  // Plane b of the cells under converter a in a slot: bits (a*CodeBits + b)*Rows +: Rows.
  reg [Adcs*CodeBits*Rows-1:0] cells [0:Slots-1];

  generate
    if (InitFile != "") begin : gen_init
      initial $readmemh(InitFile, cells);
    end
  endgenerate

  reg  [Adcs*CodeBits*Rows-1:0]  column;
  reg  [Adcs*SUM_BITS-1:0]       sum_q;
  reg                            sampled_q, signed_q;
  reg  signed [SUM_BITS-1:0]     sum, ones;
  reg  signed [MID_BITS-1:0]     mid, lift;
  reg  [Rows-1:0]                lit;
  integer a, b, j;

  // One block for all converters: this is what simulates fast. Its temporaries are blocking.
  // verilator lint_off BLKSEQ
  always @(posedge clk_i) begin
    sampled_q <= sample_i;
    signed_q  <= signed_i;
    if (sample_i) begin
      column = cells[slot_i];
      for (a = 0; a < Adcs; a = a + 1) begin
        sum = {SUM_BITS{1'b0}};
        for (j = 0; j < DacBits; j = j + 1)
          for (b = 0; b < CodeBits; b = b + 1) begin
            // A name for what is counted: Icarus 11 miscounts an expression.
            lit  = drive_i[j*Rows+:Rows] & column[(a*CodeBits+b)*Rows+:Rows];
            ones = SUM_BITS'($countones(lit)) <<< (j + b);
            if (DacBits > 1 && j == DacBits - 1 && signed_i) sum = sum - ones;
            else sum = sum + ones;
          end
        sum_q[a*SUM_BITS+:SUM_BITS] <= sum;
      end
    end
    if (sampled_q) begin
      lift = MID_BITS'(ROUND) + (DacBits > 1 && signed_q ? MID_BITS'(AdcOffset) : {MID_BITS{1'b0}});
      for (a = 0; a < Adcs; a = a + 1) begin
        mid = (MID_BITS'($signed(sum_q[a*SUM_BITS+:SUM_BITS])) + lift) >>> AdcShift;
        clip_o[a] <= mid < 0 || mid > MID_BITS'(TOP);
        code_o[a*AdcBits+:AdcBits] <= mid < 0 ? {AdcBits{1'b0}} : mid > MID_BITS'(TOP) ? {AdcBits{1'b1}} : mid[AdcBits-1:0];
      end
    end
  end
  // verilator lint_on BLKSEQ
endmodule

`default_nettype wire
