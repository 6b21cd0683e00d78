// AXI4-Lite, and the rules of csr.md, as a bus master sees them.
  // The master keeps what it offers.
  always @(posedge clk_i)
    if (f_past && !rst_i && !$past(rst_i)) begin
      if ($past(s_axil_awvalid_i && !s_axil_awready_o)) assume (s_axil_awvalid_i && $stable(s_axil_awaddr_i));
      if ($past(s_axil_wvalid_i && !s_axil_wready_o)) assume (s_axil_wvalid_i && $stable({s_axil_wdata_i, s_axil_wstrb_i}));
      if ($past(s_axil_arvalid_i && !s_axil_arready_o)) assume (s_axil_arvalid_i && $stable(s_axil_araddr_i));
    end

  // Requests that were taken and not answered; those of a reset as well (there are none).
  reg [1:0]  f_aw = 0, f_w = 0, f_ar = 0;
  reg [5:0]  f_aw_word, f_ar_word;
  reg [31:0] f_data;
  reg [3:0]  f_strobe;
  wire f_b = s_axil_bvalid_o && s_axil_bready_i;
  wire f_r = s_axil_rvalid_o && s_axil_rready_i;
  always @(posedge clk_i) begin
    f_aw <= (rst_i ? 2'd0 : f_aw - f_b) + (s_axil_awvalid_i && s_axil_awready_o);
    f_w  <= (rst_i ? 2'd0 : f_w - f_b) + (s_axil_wvalid_i && s_axil_wready_o);
    f_ar <= (rst_i ? 2'd0 : f_ar - f_r) + (s_axil_arvalid_i && s_axil_arready_o);
    if (s_axil_awvalid_i && s_axil_awready_o) f_aw_word <= s_axil_awaddr_i[7:2];
    if (s_axil_wvalid_i && s_axil_wready_o) {f_data, f_strobe} <= {s_axil_wdata_i, s_axil_wstrb_i};
    if (s_axil_arvalid_i && s_axil_arready_o) f_ar_word <= s_axil_araddr_i[7:2];
  end

  wire f_busy     = busy_i || start_o;
  wire f_writable = f_aw_word == WORD_JOB || f_aw_word == WORD_SEED_LO || f_aw_word == WORD_SEED_HI
                 || f_aw_word == WORD_INVERSE_TEMPERATURE || f_aw_word == WORD_MAX_TOKENS;
  wire f_control  = f_aw_word == WORD_CONTROL;
  wire f_any_time = f_control || f_aw_word == WORD_IRQ_ENABLE || f_aw_word == WORD_IRQ_STATUS;
  reg f_answered;
  always @(posedge clk_i) f_answered <= b_valid_q;
  wire f_now      = b_valid_q && !f_answered;  // answered in the last cycle
  wire [31:0] f_mask = {{8{f_strobe[3]}}, {8{f_strobe[2]}}, {8{f_strobe[1]}}, {8{f_strobe[0]}}};

  // In reset nothing is taken or offered, from the moment it is asserted.
  always @* if (rst_i) assert (!s_axil_awready_o && !s_axil_wready_o && !s_axil_arready_o && !s_axil_bvalid_o && !s_axil_rvalid_o && !irq_o);

  always @(posedge clk_i)
    if (f_past) begin
      // One transaction at a time, no answer without its request, bookkeeping as it should be.
      assert (f_aw <= 1 && f_w <= 1 && f_ar <= 1);
      assert (aw_full_q == (f_aw == 1) && w_full_q == (f_w == 1) && ar_full_q == (f_ar == 1));
      if (f_aw == 1) assert (aw_word_q == f_aw_word);
      if (f_w == 1) assert ({w_data_q, w_strobe_q} == {f_data, f_strobe});
      if (f_ar == 1) assert (ar_word_q == f_ar_word);
      assert (!b_valid_q || (f_aw == 1 && f_w == 1));
      assert (!r_valid_q || f_ar == 1);
      assert (irq_q == |(irq_status_q & irq_enable_q));
      assert (rst_i || {s_axil_bvalid_o, s_axil_rvalid_o, irq_o} == {b_valid_q, r_valid_q, irq_q});
      if (!$past(rst_i)) begin
        // Answers wait, unchanged.
        if (!rst_i && $past(s_axil_bvalid_o && !s_axil_bready_i)) assert (s_axil_bvalid_o && $stable(s_axil_bresp_o));
        if (!rst_i && $past(s_axil_rvalid_o && !s_axil_rready_i)) assert (s_axil_rvalid_o && $stable({s_axil_rdata_o, s_axil_rresp_o}));
        // No request waits longer than a cycle for its answer.
        if ($past(f_aw == 1 && f_w == 1 && !b_valid_q)) assert (b_valid_q);
        if ($past(f_ar == 1 && !r_valid_q)) assert (r_valid_q);

        // Writes: who is refused, and what changes.
        if (f_now) begin
          assert (s_axil_bresp_o == ((f_any_time || (f_writable && !$past(f_busy))) ? RESPONSE_OKAY : RESPONSE_SLVERR));
          if (s_axil_bresp_o == RESPONSE_OKAY && f_aw_word == WORD_SEED_LO)
            assert (seed_lo_o == (($past(seed_lo_o) & ~f_mask) | (f_data & f_mask)));
          if (s_axil_bresp_o == RESPONSE_OKAY && f_aw_word == WORD_SEED_HI)
            assert (seed_hi_o == (($past(seed_hi_o) & ~f_mask) | (f_data & f_mask)));
          if (s_axil_bresp_o == RESPONSE_OKAY && f_aw_word == WORD_MAX_TOKENS)
            assert (max_tokens_o == (($past(max_tokens_o) & ~f_mask[15:0]) | (f_data[15:0] & f_mask[15:0])));
        end
        if (!(f_now && f_aw_word == WORD_SEED_LO)) assert ($stable(seed_lo_o));
        if (!(f_now && f_aw_word == WORD_SEED_HI)) assert ($stable(seed_hi_o));
        if (!(f_now && f_aw_word == WORD_JOB)) assert ($stable({job_o, sample_z_o, sample_tokens_o, say_unknown_o, fresh_o}));
        if (!(f_now && f_aw_word == WORD_MAX_TOKENS)) assert ($stable(max_tokens_o));
        if (!(f_now && f_aw_word == WORD_INVERSE_TEMPERATURE)) assert ($stable(inverse_temperature_o));
        // Nothing changes under a running job.
        if ($past(f_busy)) assert ($stable({seed_lo_o, seed_hi_o, job_o, max_tokens_o, inverse_temperature_o}));
        // A start: one cycle, asked for, and never while busy.
        assert (start_o == (f_now && f_control && f_strobe[0] && f_data[0] && !$past(f_busy)));

        // An abort: one cycle, asked for, and only while busy.
        assert (abort_o == (f_now && f_control && f_strobe[0] && f_data[1] && $past(f_busy)));
        // Interrupts: what was written, and what has happened since.
        if (f_now && f_aw_word == WORD_IRQ_ENABLE) assert (irq_enable_q[1:0] == (f_strobe[0] ? f_data[1:0] : $past(irq_enable_q[1:0])));
        else assert ($stable(irq_enable_q));
        assert (irq_status_q[1:0] == (($past(irq_status_q[1:0]) & ~(f_now && f_aw_word == WORD_IRQ_STATUS && f_strobe[0] ? f_data[1:0] : 2'd0))
                | {$past(done_i && error_i), $past(done_i)}));
        if ($past(done_i) && !start_o) assert (done_q && aborted_q == $past(aborted_i) && answer_q == $past(answer_i) && err_z_q == $past(error_i && error_z_i));

        // Reads.
        if (r_valid_q && !$past(r_valid_q)) begin
          assert (s_axil_rresp_o == (f_ar_word <= WORD_IRQ_STATUS ? RESPONSE_OKAY : RESPONSE_SLVERR));
          if (f_ar_word == WORD_ID) assert (s_axil_rdata_o == VALUE_ID);
          if (f_ar_word == WORD_SEED_LO) assert (s_axil_rdata_o == $past(seed_lo_o));
          if (f_ar_word == WORD_CYCLES) assert (s_axil_rdata_o == $past(cycles_i));
          if (f_ar_word == WORD_TILE_SAMPLES) assert (s_axil_rdata_o == $past(tile_samples_i));
          if (f_ar_word == WORD_STATUS) assert (s_axil_rdata_o[0] == $past(f_busy) && s_axil_rdata_o[31:8] == 0);
          if (f_ar_word == WORD_IRQ_STATUS) assert (s_axil_rdata_o == $past(irq_status_q));
          if (f_ar_word > WORD_IRQ_STATUS || f_ar_word == WORD_CONTROL) assert (s_axil_rdata_o == 0);
        end
      end else assert (!b_valid_q && !r_valid_q && !start_o && !abort_o && !irq_q);
      assert (irq_enable_q[31:2] == 0 && irq_status_q[31:2] == 0);
      assert (job_q[31:12] == 0 && job_q[7:3] == 0 && max_tokens_q[31:16] == 0 && inverse_temperature_q[31:16] == 0);
    end
  always @(posedge clk_i) begin
    cover (f_past && start_o && job_o == 3'd4);
    cover (f_past && f_r && s_axil_rdata_o[1] && f_ar_word == WORD_STATUS);
    cover (f_past && irq_o && irq_status_q == 32'd3);
    cover (f_past && abort_o);
  end
