// The program of the design, on the sequencer: every row of every job fits, no job runs into another, and the
// sequencer takes the rows of its job alone. A job is asked for by its number.
  (* anyseq *) reg [2:0] f_asked;
  wire       f_asked_known;
  wire [1:0] f_asked_packet;
  wire [5:0] f_asked_entry;
  wire [18:0] f_next;
  hvae_program f_front (.job_i(f_asked), .known_o(f_asked_known), .packet_o(f_asked_packet), .entry_o(f_asked_entry),
                        .pc_i(pc_q), .row_o(f_next));
  always @* assume (row_i == f_next && entry_i == f_asked_entry && packet_i == (f_asked_packet != 2'd0));

  // The job at work; and any job, any row, any other entry.
  (* anyconst *) reg [2:0] f_any, f_other;
  (* anyconst *) reg [5:0] f_place;
  reg  [2:0]  f_job = 0;
  wire        f_known, f_any_known, f_other_known;
  wire [1:0]  f_packet, f_any_packet;
  wire [5:0]  f_begin, f_any_begin, f_other_begin;
  wire [18:0] f_row, f_any_row;
  always @(posedge clk_i) if (start_i && !busy_o) f_job <= f_asked;
  hvae_program f_own (.job_i(f_job), .known_o(f_known), .packet_o(f_packet), .entry_o(f_begin), .pc_i(pc_q - 6'd1), .row_o(f_row));
  hvae_program f_each (.job_i(f_any), .known_o(f_any_known), .packet_o(f_any_packet), .entry_o(f_any_begin), .pc_i(f_place),
                       .row_o(f_any_row));
  hvae_program f_elsewhere (.job_i(f_other), .known_o(f_other_known), .packet_o(), .entry_o(f_other_begin), .pc_i(6'd0), .row_o());

  // Where a job ends: at the first row from its entry on that is the last of a job.
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
  reg [5:0] f_end, f_any_end;
  always @* begin
    f_end     = 6'd63;
    f_any_end = 6'd63;
    for (f_i = 63; f_i >= 0; f_i = f_i - 1) begin
      if (f_lasts[f_i] && f_i >= f_begin) f_end = f_i;
      if (f_lasts[f_i] && f_i >= f_any_begin) f_any_end = f_i;
    end
  end

  // Every row of every job, whether it runs or not.
  wire [1:0] f_any_count = f_any_row[ROW_COUNT+:2];
  wire       f_any_reads = f_any_count == COUNT_LENGTH || f_any_count == COUNT_BUT_ONE;
  wire [5:0] f_any_behind = {1'b0, f_any_row[ROW_FIRST+:5]} + {2'd0, f_any_row[ROW_DEPTHS+:4]};
  always @*
    if (f_past && f_any_known) begin
      assert (f_lasts[f_any_end]);
      assert (!(f_other_known && f_other_begin > f_any_begin && f_other_begin <= f_any_end));
      if (f_place >= f_any_begin && f_place <= f_any_end) begin
        assert (f_any_row[ROW_DEPTHS+:4] >= 1 && f_any_row[ROW_DEPTHS+:4] <= 8 && f_any_behind <= 32);
        // Waves and ways back are over packets; what is read, left over or given is in the packet.
        assert (f_any_reads || (!f_any_row[ROW_WAVE] && !f_any_row[ROW_BACKWARDS]));
        assert (!f_any_reads || f_any_packet[1]);
        assert (f_any_count != COUNT_BUT_ONE || f_any_packet == 2'd3);
        assert (f_any_row[ROW_DRAW+:2] != 2'd3 || f_any_packet == 2'd1);
        // The last row answers, and no other.
        assert ((f_any_row[ROW_SENDS+:3] != 0) == f_any_row[ROW_LAST]);
      end
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
      if (f_in_row) assert (row_q == f_row && f_here >= f_begin && f_here <= f_end);
    end

  // A job with a packet begins, one without, and what is none is refused. (Whole jobs run in co-simulation.)
  always @(posedge clk_i) begin
    cover (f_past && f_in_row && f_job == 3);
    cover (f_past && f_in_row && f_job == 4);
    cover (f_past && done_o && error_o && f_job == 6);
  end
