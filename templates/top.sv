// SPDX-License-Identifier: Apache-2.0
// {{ banner }}
// The accelerator behind its standard interfaces: AXI4-Lite registers (csr.md), packets in
// and out by AXI4-Stream, an interrupt. Active-low reset, synchronised here; a master may present
// its first VALID at the first clock edge after it.
`default_nettype none

module hvae_top (
    (* X_INTERFACE_INFO = "xilinx.com:signal:clock:1.0 aclk CLK" *)
    (* X_INTERFACE_PARAMETER = "ASSOCIATED_BUSIF s_axil:s_axis:m_axis, ASSOCIATED_RESET aresetn" *)
    input  wire        aclk,
    (* X_INTERFACE_INFO = "xilinx.com:signal:reset:1.0 aresetn RST" *)
    (* X_INTERFACE_PARAMETER = "POLARITY ACTIVE_LOW" *)
    input  wire        aresetn,
    // AXI4-Lite registers
    input  wire        s_axil_awvalid,
    output wire        s_axil_awready,
    input  wire [7:0]  s_axil_awaddr,
    input  wire [2:0]  s_axil_awprot,   // anybody may
    input  wire        s_axil_wvalid,
    output wire        s_axil_wready,
    input  wire [31:0] s_axil_wdata,
    input  wire [3:0]  s_axil_wstrb,
    output wire        s_axil_bvalid,
    input  wire        s_axil_bready,
    output wire [1:0]  s_axil_bresp,
    input  wire        s_axil_arvalid,
    output wire        s_axil_arready,
    input  wire [7:0]  s_axil_araddr,
    input  wire [2:0]  s_axil_arprot,
    output wire        s_axil_rvalid,
    input  wire        s_axil_rready,
    output wire [31:0] s_axil_rdata,
    output wire [1:0]  s_axil_rresp,
    // Packets in: tokens, or z
    input  wire        s_axis_tvalid,
    output wire        s_axis_tready,
    input  wire [31:0] s_axis_tdata,
    input  wire        s_axis_tlast,
    // Packets out: tokens, or the statistics of z
    output wire        m_axis_tvalid,
    input  wire        m_axis_tready,
    output wire [31:0] m_axis_tdata,
    output wire        m_axis_tlast,
    // High while IRQ_STATUS has a bit that IRQ_ENABLE lets through
    (* X_INTERFACE_INFO = "xilinx.com:signal:interrupt:1.0 irq INTERRUPT" *)
    (* X_INTERFACE_PARAMETER = "SENSITIVITY LEVEL_HIGH" *)
    output wire        irq
);
  wire rst;
  hvae_reset_sync u_reset (.clk_i(aclk), .rst_ni(aresetn), .rst_o(rst));

  wire        start, abort, sample_z, sample_tokens, say_unknown, fresh, busy, done, aborted, answer;
  wire        error, error_length, error_token, error_job, error_z;
  wire [2:0]  job;
  wire [31:0] seed_lo, seed_hi, cycles, adc_clips, saturations, tokens, tile_samples;
  wire [15:0] beta, max_tokens;

  hvae_axil_regs u_regs (
      .clk_i(aclk), .rst_i(rst),
      .s_axil_awvalid_i(s_axil_awvalid), .s_axil_awready_o(s_axil_awready), .s_axil_awaddr_i(s_axil_awaddr),
      .s_axil_wvalid_i(s_axil_wvalid), .s_axil_wready_o(s_axil_wready), .s_axil_wdata_i(s_axil_wdata),
      .s_axil_wstrb_i(s_axil_wstrb), .s_axil_bvalid_o(s_axil_bvalid), .s_axil_bready_i(s_axil_bready),
      .s_axil_bresp_o(s_axil_bresp), .s_axil_arvalid_i(s_axil_arvalid), .s_axil_arready_o(s_axil_arready),
      .s_axil_araddr_i(s_axil_araddr), .s_axil_rvalid_o(s_axil_rvalid), .s_axil_rready_i(s_axil_rready),
      .s_axil_rdata_o(s_axil_rdata), .s_axil_rresp_o(s_axil_rresp),
      .busy_i(busy), .done_i(done), .aborted_i(aborted), .answer_i(answer), .error_i(error), .error_length_i(error_length),
      .error_token_i(error_token), .error_job_i(error_job), .error_z_i(error_z),
      .cycles_i(cycles), .adc_clips_i(adc_clips), .saturations_i(saturations), .tokens_i(tokens), .tile_samples_i(tile_samples),
      .version_i(32'h{{ version }}), .design_i(32'h{{ design }}), .vocabulary_i(32'd{{ vocabulary }}), .latent_i(32'd{{ latent_size }}),
      .irq_o(irq), .start_o(start), .abort_o(abort), .job_o(job), .sample_z_o(sample_z), .sample_tokens_o(sample_tokens),
      .say_unknown_o(say_unknown), .fresh_o(fresh), .seed_lo_o(seed_lo), .seed_hi_o(seed_hi), .inverse_temperature_o(beta), .max_tokens_o(max_tokens)
  );

  // A packet may come from pins far away: it is taken into registers first.
  wire        in_tvalid, in_tready, in_tlast;
  wire [31:0] in_tdata;
  hvae_skid #(.Bits(33)) u_skid (
      .clk_i(aclk), .rst_i(rst),
      .s_valid_i(s_axis_tvalid), .s_ready_o(s_axis_tready), .s_data_i({s_axis_tlast, s_axis_tdata}),
      .m_valid_o(in_tvalid), .m_ready_i(in_tready), .m_data_o({in_tlast, in_tdata})
  );

  hvae_core u_core (
      .clk_i(aclk), .rst_i(rst),
      .start_i(start), .abort_i(abort), .job_i(job), .sample_z_i(sample_z), .sample_tokens_i(sample_tokens),
      .say_unknown_i(say_unknown), .fresh_i(fresh), .seed_i({seed_hi, seed_lo}), .beta_i(beta), .max_tokens_i(max_tokens),
      .busy_o(busy), .done_o(done), .aborted_o(aborted), .answer_o(answer), .error_o(error), .error_length_o(error_length),
      .error_token_o(error_token), .error_job_o(error_job), .error_z_o(error_z),
      .cycles_o(cycles), .adc_clips_o(adc_clips), .saturations_o(saturations), .tokens_o(tokens), .tile_samples_o(tile_samples),
      .s_axis_tvalid_i(in_tvalid), .s_axis_tready_o(in_tready),
      .s_axis_tdata_i(in_tdata), .s_axis_tlast_i(in_tlast),
      .m_axis_tvalid_o(m_axis_tvalid), .m_axis_tready_i(m_axis_tready),
      .m_axis_tdata_o(m_axis_tdata), .m_axis_tlast_o(m_axis_tlast)
  );

  wire unused = &{1'b0, s_axil_awprot, s_axil_arprot};
endmodule

`default_nettype wire
