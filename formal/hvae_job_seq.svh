// Promises of hvae_job_seq for every program whose rows fit, with stages that end (fair busy_i) and
// streams that move.
`ifdef HVAE_FROM_RESET
  // Small jobs in a hurry: a whole one fits a trace. Induction sees jobs of any size.
  localparam PATIENCE = 1;
  always @* assume (length_i <= 3 && flush_last_i == 0 && token_capacity_i <= 2 && max_tokens_i < 4);
`ifndef HVAE_PROGRAM
  // Two rows at most, of two depths, among four groups.
  always @* assume (entry_i >= 62 && row_i[ROW_DEPTHS+:4] <= 2 && row_i[ROW_FIRST+:5] <= 2);
`endif
`else
  localparam PATIENCE = 3;  // cycles that the world lets the sequencer wait
`endif

  // The job's limits are constant while it runs.
  always @(posedge clk_i)
    if (f_past && busy_o) assume ($stable({length_i, max_tokens_i, token_capacity_i, flush_last_i}));
  always @* begin
    assume (length_i >= 1 && length_i <= 65520);
    assume (token_capacity_i >= 1);
  end

  // A row that can be executed: groups that exist, a wave and a way back over packets only, a packet where
  // one is read, with a word to be left over where one is; and the program ends within the memory.
  wire f_takes = takes_row || (row_ends && !row_q[ROW_LAST]);
  wire [5:0] f_behind = {1'b0, row_i[ROW_FIRST+:5]} + {2'd0, row_i[ROW_DEPTHS+:4]};
  wire f_fits = row_i[ROW_DEPTHS+:4] >= 1 && row_i[ROW_DEPTHS+:4] <= 8 && f_behind <= 32
             && (coming_reads ? packet_q : !row_i[ROW_WAVE] && !row_i[ROW_BACKWARDS])
             && (coming != COUNT_BUT_ONE || length_i >= 2) && (row_i[ROW_LAST] || pc_q != 6'd63);
`ifdef HVAE_PROGRAM
  always @(posedge clk_i) if (f_past && f_takes) assert (f_fits);
