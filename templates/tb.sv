// SPDX-License-Identifier: Apache-2.0
// {{ banner }}
// Testbench for Verilator (--binary --timing) and Icarus: runs the jobs of a stimulus file
// and writes what it sees to a log, which the tool compares with its golden model.
//
//   +stimulus=FILE  32-bit words: per job JOB, SEED_LO, SEED_HI, INVERSE_TEMPERATURE,
//                   MAX_TOKENS, the packet's length, the packet
//   +jobs=N         jobs in the file            +log=FILE      where to write
//   +stalls=SEED    random gaps in every valid and ready; 0: none
//   +timeout=CYCLES given up when a job, its transfers included, takes longer
//   +reset_at=N     every job is broken off by a reset, N cycles after its begin and between two
//                   edges, and begun again; 0: none
//   +abort_at=N     every job is ended by ABORT, N cycles after its begin or as soon as it is started
//                   and has a beat of its packet, and begun again; 0: none
//   +trace=FILE     waveform of the cycles +trace_from=A to +trace_to=B
//
// The first packet and the first register access of a job come at the first edge that sees the
// reset released, as AXI allows.
//
// With HVAE_NETLIST defined the design is a synthesised netlist: its inside has other names, so
// there are no probes; answers and counters are seen through the ports.
//
// Log, in order of time: J job | X (reset or abort: the job begins again) | P channel cycle group data
// | O data last | R register value | V what (a rule of AXI was broken) | T (given up: the job
// took too long) | E (all jobs done).
`default_nettype none

module hvae_tb;
  reg clk = 1'b0;
  reg rst_n = 1'b0;
  always #5 clk = ~clk;

  // Device under test.
  reg         awvalid = 1'b0, wvalid = 1'b0, bready = 1'b0, arvalid = 1'b0, rready = 1'b0;
  reg  [7:0]  awaddr = 8'd0, araddr = 8'd0;
  reg  [31:0] wdata = 32'd0;
  wire        awready, wready, bvalid, arready, rvalid, irq;
  wire [1:0]  bresp, rresp;
  wire [31:0] rdata;
  reg         in_valid = 1'b0, in_last = 1'b0, out_ready = 1'b0;
  reg  [31:0] in_data = 32'd0;
  wire        in_ready, out_valid, out_last;
  wire [31:0] out_data;

  hvae_top u_dut (
      .aclk(clk), .aresetn(rst_n),
      .s_axil_awvalid(awvalid), .s_axil_awready(awready), .s_axil_awaddr(awaddr), .s_axil_awprot(3'd0),
      .s_axil_wvalid(wvalid), .s_axil_wready(wready), .s_axil_wdata(wdata), .s_axil_wstrb(4'hf),
      .s_axil_bvalid(bvalid), .s_axil_bready(bready), .s_axil_bresp(bresp),
      .s_axil_arvalid(arvalid), .s_axil_arready(arready), .s_axil_araddr(araddr), .s_axil_arprot(3'd0),
      .s_axil_rvalid(rvalid), .s_axil_rready(rready), .s_axil_rdata(rdata), .s_axil_rresp(rresp),
      .s_axis_tvalid(in_valid), .s_axis_tready(in_ready), .s_axis_tdata(in_data), .s_axis_tlast(in_last),
      .m_axis_tvalid(out_valid), .m_axis_tready(out_ready), .m_axis_tdata(out_data), .m_axis_tlast(out_last),
      .irq(irq)
  );

  // Options.
  localparam STIMULUS_WORDS = 1 << 20;
  reg [31:0]     stimulus [0:STIMULUS_WORDS-1];
  string         stimulus_file, log_file, trace_file;
  integer        jobs, stalls, timeout, reset_at, abort_at, trace_from, trace_to, log, job, at, n, quiet, i;
  integer        beat, beats, first_beat, gap;
  integer        cycle = 0, began = 0;
  reg            job_done, aborted, aw_pending, w_pending, was_reset = 1'b1, was_aborted = 1'b0;
  reg            in_answer = 1'b0;  // the last beat was not the last of its packet
  reg            started = 1'b0, tracing = 1'b0, sending = 1'b0;
  reg            broken = 1'b0;  // every wait ends: a reset, or no more patience
  reg            late = 1'b0;

  // One xorshift per use, so that every stall pattern is independent of the others.
  reg [31:0] gap_in, gap_out, gap_bus;
  function [31:0] xorshift(input [31:0] x);
    reg [31:0] y;
    begin
      y        = x ^ (x << 13);
      y        = y ^ (y >> 17);
      xorshift = y ^ (y << 5);
    end
  endfunction

  task pause(input integer cycles);
    for (i = 0; i < cycles && !broken; i = i + 1) @(posedge clk);
  endtask

  // Random idle cycles on the register bus, before a request and before an answer is taken.
  task bus_gap;
    begin
      gap_bus = xorshift(gap_bus);
      if (stalls != 0) pause({30'd0, gap_bus[9:8]});
    end
  endtask

  task write_register(input [7:0] address, input [31:0] data);
    if (!broken) begin
      bus_gap;
      awaddr     <= address;
      wdata      <= data;
      awvalid    <= 1'b1;
      wvalid     <= stalls == 0 || gap_bus[10];  // the address may come first
      aw_pending = 1'b1;
      w_pending  = 1'b1;
      while ((aw_pending || w_pending) && !broken) begin
        @(posedge clk);
        if (awvalid && awready) begin
          awvalid    <= 1'b0;
          aw_pending = 1'b0;
        end
        if (wvalid && wready) begin
          wvalid    <= 1'b0;
          w_pending = 1'b0;
        end else if (w_pending) wvalid <= 1'b1;
      end
      bus_gap;
      bready <= 1'b1;
      @(posedge clk);
      while (!(bvalid && bready) && !broken) @(posedge clk);
      bready <= 1'b0;
      if (bresp != 2'b00 && !broken) $fwrite(log, "R BRESP_%0d %0d\n", address, bresp);
    end
  endtask

  reg [31:0] value;
  task read_register(input [7:0] address);
    if (!broken) begin
      bus_gap;
      araddr  <= address;
      arvalid <= 1'b1;
      @(posedge clk);
      while (!(arvalid && arready) && !broken) @(posedge clk);
      arvalid <= 1'b0;
      bus_gap;
      rready <= 1'b1;
      @(posedge clk);
      while (!(rvalid && rready) && !broken) @(posedge clk);
      rready <= 1'b0;
      value = rdata;
      if (rresp != 2'b00 && !broken) $fwrite(log, "R RRESP_%0d %0d\n", address, rresp);
    end
  endtask

  // The packet, beat by beat, beside what the register bus does.
  always @(posedge sending) begin
    for (beat = 0; beat < beats && !broken; beat = beat + 1) begin
      gap_in = xorshift(gap_in);
      if (stalls != 0 && gap_in[9:8] != 2'd0) begin
        in_valid <= 1'b0;
        for (gap = {30'd0, gap_in[9:8]}; gap > 0 && !broken; gap = gap - 1) @(posedge clk);
      end
      if (!broken) begin
        in_data  <= stimulus[first_beat+beat];
        in_last  <= beat == beats - 1;
        in_valid <= 1'b1;
        @(posedge clk);
        while (!in_ready && !broken) @(posedge clk);
      end
    end
    in_valid <= 1'b0;
    sending = 1'b0;
  end

  // The answer, whenever it comes.
  always @(posedge clk) begin
    gap_out   <= xorshift(gap_out);
    out_ready <= stalls == 0 || gap_out[9:8] == 2'd0;
    if (out_valid && out_ready) $fwrite(log, "O %h %0d\n", out_data, out_last);
    if (out_valid && out_ready && was_aborted && out_last && out_data == 32'hffff_ffff && !in_answer)
      $fwrite(log, "V end_without_answer\n");
    in_answer <= rst_n && (out_valid && out_ready ? !out_last : in_answer);
  end

  // Rules of AXI: in reset nothing is taken or offered; what is offered stays as it is until taken.
  wire [2:0]  offered = {out_valid, bvalid, rvalid};
  wire [2:0]  taken   = {out_valid && out_ready, bvalid && bready, rvalid && rready};
  wire [68:0] payload = {out_last, out_data, bresp, rresp, rdata};
  reg  [2:0]  waiting = 3'd0;
  reg  [68:0] waiting_payload;
  always @(posedge clk) begin
    if (!rst_n && {offered, in_ready, awready, wready, arready, irq} != 8'd0)
      $fwrite(log, "V awake_in_reset\n");
    if (rst_n && (waiting & ~offered) != 3'd0) $fwrite(log, "V valid_fell_before_ready\n");
    if (rst_n && ((waiting[2] && payload[68:36] != waiting_payload[68:36])
        || (waiting[1] && payload[35:34] != waiting_payload[35:34])
        || (waiting[0] && payload[33:0] != waiting_payload[33:0]))) $fwrite(log, "V payload_changed_before_ready\n");
    waiting         <= rst_n ? offered & ~taken : 3'd0;
    waiting_payload <= payload;
  end

  // No job waits for ever; and the reset in mid-job, at no edge of the clock.
  always @(posedge clk) begin
    if (!late && started && cycle - began > timeout) begin
      late   = 1'b1;
      broken = 1'b1;
    end
    if (reset_at != 0 && !was_reset && cycle - began == reset_at) begin
      was_reset = 1'b1;
      #3 rst_n <= 1'b0;
      broken = 1'b1;
    end
  end

`ifndef HVAE_NETLIST
  // Probes: what stages write, with the job cycle in which they do.
  wire [31:0] now = u_dut.u_core.cycles_o;
  always @(posedge clk) begin
{%- for probe in probes %}
    if (u_dut.u_core.{{ probe.valid }}) $fwrite(log, "P {{ probe.channel }} %0d %0d %h\n", now, {{ probe.group }}, u_dut.u_core.{{ probe.data }});
{%- endfor %}
  end
