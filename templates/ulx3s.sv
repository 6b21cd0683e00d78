// SPDX-License-Identifier: Apache-2.0
// {{ banner }}
// The accelerator on a ULX3S board, behind its serial line: {{ baud }} baud, 8N1 (rtl/hvae_terminal.sv says what is
// typed). Core clock: {{ clock_mhz }} MHz, by the PLL from 25 MHz (/ {{ pll.input }} * {{ pll.feedback }}, oscillator at {{ pll_oscillator }} MHz).
// Simulators see no PLL: there the core runs at clk_25mhz itself, and Divisor cycles are a bit all the same.
// Reset: 255 cycles after the PLL has locked, and while the button PWR is held.
// LEDs: 0 heartbeat, 1 something is received, 2 something is sent, 3 a job runs, 4 the last line was wrong.
`default_nettype none
`include "hvae_design.svh"

module hvae_ulx3s #(
    parameter Divisor  = {{ divisor }},  // core clock / {{ baud }}
    parameter WaitBits = 24
) (
    input  wire       clk_25mhz,
    input  wire       btn_pwr_n,
    input  wire       ftdi_txd,    // from the USB side
    output wire       ftdi_rxd,    // to it
    output wire [7:0] led,
    output wire       wifi_gpio0   // high: the other processor of the board stays out of it
);
  wire clk, locked;
`ifdef SYNTHESIS
  (* FREQUENCY_PIN_CLKI = "25", FREQUENCY_PIN_CLKOP = "{{ clock_mhz }}" *)
  (* ICP_CURRENT = "12", LPF_RESISTOR = "8", MFG_ENABLE_FILTEROPAMP = "1", MFG_GMCREF_SEL = "2" *)
  EHXPLLL #(
      .CLKI_DIV({{ pll.input }}), .CLKFB_DIV({{ pll.feedback }}), .FEEDBK_PATH("CLKOP"),
      .CLKOP_DIV({{ pll.output }}), .CLKOP_CPHASE({{ pll.output - 1 }}), .CLKOP_FPHASE(0), .CLKOP_ENABLE("ENABLED"),
      .OUTDIVIDER_MUXA("DIVA"), .OUTDIVIDER_MUXB("DIVB"), .OUTDIVIDER_MUXC("DIVC"), .OUTDIVIDER_MUXD("DIVD"),
      .PLLRST_ENA("DISABLED"), .INTFB_WAKE("DISABLED"), .STDBY_ENABLE("DISABLED"), .DPHASE_SOURCE("DISABLED")
  ) u_pll (
      .CLKI(clk_25mhz), .CLKFB(clk), .CLKOP(clk), .LOCK(locked),
      .RST(1'b0), .STDBY(1'b0), .ENCLKOP(1'b0), .PLLWAKESYNC(1'b0),
      .PHASESEL0(1'b0), .PHASESEL1(1'b0), .PHASEDIR(1'b1), .PHASESTEP(1'b1), .PHASELOADREG(1'b1)
  );
`else
  assign clk    = clk_25mhz;
  assign locked = 1'b1;
