// SPDX-License-Identifier: Apache-2.0
// Vectors of one length, number by number, Lanes a cycle, requantised once (Shift).
//
// Function 0: sum of all inputs, 1: first less second, 2: product of two, 3: blend a x + (1 - a) y
// of inputs a, x, y. Input i is first shifted up by byte i of Ups, so that what is added has one
// format; One is 1 in the format of a. The group asked for in cycle q (read_group_o, 0 while none
// is) comes in q + 1 and is written in q + 3, of a blend in q + 5. planes_o: the words as others
// see them, from the cycle after the write; clear_i zeroes them.
`default_nettype none

module hvae_combine #(
    parameter Function  = 0,
    parameter Inputs    = 2,
    parameter Size      = 96,
    parameter Lanes     = 8,
    parameter StateBits = 16,
    parameter [8*Inputs-1:0] Ups = 0,
    parameter MostUp    = 0,   // the largest of them
    parameter OneFrac   = 0,   // fraction bits of a
    parameter Shift     = 0,
    parameter InputBits = 8,
    parameter CodeShift = 8,   // word to code
    parameter HasPlanes = 1
) (
    input  wire                              clk_i,
    input  wire                              rst_i,
    input  wire                              clear_i,
    input  wire                              start_i,
    output wire                              busy_o,
    output wire [17:0]                       read_group_o,
    input  wire [Inputs*Lanes*StateBits-1:0] words_i,       // lane l of input i at (i*Lanes + l)*StateBits
    output wire                              write_o,
    output wire [17:0]                       write_group_o,
    output wire [Lanes*StateBits-1:0]        write_data_o,
    output wire [InputBits*Size-1:0]         planes_o,
    output wire [15:0]                       sats_o
);
  localparam ADD      = 0;
  localparam SUBTRACT = 1;
  localparam MULTIPLY = 2;
  localparam BLEND    = 3;
  localparam SCANS    = (Size + Lanes - 1) / Lanes;
  localparam LATENCY  = Function == BLEND ? 5 : 3;
  // Of a shifted word, of a sum of them, of what is requantised.
  localparam UP_BITS   = StateBits + MostUp;
  localparam SUM_BITS  = UP_BITS + $clog2(Inputs);
  localparam SHARE     = StateBits + UP_BITS + 1;
  localparam KEPT      = UP_BITS + OneFrac;
  localparam WIDE_BITS = Function == MULTIPLY ? 2 * StateBits
                       : Function == BLEND    ? (SHARE > KEPT ? SHARE : KEPT) + 1
                                              : SUM_BITS;

  generate
    if (Function == BLEND ? Inputs != 3 : Function != ADD && Inputs != 2) begin : gen_refuse_inputs
      hvae_function_takes_another_number_of_inputs u_refuse ();
    end
  endgenerate

  wire        scan;
  wire [17:0] group;
  wire        unused_sample, unused_first;
  wire [7:0]  unused_round, unused_phase, unused_slot;
  hvae_stage_seq u_seq (
      .clk_i(clk_i), .rst_i(rst_i), .start_i(start_i), .mvm_i(1'b0), .rounds_last_i(8'd0),
      .phases_last_i(8'd0), .slots_last_i(8'd0), .wait_last_i(8'd0),
      .scan_last_i(18'(SCANS - 1)), .drain_last_i(8'(LATENCY)),
      .busy_o(busy_o), .sample_o(unused_sample), .round_o(unused_round), .phase_o(unused_phase), .first_phase_o(unused_first),
      .slot_o(unused_slot), .scan_o(scan), .scan_index_o(group)
  );
  assign read_group_o = group;

  reg  [LATENCY:1] valid_q;
  wire [17:0]      group_wide;
  always @(posedge clk_i)
    if (rst_i) valid_q <= {LATENCY{1'b0}};
    else valid_q <= {valid_q[LATENCY-1:1], scan};
  hvae_delay #(.Bits(18), .Cycles(LATENCY - 1)) u_group_wide (.clk_i(clk_i), .d_i(group), .d_o(group_wide));
  hvae_delay #(.Bits(18), .Cycles(1)) u_group_write (.clk_i(clk_i), .d_i(group_wide), .d_o(write_group_o));
  assign write_o = valid_q[LATENCY];

  // q + 1: words; LATENCY - 1: what they come to, exactly.
  wire [Lanes*WIDE_BITS-1:0] wide;
  genvar l, i;
  generate
    for (l = 0; l < Lanes; l = l + 1) begin : gen_lane
      reg signed [WIDE_BITS-1:0] wide_q;
      assign wide[l*WIDE_BITS+:WIDE_BITS] = wide_q;

      for (i = 0; i < Inputs; i = i + 1) begin : gen_input
        localparam UP = {24'd0, Ups[8*i+:8]};
        wire signed [StateBits-1:0] word    = words_i[(i*Lanes+l)*StateBits+:StateBits];
        wire signed [UP_BITS-1:0]   shifted = UP_BITS'(word) <<< UP;
        wire signed [SUM_BITS-1:0]  sum;
        if (i == 0) begin : gen_first
          assign sum = SUM_BITS'(shifted);
        end else begin : gen_more
          assign sum = gen_input[i-1].sum + SUM_BITS'(shifted);
        end
        wire unused = &{1'b0, word, shifted, sum};
      end

      if (Function == ADD) begin : gen_add
        always @(posedge clk_i) wide_q <= gen_input[Inputs-1].sum;
      end else if (Function == SUBTRACT) begin : gen_subtract
        always @(posedge clk_i) wide_q <= WIDE_BITS'(gen_input[0].shifted) - WIDE_BITS'(gen_input[1].shifted);
      end else if (Function == MULTIPLY) begin : gen_multiply
        always @(posedge clk_i) wide_q <= gen_input[0].word * gen_input[1].word;
      end else begin : gen_blend
        // a (x - y) + y
        reg signed [StateBits-1:0] share_q;
        reg signed [UP_BITS:0]     difference_q;
        reg signed [UP_BITS-1:0]   y_q, y_q2;
        reg signed [SHARE-1:0]     product_q;
        always @(posedge clk_i) begin
          share_q      <= gen_input[0].word;
          difference_q <= (UP_BITS + 1)'(gen_input[1].shifted) - (UP_BITS + 1)'(gen_input[2].shifted);
          y_q          <= gen_input[2].shifted;
          product_q    <= share_q * difference_q;
          y_q2         <= y_q;
          wide_q       <= WIDE_BITS'(product_q) + (WIDE_BITS'(y_q2) <<< OneFrac);
        end
      end
    end
  endgenerate

  wire [15:0] word_sats, code_sats;
  hvae_lanes_requant #(
      .Sets(1), .Lanes(Lanes), .Size(Size), .InBits(WIDE_BITS), .OutBits(StateBits), .Shift(Shift)
  ) u_word (
      .clk_i(clk_i), .valid_i(valid_q[LATENCY-1]), .group_i(group_wide), .value_i(wide),
      .value_o(write_data_o), .sats_o(word_sats)
  );

  wire [Lanes*StateBits-1:0] unused_words;
  hvae_state_vec #(
      .Size(Size), .Lanes(Lanes), .Bits(StateBits), .InputBits(InputBits), .Shift(CodeShift), .HasPlanes(HasPlanes)
  ) u_vector (
      .clk_i(clk_i), .clear_i(clear_i), .write_i(write_o), .write_group_i(write_group_o),
      .write_data_i(write_data_o), .read_group_i(18'd0), .read_data_o(unused_words),
      .planes_o(planes_o), .sats_o(code_sats)
  );
  assign sats_o = word_sats + code_sats;

  wire unused = &{1'b0, unused_sample, unused_first, unused_round, unused_phase, unused_slot, unused_words};
endmodule

`default_nettype wire
