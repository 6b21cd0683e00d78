// Promises of hvae_input_buffer.
  // Any one beat of a packet, and what it was; whether a packet was too long or had no token.
  (* anyconst *) reg [15:0] f_beat;
  always @* assume (f_beat < Depth);
  reg [15:0] f_word;
  reg [16:0] f_beats = 0;
  reg        f_bad = 0;
  wire       f_taken = s_axis_tvalid_i && s_axis_tready_o;
  always @(posedge clk_i) begin
    if (f_taken && f_beats == {1'b0, f_beat}) f_word <= s_axis_tdata_i[15:0];
    if (rst_i || release_i) f_beats <= 0;
    else if (f_taken && !f_beats[16]) f_beats <= f_beats + 1;
    if (rst_i || release_i) f_bad <= 0;
    else if (f_taken && s_axis_tdata_i >= Vocabulary) f_bad <= 1;
  end
  // AXI4-Stream: a beat that is offered stays.
  always @(posedge clk_i)
    if (f_past && !$past(rst_i) && $past(s_axis_tvalid_i && !s_axis_tready_o))
      assume (s_axis_tvalid_i && $stable({s_axis_tdata_i, s_axis_tlast_i}));

  always @(posedge clk_i)
    if (f_past) begin
      assert (length_o <= Depth);
      assert (length_o == (f_beats > Depth ? Depth : f_beats));
      assert (too_long_o == (f_beats > Depth));
      assert (bad_token_o == f_bad);
      assert (s_axis_tready_o == !full_o);
      if (f_beats > {1'b0, f_beat}) assert (words[f_beat[INDEX_BITS-1:0]] == f_word);
      if (!$past(rst_i || release_i)) begin
        // Whole from its last beat on, until it is given back.
        assert (full_o == ($past(full_o) || $past(f_taken && s_axis_tlast_i)));
        if ($past(full_o)) assert ($stable({length_o, too_long_o, bad_token_o}));
        if ($past(read_index_i) == f_beat && $past(f_beats) > {1'b0, f_beat}) assert (read_data_o == $past(f_word));
      end else assert (!full_o && length_o == 0);
    end
  always @(posedge clk_i) begin
    cover (f_past && full_o && length_o == Depth && !too_long_o && !bad_token_o);
    cover (f_past && full_o && too_long_o && bad_token_o);
  end