`endif

  // Waveform window. Verilator takes no notice of $dumpoff and $dumpon: there the waveform
  // begins with $dumpvars and ends when its file is closed.
  always @(posedge clk) begin
    cycle <= cycle + 1;
    if (tracing && cycle == trace_from) begin
`ifdef VERILATOR
      $dumpvars(0, hvae_tb);
`else
      $dumpon;
`endif
    end
    if (tracing && trace_to != 0 && cycle == trace_to) begin
`ifndef VERILATOR
      $dumpoff;
`elsif HVAE_TRACE
      $c("vlSymsp->_traceDumpClose();");
`endif
    end
  end

  initial begin
    if (!$value$plusargs("stimulus=%s", stimulus_file) || !$value$plusargs("jobs=%d", jobs)
        || !$value$plusargs("log=%s", log_file)) begin
      $display("hvae_tb: +stimulus=FILE, +jobs=N and +log=FILE are needed");
      $finish;
    end
    if (!$value$plusargs("stalls=%d", stalls)) stalls = 0;
    if (!$value$plusargs("timeout=%d", timeout)) timeout = {{ timeout }};
    if (!$value$plusargs("reset_at=%d", reset_at)) reset_at = 0;
    if (!$value$plusargs("abort_at=%d", abort_at)) abort_at = 0;
    if (!$value$plusargs("trace_from=%d", trace_from)) trace_from = 0;
    if (!$value$plusargs("trace_to=%d", trace_to)) trace_to = 0;
    gap_in  = 32'h9e3779b9 ^ stalls;
    gap_out = 32'h7f4a7c15 ^ stalls;
    gap_bus = 32'h85ebca6b ^ stalls;
    if ($value$plusargs("trace=%s", trace_file)) begin
      tracing = 1'b1;
      $dumpfile(trace_file);
`ifndef VERILATOR
      $dumpvars(0, hvae_tb);
      $dumpoff;
