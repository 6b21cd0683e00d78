// SPDX-License-Identifier: Apache-2.0
// One tile: the analog core and its digital shift-and-add.
//
// Accumulates, over X phases (most significant digit first) of Slots conversions,
//   acc_o[l] = sum over rows of input * weight, of logical column l,
// exactly as far as no conversion clips. Weights lie in cells of CellBits, as pairs of
// columns (Differential) or as weight + 2^(WeightBits-1) beside one offset column whose
// converter, the last one, is read in slot 0. See `crossbar::TileGeometry` for the layout.
// A sample in cycle c is in acc_o from cycle c + 3. Nothing moves while idle.
`default_nettype none

module hvae_tile #(
    parameter Rows            = 128,
    parameter Groups          = 16,  // groups of converters that no weight straddles
    parameter AdcsPerGroup    = 1,
    parameter WeightsPerGroup = 1,
    parameter CellsPerWeight  = 8,
    parameter Slots           = 8,
    parameter CellBits        = 2,   // significance of a slice
    parameter CodeBits        = 2,   // bits of a conductance code
    parameter DacBits         = 1,
    parameter AdcBits         = 9,
    parameter AdcShift        = 0,
    parameter AdcOffset       = 0,
    parameter Differential    = 1,
    parameter WeightBits      = 8,
    parameter AccBits         = 25,
    parameter Lossless        = 0,   // no conversion can clip: nothing is counted
    parameter InitFile        = "",
    parameter SlotBits        = Slots > 1 ? $clog2(Slots) : 1
) (
    input  wire                                      clk_i,
    input  wire                                      sample_i,
    input  wire                                      first_i,   // the most significant phase
    input  wire [SlotBits-1:0]                       slot_i,
    input  wire [DacBits*Rows-1:0]                   drive_i,
    output reg  [Groups*WeightsPerGroup*AccBits-1:0] acc_o,
    output wire [15:0]                               clips_o    // conversions clipped, per cycle
);
  /* verilator no_inline_module */  // one class for all tiles of a design
  localparam WEIGHT_ADCS = Groups * AdcsPerGroup;
  localparam ADCS        = WEIGHT_ADCS + (Differential != 0 ? 0 : 1);
  localparam SUMS        = WEIGHT_ADCS * WeightsPerGroup;
  localparam LOGICAL     = Groups * WeightsPerGroup;

  generate
    if (AdcsPerGroup > 1 && WeightsPerGroup > 1) begin : gen_refuse_group
      hvae_a_weight_must_not_straddle_groups u_refuse ();
    end
  endgenerate

  wire [ADCS*AdcBits-1:0] code;
  wire [ADCS-1:0]         clip;

  hvae_tile_core #(
      .Rows(Rows), .Adcs(ADCS), .Slots(Slots), .CodeBits(CodeBits), .DacBits(DacBits),
      .AdcBits(AdcBits), .AdcShift(AdcShift), .AdcOffset(AdcOffset), .InitFile(InitFile)
  ) u_core (
      .clk_i   (clk_i),
      .sample_i(sample_i),
      .signed_i(first_i),
      .slot_i  (slot_i),
      .drive_i (drive_i),
      .code_o  (code),
      .clip_o  (clip)
  );

  reg [1:0]          valid_q, first_q;
  reg [SlotBits-1:0] slot1_q, slot2_q;

  reg  [SUMS*AccBits-1:0]    sum_q;  // of converter a and weight w: index a*WeightsPerGroup + w
  reg  [AccBits-1:0]         reference_q;
  reg  signed [AccBits-1:0]  value, term, base, total;
  integer a, i, w, q, slot, fresh, l, m;

  // The value of a code in the phase of the sign counts less (or is lifted by the offset).
  // Written out, not a function: a simulator would give each call of each tile variables of
  // its own, and could not share one text among the tiles.
  // Temporaries of the clocked blocks are blocking.
  // verilator lint_off BLKSEQ
  always @(posedge clk_i) begin
    valid_q <= {valid_q[0], sample_i};
    first_q <= {first_q[0], first_i};
    slot1_q <= slot_i;
    slot2_q <= slot1_q;
    if (valid_q[1]) begin
      slot = {{(32-SlotBits){1'b0}}, slot2_q};
      for (a = 0; a < WEIGHT_ADCS; a = a + 1) begin
        // Which cell of which weight this slot of this converter holds.
        i = a % AdcsPerGroup;
        w = AdcsPerGroup == 1 ? slot / CellsPerWeight : 0;
        q = AdcsPerGroup == 1 ? slot % CellsPerWeight : i * Slots + slot;
        fresh = AdcsPerGroup == 1 ? q : slot;
        if (q < CellsPerWeight) begin
          value = AccBits'(code[a*AdcBits+:AdcBits]) << AdcShift;
          if (first_q[1]) value = DacBits == 1 ? -value : value - AccBits'(AdcOffset);
          term  = value <<< (Differential != 0 ? (q / 2) * CellBits : q * CellBits);
          base  = sum_q[(a*WeightsPerGroup+w)*AccBits+:AccBits];
          // The first cell of a phase moves what the earlier phases gave up by a digit.
          if (fresh == 0) base = first_q[1] ? {AccBits{1'b0}} : base <<< DacBits;
          sum_q[(a*WeightsPerGroup+w)*AccBits+:AccBits] <=
              Differential != 0 && q % 2 == 1 ? base - term : base + term;
        end
      end
      if (Differential == 0 && slot == 0) begin
        value = AccBits'(code[(ADCS-1)*AdcBits+:AdcBits]) << AdcShift;
        if (first_q[1]) value = DacBits == 1 ? -value : value - AccBits'(AdcOffset);
        reference_q <= (first_q[1] ? {AccBits{1'b0}} : reference_q << DacBits) + value;
      end
    end
  end

  // A weight's converters together, less the offset.
  always @* begin
    for (l = 0; l < LOGICAL; l = l + 1) begin
      total = Differential != 0 ? {AccBits{1'b0}} : -$signed(reference_q <<< (WeightBits - 1));
      if (AdcsPerGroup == 1) total = total + $signed(sum_q[l*AccBits+:AccBits]);
      else
        for (m = 0; m < AdcsPerGroup; m = m + 1)
          total = total + $signed(sum_q[(l*AdcsPerGroup+m)*AccBits+:AccBits]);
      acc_o[l*AccBits+:AccBits] = total;
    end
  end

  generate
    if (Lossless != 0) begin : gen_no_clips
      wire unused = &{1'b0, clip};
      assign clips_o = 16'd0;
    end else begin : gen_clips
      reg [15:0] clips_q;
      reg [15:0] count;
      integer    k;
      always @(posedge clk_i) begin
        count = 16'd0;
        if (valid_q[1])
          for (k = 0; k < ADCS; k = k + 1)
            if (k == WEIGHT_ADCS ? slot2_q == {SlotBits{1'b0}}
                                 : AdcsPerGroup == 1 || (k % AdcsPerGroup) * Slots + {{(32-SlotBits){1'b0}}, slot2_q} < CellsPerWeight)
              count = count + {15'd0, clip[k]};
        clips_q <= count;
      end
      assign clips_o = clips_q;
    end
  endgenerate
  // verilator lint_on BLKSEQ
endmodule

`default_nettype wire
