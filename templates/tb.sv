// SPDX-License-Identifier: Apache-2.0
// {{ banner }}
// Testbench for Verilator (--binary --timing) and Icarus: runs the jobs of a stimulus file
// and writes what it sees to a log, which the tool compares with its golden model.
//
//   +stimulus=FILE  32-bit words: per job how many, then its steps, as src/emit/script.rs writes them
//   +jobs=N         jobs in the file            +log=FILE      where to write
//   +run=HEX        the run's own number, up to 64 bits: the log begins and ends with it
//   +stalls=SEED    random gaps in every valid and ready; 0: none
//   +timeout=CYCLES given up when a job, its transfers included, takes longer
//   +reset_at=N     every job is broken off by a reset, N cycles after its begin and between two
//                   edges, and begun again; 0: none
//   +trace=FILE     waveform of the cycles +trace_from=A to +trace_to=B
//
// The first packet and the first register access of a job come at the first edge that sees the
// reset released, as AXI allows.
//
// With HVAE_NETLIST defined the design is a synthesised netlist: its inside has other names, so
// there are no probes; answers and counters are seen through the ports.
//
// Log, in order of time: B run | J job | X (reset: the job begins again) | P channel cycle group data
// | O data last | W address response | R address response data | A cycle counting (where ABORT met
// the job) | I irq | V what (a rule of AXI was broken) | T (given up: the job took too long) | E run
// (the end).
`default_nettype none

module hvae_tb;
  reg clk = 1'b0;
  reg rst_n = 1'b0;
  always #5 clk = ~clk;

  // Device under test.
  reg         awvalid = 1'b0, wvalid = 1'b0, bready = 1'b0, arvalid = 1'b0, rready = 1'b0;
  reg  [7:0]  awaddr = 8'd0, araddr = 8'd0;
  reg  [31:0] wdata = 32'd0;
  reg  [3:0]  wstrb = 4'hf;
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
      .s_axil_wvalid(wvalid), .s_axil_wready(wready), .s_axil_wdata(wdata), .s_axil_wstrb(wstrb),
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
  reg [63:0]     run;
  string         stimulus_file, log_file, trace_file;
  integer        jobs, stalls, timeout, reset_at, trace_from, trace_to, log, job, at, step, quiet, i;
  integer        beat, beats, first_beat, gap;
  reg            sends_last = 1'b0;
  integer        cycle = 0, began = 0;
  reg            job_done, aw_pending, w_pending, was_reset = 1'b1;
  reg            started = 1'b0, tracing = 1'b0, sending = 1'b0;
  reg            broken = 1'b0;  // every wait ends: a reset, or no more patience
  reg            late = 1'b0;
  reg            held = 1'b0;    // no answer is taken
  reg            aborting = 1'b0, aborted = 1'b0;

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

  task write_register(input [7:0] address, input [3:0] strobes, input [31:0] data);
    if (!broken) begin
      bus_gap;
      awaddr     <= address;
      wdata      <= data;
      wstrb      <= strobes;
      // The address may come first, or the data.
      awvalid    <= stalls == 0 || gap_bus[11:10] != 2'd1;
      wvalid     <= stalls == 0 || gap_bus[11:10] != 2'd2;
      aw_pending = 1'b1;
      w_pending  = 1'b1;
      while ((aw_pending || w_pending) && !broken) begin
        @(posedge clk);
        if (awvalid && awready) begin
          awvalid    <= 1'b0;
          aw_pending = 1'b0;
        end else if (aw_pending) awvalid <= 1'b1;
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
      if (!broken) $fwrite(log, "W %h %0d\n", address, bresp);
    end
  endtask

  reg [31:0] value;
  reg [1:0]  response;
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
      value    = rdata;
      response = rresp;
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
        in_last  <= sends_last && beat == beats - 1;
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
    out_ready <= !held && (stalls == 0 || gap_out[9:8] == 2'd0);
    if (out_valid && out_ready) $fwrite(log, "O %h %0d\n", out_data, out_last);
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

    // The core sees an ABORT beside the first cycle of its answer: this is the cycle after.
    aborted <= aborting && bvalid;
    if (aborted && aborting) begin
      $fwrite(log, "A %0d %0d\n", now, u_dut.u_core.counting);
      aborting = 1'b0;
    end
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
    if (!$value$plusargs("run=%h", run)) run = 64'd0;
    log = $fopen(log_file, "w");
    if (log == 0) begin
      $display("hvae_tb: +log=%0s cannot be written", log_file);
      $finish;
    end
    $fwrite(log, "B %h\n", run);
    $readmemh(stimulus_file, stimulus);
    #1 started = 1'b1;  // after every process waits
  end

  // Codes of steps.
{%- for (name, code) in codes %}
  localparam [7:0] {{ name }} = 8'd{{ code }};
{%- endfor %}

  // One job, step by step; it ends early where it is broken off.
  reg [31:0] word;
  task run_job;
    begin
      step = at + 1;
      while (step <= at + stimulus[at] && !broken) begin
        word = stimulus[step];
        step = step + 1;
        case (word[31:24])
          WRITE: begin
            step = step + 1;
            write_register(word[7:0], word[11:8], stimulus[step-1]);
          end
          READ: begin
            read_register(word[7:0]);
            if (!broken) $fwrite(log, "R %h %0d %h\n", word[7:0], response, value);
          end
          ABORT: begin
            pause(1);  // the answer to the write before is gone
            aborting = 1'b1;
            write_register(8'h{{ control }}, 4'hf, 32'd{{ abort }});
          end
          SEND: begin
            while (sending && !broken) @(posedge clk);
            first_beat = step;
            beats      = {12'd0, word[19:0]};
            sends_last = word[20];
            step       = step + beats;
            sending    = beats != 0 && !broken;
          end
          SENT: while (sending && !broken) @(posedge clk);
          PAUSE: pause({8'd0, word[23:0]});
          DONE: begin
            job_done = 1'b0;
            while (!job_done && !broken) begin
              pause(32);
              read_register(8'h{{ status }});
              job_done = value[{{ done }}];
            end
          end
          QUIET: begin
            quiet = 0;
            while (quiet < 4 && !broken) begin
              @(posedge clk);
              quiet = out_valid ? 0 : quiet + 1;
            end
          end
          HOLD: held = 1'b1;
          TAKE: held = 1'b0;
          INTERRUPT: $fwrite(log, "I %0d\n", irq);
          default: $fwrite(log, "V step_%h\n", word);
        endcase
      end
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
        {broken, held, aborting} = 3'b000;
        rst_n <= 1'b1;
        @(posedge clk);
        began = cycle;
      end else if (!late) begin
        at        = at + 1 + stimulus[at];
        job       = job + 1;
        was_reset = 1'b0;
        began     = cycle;
        if (job < jobs) $fwrite(log, "J %0d\n", job);
      end
    end
    if (late) $fwrite(log, "T\n");
    $fwrite(log, "E %h\n", run);
    $fclose(log);
    $finish;
  end
endmodule

`default_nettype wire
