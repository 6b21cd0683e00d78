// SPDX-License-Identifier: Apache-2.0
// One tile: the analog core and its digital shift-and-add.
//
// In each of Rounds rounds the converters see other columns, and the tile accumulates over
// X phases (most significant digit first) of Slots conversions
//   sum over rows of input * weight, of logical column l,
// exactly as far as no conversion clips. Weights lie in cells of CellBits, as pairs of
// columns (Differential) or as weight + 2^(WeightBits-1) beside one offset column whose
// converter, the last one, is read in slot 0. See `crossbar::TileGeometry` for the layout.
// A phase may be read 2^HVAE_READ_BITS times (hvae_design.svh): sums are then 2^HVAE_READ_BITS as large, and one read of
// the other phases weighs as much as all of those.
// A flipped column holds what its levels lack to the highest one: its value is that of the
// driven rows, which the offset column counts, less what it gives. With Remap, weight l stands
// on any place; Spare places are empty.
//
//   cycle n      sample_i with phase, slot and round of the conversion (core: its cycle n)
//   cycle n + 1  live_i, drive_i       (live_i low: a digit of zeros, which adds nothing)
//   cycle n + 5  accumulated
//   cycle n + 6  after the last_i of a round: acc_o has the round's sums, and keeps them
//                while the next product is computed
//
// Nothing moves while idle.
`default_nettype none
`include "hvae_design.svh"

