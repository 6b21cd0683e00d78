// The sequencer on the program of the design: each row that it takes can be executed, and belongs to the job.
// A job is asked for by its number.
  (* anyseq *) reg [2:0] f_asked;
  wire       f_asked_known;
  wire [1:0] f_asked_packet;
  wire [5:0] f_asked_entry;
  wire [18:0] f_next;
  hvae_program f_front (.job_i(f_asked), .known_o(f_asked_known), .packet_o(f_asked_packet), .entry_o(f_asked_entry),
                        .pc_i(pc_q), .row_o(f_next));
  always @* assume (row_i == f_next && entry_i == f_asked_entry && packet_i == (f_asked_packet != 2'd0));

  // The job at work, and any other.
  (* anyconst *) reg [2:0] f_other;
  reg  [2:0]  f_job = 0;
  wire        f_known, f_other_known;
  wire [1:0]  f_packet;
  wire [5:0]  f_begin, f_other_begin;
  wire [18:0] f_row;
  always @(posedge clk_i) if (start_i && !busy_o) f_job <= f_asked;
  hvae_program f_own (.job_i(f_job), .known_o(f_known), .packet_o(f_packet), .entry_o(f_begin), .pc_i(pc_q - 6'd1), .row_o(f_row));
  hvae_program f_any (.job_i(f_other), .known_o(f_other_known), .packet_o(), .entry_o(f_other_begin), .pc_i(6'd0), .row_o());

  // Where it ends: at the first row behind its entry that is the last of a job.
  wire [64*19-1:0] f_rows_all;
  wire [63:0]      f_lasts;
  genvar f_p;
  generate
    for (f_p = 0; f_p < 64; f_p = f_p + 1) begin : f_at
      hvae_program f_rom (.job_i(3'd0), .known_o(), .packet_o(), .entry_o(), .pc_i(f_p), .row_o(f_rows_all[19*f_p+:19]));
      assign f_lasts[f_p] = f_rows_all[19*f_p+ROW_LAST];
    end
  endgenerate
  integer f_i;
  reg [5:0] f_end;
  always @* begin
    f_end = 6'd63;
    for (f_i = 63; f_i >= 0; f_i = f_i - 1) if (f_lasts[f_i] && f_i >= f_begin) f_end = f_i;
  end

  // The core refuses what is no job, and a sentence too short to have a word left over.
  always @*
    if (state_q == STATE_WAIT_INPUT && (!f_known || (f_packet == 2'd3 && length_i < 2))) assume (input_error_i);

  wire [5:0] f_here = pc_q - 6'd1;
  always @(posedge clk_i)
    if (f_past) begin
      if (busy_o) begin
        assert (f_entry == f_begin && packet_q == (f_packet != 2'd0));
        if (state_q <= STATE_KEY) assert (pc_q == f_begin);
      end
      if (f_in_row || state_q == STATE_KEY || state_q == STATE_WAIT_OUTPUT)
        assert (f_known && (f_packet != 2'd3 || length_i >= 2));
      if (f_in_row) begin
        assert (row_q == f_row && f_here >= f_begin && f_here <= f_end);
        // No job runs into another, and z is given where it is what the packet holds.
        assert (!(f_other_known && f_other_begin > f_begin && f_other_begin <= f_end));
        assert (draw_o != 2'd3 || f_packet == 2'd1);
        assert (count != COUNT_BUT_ONE || f_packet == 2'd3);
        assert (!reads || f_packet[1]);
        // The last row answers.
        assert ((sends_o != 0) == row_q[ROW_LAST]);
      end
    end

  always @(posedge clk_i) begin
    cover (f_past && done_o && !error_o && !aborted_o && f_job == 0 && f_taken == 2);
    cover (f_past && done_o && !error_o && !aborted_o && f_job == 1 && f_taken == 4);
    cover (f_past && done_o && !error_o && !aborted_o && f_job == 2 && f_taken == 3);
    cover (f_past && done_o && !error_o && !aborted_o && f_job == 3 && f_taken == 3);
    cover (f_past && done_o && !error_o && !aborted_o && f_job == 4 && f_taken == 4);
    cover (f_past && done_o && error_o && f_job == 6);
  end
