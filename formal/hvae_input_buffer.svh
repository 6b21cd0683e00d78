// Promises of hvae_input_buffer. Beats are counted; those of a reset as well (there are none).
  // Any one beat of a packet, and what it was; whether a packet was too long or had no token.
  (* anyconst *) reg [15:0] f_beat;
  always @* assume (f_beat < Depth);
  reg [15:0] f_word;
  reg [16:0] f_beats = 0;
  reg        f_bad = 0, f_bad_z = 0;
  // Whether a packet is under way, at the stream; and whether its rest is nobody's.
  reg        f_open = 0, f_dropping = 0;
  wire       f_taken = s_axis_tvalid_i && s_axis_tready_o;
  wire       f_wide  = $signed(s_axis_tdata_i) >= (1 << (ZBits - 1)) || $signed(s_axis_tdata_i) < -(1 << (ZBits - 1));
  always @(posedge clk_i) begin
    if (f_taken && !f_dropping && f_beats == {1'b0, f_beat}) f_word <= s_axis_tdata_i[15:0];
    if (rst_i) f_beats <= f_taken;
    else if (release_i) f_beats <= 0;
    else if (f_taken && !f_dropping && !f_beats[16]) f_beats <= f_beats + 1;
    if (rst_i || release_i) {f_bad, f_bad_z} <= 0;
    else if (f_taken && !f_dropping) begin
      // The last word of a frame has fewer bits.
      if (s_axis_tdata_i >= Vocabulary || (gen_frames.within_q == Frame - 1 && s_axis_tdata_i >= (1 << LastBits))) f_bad <= 1;
      if (f_wide) f_bad_z <= 1;
    end
    f_open <= rst_i ? f_taken : f_taken ? !s_axis_tlast_i : f_open;
    // What release_i finds begun and not whole is dropped to its end.
    f_dropping <= !rst_i && (f_taken ? !s_axis_tlast_i : f_open) && (f_dropping || release_i);
  end
  // AXI4-Stream: a beat that is offered stays.
  always @(posedge clk_i)
    if (f_past && !rst_i && !$past(rst_i) && $past(s_axis_tvalid_i && !s_axis_tready_o))
      assume (s_axis_tvalid_i && $stable({s_axis_tdata_i, s_axis_tlast_i}));

  // In reset nothing is taken, from the moment it is asserted.
  always @* if (rst_i) assert (!s_axis_tready_o);

  always @(posedge clk_i)
    if (f_past) begin
      assert (length_o <= Depth);
      assert (length_o == (f_beats > Depth ? Depth : f_beats));
      assert (too_long_o == (f_beats > Depth));
      // Whole frames, and whether another one has begun.
      assert (frames_o * Frame + gen_frames.within_q == length_o);
      assert (gen_frames.within_q < Frame && ragged_o == (gen_frames.within_q != 0));
      assert (bad_token_o == f_bad);
      assert (bad_z_o == f_bad_z);
      assert (s_axis_tready_o == (!full_o && !rst_i));
      assert (dropping_q == f_dropping);
      assert (!f_dropping || (f_open && !full_o && f_beats == 0));
      assert (f_open == (!full_o && (f_dropping || f_beats != 0)));
      assert (!full_o || f_beats != 0);
      if (f_beats > {1'b0, f_beat}) assert (words[f_beat[INDEX_BITS-1:0]] == f_word);
      if (!$past(rst_i || release_i)) begin
        // Whole from its last beat on, until it is given back.
        assert (full_o == ($past(full_o) || $past(f_taken && s_axis_tlast_i && !f_dropping)));
        if ($past(full_o)) assert ($stable({length_o, frames_o, ragged_o, too_long_o, bad_token_o, bad_z_o}));
        if ($past(read_index_i) == f_beat && $past(f_beats) > {1'b0, f_beat}) assert (read_data_o == $past(f_word));
      end else assert (!full_o && length_o == 0);
    end
  always @(posedge clk_i) begin
    cover (f_past && full_o && length_o == Depth && !too_long_o && !bad_token_o);
    cover (f_past && full_o && frames_o == 1 && ragged_o);
    cover (f_past && full_o && too_long_o && bad_token_o && !bad_z_o);
    cover (f_past && full_o && bad_z_o && $past(f_dropping, 3));
  end