module hvae_tile #(
    parameter Rows            = 8,
    parameter Groups          = 2,   // groups of converters that no weight straddles
    parameter AdcsPerGroup    = 1,
    parameter WeightsPerGroup = 1,
    parameter CellsPerWeight  = 8,
    parameter Slots           = 8,
    parameter Rounds          = 1,   // rounds whose sums are kept
    parameter Images          = Rounds,  // sets of columns that take turns on the converters
    parameter CellBits        = 2,   // significance of a slice
    parameter CodeBits        = 2,   // bits of a conductance code
    parameter DacBits         = 1,
    parameter AdcBits         = 9,
    parameter AdcShift        = 0,
    parameter AdcLift         = 0,   // how far below 0 a sum may be, in code steps
    parameter AdcZero         = 0,   // code of no current
    parameter LevelShift      = 0,   // code steps from one level to the next: 2^LevelShift
    parameter Differential    = 1,
    parameter WeightBits      = 8,
    parameter AccBits         = 25,
    parameter WordBits        = 32,  // of acc_o: AccBits, sign-extended to a power of two
    parameter Lossless        = 0,   // no conversion can clip: nothing is counted
    parameter Noise           = 0,   // conversions draw (hvae_noise)
    parameter Bent            = 0,   // converters are not linear
    parameter HighFirst       = 0,   // the most significant slice of a weight comes first
    parameter Flip            = 0,   // columns may hold what is missing to the highest level
    parameter Remap           = 0,   // weights may stand on any place
    parameter Spare           = 0,   // places without a weight
    parameter Early           = 0,   // columns are asked for a cycle before (hvae_tile_core)
    parameter InitFile        = "",  // images; "": loaded from outside
    parameter FlipFile        = "",
    parameter PlaceFile       = "",
    parameter SelectBits      = Slots * Images > 1 ? $clog2(Slots * Images) : 1
) (
    input  wire                    clk_i,
    input  wire                    sample_i,
    input  wire                    first_i,   // the first read of the most significant phase
    input  wire                    last_i,    // the last conversion of a round
    input  wire [7:0]              slot_i,
    input  wire [7:0]              round_i,
    input  wire [15:0]             image_i,   // the set of columns
    input  wire [SelectBits-1:0]   select_i,  // image * Slots + slot
    input  wire                    early_i,
    input  wire [SelectBits-1:0]   early_select_i,
    input  wire [31:0]             key_i,     // of the product's draws
    input  wire [15:0]             number_i,  // logical tile of the matrix
    input  wire [7:0]              phase_i,
    input  wire                    live_i,
    input  wire [DacBits*Rows-1:0] drive_i,
    output reg  [Rounds*(Groups*WeightsPerGroup-Spare)*WordBits-1:0] acc_o,
    output wire [15:0]             clips_o    // conversions clipped, per cycle
);
  /* verilator no_inline_module */  // one class for all tiles of a design
  localparam WEIGHT_ADCS = Groups * AdcsPerGroup;
  localparam ADCS        = WEIGHT_ADCS + (Differential != 0 ? 0 : 1);
  localparam SUMS        = WEIGHT_ADCS * WeightsPerGroup;
  localparam PLACES      = Groups * WeightsPerGroup;
  localparam LOGICAL     = PLACES - Spare;
  localparam PLACE_BITS  = PLACES > 1 ? $clog2(PLACES) : 1;
  // In code steps: where the range begins, and the lift of the signed phase, half a range at most.
  localparam [63:0] HALF = 64'd1 << (AdcBits - 1 + AdcShift);
  localparam [63:0] LIFT = ((64'(AdcLift) < HALF ? 64'(AdcLift) : HALF) >> AdcShift) << AdcShift;
  localparam [63:0] ZERO = 64'(AdcZero) << AdcShift;
  // Reads of phases that have several.
  localparam AGAIN       = `HVAE_READ_PHASES << `HVAE_READ_BITS;
  localparam SLICES      = Differential != 0 ? CellsPerWeight / 2 : CellsPerWeight;

  generate
    if (AdcsPerGroup > 1 && WeightsPerGroup > 1) begin : gen_refuse_group
      hvae_a_weight_must_not_straddle_groups u_refuse ();
    end
    if (AccBits > WordBits) begin : gen_refuse_word
      hvae_an_accumulator_must_fit_a_word u_refuse ();
    end
  endgenerate

  wire [ADCS*AdcBits-1:0] code;
  wire [ADCS-1:0]         clip;

  // The key of a conversion's draws, three cycles after its sample.
  wire [31:0] noise_key;
  generate
    if (Noise != 0) begin : gen_noise_key
      wire [31:0] at, mixed;
      reg  [31:0] noise_key_q;
      hvae_delay #(.Bits(32), .Cycles(2)) u_at (.clk_i(clk_i), .d_i({number_i, phase_i, slot_i}), .d_o(at));
      hvae_mix u_mix (.x_i(key_i ^ at), .y_o(mixed));
      always @(posedge clk_i) noise_key_q <= mixed;
      assign noise_key = noise_key_q;
    end else begin : gen_no_noise_key
      assign noise_key = 32'd0;
      wire unused = &{1'b0, key_i, number_i, phase_i};
    end
  endgenerate

  // The digit of this read is that of the sign; the sums move up by a digit before it; it is the only one of its phase.
  wire sign, moves, single;
  generate
    if (AGAIN > 0) begin : gen_reads
      assign sign   = phase_i >> `HVAE_READ_BITS == 8'd0;
      assign moves  = {1'b0, phase_i} >= 9'(AGAIN) || (phase_i & 8'((1 << `HVAE_READ_BITS) - 1)) == 8'd0;
      assign single = {1'b0, phase_i} >= 9'(AGAIN);
    end else begin : gen_read
      assign sign   = first_i;
      assign moves  = 1'b1;
      assign single = 1'b0;
    end
  endgenerate

  hvae_tile_core #(
      .Rows(Rows), .Adcs(ADCS), .Columns(Slots * Images), .CodeBits(CodeBits), .DacBits(DacBits),
      .AdcBits(AdcBits), .AdcShift(AdcShift), .AdcOffset(LIFT), .AdcZero(ZERO),
      .Noise(Noise), .Bent(Bent), .Early(Early), .InitFile(InitFile)
  ) u_core (
      .clk_i   (clk_i),
      .sample_i(sample_i),
      .signed_i(sign),
      .select_i(select_i),
      .early_i (early_i),
      .early_select_i(early_select_i),
      .live_i  (live_i),
      .noise_i (noise_key),
      .drive_i (drive_i),
      .code_o  (code),
      .clip_o  (clip)
  );

  // Which converters see a flipped column, with the code; places of the weights of a round, with
  // its sums.
  wire [WEIGHT_ADCS-1:0]        flip;
  wire [LOGICAL*PLACE_BITS-1:0] place;
  generate
    if (Flip != 0) begin : gen_flip
      reg [WEIGHT_ADCS-1:0] flips [0:Slots*Images-1];
      reg [WEIGHT_ADCS-1:0] flip_q;
      wire [SelectBits-1:0] select;
      if (FlipFile != "") begin : gen_init
        initial $readmemh(FlipFile, flips);
      end
      hvae_delay #(.Bits(SelectBits), .Cycles(3)) u_select (.clk_i(clk_i), .d_i(select_i), .d_o(select));
      always @(posedge clk_i) flip_q <= flips[select];
      assign flip = flip_q;
    end else begin : gen_no_flip
      assign flip = {WEIGHT_ADCS{1'b0}};
    end
    if (Remap != 0) begin : gen_place
      reg [LOGICAL*PLACE_BITS-1:0] places [0:Images-1];
      reg [LOGICAL*PLACE_BITS-1:0] place_q;
      wire [15:0] image;
      if (PlaceFile != "") begin : gen_init
        initial $readmemh(PlaceFile, places);
      end
      hvae_delay #(.Bits(16), .Cycles(4)) u_image (.clk_i(clk_i), .d_i(image_i), .d_o(image));
      if (Images > 1) begin : gen_images
        always @(posedge clk_i) place_q <= places[image[$clog2(Images)-1:0]];
      end else begin : gen_one
        always @(posedge clk_i) place_q <= places[0];
      end
      wire unused = &{1'b0, image};
      assign place = place_q;
    end else begin : gen_no_place
      assign place = {LOGICAL*PLACE_BITS{1'b0}};
      wire unused = &{1'b0, image_i};
    end
  endgenerate
  wire unused_settings = &{1'b0, flip, place};

  // What the conversion of cycle n was for, until its code is here in n + 4.
  reg [4:1]   valid_q, first_q, sign_q, moves_q, single_q;
  reg [4:2]   live_q;
  reg [5:1]   last_q;
  reg [3*8:1] slots_q;
  reg [5*8:1] rounds_q;

  // What the converters of a group see in a slot, for converter i at i*EACH: binary places of
  // the slice, whether it counts negative, whether it is the first cell of its weight in a
  // phase, and which weights it belongs to (none: the slot is empty).
  localparam EACH      = 10 + WeightsPerGroup;
  localparam SEEN      = AdcsPerGroup * EACH;
  localparam SEEN_BITS = $clog2(SEEN);
  localparam SLOT_BITS = Slots > 1 ? $clog2(Slots) : 1;
  function [(1<<(SLOT_BITS+SEEN_BITS))-1:0] schedule(input integer slots);
    integer i, s, w, q, slice;
    begin
      schedule = {(1<<(SLOT_BITS+SEEN_BITS)){1'b0}};
      for (s = 0; s < slots; s = s + 1)
        for (i = 0; i < AdcsPerGroup; i = i + 1) begin
          q     = AdcsPerGroup == 1 ? s % CellsPerWeight : i * Slots + s;
          slice = Differential != 0 ? q / 2 : q;
          for (w = 0; w < WeightsPerGroup; w = w + 1)
            schedule[(s<<SEEN_BITS)+i*EACH+w] = q < CellsPerWeight && (AdcsPerGroup == 1 ? s / CellsPerWeight : 0) == w;
          schedule[(s<<SEEN_BITS)+i*EACH+WeightsPerGroup]      = AdcsPerGroup == 1 ? q == 0 : s == 0;
          schedule[(s<<SEEN_BITS)+i*EACH+WeightsPerGroup+1]    = Differential != 0 && q % 2 == 1;
          schedule[(s<<SEEN_BITS)+i*EACH+WeightsPerGroup+2+:8] = 8'((HighFirst != 0 ? SLICES - 1 - slice : slice) * CellBits);
        end
    end
  endfunction
  localparam [(1<<(SLOT_BITS+SEEN_BITS))-1:0] SCHEDULE = schedule(Slots);

  // Of converter a and weight w: index a*WeightsPerGroup + w.
  (* mem2reg *) reg signed [AccBits-1:0] sum_q  [0:SUMS-1];  // registers
  (* mem2reg *) reg        [AdcBits-1:0] code_q [0:ADCS-1];  // a name for each code
  reg signed [AccBits-1:0] reference_q;
  reg signed [AccBits-1:0] driven;  // rows in this phase, in levels
  reg signed [AccBits-1:0] below, value, term, sum, base, total;
  reg [SEEN-1:0]           seen_q;  // set a cycle before the codes come
  reg                      negative_q, reference_used_q, minus;
  reg [31:0] a, g, i, l, m, p, r, w;  // unsigned, as in hvae_tile_core

  // The value of a code in the phase of the sign counts less (or is lifted by the offset).
  // Written out, not a function: a simulator would give each call of each tile variables of
  // its own, and could not share one text among the tiles. Long loops stay loops there, as in
  // hvae_tile_core.
  // Stages in one block, the last one first; what they hand on is blocking.
  // verilator lint_off BLKSEQ
  always @(posedge clk_i) begin
    // A weight's converters together, less the offset.
    if (last_q[5]) begin
      // verilator unroll_disable
      for (l = 0; l < LOGICAL; l = l + 1) begin
        total = Differential != 0 ? {AccBits{1'b0}} : -(reference_q <<< (WeightBits - 1));
        p     = Remap != 0 ? {{(32-PLACE_BITS){1'b0}}, place[l*PLACE_BITS+:PLACE_BITS]} : l;
        for (m = 0; m < AdcsPerGroup; m = m + 1) total = total + sum_q[p*AdcsPerGroup+m];
        for (r = 0; r < Rounds; r = r + 1)
          if (Rounds == 1 || rounds_q[4*8+1+:8] == 8'(r)) acc_o[(r*LOGICAL+l)*WordBits+:WordBits] <= WordBits'(total);
      end
    end

    if (valid_q[4]) begin
      // In levels, what a code of nothing says.
      below = AccBits'(ZERO >> LevelShift) + (sign_q[4] && DacBits > 1 ? AccBits'(LIFT >> LevelShift) : {AccBits{1'b0}});
      // verilator unroll_full
      for (a = 0; a < ADCS; a = a + 1) code_q[a] = code[a*AdcBits+:AdcBits];

      if (Differential == 0 && reference_used_q) begin
        driven      = live_q[4] ? (AccBits'(code_q[ADCS-1]) << (AdcShift - LevelShift)) - below : {AccBits{1'b0}};
        base        = first_q[4] ? {AccBits{1'b0}} : moves_q[4] ? reference_q <<< DacBits : reference_q;
        term        = single_q[4] ? driven <<< `HVAE_READ_BITS : driven;
        reference_q = sign_q[4] && DacBits == 1 ? base - term : base + term;
      end

      // verilator unroll_disable
      for (g = 0; g < Groups; g = g + 1)
        for (i = 0; i < AdcsPerGroup; i = i + 1) begin
          a     = g * AdcsPerGroup + i;
          value = (AccBits'(code_q[a]) << (AdcShift - LevelShift)) - below;
          if (!live_q[4]) value = {AccBits{1'b0}};
          if (Flip != 0 && flip[a]) value = (driven <<< CellBits) - driven - value;
          if (single_q[4]) value = value <<< `HVAE_READ_BITS;
          term = value <<< seen_q[i*EACH+WeightsPerGroup+2+:8];
          // One bit a phase: that of the sign counts negative. (Inverted, and one more: one adder does it.)
          minus = seen_q[i*EACH+WeightsPerGroup+1] != negative_q;
          term  = term ^ {AccBits{minus}};
          for (w = 0; w < WeightsPerGroup; w = w + 1) begin
            sum  = sum_q[a*WeightsPerGroup+w];
            // The first cell of a phase moves what the earlier phases gave up by a digit.
            base = seen_q[i*EACH+WeightsPerGroup] && moves_q[4] ? (first_q[4] ? {AccBits{1'b0}} : sum <<< DacBits) : sum;
            sum_q[a*WeightsPerGroup+w] = seen_q[i*EACH+w] ? base + term + {{(AccBits-1){1'b0}}, minus} : sum;
          end
        end
    end

    // A cycle ahead: which cell of which weight the slot of each converter of a group holds.
    if (valid_q[3]) begin
      seen_q           = SCHEDULE[{slots_q[2*8+1+:SLOT_BITS], {SEEN_BITS{1'b0}}}+:SEEN];
      negative_q       = DacBits == 1 && sign_q[3];
      reference_used_q = slots_q[2*8+1+:8] == 8'd0;
    end

    valid_q  <= {valid_q[3:1], sample_i};
    live_q   <= {live_q[3:2], live_i};
    first_q  <= {first_q[3:1], first_i};
    sign_q   <= {sign_q[3:1], sign};
    moves_q  <= {moves_q[3:1], moves};
    single_q <= {single_q[3:1], single};
    last_q   <= {last_q[4:1], sample_i && last_i};
    slots_q  <= {slots_q[2*8:1], slot_i};
    rounds_q <= {rounds_q[4*8:1], round_i};
  end

  generate
    if (Lossless != 0) begin : gen_no_clips
      wire unused = &{1'b0, clip};
      assign clips_o = 16'd0;
    end else begin : gen_clips
      reg [15:0] clips_q;
      reg [7:0]  slot_q;
      reg [15:0] count;
      reg [31:0] k;
      always @(posedge clk_i) begin
        slot_q <= slots_q[2*8+1+:8];
        count = 16'd0;
        if (valid_q[4] && live_q[4]) begin
          // Empty slots do not count.
          // verilator unroll_disable
          for (k = 0; k < ADCS; k = k + 1)
            if (k == WEIGHT_ADCS ? slot_q == 8'd0 : AdcsPerGroup == 1 || (k % AdcsPerGroup) * Slots + {24'd0, slot_q} < CellsPerWeight)
              count = count + {15'd0, clip[k]};
        end
        clips_q <= count;
      end
      assign clips_o = clips_q;
    end
  endgenerate
  // verilator lint_on BLKSEQ
endmodule

`default_nettype wire
