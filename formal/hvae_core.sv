// Stand-in for hvae_core in the proof of hvae_top: the real ends of the streams, and a network that
// does whatever it likes.
module hvae_core (
    input  wire        clk_i, rst_i, start_i, abort_i, sample_z_i, sample_tokens_i, say_unknown_i, fresh_i,
    input  wire [2:0]  job_i,
    input  wire [63:0] seed_i,
    input  wire [15:0] beta_i, max_tokens_i,
    output wire        busy_o, done_o, error_o, error_length_o, error_token_o, error_job_o, error_z_o, aborted_o, answer_o,
    output wire [31:0] cycles_o, adc_clips_o, saturations_o, tokens_o, tile_samples_o,
    input  wire        s_axis_tvalid_i,
    output wire        s_axis_tready_o,
    input  wire [31:0] s_axis_tdata_i,
    input  wire        s_axis_tlast_i,
    output wire        m_axis_tvalid_o,
    input  wire        m_axis_tready_i,
    output wire [31:0] m_axis_tdata_o,
    output wire        m_axis_tlast_o
);
  (* anyseq *) reg        push, last, give_back, free_busy, free_done, free_error;
  (* anyseq *) reg [31:0] data, free_number;
  wire empty;
  assign {busy_o, done_o, error_o} = {free_busy, free_done, free_error};
  assign {error_length_o, error_token_o, error_job_o, error_z_o, aborted_o, answer_o} = free_number[5:0];
  assign cycles_o       = free_number;
  assign adc_clips_o    = free_number;
  assign saturations_o  = free_number;
  assign tokens_o       = free_number;
  assign tile_samples_o = free_number;
  hvae_input_buffer #(.Depth(2), .Vocabulary(5), .ZBits(4)) u_input (
      .clk_i(clk_i), .rst_i(rst_i), .s_axis_tvalid_i(s_axis_tvalid_i), .s_axis_tready_o(s_axis_tready_o),
      .s_axis_tdata_i(s_axis_tdata_i), .s_axis_tlast_i(s_axis_tlast_i), .release_i(give_back), .full_o(), .length_o(),
      .too_long_o(), .bad_token_o(), .bad_z_o(), .read_index_i(16'd0), .read_data_o()
  );
  hvae_fifo #(.Depth(2)) u_output (
      .clk_i(clk_i), .rst_i(rst_i), .push_i(push && empty), .data_i(data), .last_i(last), .empty_o(empty),
      .m_axis_tvalid_o(m_axis_tvalid_o), .m_axis_tready_i(m_axis_tready_i),
      .m_axis_tdata_o(m_axis_tdata_o), .m_axis_tlast_o(m_axis_tlast_o)
  );
endmodule