`endif
    end
    log = $fopen(log_file, "w");
    $readmemh(stimulus_file, stimulus);
    #1 started = 1'b1;  // after every process waits
  end

  // Of a packet that is under way the rest is dropped; one that has not begun would be the next job's.
  wire abort_due = abort_at != 0 && !was_aborted && cycle - began >= abort_at && !(sending && beat == 0);

  // One job; it ends early where it is broken off.
  task run_job;
    begin
      n          = stimulus[at+5];
      first_beat = at + 6;
      beats      = n;
      // The packet may come before or after the start.
      if (stalls % 2 == 0 && n != 0) sending = 1'b1;
      write_register(8'h{{ r.job }}, stimulus[at]);
      write_register(8'h{{ r.seed_lo }}, stimulus[at+1]);
      write_register(8'h{{ r.seed_hi }}, stimulus[at+2]);
      write_register(8'h{{ r.inverse_temperature }}, stimulus[at+3]);
      write_register(8'h{{ r.max_tokens }}, stimulus[at+4]);
      while (sending && !broken) @(posedge clk);
      write_register(8'h{{ r.control }}, 32'd1);
      if (stalls % 2 != 0 && n != 0 && !broken) sending = 1'b1;

      job_done = 1'b0;
      while (!job_done && !broken) begin
        for (i = 0; i < 32 && !broken && !abort_due; i = i + 1) @(posedge clk);
        if (abort_due) begin
          was_aborted = 1'b1;
          write_register(8'h{{ r.control }}, 32'h{{ r.abort }});
        end
        read_register(8'h{{ r.status }});
        job_done = value[1];
      end
      aborted = value[{{ r.aborted_bit }}] && !broken;
      while (sending && !broken) @(posedge clk);
      // The answer may still be waiting for ready.
      quiet = 0;
      while (quiet < 4 && !broken) begin
        @(posedge clk);
        quiet = out_valid ? 0 : quiet + 1;
      end

      if (in_answer && !broken) $fwrite(log, "V answer_without_end\n");

      if (!broken) $fwrite(log, "R STATUS %0d\n", value);
{%- for register in counters %}
      read_register(8'h{{ register.offset }});
      if (!broken) $fwrite(log, "R {{ register.name }} %0d\n", value);
{%- endfor %}
    end
  endtask

  // The jobs, one after the other. (Not in the initial block: there, Verilator takes a
  // non-blocking assignment for a blocking one.)
  always @(posedge started) begin
    $fwrite(log, "J 0\n");
    repeat (4) @(posedge clk);
    rst_n <= 1'b1;
    @(posedge clk);

    at        = 0;
    job       = 0;
    was_reset = 1'b0;
    began     = cycle;
    while (job < jobs && !late) begin
      run_job;
      if (broken && !late) begin
        {awvalid, wvalid, bready, arvalid, rready} <= 5'd0;
        repeat (1 + reset_at % 4) @(posedge clk);
        while (sending) @(posedge clk);
        $fwrite(log, "X\n");
        broken = 1'b0;
        rst_n <= 1'b1;
        @(posedge clk);
        began = cycle;
      end else if (aborted && was_aborted && !late) begin
        $fwrite(log, "X\n");
        began = cycle;
      end else if (!late) begin
        at          = at + 6 + n;
        job         = job + 1;
        was_reset   = 1'b0;
        was_aborted = 1'b0;
        began       = cycle;
        if (job < jobs) $fwrite(log, "J %0d\n", job);
      end
    end
    if (late) $fwrite(log, "T\n");
    else $fwrite(log, "E\n");
    $fclose(log);
    $finish;
  end
endmodule

`default_nettype wire
