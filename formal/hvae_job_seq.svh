// Promises of hvae_job_seq, with stages that end (fair busy_i) and streams that move.
`ifdef HVAE_FROM_RESET
  // Small jobs in a hurry: a whole one fits a trace. Induction sees jobs of any size.
  localparam PATIENCE = 1;
  always @* assume (length_i <= 3 && encode_depths_i == 1 && decode_depths_i == 2 && flush_last_i == 0 && token_capacity_i <= 2 && max_tokens_i < 4);
`else
  localparam PATIENCE = 3;  // cycles that the world lets the sequencer wait
`endif

  // The job's limits are constant while it runs; depths and lengths are those of the contract.
  always @(posedge clk_i)
    if (f_past && busy_o)
      assume ($stable({length_i, max_tokens_i, token_capacity_i, encode_depths_i, decode_depths_i, flush_last_i}));
  always @* begin
    assume (encode_depths_i >= 1 && encode_depths_i <= 8);
    assume (decode_depths_i >= 2 && decode_depths_i <= 8);
    assume (length_i >= 2 && length_i <= 65520);
    assume (token_capacity_i >= 1);
    // Other jobs and packets are refused by the core before they get here.
    if (state_q == STATE_WAIT_INPUT && job_q > JOB_SCORE) assume (input_error_i);
  end

  wire f_waiting = (state_q == STATE_WAIT_INPUT && !input_ready_i) || (state_q == STATE_WAIT_OUTPUT && !output_empty_i)
                || ((state_q == STATE_WAVE_RUN || state_q == STATE_LATENT_RUN || state_q == STATE_BRIDGE_RUN
                     || state_q == STATE_DECODE_RUN || state_q == STATE_STOP) && busy_i);
  reg [1:0] f_waited = 0;
  always @(posedge clk_i) f_waited <= rst_i || !f_waiting ? 2'd0 : f_waited + 2'd1;
  always @* if (f_waited == PATIENCE) assume (!f_waiting);

  // Tokens that a job writes at most; beats of a wave; depths that a token still has to pass.
  wire [15:0] f_limit  = max_tokens_i == 0 ? 16'd1 : max_tokens_i < token_capacity_i ? max_tokens_i : token_capacity_i;
  wire [15:0] f_length = scoring_q ? length_i - 16'd1 : length_i;
  wire [3:0]  f_depths = scoring_q ? decode_depths_i : encode_depths_i;
  wire [16:0] f_beats  = {1'b0, f_length} + {13'd0, f_depths} - 17'd1;
  integer f_d;
  reg [3:0] f_deeper;
  always @* begin
    f_deeper = 0;
    for (f_d = 0; f_d < 8; f_d = f_d + 1) if (wave_q[f_d]) f_deeper = 4'd8 - f_d;
  end

  // What is left to do, in the order in which it is done. It shrinks in every cycle of a job:
  // so every job ends.
  wire [1:0] f_patience = PATIENCE - f_waited;
  reg [36:0] f_left;
  always @*
    case (state_q)
      STATE_CLEAR:        f_left = {4'd14, 33'd0};
      STATE_WAIT_INPUT:   f_left = {4'd13, 31'd0, f_patience};
      STATE_WAIT_OUTPUT:  f_left = {4'd12, 31'd0, f_patience};
      STATE_KEY:          f_left = {4'd11, 25'd0, KEY_LAST - timer_q};
      STATE_FETCH:        f_left = {scoring_q ? 4'd4 : 4'd10, f_beats - {1'b0, step_q}, 16'd8};
      STATE_WAVE_START:   f_left = {scoring_q ? 4'd4 : 4'd10, f_beats - {1'b0, step_q}, 16'd7};
      STATE_WAVE_RUN:     f_left = {scoring_q ? 4'd4 : 4'd10, f_beats - {1'b0, step_q}, 14'd0, f_patience};
      STATE_LATENT_START: f_left = {4'd8, 33'd8};
      STATE_LATENT_RUN:   f_left = {4'd8, 31'd0, f_patience};
      STATE_BRIDGE_START: f_left = {4'd6, 33'd8};
      STATE_BRIDGE_RUN:   f_left = {4'd6, 31'd0, f_patience};
      STATE_DECODE_START: f_left = {4'd4, {1'b0, f_limit} - {1'b0, step_q}, 4'd0, f_deeper, 8'd8};
      STATE_DECODE_RUN:   f_left = {4'd4, {1'b0, f_limit} - {1'b0, step_q}, 4'd0, f_deeper, 6'd0, f_patience};
      STATE_PUSH:         f_left = {4'd4, {1'b0, f_limit} - {1'b0, step_q}, 16'd0};
      STATE_STOP:         f_left = {4'd3, 31'd0, f_patience};
      STATE_FLUSH:        f_left = {4'd2, 25'd0, flush_last_i - timer_q};
      STATE_DONE:         f_left = {4'd1, 33'd0};
      default:            f_left = 37'd0;
    endcase

  wire f_in_wave   = state_q == STATE_FETCH || state_q == STATE_WAVE_START || state_q == STATE_WAVE_RUN;
  wire f_in_decode = state_q == STATE_DECODE_START || state_q == STATE_DECODE_RUN;
  wire f_in_job    = f_in_wave || f_in_decode || state_q == STATE_PUSH || state_q == STATE_KEY || state_q == STATE_LATENT_START
                  || state_q == STATE_LATENT_RUN || state_q == STATE_BRIDGE_START || state_q == STATE_BRIDGE_RUN;
  integer f_e;
  reg f_wave_is_right;
  always @* begin
    // In a beat, depth d has step - d, if there is such a token. (At the fetch: of the beat before.)
    f_wave_is_right = 1;
    for (f_e = 0; f_e < 8; f_e = f_e + 1)
      if (state_q == STATE_FETCH) begin
        if (wave_q[f_e] != (f_e < f_depths && {1'b0, step_q} >= f_e + 1 && {1'b0, step_q} - 17'd1 - f_e < {1'b0, f_length}))
          f_wave_is_right = 0;
      end else if (wave_q[f_e] != (f_e < f_depths && step_q >= f_e && {1'b0, step_q} - f_e < {1'b0, f_length}))
        f_wave_is_right = 0;
  end

  always @(posedge clk_i)
    if (f_past) begin
      assert (state_q <= STATE_DONE);
      assert (f_waited <= PATIENCE);
      if (!f_in_wave && !f_in_decode && state_q != STATE_PUSH && state_q != STATE_STOP) assert (step_q == 0);
      if (f_in_wave) begin
        assert (waving_q && step_q < f_beats && f_wave_is_right);
        assert (more_q == ({1'b0, step_q} < {1'b0, f_length}));
        assert (scoring_q ? job_q == JOB_SCORE : !job_q[1]);
      end else if (state_q != STATE_STOP) assert (!waving_q && !scoring_q);
      // What still works keeps its step.
      if (state_q == STATE_STOP && !$past(rst_i)) assert (step_q == $past(step_q) && waving_q == $past(waving_q));
      if (f_in_decode) begin
        // One depth at a time, and there is such a depth.
        assert (wave_q != 0 && (wave_q & (wave_q - 8'd1)) == 0 && (wave_q >> decode_depths_i) == 0);
        assert (step_q < f_limit);
        assert (job_q != JOB_SCORE && job_q != JOB_ENCODE);
      end
      if (state_q >= STATE_CLEAR && state_q <= STATE_KEY) assert (wave_q == 0);
      if (state_q == STATE_PUSH) assert (step_q < f_limit && (last_q || step_q + 16'd1 < f_limit));
      if (state_q == STATE_BRIDGE_START || state_q == STATE_BRIDGE_RUN) assert (job_q != JOB_ENCODE);
      if (state_q == STATE_PUSH) assert (job_q != JOB_ENCODE && job_q != JOB_SCORE);
      if (f_in_job || state_q == STATE_WAIT_OUTPUT) assert (job_q <= JOB_SCORE);
      if (state_q == STATE_KEY) assert (timer_q <= KEY_LAST);
      else if (state_q == STATE_FLUSH) assert (timer_q <= flush_last_i);
      else if (state_q != STATE_IDLE && state_q != STATE_DONE) assert (timer_q == 0);
      assert (counting_q == f_in_job || state_q == STATE_FLUSH || state_q == STATE_STOP);
      // Each start, and each push, in its state.
      assert (encode_start_o == (state_q == STATE_WAVE_START && !scoring_q ? wave_q : 8'd0));
      assert (decode_start_o == (state_q == STATE_DECODE_START || (state_q == STATE_WAVE_START && scoring_q) ? wave_q : 8'd0));
      assert (latent_start_o == (state_q == STATE_LATENT_START));
      assert (bridge_start_o == (state_q == STATE_BRIDGE_START));
      assert (token_push_o == (state_q == STATE_PUSH));
      // Never two kinds of start at once; nothing starts beside a push.
      assert ((|encode_start_o) + (|decode_start_o) + latent_start_o + bridge_start_o + token_push_o <= 1);
      assert (!token_last_o || token_push_o);
      // A job ends in one way.
      assert (!(aborted_q && error_q) || state_q == STATE_IDLE);
      if (!aborted_q) assert (state_q != STATE_STOP);
      else assert (state_q == STATE_STOP || state_q == STATE_FLUSH || state_q == STATE_DONE || state_q == STATE_IDLE);
      if (!$past(rst_i)) begin
        if ($past(busy_o)) assert (f_left < $past(f_left));
        else assert (busy_o == $past(start_i));
        // An abort, unless the answer is whole: from the next cycle on nothing starts.
        if ($past(abort_i && busy_o && state_q < STATE_STOP)) assert (state_q == STATE_STOP);
      end
    end
  // The start captures what follows.
  always @(posedge clk_i) if (f_past && busy_o && !$past(busy_o)) assume (f_waited == 0);

  always @(posedge clk_i) begin
    cover (f_past && done_o && !error_o && job_q == JOB_SCORE);
    cover (f_past && token_last_o && step_q == 1);
    cover (f_past && done_o && aborted_o && $past(counting_q));
  end