`else
  always @* if (f_takes) assume (f_fits);
`endif

  // Stages are busy from the cycle after their start, for a while.
  always @(posedge clk_i)
    if (f_past && busy_i) assume (!$past(rst_i) && ($past(busy_i) || $past(|start_o)));
  wire f_waiting = (state_q == STATE_WAIT_INPUT && !input_ready_i) || (state_q == STATE_WAIT_OUTPUT && !output_empty_i)
                || ((state_q == STATE_RUN || state_q == STATE_STOP) && busy_i);
  reg [1:0] f_waited = 0;
  always @(posedge clk_i) f_waited <= rst_i || !f_waiting ? 2'd0 : f_waited + 2'd1;
  always @* if (f_waited == PATIENCE) assume (!f_waiting);

  // The row at work: its depths, its steps, in a wave its beats; depths that a step still has to pass.
  wire        f_wave   = row_q[ROW_WAVE];
  wire [3:0]  f_depths = row_q[ROW_DEPTHS+:4];
  wire [4:0]  f_first  = row_q[ROW_FIRST+:5];
  wire [15:0] f_limit  = max_tokens_i == 0 ? 16'd1 : max_tokens_i < token_capacity_i ? max_tokens_i : token_capacity_i;
  wire [15:0] f_steps  = count == COUNT_BUT_ONE ? length_i - 16'd1 : reads ? length_i : count == COUNT_UNTIL ? f_limit : 16'd1;
  wire [16:0] f_beats  = {1'b0, f_steps} + (f_wave ? {13'd0, f_depths} - 17'd1 : 17'd0);
  wire [7:0]  f_bottom = 8'd1 << (f_depths - 4'd1);
  integer f_d;
  reg [3:0] f_deeper;
  always @* begin
    f_deeper = 0;
    for (f_d = 0; f_d < 8; f_d = f_d + 1) if (wave_q[f_d]) f_deeper = 4'd8 - f_d;
  end

  // What is left to do, in the order in which it is done. It shrinks in every cycle of a job:
  // so every job ends, and every loop within its steps.
  wire [1:0]  f_patience = PATIENCE - f_waited;
  wire [6:0]  f_rows     = row_q[ROW_LAST] ? 7'd0 : 7'd64 - {1'b0, pc_q};
  wire [23:0] f_to_go    = {f_rows, f_beats - {1'b0, step_q}};
  reg [35:0] f_left;
  always @*
    case (state_q)
      STATE_CLEAR:       f_left = {4'd14, 32'd0};
      STATE_WAIT_INPUT:  f_left = {4'd13, 30'd0, f_patience};
      STATE_WAIT_OUTPUT: f_left = {4'd12, 30'd0, f_patience};
      STATE_KEY:         f_left = {4'd11, 24'd0, KEY_LAST - timer_q};
      STATE_FETCH:       f_left = {4'd4, f_to_go, 4'd9, 4'd0};
      STATE_START:       f_left = {4'd4, f_to_go, f_deeper, 4'd8};
      STATE_RUN:         f_left = {4'd4, f_to_go, f_deeper, 2'd0, f_patience};
      STATE_PUSH:        f_left = {4'd4, f_to_go, 4'd0, 4'd0};
      STATE_STOP:        f_left = {4'd3, 30'd0, f_patience};
      STATE_FLUSH:       f_left = {4'd2, 24'd0, flush_last_i - timer_q};
      STATE_DONE:        f_left = {4'd1, 32'd0};
      default:           f_left = 36'd0;
    endcase

  wire f_in_row = state_q == STATE_FETCH || state_q == STATE_START || state_q == STATE_RUN || state_q == STATE_PUSH;
  integer f_e;
  reg f_wave_is_right;
  always @* begin
    // In a beat, depth d has step - d, if there is such a step. (At the fetch: of the beat before.)
    f_wave_is_right = 1;
    for (f_e = 0; f_e < 8; f_e = f_e + 1)
      if (state_q == STATE_FETCH) begin
        if (wave_q[f_e] != (f_e < f_depths && {1'b0, step_q} >= f_e + 1 && {1'b0, step_q} - 17'd1 - f_e < {1'b0, f_steps}))
          f_wave_is_right = 0;
      end else if (wave_q[f_e] != (f_e < f_depths && step_q >= f_e && {1'b0, step_q} - f_e < {1'b0, f_steps}))
        f_wave_is_right = 0;
  end

  // Whether a job is open, where its program begins, and how many of its rows were taken.
  reg       f_open = 0;
  reg [5:0] f_entry = 0;
  reg [6:0] f_taken = 0;
  always @(posedge clk_i) begin
    if (rst_i) f_open <= 0;
    else if (start_i && !f_open) f_open <= 1;
    else if (done_o) f_open <= 0;
    if (start_i && !busy_o) f_entry <= entry_i;
    if (!busy_o) f_taken <= 0;
    else if (f_takes) f_taken <= f_taken + 7'd1;
  end

  always @(posedge clk_i)
    if (f_past) begin
      assert (state_q <= STATE_DONE);
      assert (f_waited <= PATIENCE);
      // One job at a time, which ends once.
      assert (busy_o == f_open);
      assert (!(done_o && $past(done_o)));
      // Rows come one after the other, from the entry on, as far as the memory goes.
      if (busy_o) begin
        assert (f_taken <= 7'd64 && {1'b0, pc_q} == (({1'b0, f_entry} + f_taken) & 7'h3f));
        assert ({1'b0, f_entry} + f_taken <= 7'd64);
        if (state_q <= STATE_KEY) assert (f_taken == 0);
      end
      if (f_in_row) begin
        assert (f_taken != 0 && (row_q[ROW_LAST] || pc_q != 0));
        assert (f_depths >= 1 && f_depths <= 8 && {1'b0, f_first} + {2'd0, f_depths} <= 6'd32);
        assert (reads || (!f_wave && !row_q[ROW_BACKWARDS]));
        assert (f_steps >= 1 && {1'b0, step_q} < f_beats);
        assert (position_q == (row_q[ROW_BACKWARDS] ? length_i - 16'd1 - step_q : step_q));
        assert (count != COUNT_BUT_ONE || length_i >= 2);
        assert (!reads || packet_q);
        if (f_wave) begin
          assert (f_wave_is_right);
          assert (more_q == ({1'b0, step_q} < {1'b0, f_steps}));
          assert (state_q != STATE_PUSH);
        end else begin
          // One depth at a time, and there is such a depth; a step begins with the first.
          assert (more_q);
          if (state_q == STATE_FETCH) assert (wave_q == (step_q == 0 ? 8'd0 : f_bottom));
          else if (state_q == STATE_PUSH) assert (wave_q == f_bottom);
          else assert (wave_q != 0 && (wave_q & (wave_q - 8'd1)) == 0 && wave_q <= f_bottom);
        end
      end else if (state_q != STATE_STOP) assert (row_q == 0 && step_q == 0 && position_q == 0);
      // What still works keeps its row and its step.
      if (state_q == STATE_STOP && !$past(rst_i)) assert ({row_q, step_q, position_q} == $past({row_q, step_q, position_q}));
      if (state_q == STATE_FETCH) assert (reads);
      if (state_q == STATE_PUSH) assert (count == COUNT_UNTIL && (last_q || step_q + 16'd1 < f_limit));
      if (state_q == STATE_KEY) assert (timer_q <= KEY_LAST);
      else if (state_q == STATE_FLUSH) assert (timer_q <= flush_last_i);
      else if (state_q != STATE_IDLE && state_q != STATE_DONE) assert (timer_q == 0);
      assert (counting_q == (f_in_row || state_q == STATE_KEY) || state_q == STATE_FLUSH || state_q == STATE_STOP);
      // Starts of the row's own groups, each push in its state; nothing starts while anything is busy.
      assert (start_o == (state_q == STATE_START ? {24'd0, wave_q} << f_first : 32'd0));
      if (state_q == STATE_START) assert (start_o != 0);
      assert (push_o == (state_q == STATE_PUSH));
      if (busy_i) assert (start_o == 0 && !push_o && (state_q == STATE_RUN || state_q == STATE_STOP));
      assert (!last_o || push_o);
      // A job ends in one way.
      assert (!(aborted_q && error_q) || state_q == STATE_IDLE);
      if (!aborted_q) assert (state_q != STATE_STOP);
      else assert (state_q == STATE_STOP || state_q == STATE_FLUSH || state_q == STATE_DONE || state_q == STATE_IDLE);
      assert (release_input_o == (done_o && packet_q));
      if (!$past(rst_i)) begin
        if ($past(busy_o)) assert (f_left < $past(f_left));
        else assert (busy_o == $past(start_i));
        // An abort, unless the answer is whole: from the next cycle on nothing starts.
        if ($past(abort_i && busy_o && state_q < STATE_STOP)) assert (state_q == STATE_STOP);
      end
    end
  // The start captures what follows.
  always @(posedge clk_i) if (f_past && busy_o && !$past(busy_o)) assume (f_waited == 0);

`ifndef HVAE_PROGRAM
  always @(posedge clk_i) begin
    cover (f_past && done_o && f_taken == 2);
    cover (f_past && state_q == STATE_RUN && f_wave && row_q[ROW_BACKWARDS] && step_q == 1 && f_depths == 2);
    cover (f_past && state_q == STATE_RUN && !f_wave && row_q[ROW_BACKWARDS] && step_q == 1 && f_depths == 2);
    cover (f_past && last_o && step_q == 1);
    cover (f_past && done_o && aborted_o && $past(counting_q));
  end
`endif
