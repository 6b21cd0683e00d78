// Promises of hvae_skid. Beats are counted in and out, those of a reset as well (there are none);
// any one of them is followed.
  reg [7:0] f_in = 0, f_out = 0;
  (* anyconst *) reg [7:0] f_beat;
  reg [Bits-1:0] f_word;
  wire f_taken = s_valid_i && s_ready_o;
  wire f_given = m_valid_o && m_ready_i;
  wire [7:0] f_held = f_in - f_out;
  always @(posedge clk_i) begin
    if (rst_i) {f_in, f_out} <= {7'd0, f_taken, 7'd0, f_given};
    else begin
      f_in  <= f_in + {7'd0, f_taken};
      f_out <= f_out + {7'd0, f_given};
    end
    if (f_taken && f_in == f_beat) f_word <= s_data_i;
  end

  // In reset nothing is taken or offered, from the moment it is asserted.
  always @* if (rst_i) assert (!s_ready_o && !m_valid_o);

  always @(posedge clk_i)
    if (f_past) begin
      // Two beats at most, none lost, none made up.
      assert (f_held == {7'd0, valid_q} + {7'd0, kept_valid_q});
      assert (!kept_valid_q || valid_q);
      // In order, unchanged.
      if (valid_q && f_out == f_beat) assert (m_data_o == f_word);
      if (kept_valid_q && f_out + 8'd1 == f_beat) assert (kept_q == f_word);
      if (!rst_i && !$past(rst_i)) begin
        // A beat that is offered stays; a beat that was taken is offered in the next cycle.
        if ($past(m_valid_o && !m_ready_i)) assert (m_valid_o && $stable(m_data_o));
        if ($past(f_taken)) assert (m_valid_o);
        // Ready falls only because the other side stopped, and comes back when it takes a beat.
        if (!s_ready_o) assert ($past(m_valid_o && !m_ready_i));
        if ($past(m_ready_i)) assert (s_ready_o);
      end
      // The first cycle after a reset takes a beat.
      if (!rst_i && $past(rst_i)) assert (s_ready_o && !m_valid_o);
    end
  always @(posedge clk_i) begin
    cover (f_past && f_out == 8'd3 && f_held == 8'd2);
    cover (f_past && f_in == 8'd4 && f_held == 8'd1 && $past(f_given && f_taken, 1) && $past(f_given && f_taken, 2));
  end
