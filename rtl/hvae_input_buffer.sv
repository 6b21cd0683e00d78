// SPDX-License-Identifier: Apache-2.0
// One packet of the input stream, whole before a job reads it, so that the cycles of a job
// do not depend on the stream. Accepts the next packet only after release_i.
//
// Beats beyond Depth are swallowed and reported (too_long_o), as is a beat that is no token
// (bad_token_o) or no number of ZBits (bad_z_o). What release_i finds of a packet that is not
// whole is dropped with the beats that are still to come, up to the last one. A read takes a cycle. Ready is low in reset, from the moment it is asserted.
//
// Frame beats are a position of what is read: frames_o counts whole ones, and ragged_o says that
// another one has begun. The last of them has LastBits bits at most, or is no token.
`default_nettype none

module hvae_input_buffer #(
    parameter Depth      = 64,
    parameter Vocabulary = 2000,
    parameter ZBits      = 16,
    parameter Frame      = 1,
    parameter LastBits   = 32
) (
    input  wire        clk_i,
    input  wire        rst_i,
    input  wire        s_axis_tvalid_i,
    output wire        s_axis_tready_o,
    input  wire [31:0] s_axis_tdata_i,
    input  wire        s_axis_tlast_i,
    input  wire        release_i,
    output reg         full_o,        // a whole packet is here
    output reg  [15:0] length_o,      // its beats, at most Depth
    output wire [15:0] frames_o,
    output wire        ragged_o,
    output reg         too_long_o,
    output reg         bad_token_o,
    output reg         bad_z_o,
    input  wire [15:0] read_index_i,
    output reg  [15:0] read_data_o
);
  localparam INDEX_BITS = Depth > 1 ? $clog2(Depth) : 1;

  reg [15:0] words [0:Depth-1];

  assign s_axis_tready_o = !full_o && !rst_i;
  wire take = s_axis_tvalid_i && s_axis_tready_o;
  wire room = {16'd0, length_o} < Depth;

  wire whole;
  wire too_wide = LastBits < 32 && whole && (s_axis_tdata_i >> LastBits) != 32'd0;

  // The rest of a packet that nobody wants.
  reg  dropping_q;
  wire begun = dropping_q || length_o != 16'd0;

  always @(posedge clk_i) begin
    if (take && room) words[length_o[INDEX_BITS-1:0]] <= s_axis_tdata_i[15:0];
    read_data_o <= words[read_index_i[INDEX_BITS-1:0]];

    if (rst_i || release_i) begin
      full_o      <= 1'b0;
      length_o    <= 16'd0;
      too_long_o  <= 1'b0;
      bad_token_o <= 1'b0;
      bad_z_o     <= 1'b0;
      dropping_q  <= !rst_i && !full_o && (take ? !s_axis_tlast_i : begun);
    end else if (take && dropping_q) begin
      dropping_q <= !s_axis_tlast_i;
    end else if (take) begin
      full_o <= s_axis_tlast_i;
      if (room) length_o <= length_o + 16'd1;
      else too_long_o <= 1'b1;
      if (s_axis_tdata_i >= Vocabulary || too_wide) bad_token_o <= 1'b1;
      if (s_axis_tdata_i[31:ZBits-1] != {(33 - ZBits){s_axis_tdata_i[31]}}) bad_z_o <= 1'b1;
    end
  end

  generate
    if (Frame > 1) begin : gen_frames
      reg [15:0] frames_q, within_q;
      assign whole = within_q == 16'(Frame - 1);
      always @(posedge clk_i)
        if (rst_i || release_i) begin
          frames_q <= 16'd0;
          within_q <= 16'd0;
        end else if (take && room && !dropping_q) begin
          frames_q <= frames_q + {15'd0, whole};
          within_q <= whole ? 16'd0 : within_q + 16'd1;
        end
      assign frames_o = frames_q;
      assign ragged_o = within_q != 16'd0;
    end else begin : gen_words
      assign whole    = 1'b1;
      assign frames_o = length_o;
      assign ragged_o = 1'b0;
    end
  endgenerate

  wire unused = &{1'b0, read_index_i};
endmodule

`default_nettype wire
