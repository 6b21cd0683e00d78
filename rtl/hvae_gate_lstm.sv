// SPDX-License-Identifier: Apache-2.0
// One unit of a long short-term memory per cycle (PyTorch's, gates i, f, g, o):
//   i, f, o = sigmoid(x + h)   g = tanh(x + h)   c' = f * c + i * g   h' = o * tanh(c')
//
// x_i, h_i: pre-activations {o, g, f, i} of the input and of the recurrent part, PreFrac
// fraction bits; c_prev_i, c_o: StateBits, CFrac fraction bits; h_o: HFrac fraction bits.
// Latency 15, pipelined, no reset but valid.
`default_nettype none

module hvae_gate_lstm #(
    parameter PreBits           = 16,
    parameter PreFrac           = 12,
    parameter StateBits         = 16,
    parameter HFrac             = 15,
    parameter CFrac             = 12,
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
    input  wire [4*PreBits-1:0] x_i,
    input  wire [4*PreBits-1:0] h_i,
    input  wire [StateBits-1:0] c_prev_i,
    output wire                 valid_o,
    output reg  [StateBits-1:0] h_o,
    output wire [StateBits-1:0] c_o,
    output wire [3:0]           sat_o      // numbers clipped on the way, with valid_o
);
  /* verilator no_inline_module */  // one class for all lanes
  localparam TABLE_FRAC = TableBits - 2;  // sigmoid and tanh reach 1 exactly

  reg [14:0] valid_q;
  always @(posedge clk_i)
    if (rst_i) valid_q <= 15'd0;
    else valid_q <= {valid_q[13:0], valid_i};
  assign valid_o = valid_q[14];

  // c0 -> c1 -> c5: gates
  wire [3:0]             sum_sat;
  wire [4*TableBits-1:0] gates;
  genvar g;
  generate
    for (g = 0; g < 4; g = g + 1) begin : gen_gate
      wire [PreBits-1:0] sum;
      reg  [PreBits-1:0] pre_q;
      hvae_sat_add #(.Bits(PreBits)) u_sum (
          .a_i(x_i[g*PreBits+:PreBits]), .b_i(h_i[g*PreBits+:PreBits]), .sum_o(sum), .sat_o(sum_sat[g]));
      always @(posedge clk_i) pre_q <= sum;
      if (g == 2) begin : gen_tanh
        hvae_table #(
            .InBits(PreBits), .AddressBits(TableAddressBits), .OutBits(TableBits),
            .DeltaBits(TanhDeltaBits), .InitFile(TanhFile)
        ) u_table (.clk_i(clk_i), .x_i(pre_q), .y_o(gates[g*TableBits+:TableBits]));
      end else begin : gen_sigmoid
        hvae_table #(
            .InBits(PreBits), .AddressBits(TableAddressBits), .OutBits(TableBits),
            .DeltaBits(SigmoidDeltaBits), .InitFile(SigmoidFile)
        ) u_table (.clk_i(clk_i), .x_i(pre_q), .y_o(gates[g*TableBits+:TableBits]));
      end
    end
  endgenerate
  wire signed [TableBits-1:0] i = gates[0*TableBits+:TableBits];
  wire signed [TableBits-1:0] f = gates[1*TableBits+:TableBits];
  wire signed [TableBits-1:0] n = gates[2*TableBits+:TableBits];
  wire signed [TableBits-1:0] o = gates[3*TableBits+:TableBits];

  // c5 -> c6 -> c7: f * c and i * g
  wire signed [StateBits-1:0] c_prev;
  hvae_delay #(.Bits(StateBits), .Cycles(5)) u_c_prev (.clk_i(clk_i), .d_i(c_prev_i), .d_o(c_prev));
  reg  signed [TableBits+StateBits-1:0] kept_wide_q;
  reg  signed [2*TableBits-1:0]         added_wide_q;
  wire        [StateBits-1:0]           kept, added;
  wire                                  kept_sat, added_sat;
  reg         [StateBits-1:0]           kept_q, added_q;
  hvae_requant #(.InBits(TableBits + StateBits), .OutBits(StateBits), .Shift(TABLE_FRAC)) u_kept (
      .value_i(kept_wide_q), .value_o(kept), .sat_o(kept_sat));
  hvae_requant #(.InBits(2 * TableBits), .OutBits(StateBits), .Shift(2 * TABLE_FRAC - CFrac)) u_added (
      .value_i(added_wide_q), .value_o(added), .sat_o(added_sat));
  always @(posedge clk_i) begin
    kept_wide_q  <= f * c_prev;
    added_wide_q <= i * n;
    kept_q       <= kept;
    added_q      <= added;
  end

  // c7 -> c8: c'
  wire [StateBits-1:0] c_sum;
  wire                 c_sat;
  reg  [StateBits-1:0] c_q;
  hvae_sat_add #(.Bits(StateBits)) u_c (.a_i(kept_q), .b_i(added_q), .sum_o(c_sum), .sat_o(c_sat));
  always @(posedge clk_i) c_q <= c_sum;

  // c8 -> c9 -> c13: tanh(c')
  wire        [PreBits-1:0]   c_pre;
  wire                        c_pre_sat;
  reg         [PreBits-1:0]   c_pre_q;
  wire signed [TableBits-1:0] squashed;
  hvae_requant #(.InBits(StateBits), .OutBits(PreBits), .Shift(CFrac - PreFrac)) u_c_pre (
      .value_i(c_q), .value_o(c_pre), .sat_o(c_pre_sat));
  always @(posedge clk_i) c_pre_q <= c_pre;
  hvae_table #(
      .InBits(PreBits), .AddressBits(TableAddressBits), .OutBits(TableBits),
      .DeltaBits(TanhDeltaBits), .InitFile(TanhFile)
  ) u_tanh (.clk_i(clk_i), .x_i(c_pre_q), .y_o(squashed));

  // c13 -> c14 -> c15: h'
  wire signed [TableBits-1:0]   o_late;
  hvae_delay #(.Bits(TableBits), .Cycles(8)) u_o (.clk_i(clk_i), .d_i(o), .d_o(o_late));
  reg  signed [2*TableBits-1:0] h_wide_q;
  wire        [StateBits-1:0]   state;
  wire                          state_sat;
  hvae_requant #(.InBits(2 * TableBits), .OutBits(StateBits), .Shift(2 * TABLE_FRAC - HFrac)) u_h (
      .value_i(h_wide_q), .value_o(state), .sat_o(state_sat));
  always @(posedge clk_i) begin
    h_wide_q <= o_late * squashed;
    h_o      <= state;
  end
  hvae_delay #(.Bits(StateBits), .Cycles(7)) u_c_late (.clk_i(clk_i), .d_i(c_q), .d_o(c_o));

  // Clips, each delayed to the cycle of the result.
  wire [2:0] gate_sats = {2'd0, sum_sat[0]} + {2'd0, sum_sat[1]} + {2'd0, sum_sat[2]} + {2'd0, sum_sat[3]};
  wire [1:0] product_sats = {1'b0, kept_sat} + {1'b0, added_sat};
  wire [2:0] gate_sats_late;
  wire [1:0] product_sats_late;
  wire       c_sat_late, c_pre_sat_late;
  hvae_delay #(.Bits(3), .Cycles(14)) u_gate_sats (.clk_i(clk_i), .d_i(gate_sats), .d_o(gate_sats_late));
  hvae_delay #(.Bits(2), .Cycles(8)) u_product_sats (.clk_i(clk_i), .d_i(product_sats), .d_o(product_sats_late));
  hvae_delay #(.Bits(1), .Cycles(7)) u_c_sat (.clk_i(clk_i), .d_i(c_sat), .d_o(c_sat_late));
  hvae_delay #(.Bits(1), .Cycles(6)) u_c_pre_sat (.clk_i(clk_i), .d_i(c_pre_sat), .d_o(c_pre_sat_late));
  reg [3:0] sats_q;
  always @(posedge clk_i)
    sats_q <= {1'b0, gate_sats_late} + {2'd0, product_sats_late} + {3'd0, c_sat_late} + {3'd0, c_pre_sat_late} + {3'd0, state_sat};
  assign sat_o = valid_o ? sats_q : 4'd0;
endmodule

`default_nettype wire
