// Promises of hvae_fifo. Its contract: no more than Depth words are inside at a time.
  wire [INDEX_BITS:0] f_held = count_q + {{INDEX_BITS{1'b0}}, valid_q};
  always @* assume (!push_i || f_held < Depth);

  // Any one place of the memory, and what was put there last.
  (* anyconst *) reg [INDEX_BITS-1:0] f_place;
  always @* assume (f_place < Depth);
  reg [32:0] f_word;
  always @(posedge clk_i) if (push_i && write_q == f_place) f_word <= {last_i, data_i};
  wire [INDEX_BITS+1:0] f_end = read_q + count_q;
  wire [INDEX_BITS:0] f_ahead = f_place >= read_q ? f_place - read_q : f_place + Depth - read_q;

  // In reset nothing is offered, from the moment it is asserted.
  always @* if (rst_i) assert (!m_axis_tvalid_o);

  always @(posedge clk_i)
    if (f_past) begin
      assert (write_q < Depth && read_q < Depth && count_q <= Depth);
      assert (write_q == (f_end < Depth ? f_end : f_end - Depth));
      assert (f_held <= Depth);
      assert (empty_o == (f_held == 0));
      // What is inside is what was pushed, and it comes out in that order.
      if (f_ahead < count_q) assert (words[f_place] == f_word);
      if (!$past(rst_i) && $past(pop) && $past(read_q) == f_place)
        assert ({m_axis_tlast_o, m_axis_tdata_o} == $past(f_word) && valid_q);
      if (!$past(rst_i)) assert (f_held == $past(f_held) + $past(push_i) - $past(valid_q && m_axis_tready_i));
      assert (rst_i || m_axis_tvalid_o == valid_q);
      if ($past(rst_i)) assert (empty_o);
      // AXI4-Stream: valid waits for ready, with its payload.
      if (!rst_i && !$past(rst_i) && $past(m_axis_tvalid_o && !m_axis_tready_i))
        assert (m_axis_tvalid_o && $stable({m_axis_tdata_o, m_axis_tlast_o}));
      // A word never waits for ready to be offered.
      if (!rst_i && !$past(rst_i) && $past(count_q != 0 && !valid_q)) assert (m_axis_tvalid_o);
    end
  always @(posedge clk_i) begin
    cover (f_past && f_held == Depth);
    cover (f_past && !rst_i && empty_o && $past(m_axis_tlast_o && m_axis_tvalid_o && m_axis_tready_i) && write_q == 1);
  end
