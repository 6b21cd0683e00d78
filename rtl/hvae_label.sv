// SPDX-License-Identifier: Apache-2.0
// The label of a step: logits of all classes, and the class of the largest; of equal ones the
// smallest number.
//
// Logits of the group asked for in cycle q are there in q + 3. valid_o is high in the cycle in
// which the stage has fallen idle, and label_o holds from then until it is started again.
`default_nettype none
`include "hvae_design.svh"

module hvae_label #(
    parameter Classes         = 10,
    parameter Lanes           = 4,
    parameter LogitBits       = 16,
    parameter Shift           = 4,
    parameter Inputs          = 32,
    parameter BiasCoarse      = 0,
    parameter BiasFine        = 0,
    parameter CoarseBit       = 6,
    parameter RowTiles        = 1,
    parameter ColTiles        = 6,
    parameter Rounds          = 1,
    parameter Engines         = 0,   // tiles that all matrices share; 0: every matrix has its own
    parameter Image           = 0,   // in the memories of those
    parameter AskBits         = 1,
    parameter TellBits        = 1,
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
    parameter AdcLift         = 0,   // how far below 0 a sum may be, in code steps
    parameter AdcZero         = 0,   // code of no current
    parameter [8*RowTiles*((ColTiles+Rounds-1)/Rounds)-1:0] Ranges = 0,  // of physical tiles, beyond AdcShift
    parameter Flip            = 0,   // columns may hold what is missing to the highest level
    parameter Remap           = 0,   // weights may stand on any place of their tile
    parameter Spare           = 0,   // places of a tile without a weight
    parameter Gains           = 0,   // every output has a gain and an offset
    parameter GainFile        = "",
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
    parameter RomPrefix       = "matrix"
) (
    input  wire                        clk_i,
    input  wire                        rst_i,
    input  wire                        start_i,
    output wire                        busy_o,
    input  wire [31:0]                 noise_key_i,    // of the draws of converters in this step
    input  wire [InputBits*Inputs-1:0] planes_i,
    output wire                        valid_o,
    output wire [15:0]                 label_o,
    output wire [15:0]                 clips_o,
    output wire [15:0]                 sats_o,
    output wire [15:0]                 samples_o,
    output wire [AskBits-1:0]          ask_o,          // of the tiles that matrices share (hvae_turns)
    input  wire [TellBits-1:0]         tell_i
);
  localparam WAIT     = Engines == 0 ? 5 : 7 + Engines * (Groups * WeightsPerGroup - Spare);  // for the last sums
  localparam READS     = (InputBits + DacBits - 1) / DacBits + `HVAE_EXTRA_READS;  // conversions of a column
  localparam SUM_BITS  = AccBits + (RowTiles > 1 ? $clog2(RowTiles) : 0);
  localparam SCANS     = (Classes + Lanes - 1) / Lanes;
  localparam LEVELS    = Lanes > 1 ? $clog2(Lanes) : 0;
  localparam LEAVES    = 1 << LEVELS;
  // A candidate: {there is one, logit, class}.
  localparam NODE_BITS = 1 + LogitBits + 16;

  wire        sample, first, scan;
  wire [7:0]  phase, slot, round;
  wire [17:0] group;
  hvae_stage_seq u_seq (
      .clk_i(clk_i), .rst_i(rst_i), .start_i(start_i), .mvm_i(1'b1), .rounds_last_i(8'(Rounds - 1)),
      .phases_last_i(8'(READS - 1)), .slots_last_i(8'(Slots - 1)), .wait_last_i(8'(WAIT)),
      .scan_last_i(18'(SCANS - 1)), .drain_last_i(8'(2 + LEVELS)),
      .busy_o(busy_o), .sample_o(sample), .round_o(round), .phase_o(phase), .first_phase_o(first),
      .slot_o(slot), .scan_o(scan), .scan_index_o(group)
  );

  wire [Lanes*SUM_BITS-1:0] sum;
  `HVAE_PRODUCT #(
      .Inputs(Inputs), .Sets(1), .Size(Classes), .Lanes(Lanes), .BiasCoarse(BiasCoarse), .BiasFine(BiasFine),
      .CoarseBit(CoarseBit), .RowTiles(RowTiles), .ColTiles(ColTiles), .Rounds(Rounds), .SkipZeros(SkipZeros),
      .Engines(Engines), .Image(Image), .AskBits(AskBits), .TellBits(TellBits),
      .InputBits(InputBits), .Rows(Rows), .Groups(Groups), .AdcsPerGroup(AdcsPerGroup),
      .WeightsPerGroup(WeightsPerGroup), .CellsPerWeight(CellsPerWeight), .Slots(Slots),
      .CellBits(CellBits), .CodeBits(CodeBits), .DacBits(DacBits), .AdcBits(AdcBits),
      .AdcShift(AdcShift), .AdcLift(AdcLift), .AdcZero(AdcZero), .Ranges(Ranges),
      .Flip(Flip), .Remap(Remap), .Spare(Spare), .LevelShift(LevelShift),
      .Noise(Noise), .Bent(Bent), .MatrixNumber(MatrixNumber), .HighFirst(HighFirst), .Differential(Differential),
      .WeightBits(WeightBits), .AccBits(AccBits), .Lossless(Lossless),
      .RomDir(RomDir), .RomPrefix(RomPrefix)
  ) u_matvec (
      .clk_i(clk_i), .noise_key_i(noise_key_i),
      .sample_i(sample), .first_i(first), .phase_i(phase), .slot_i(slot), .round_i(round),
      .planes_i(planes_i), .scan_i(scan), .group_i(group), .read_sum_o(sum), .clips_o(clips_o), .samples_o(samples_o),
      .ask_o(ask_o), .tell_i(tell_i)
  );

  // Asked in cycle q: sums in q + 2, logits in q + 3. Read by the probes of a simulation.
  reg  [3:1]                 valid_q;
  wire [17:0]                group2, write_group;
  wire [Lanes*LogitBits-1:0] write_data;
  wire                       write_valid = valid_q[3];
  always @(posedge clk_i)
    if (rst_i) valid_q <= 3'd0;
    else valid_q <= {valid_q[2:1], scan};
  hvae_delay #(.Bits(18), .Cycles(2)) u_group2 (.clk_i(clk_i), .d_i(group), .d_o(group2));
  hvae_delay #(.Bits(18), .Cycles(1)) u_group3 (.clk_i(clk_i), .d_i(group2), .d_o(write_group));
  hvae_lanes_requant #(
      .Sets(1), .Lanes(Lanes), .Size(Classes), .InBits(SUM_BITS), .OutBits(LogitBits), .Shift(Shift),
      .Gains(Gains), .GainFile(GainFile)
  ) u_logits (
      .clk_i(clk_i), .valid_i(valid_q[2]), .group_i(group2), .value_i(sum), .value_o(write_data), .sats_o(sats_o)
  );

  // Best of every lane, in q + 4. Later classes must be strictly better.
  wire [LEAVES*NODE_BITS-1:0] best;
  genvar l, d, n;
  generate
    for (l = 0; l < LEAVES; l = l + 1) begin : gen_lane
      if (l < Lanes) begin : gen_used
        wire signed [LogitBits-1:0] logit = write_data[l*LogitBits+:LogitBits];
        wire        [31:0]          class_number = {14'd0, write_group} * Lanes + l;
        reg         [NODE_BITS-1:0] best_q;
        wire signed [LogitBits-1:0] best_logit = best_q[16+:LogitBits];
        always @(posedge clk_i)
          if (write_valid) begin
            if (write_group == 18'd0) best_q <= {class_number < Classes, logit, class_number[15:0]};
            else if (class_number < Classes && logit > best_logit) best_q <= {1'b1, logit, class_number[15:0]};
          end
        assign best[l*NODE_BITS+:NODE_BITS] = best_q;
      end else begin : gen_empty
        assign best[l*NODE_BITS+:NODE_BITS] = {NODE_BITS{1'b0}};
      end
    end

    // Tree over the lanes, a level a cycle.
    for (d = 0; d <= LEVELS; d = d + 1) begin : gen_level
      wire [(LEAVES>>d)*NODE_BITS-1:0] node;
      if (d == 0) begin : gen_leaves
        assign node = best;
      end else begin : gen_inner
        reg [(LEAVES>>d)*NODE_BITS-1:0] node_q;
        for (n = 0; n < (LEAVES >> d); n = n + 1) begin : gen_node
          wire [NODE_BITS-1:0] a = gen_level[d-1].node[(2*n)*NODE_BITS+:NODE_BITS];
          wire [NODE_BITS-1:0] b = gen_level[d-1].node[(2*n+1)*NODE_BITS+:NODE_BITS];
          wire signed [LogitBits-1:0] a_logit = a[16+:LogitBits];
          wire signed [LogitBits-1:0] b_logit = b[16+:LogitBits];
          wire b_better = b[NODE_BITS-1]
                       && (!a[NODE_BITS-1] || b_logit > a_logit || (b_logit == a_logit && b[15:0] < a[15:0]));
          always @(posedge clk_i) node_q[n*NODE_BITS+:NODE_BITS] <= b_better ? b : a;
        end
        assign node = node_q;
      end
    end
  endgenerate
  wire [NODE_BITS-1:0] winner = gen_level[LEVELS].node;
  assign label_o = winner[15:0];

  reg busy_q;
  always @(posedge clk_i) busy_q <= busy_o && !rst_i;
  assign valid_o = busy_q && !busy_o;

  wire unused = &{1'b0, winner, group};
endmodule

`default_nettype wire
