// The top with its reset synchroniser, register slave, skid buffer, input buffer and output FIFO; the
// rest of the core is a stand-in (hvae_core.sv). aresetn falls and rises whenever it likes.
  reg f_run = 0;
  always @(posedge aclk) f_run <= 1;
  initial assume (!aresetn);
  // What a cycle saw, and whether the inside was awake in it.
  wire f_awake = aresetn && !rst;
  wire f_beat  = s_axis_tvalid && s_axis_tready;
  wire f_read  = s_axil_arvalid && s_axil_arready;
  wire f_write = s_axil_awvalid && s_axil_awready && s_axil_wvalid && s_axil_wready;

  // A reset is seen at once, and nothing is taken or offered until the inside is awake.
  always @* begin
    if (!aresetn) assert (rst);
    if (!f_awake) begin
      assert (!s_axis_tready && !s_axil_awready && !s_axil_wready && !s_axil_arready);
      assert (!m_axis_tvalid && !s_axil_bvalid && !s_axil_rvalid && !irq);
    end
  end

  always @(posedge aclk)
    if (f_run) begin
      // It wakes with the second edge after the reset, and takes what waits, in every channel.
      if ($past(aresetn) && $past(aresetn, 2) && aresetn) assert (f_awake);
      if (f_awake && !$past(f_awake)) assert (s_axis_tready && s_axil_awready && s_axil_wready && s_axil_arready);
      if (f_awake) begin
        // What was taken is there in the next cycle, and answered in the one after it.
        if ($past(f_beat)) assert (in_tvalid);
        if ($past(f_read)) assert (!s_axil_arready);
        if ($past(f_write)) assert (!s_axil_awready && !s_axil_wready);
        if ($past(f_awake) && $past(f_read, 2)) assert (s_axil_rvalid);
        if ($past(f_awake) && $past(f_write, 2)) assert (s_axil_bvalid);
        // An answer belongs to a request.
        assert (!s_axil_rvalid || !s_axil_arready);
        assert (!s_axil_bvalid || (!s_axil_awready && !s_axil_wready));
        // What is offered stays, as long as there is no reset.
        if ($past(f_awake && m_axis_tvalid && !m_axis_tready)) assert (m_axis_tvalid && $stable({m_axis_tdata, m_axis_tlast}));
        if ($past(f_awake && s_axil_rvalid && !s_axil_rready)) assert (s_axil_rvalid && $stable({s_axil_rdata, s_axil_rresp}));
        if ($past(f_awake && s_axil_bvalid && !s_axil_bready)) assert (s_axil_bvalid && $stable(s_axil_bresp));
      end
    end
  always @(posedge aclk) begin
    // A master in a hurry: valid from the first edge after the reset, a reset in mid-packet, and again.
    cover (f_run && f_awake && $past(f_beat) && $past(f_read) && !$past(f_awake, 2) && $past(f_beat && !s_axis_tlast, 6));
    cover (f_run && m_axis_tvalid && s_axil_rvalid && irq);
  end
