// SPDX-License-Identifier: Apache-2.0
// One unit of a plain recurrent cell per cycle:  h' = tanh(x + h).
//
// x_i, h_i: pre-activations of the input and of the recurrent part, PreFrac fraction bits.
// h_o: StateBits with HFrac fraction bits. Latency 6, pipelined, no reset but valid.
`default_nettype none

module hvae_gate_rnn #(
    parameter PreBits          = 16,
    parameter StateBits        = 16,
    parameter HFrac            = 15,
    parameter TableBits        = 16,
    parameter TableAddressBits = 9,
    parameter TanhDeltaBits    = 12,
    parameter TanhFile         = ""
) (
    input  wire                 clk_i,
    input  wire                 rst_i,
    input  wire                 valid_i,
    input  wire [PreBits-1:0]   x_i,
    input  wire [PreBits-1:0]   h_i,
    output wire                 valid_o,
    output reg  [StateBits-1:0] h_o,
    output wire [3:0]           sat_o     // numbers clipped on the way, with valid_o
);
  /* verilator no_inline_module */  // one class for all lanes
  localparam TABLE_FRAC = TableBits - 2;

  reg [5:0] valid_q;
  always @(posedge clk_i)
    if (rst_i) valid_q <= 6'd0;
    else valid_q <= {valid_q[4:0], valid_i};
  assign valid_o = valid_q[5];

  // c0 -> c1: pre-activation
  wire [PreBits-1:0] sum;
  reg  [PreBits-1:0] pre_q;
  wire               sum_sat;
  hvae_sat_add #(.Bits(PreBits)) u_sum (.a_i(x_i), .b_i(h_i), .sum_o(sum), .sat_o(sum_sat));
  always @(posedge clk_i) pre_q <= sum;

  // c1 -> c5: tanh
  wire [TableBits-1:0] squashed;
  hvae_table #(
      .InBits(PreBits), .AddressBits(TableAddressBits), .OutBits(TableBits),
      .DeltaBits(TanhDeltaBits), .InitFile(TanhFile)
  ) u_tanh (.clk_i(clk_i), .x_i(pre_q), .y_o(squashed));

  // c5 -> c6: state
  wire [StateBits-1:0] state;
  wire                 state_sat;
  hvae_requant #(.InBits(TableBits), .OutBits(StateBits), .Shift(TABLE_FRAC - HFrac)) u_state (
      .value_i(squashed), .value_o(state), .sat_o(state_sat));
  always @(posedge clk_i) h_o <= state;

  reg [4:0] sum_sat_q;
  reg [1:0] sats_q;
  always @(posedge clk_i) begin
    sum_sat_q <= {sum_sat_q[3:0], sum_sat};
    sats_q    <= {1'b0, sum_sat_q[4]} + {1'b0, state_sat};
  end
  assign sat_o = valid_o ? {2'd0, sats_q} : 4'd0;
endmodule

`default_nettype wire