`endif

  // Awake a while after power, lock and button are as they should be.
  reg [1:0] steady_q;
  reg [7:0] awake_q;
  reg       rst_n_q;
  initial {steady_q, awake_q, rst_n_q} = 11'd0;
  always @(posedge clk) begin
    steady_q <= {steady_q[0], locked && btn_pwr_n};
    if (!steady_q[1]) awake_q <= 8'd0;
    else if (awake_q != 8'hff) awake_q <= awake_q + 8'd1;
    rst_n_q <= awake_q == 8'hff;
  end
  wire rst;
  hvae_reset_sync u_reset (.clk_i(clk), .rst_ni(rst_n_q), .rst_o(rst));

  // The line.
  wire       received, framing, send, ready, busy, wrong;
  wire [7:0] in_byte, out_byte;
  hvae_uart #(.Divisor(Divisor)) u_uart (
      .clk_i(clk), .rst_i(rst), .rx_i(ftdi_txd), .tx_o(ftdi_rxd),
      .received_o(received), .byte_o(in_byte), .framing_o(framing),
      .send_i(send), .data_i(out_byte), .ready_o(ready)
  );

  // The accelerator, and who types for it.
  wire        awvalid, awready, wvalid, wready, bvalid, arvalid, arready, rvalid, irq;
  wire        in_tvalid, in_tready, in_tlast, out_tvalid, out_tready, out_tlast;
  wire [7:0]  awaddr, araddr;
  wire [31:0] wdata, rdata, in_tdata, out_tdata;
  wire [1:0]  bresp, rresp;
  hvae_terminal #(
      .Vocabulary({{ vocabulary }}), .Dictionary({{ dictionary }}), .DictionaryAt({{ dictionary_at }}), .RomBytes({{ rom_bytes }}),
      .InitFile({`HVAE_ROM_DIR, "/terminal.hex"}), .MaxTokens({{ max_tokens }}), .Reads({{ reads }}),
      .WordPunct({{ word_punct }}), .Sampled({{ sampled }}), .WaitBits(WaitBits)
  ) u_terminal (
      .clk_i(clk), .rst_i(rst),
      .received_i(received), .framing_i(framing), .byte_i(in_byte), .send_o(send), .data_o(out_byte), .ready_i(ready),
      .m_axil_awvalid_o(awvalid), .m_axil_awready_i(awready), .m_axil_awaddr_o(awaddr),
      .m_axil_wvalid_o(wvalid), .m_axil_wready_i(wready), .m_axil_wdata_o(wdata), .m_axil_bvalid_i(bvalid),
      .m_axil_arvalid_o(arvalid), .m_axil_arready_i(arready), .m_axil_araddr_o(araddr),
      .m_axil_rvalid_i(rvalid), .m_axil_rdata_i(rdata),
      .m_axis_tvalid_o(in_tvalid), .m_axis_tready_i(in_tready), .m_axis_tdata_o(in_tdata), .m_axis_tlast_o(in_tlast),
      .s_axis_tvalid_i(out_tvalid), .s_axis_tready_o(out_tready), .s_axis_tdata_i(out_tdata), .s_axis_tlast_i(out_tlast),
      .busy_o(busy), .error_o(wrong)
  );
  hvae_top u_top (
      .aclk(clk), .aresetn(rst_n_q),
      .s_axil_awvalid(awvalid), .s_axil_awready(awready), .s_axil_awaddr(awaddr), .s_axil_awprot(3'd0),
      .s_axil_wvalid(wvalid), .s_axil_wready(wready), .s_axil_wdata(wdata), .s_axil_wstrb(4'hf),
      .s_axil_bvalid(bvalid), .s_axil_bready(1'b1), .s_axil_bresp(bresp),
      .s_axil_arvalid(arvalid), .s_axil_arready(arready), .s_axil_araddr(araddr), .s_axil_arprot(3'd0),
      .s_axil_rvalid(rvalid), .s_axil_rready(1'b1), .s_axil_rdata(rdata), .s_axil_rresp(rresp),
      .s_axis_tvalid(in_tvalid), .s_axis_tready(in_tready), .s_axis_tdata(in_tdata), .s_axis_tlast(in_tlast),
      .m_axis_tvalid(out_tvalid), .m_axis_tready(out_tready), .m_axis_tdata(out_tdata), .m_axis_tlast(out_tlast),
      .irq(irq)
  );

  // A blink of 2^21 cycles for what is too short to be seen.
  reg [24:0] beat_q;
  reg [1:0]  seen_q, shown_q;
  initial {beat_q, seen_q, shown_q} = 29'd0;
  always @(posedge clk) begin
    beat_q <= beat_q + 25'd1;
    seen_q <= (beat_q[20:0] == 21'd0 ? 2'b00 : seen_q) | {send, received};
    if (beat_q[20:0] == 21'd0) shown_q <= seen_q;
  end
  assign led        = {3'd0, wrong, busy, shown_q, beat_q[24]};
  assign wifi_gpio0 = 1'b1;

  wire unused = &{1'b0, bresp, rresp, irq};
endmodule

`default_nettype wire
