// Promises of hvae_stage_seq. The limits are constant while it is busy (its contract).
  always @(posedge clk_i)
    if (f_past && busy_o && $past(busy_o))
      assume ($stable({mvm_i, rounds_last_i, phases_last_i, slots_last_i, wait_last_i, scan_last_i, drain_last_i}));

  // What is left to do, in the order in which it is done: it shrinks in every busy cycle, so
  // a stage that started ends, within the product of its limits.
  reg [45:0] f_left;
  always @*
    case (state_q)
      STATE_SAMPLE: f_left = {4'd4, rounds_last_i - round_q, phases_last_i - phase_q, slots_last_i - slot_q, 18'd0};
      STATE_WAIT:   f_left = {4'd3, 34'd0, wait_last_i - timer_q};
      STATE_SCAN:   f_left = {4'd2, 24'd0, scan_last_i - index_q};
      STATE_DRAIN:  f_left = {4'd1, 34'd0, drain_last_i - timer_q};
      default:      f_left = 46'd0;
    endcase

  always @(posedge clk_i)
    if (f_past) begin
      assert (state_q <= STATE_DRAIN);
      // No counter runs past its limit, and none is left standing.
      if (state_q == STATE_SAMPLE) begin
        assert (round_q <= rounds_last_i && phase_q <= phases_last_i && slot_q <= slots_last_i);
        assert (mvm_i);
      end else assert (round_q == 0 && phase_q == 0 && slot_q == 0);
      if (state_q == STATE_WAIT) assert (timer_q <= wait_last_i);
      else if (state_q == STATE_DRAIN) assert (timer_q <= drain_last_i);
      else assert (timer_q == 0);
      if (state_q == STATE_SCAN) assert (index_q <= scan_last_i);
      else assert (index_q == 0);
      assert (!(sample_o && scan_o));
      if (!$past(rst_i)) begin
        if ($past(busy_o)) assert (f_left < $past(f_left));
        else assert (busy_o == $past(start_i));
      end
    end

  // mvm_i counts in the cycle of the start.
  always @(posedge clk_i) if (f_past && busy_o && !$past(busy_o)) assume ($stable(mvm_i));

  always @(posedge clk_i)
    cover (f_past && !rst_i && !busy_o && $past(state_q == STATE_DRAIN) && rounds_last_i == 1 && phases_last_i == 1
           && slots_last_i == 1 && wait_last_i == 1 && scan_last_i == 1 && drain_last_i == 1);
