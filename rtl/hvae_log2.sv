// SPDX-License-Identifier: Apache-2.0
// log2(value_i) with 16 fraction bits, of a whole number; of 0 as of 1. Latency 8, one a cycle.
//
// Leading zeros go in three cycles; what stands behind the leading one, 16 bits of it, is looked up.
// Mirrors `golden::score`.
`default_nettype none

module hvae_log2 #(
    parameter InBits      = 36,   // at most 50
    parameter AddressBits = 9,
    parameter DeltaBits   = 10,
    parameter File        = ""
) (
    input  wire               clk_i,
    input  wire [InBits-1:0]  value_i,
    output reg  signed [23:0] log2_o
);
  localparam WIDE  = 64;
  localparam FRAC  = 16;
  localparam TABLE = 18;

  wire [InBits-1:0] some = value_i == {InBits{1'b0}} ? {{(InBits-1){1'b0}}, 1'b1} : value_i;
  wire [WIDE-1:0]   left = {some, {(WIDE-InBits){1'b0}}};

  // 1: zeros in steps of 32 and 16; 2: of 8 and 4; 3: of 2 and 1.
  wire [WIDE-1:0] a1 = left[WIDE-1-:32] == 32'd0 ? left << 32 : left;
  wire [WIDE-1:0] a2 = a1[WIDE-1-:16] == 16'd0 ? a1 << 16 : a1;
  reg  [WIDE-1:0] a_q, b_q, c_q;
  reg  [5:0]      a_zeros_q, b_zeros_q, c_zeros_q;
  wire [WIDE-1:0] b1 = a_q[WIDE-1-:8] == 8'd0 ? a_q << 8 : a_q;
  wire [WIDE-1:0] b2 = b1[WIDE-1-:4] == 4'd0 ? b1 << 4 : b1;
  wire [WIDE-1:0] c1 = b_q[WIDE-1-:2] == 2'd0 ? b_q << 2 : b_q;
  wire [WIDE-1:0] c2 = c1[WIDE-1] ? c1 : c1 << 1;
  always @(posedge clk_i) begin
    a_q       <= a2;
    a_zeros_q <= {left[WIDE-1-:32] == 32'd0, a1[WIDE-1-:16] == 16'd0, 4'd0};
    b_q       <= b2;
    b_zeros_q <= a_zeros_q | {2'd0, a_q[WIDE-1-:8] == 8'd0, b1[WIDE-1-:4] == 4'd0, 2'd0};
    c_q       <= c2;
    c_zeros_q <= b_zeros_q | {4'd0, b_q[WIDE-1-:2] == 2'd0, !c1[WIDE-1]};
  end

  // 3 -> 7: of what stands behind the leading one; 8: with its power.
  wire signed [TABLE-1:0] mantissa;
  wire        [5:0]       zeros;
  hvae_table #(
      .InBits(FRAC), .AddressBits(AddressBits), .OutBits(TABLE), .DeltaBits(DeltaBits), .InitFile(File)
  ) u_table (.clk_i(clk_i), .x_i({~c_q[WIDE-2], c_q[WIDE-3-:FRAC-1]}), .y_o(mantissa));
  hvae_delay #(.Bits(6), .Cycles(4)) u_zeros (.clk_i(clk_i), .d_i(c_zeros_q), .d_o(zeros));
  wire signed [7:0] power = 8'(InBits - 1) - {2'd0, zeros};
  always @(posedge clk_i) log2_o <= {power, 16'd0} + 24'(mantissa);

  wire unused = &{1'b0, c_q};
endmodule

`default_nettype wire
