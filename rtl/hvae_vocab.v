// SPDX-License-Identifier: Apache-2.0
// The vocabulary stage: logits of all tokens, and the token chosen from them.
// Logits of the group asked for in cycle q are there in q + 3; token_o holds from the
// cycle in which the stage falls idle until it is started again.
`default_nettype none

module hvae_vocab #(
    parameter Vocabulary      = 2000,
    parameter Lanes           = 16,
    parameter LogitBits       = 16,
    parameter LogitFrac       = 10,
    parameter Shift           = 4,
    parameter GumbelFile      = "",
    parameter Inputs          = 96,
    parameter BiasCoarse      = 1,
    parameter BiasFine        = 1,
    parameter CoarseBit       = 6,
    parameter RowTiles        = 1,
    parameter ColTiles        = 125,
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
    parameter RomPrefix       = "vocab"
) (
    input  wire                        clk_i,
    input  wire                        rst_i,
    input  wire                        start_i,
    output wire                        busy_o,
    input  wire [InputBits*Inputs-1:0] planes_i,
    input  wire                        sample_i,   // draw the token; otherwise the likeliest
    input  wire [15:0]                 beta_i,
    input  wire [22*16-1:0]            keys_i,
    input  wire [11:0]                 step_i,
    output wire [15:0]                 token_o,
    output wire [15:0]                 clips_o,
    output wire [15:0]                 sats_o
);
  localparam PHASES   = (InputBits + DacBits - 1) / DacBits;
  localparam COL_BITS = $clog2(Vocabulary);
  localparam SUM_BITS = AccBits + (RowTiles > 1 ? $clog2(RowTiles) : 0);
  localparam SCANS    = (Vocabulary + Lanes - 1) / Lanes;
  localparam DRAIN    = 15 + (Lanes > 1 ? $clog2(Lanes) : 0) + 2;

  wire        sample, first, scan;
  wire [7:0]  phase, slot;
  wire [17:0] group;
  hvae_stage_seq u_seq (
      .clk_i(clk_i), .rst_i(rst_i), .start_i(start_i), .mvm_i(1'b1),
      .phases_last_i(8'(PHASES - 1)), .slots_last_i(8'(Slots - 1)), .wait_last_i(8'd2),
      .scan_last_i(18'(SCANS - 1)), .drain_last_i(8'(DRAIN - 1)),
      .busy_o(busy_o), .sample_o(sample), .phase_o(phase), .first_phase_o(first), .slot_o(slot),
      .scan_o(scan), .scan_index_o(group)
  );

  wire [Lanes*COL_BITS-1:0] column;
  wire [Lanes*SUM_BITS-1:0] sum;
  genvar l;
  generate
    for (l = 0; l < Lanes; l = l + 1) begin : gen_lane
      assign column[l*COL_BITS+:COL_BITS] = COL_BITS'({14'd0, group} * Lanes + l);
    end
  endgenerate

  hvae_matvec #(
      .Inputs(Inputs), .Outputs(Vocabulary), .BiasCoarse(BiasCoarse), .BiasFine(BiasFine),
      .CoarseBit(CoarseBit), .RowTiles(RowTiles), .ColTiles(ColTiles), .Reads(Lanes),
      .InputBits(InputBits), .Rows(Rows), .Groups(Groups), .AdcsPerGroup(AdcsPerGroup),
      .WeightsPerGroup(WeightsPerGroup), .CellsPerWeight(CellsPerWeight), .Slots(Slots),
      .CellBits(CellBits), .CodeBits(CodeBits), .DacBits(DacBits), .AdcBits(AdcBits),
      .AdcShift(AdcShift), .AdcOffset(AdcOffset), .Differential(Differential),
      .WeightBits(WeightBits), .AccBits(AccBits), .Lossless(Lossless),
      .RomDir(RomDir), .RomPrefix(RomPrefix)
  ) u_matvec (
      .clk_i(clk_i), .sample_i(sample), .first_i(first), .phase_i(phase), .slot_i(slot),
      .planes_i(planes_i), .read_column_i(column), .read_sum_o(sum), .clips_o(clips_o)
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
      .Sets(1), .Lanes(Lanes), .Size(Vocabulary), .InBits(SUM_BITS), .OutBits(LogitBits), .Shift(Shift)
  ) u_logits (
      .clk_i(clk_i), .valid_i(valid_q[2]), .group_i(group2), .value_i(sum),
      .value_o(write_data), .sats_o(sats_o)
  );

  hvae_token_choice #(
      .Vocabulary(Vocabulary), .Lanes(Lanes), .LogitBits(LogitBits), .LogitFrac(LogitFrac),
      .GumbelFile(GumbelFile)
  ) u_choice (
      .clk_i(clk_i), .rst_i(rst_i), .sample_i(sample_i), .beta_i(beta_i), .keys_i(keys_i),
      .step_i(step_i), .scan_i(scan), .group_i(group), .logits_i(write_data), .token_o(token_o)
  );

  wire unused = &{1'b0, write_valid, write_group};
endmodule

`default_nettype wire
