// SPDX-License-Identifier: Apache-2.0
// {{ banner }}
// The accelerator behind its standard interfaces: AXI4-Lite registers (csr.md), packets in
// and out by AXI4-Stream. Active-low reset, synchronised here.
`default_nettype none

module hvae_top (
    input  wire        clk_i,
    input  wire        rst_ni,
    // AXI4-Lite registers
    input  wire        s_axil_awvalid_i,
    output wire        s_axil_awready_o,
    input  wire [7:0]  s_axil_awaddr_i,
    input  wire        s_axil_wvalid_i,
    output wire        s_axil_wready_o,
    input  wire [31:0] s_axil_wdata_i,
    input  wire [3:0]  s_axil_wstrb_i,
    output wire        s_axil_bvalid_o,
    input  wire        s_axil_bready_i,
    output wire [1:0]  s_axil_bresp_o,
    input  wire        s_axil_arvalid_i,
    output wire        s_axil_arready_o,
    input  wire [7:0]  s_axil_araddr_i,
    output wire        s_axil_rvalid_o,
    input  wire        s_axil_rready_i,
    output wire [31:0] s_axil_rdata_o,
    output wire [1:0]  s_axil_rresp_o,
    // Packets in: tokens, or z
    input  wire        s_axis_tvalid_i,
    output wire        s_axis_tready_o,
    input  wire [31:0] s_axis_tdata_i,
    input  wire        s_axis_tlast_i,
    // Packets out: tokens, or the statistics of z
    output wire        m_axis_tvalid_o,
    input  wire        m_axis_tready_i,
    output wire [31:0] m_axis_tdata_o,
    output wire        m_axis_tlast_o
);
  wire rst;
  hvae_reset_sync u_reset (.clk_i(clk_i), .rst_ni(rst_ni), .rst_o(rst));

  wire        start, sample_z, sample_tokens, busy, done, error, error_length, error_token, error_job;
  wire [2:0]  job;
  wire [31:0] seed_lo, seed_hi, cycles, adc_clips, saturations, tokens, tile_samples;
  wire [15:0] beta, max_tokens;

  hvae_axil_regs u_regs (
      .clk_i(clk_i), .rst_i(rst),
      .s_axil_awvalid_i(s_axil_awvalid_i), .s_axil_awready_o(s_axil_awready_o), .s_axil_awaddr_i(s_axil_awaddr_i),
      .s_axil_wvalid_i(s_axil_wvalid_i), .s_axil_wready_o(s_axil_wready_o), .s_axil_wdata_i(s_axil_wdata_i),
      .s_axil_wstrb_i(s_axil_wstrb_i), .s_axil_bvalid_o(s_axil_bvalid_o), .s_axil_bready_i(s_axil_bready_i),
      .s_axil_bresp_o(s_axil_bresp_o), .s_axil_arvalid_i(s_axil_arvalid_i), .s_axil_arready_o(s_axil_arready_o),
      .s_axil_araddr_i(s_axil_araddr_i), .s_axil_rvalid_o(s_axil_rvalid_o), .s_axil_rready_i(s_axil_rready_i),
      .s_axil_rdata_o(s_axil_rdata_o), .s_axil_rresp_o(s_axil_rresp_o),
      .busy_i(busy), .done_i(done), .error_i(error), .error_length_i(error_length), .error_token_i(error_token), .error_job_i(error_job),
      .cycles_i(cycles), .adc_clips_i(adc_clips), .saturations_i(saturations), .tokens_i(tokens), .tile_samples_i(tile_samples),
      .version_i(32'h{{ version }}), .design_i(32'h{{ design }}), .vocabulary_i(32'd{{ vocabulary }}), .latent_i(32'd{{ latent_size }}),
      .start_o(start), .job_o(job), .sample_z_o(sample_z), .sample_tokens_o(sample_tokens),
      .seed_lo_o(seed_lo), .seed_hi_o(seed_hi), .inverse_temperature_o(beta), .max_tokens_o(max_tokens)
  );

  // A packet may come from pins far away: it is taken into registers first.
  wire        in_tvalid, in_tready, in_tlast;
  wire [31:0] in_tdata;
  hvae_skid #(.Bits(33)) u_skid (
      .clk_i(clk_i), .rst_i(rst),
      .s_valid_i(s_axis_tvalid_i), .s_ready_o(s_axis_tready_o), .s_data_i({s_axis_tlast_i, s_axis_tdata_i}),
      .m_valid_o(in_tvalid), .m_ready_i(in_tready), .m_data_o({in_tlast, in_tdata})
  );

  hvae_core u_core (
      .clk_i(clk_i), .rst_i(rst),
      .start_i(start), .job_i(job), .sample_z_i(sample_z), .sample_tokens_i(sample_tokens),
      .seed_i({seed_hi, seed_lo}), .beta_i(beta), .max_tokens_i(max_tokens),
      .busy_o(busy), .done_o(done), .error_o(error), .error_length_o(error_length), .error_token_o(error_token), .error_job_o(error_job),
      .cycles_o(cycles), .adc_clips_o(adc_clips), .saturations_o(saturations), .tokens_o(tokens), .tile_samples_o(tile_samples),
      .s_axis_tvalid_i(in_tvalid), .s_axis_tready_o(in_tready),
      .s_axis_tdata_i(in_tdata), .s_axis_tlast_i(in_tlast),
      .m_axis_tvalid_o(m_axis_tvalid_o), .m_axis_tready_i(m_axis_tready_i),
      .m_axis_tdata_o(m_axis_tdata_o), .m_axis_tlast_o(m_axis_tlast_o)
  );
endmodule

`default_nettype wire
