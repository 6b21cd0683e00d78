// SPDX-License-Identifier: Apache-2.0
// Drives the word lines of one row of tiles: picks the digit of this phase out of every
// input and registers it. Inputs come as bit planes; plane InputBits-1 is the sign and is
// repeated above itself. Phase 0 is the most significant digit. Latency 1.
//
// live_o: this digit is to be converted. With SkipZeros, not when it is 0 on every row.
`default_nettype none

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

  reg [DacBits*Rows-1:0] digit;
  integer j, p, plane;

  // Temporaries of the clocked block are blocking.
  // verilator lint_off BLKSEQ
  always @(posedge clk_i) begin
    if (sample_i) begin
      digit = {DacBits*Rows{1'b0}};
      // And, then or: a chain of choices costs three times the look-up tables.
      for (p = 0; p < Phases; p = p + 1)
        for (j = 0; j < DacBits; j = j + 1) begin
          plane = (Phases - 1 - p) * DacBits + j;
          if (plane > InputBits - 1) plane = InputBits - 1;
          digit[j*Rows+:Rows] = digit[j*Rows+:Rows] | (planes_i[plane*Rows+:Rows] & {Rows{phase_i == 8'(p)}});
        end
      drive_o <= digit;
      live_o  <= SkipZeros == 0 || digit != {DacBits*Rows{1'b0}};
    end
  end
  // verilator lint_on BLKSEQ
endmodule

`default_nettype wire
