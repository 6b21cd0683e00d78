// SPDX-License-Identifier: Apache-2.0
// A frame of the packet as a vector: a word a cycle out of the input buffer, a number each or, with
// Packed, 16 bits, the first one lowest, each of which becomes One or 0.
//
// The word asked for in cycle q (read_index_o = position * words of a frame + word, 0 while nothing is
// asked for) comes in q + 1 and is written in q + 2. position_i stands while the stage is
// started. Numbers are the low StateBits of what was sent. clear_i zeroes the vector.
`default_nettype none

module hvae_frame #(
    parameter Size      = 4,
    parameter StateBits = 16,
    parameter InputBits = 8,
    parameter Shift     = 8,   // word to code
    parameter HasPlanes = 1,
    parameter Packed    = 0,   // words of 16 bits
    parameter One       = 1    // the word of a bit that is 1
) (
    input  wire                      clk_i,
    input  wire                      rst_i,
    input  wire                      clear_i,
    input  wire                      start_i,
    output wire                      busy_o,
    input  wire [15:0]               position_i,
    output wire [15:0]               read_index_o,
    input  wire [15:0]               read_data_i,    // the cycle after its index
    output wire                      write_o,
    output wire [17:0]               write_group_o,
    output wire [(Packed!=0?16:1)*StateBits-1:0] write_data_o,
    output wire [InputBits*Size-1:0] planes_o,
    output wire [15:0]               sats_o
);
  localparam GROUP_BITS = 18;
  localparam LANES      = Packed != 0 ? 16 : 1;
  localparam WORDS      = (Size + LANES - 1) / LANES;

  wire                  scan;
  wire [GROUP_BITS-1:0] index;
  wire                  unused_sample, unused_first;
  wire [7:0]            unused_round, unused_phase, unused_slot;
  hvae_stage_seq u_seq (
      .clk_i(clk_i), .rst_i(rst_i), .start_i(start_i), .mvm_i(1'b0), .rounds_last_i(8'd0),
      .phases_last_i(8'd0), .slots_last_i(8'd0), .wait_last_i(8'd0),
      .scan_last_i(18'(WORDS - 1)), .drain_last_i(8'd2),
      .busy_o(busy_o), .sample_o(unused_sample), .round_o(unused_round), .phase_o(unused_phase), .first_phase_o(unused_first),
      .slot_o(unused_slot), .scan_o(scan), .scan_index_o(index)
  );

  // The first word of the frame.
  reg [15:0] base_q;
  always @(posedge clk_i) if (start_i) base_q <= 16'({16'd0, position_i} * WORDS);
  assign read_index_o = scan ? base_q + index[15:0] : 16'd0;

  reg  [2:1]                 valid_q;
  wire [LANES*StateBits-1:0] words;
  reg  [LANES*StateBits-1:0] words_q;
  genvar l;
  generate
    if (Packed != 0) begin : gen_bits
      for (l = 0; l < LANES; l = l + 1) begin : gen_lane
        assign words[l*StateBits+:StateBits] = read_data_i[l] ? StateBits'(One) : {StateBits{1'b0}};
      end
    end else begin : gen_number
      assign words = read_data_i[StateBits-1:0];
    end
  endgenerate
  always @(posedge clk_i) begin
    if (rst_i) valid_q <= 2'd0;
    else valid_q <= {valid_q[1], scan};
    words_q <= words;
  end
  wire [GROUP_BITS-1:0] index2;
  hvae_delay #(.Bits(GROUP_BITS), .Cycles(2)) u_index2 (.clk_i(clk_i), .d_i(index), .d_o(index2));
  assign write_o       = valid_q[2];
  assign write_group_o = index2;
  assign write_data_o  = words_q;

  wire [LANES*StateBits-1:0] unused_word;
  hvae_state_vec #(
      .Size(Size), .Lanes(LANES), .Bits(StateBits), .InputBits(InputBits), .Shift(Shift), .HasPlanes(HasPlanes)
  ) u_frame (
      .clk_i(clk_i), .clear_i(clear_i), .write_i(write_o), .write_group_i(write_group_o),
      .write_data_i(write_data_o), .read_group_i({GROUP_BITS{1'b0}}), .read_data_o(unused_word),
      .planes_o(planes_o), .sats_o(sats_o)
  );

  wire unused = &{1'b0, index, read_data_i, unused_sample, unused_first, unused_round, unused_phase, unused_slot, unused_word};
endmodule

`default_nettype wire
