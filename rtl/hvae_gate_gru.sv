// SPDX-License-Identifier: Apache-2.0
// One unit of a gated recurrent unit per cycle (PyTorch's, gates r, z, n):
//   r, z = sigmoid(x + h)    n = tanh(x_n + r * h_n)    h' = n + z * (h - n)
//
// x_i, h_i: pre-activations {n, z, r} of the input and of the recurrent part, PreFrac
// fraction bits; h_prev_i, h_o: StateBits with HFrac fraction bits.
// Latency 16, pipelined, no reset but valid.
`default_nettype none

module hvae_gate_gru #(
    parameter PreBits           = 16,
    parameter StateBits         = 16,
    parameter HFrac             = 15,
    parameter TableBits         = 16,
    parameter TableAddressBits  = 9,
    parameter SigmoidDeltaBits  = 12,
    parameter SigmoidFile       = "",
    parameter TanhDeltaBits     = 12,
    parameter TanhFile          = ""
) (
    input  wire                 clk_i,
    input  wire                 rst_i,
    input  wire                 valid_i,
    input  wire [3*PreBits-1:0] x_i,
    input  wire [3*PreBits-1:0] h_i,
    input  wire [StateBits-1:0] h_prev_i,
    output wire                 valid_o,
    output reg  [StateBits-1:0] h_o,
    output wire [3:0]           sat_o      // numbers clipped on the way, with valid_o
);
  /* verilator no_inline_module */  // one class for all lanes
  localparam TABLE_FRAC = TableBits - 2;  // sigmoid and tanh reach 1 exactly
  localparam DIFF_BITS  = StateBits + 1;

  reg [15:0] valid_q;
  always @(posedge clk_i)
    if (rst_i) valid_q <= 16'd0;
    else valid_q <= {valid_q[14:0], valid_i};
  assign valid_o = valid_q[15];

  // c0 -> c1: pre-activations of the reset and update gates
  wire [PreBits-1:0] r_sum, z_sum;
  wire               r_sum_sat, z_sum_sat;
  reg  [PreBits-1:0] r_pre_q, z_pre_q;
  hvae_sat_add #(.Bits(PreBits)) u_r_sum (
      .a_i(x_i[0+:PreBits]), .b_i(h_i[0+:PreBits]), .sum_o(r_sum), .sat_o(r_sum_sat));
  hvae_sat_add #(.Bits(PreBits)) u_z_sum (
      .a_i(x_i[PreBits+:PreBits]), .b_i(h_i[PreBits+:PreBits]), .sum_o(z_sum), .sat_o(z_sum_sat));
  always @(posedge clk_i) begin
    r_pre_q <= r_sum;
    z_pre_q <= z_sum;
  end

  // c1 -> c5: r and z
  wire signed [TableBits-1:0] r, z;
  hvae_table #(
      .InBits(PreBits), .AddressBits(TableAddressBits), .OutBits(TableBits),
      .DeltaBits(SigmoidDeltaBits), .InitFile(SigmoidFile)
  ) u_r (.clk_i(clk_i), .x_i(r_pre_q), .y_o(r));
  hvae_table #(
      .InBits(PreBits), .AddressBits(TableAddressBits), .OutBits(TableBits),
      .DeltaBits(SigmoidDeltaBits), .InitFile(SigmoidFile)
  ) u_z (.clk_i(clk_i), .x_i(z_pre_q), .y_o(z));

  // c5 -> c6 -> c7: r * h_n
  wire signed [PreBits-1:0] h_n;
  hvae_delay #(.Bits(PreBits), .Cycles(5)) u_h_n (.clk_i(clk_i), .d_i(h_i[2*PreBits+:PreBits]), .d_o(h_n));
  reg  signed [TableBits+PreBits-1:0] gated_wide_q;
  wire        [PreBits-1:0]           gated;
  wire                                gated_sat;
  reg         [PreBits-1:0]           gated_q;
  hvae_requant #(.InBits(TableBits + PreBits), .OutBits(PreBits), .Shift(TABLE_FRAC)) u_gated (
      .value_i(gated_wide_q), .value_o(gated), .sat_o(gated_sat));
  always @(posedge clk_i) begin
    gated_wide_q <= r * h_n;
    gated_q      <= gated;
  end

  // c7 -> c8: candidate's pre-activation
  wire [PreBits-1:0] x_n, n_sum;
  wire               n_sum_sat;
  reg  [PreBits-1:0] n_pre_q;
  hvae_delay #(.Bits(PreBits), .Cycles(7)) u_x_n (.clk_i(clk_i), .d_i(x_i[2*PreBits+:PreBits]), .d_o(x_n));
  hvae_sat_add #(.Bits(PreBits)) u_n_sum (.a_i(x_n), .b_i(gated_q), .sum_o(n_sum), .sat_o(n_sum_sat));
  always @(posedge clk_i) n_pre_q <= n_sum;

  // c8 -> c12: candidate
  wire signed [TableBits-1:0] candidate;
  hvae_table #(
      .InBits(PreBits), .AddressBits(TableAddressBits), .OutBits(TableBits),
      .DeltaBits(TanhDeltaBits), .InitFile(TanhFile)
  ) u_n (.clk_i(clk_i), .x_i(n_pre_q), .y_o(candidate));

  // c12 -> c13: candidate as a state, and how far the old state is from it
  wire signed [StateBits-1:0] n, h_prev;
  wire                        n_sat;
  reg  signed [StateBits-1:0] n_q;
  reg  signed [DIFF_BITS-1:0] diff_q;
  hvae_requant #(.InBits(TableBits), .OutBits(StateBits), .Shift(TABLE_FRAC - HFrac)) u_n_state (
      .value_i(candidate), .value_o(n), .sat_o(n_sat));
  hvae_delay #(.Bits(StateBits), .Cycles(12)) u_h_prev (.clk_i(clk_i), .d_i(h_prev_i), .d_o(h_prev));
  always @(posedge clk_i) begin
    n_q    <= n;
    diff_q <= {h_prev[StateBits-1], h_prev} - {n[StateBits-1], n};
  end

  // c13 -> c14 -> c15: z * (h - n); |z| <= 1, so it fits the width of the difference
  wire signed [TableBits-1:0] z_late;
  hvae_delay #(.Bits(TableBits), .Cycles(8)) u_z_late (.clk_i(clk_i), .d_i(z), .d_o(z_late));
  reg  signed [TableBits+DIFF_BITS-1:0] kept_wide_q;
  wire        [DIFF_BITS-1:0]           kept;
  wire                                  unused_kept_sat;
  reg  signed [DIFF_BITS-1:0]           kept_q;
  wire signed [StateBits-1:0]           n_late;
  hvae_requant #(.InBits(TableBits + DIFF_BITS), .OutBits(DIFF_BITS), .Shift(TABLE_FRAC)) u_kept (
      .value_i(kept_wide_q), .value_o(kept), .sat_o(unused_kept_sat));
  always @(posedge clk_i) begin
    kept_wide_q <= z_late * diff_q;
    kept_q      <= kept;
  end
  hvae_delay #(.Bits(StateBits), .Cycles(2)) u_n_late (.clk_i(clk_i), .d_i(n_q), .d_o(n_late));

  // c15 -> c16: new state
  wire signed [DIFF_BITS:0]   sum = {{2{n_late[StateBits-1]}}, n_late} + {kept_q[DIFF_BITS-1], kept_q};
  wire        [StateBits-1:0] state;
  wire                        state_sat;
  hvae_requant #(.InBits(DIFF_BITS + 1), .OutBits(StateBits), .Shift(0)) u_state (
      .value_i(sum), .value_o(state), .sat_o(state_sat));
  always @(posedge clk_i) h_o <= state;

  // Clips, each delayed to the cycle of the result.
  wire [1:0] sum_sats_late = {1'b0, r_sum_sat} + {1'b0, z_sum_sat};
  wire [1:0] sum_sats;
  wire       gated_sat_late, n_sum_sat_late, n_sat_late;
  hvae_delay #(.Bits(2), .Cycles(15)) u_sum_sats (.clk_i(clk_i), .d_i(sum_sats_late), .d_o(sum_sats));
  hvae_delay #(.Bits(1), .Cycles(9)) u_gated_sat (.clk_i(clk_i), .d_i(gated_sat), .d_o(gated_sat_late));
  hvae_delay #(.Bits(1), .Cycles(8)) u_n_sum_sat (.clk_i(clk_i), .d_i(n_sum_sat), .d_o(n_sum_sat_late));
  hvae_delay #(.Bits(1), .Cycles(3)) u_n_sat (.clk_i(clk_i), .d_i(n_sat), .d_o(n_sat_late));
  reg [3:0] sats_q;
  always @(posedge clk_i)
    sats_q <= {2'd0, sum_sats} + {3'd0, gated_sat_late} + {3'd0, n_sum_sat_late} + {3'd0, n_sat_late} + {3'd0, state_sat};
  assign sat_o = valid_o ? sats_q : 4'd0;
endmodule

`default_nettype wire
