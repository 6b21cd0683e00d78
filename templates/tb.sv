// SPDX-License-Identifier: Apache-2.0
// {{ banner }}
// Testbench for Verilator (--binary --timing) and Icarus: runs the jobs of a stimulus file
// and writes what it sees to a log, which the tool compares with its golden model.
//
//   +stimulus=FILE  32-bit words: per job JOB, SEED_LO, SEED_HI, INVERSE_TEMPERATURE,
//                   MAX_TOKENS, the packet's length, the packet
//   +jobs=N         jobs in the file            +log=FILE      where to write
//   +run=HEX        the run's own number, up to 64 bits: the log begins and ends with it
//   +stalls=SEED    random gaps in every valid and ready; 0: none
//   +trace=FILE     waveform of the cycles +trace_from=A to +trace_to=B
//
// With HVAE_NETLIST defined the design is a synthesised netlist: its inside has other names, so
// there are no probes; answers and counters are seen through the ports.
//
// Log, in order of time: B run | J job | P channel cycle group data | O data last | R register value
// | T (job timed out) | E run (all jobs done).
`default_nettype none

module hvae_tb;
  reg clk = 1'b0;
  reg rst_n = 1'b0;
  always #5 clk = ~clk;

  // Device under test.
  reg         awvalid = 1'b0, wvalid = 1'b0, bready = 1'b0, arvalid = 1'b0, rready = 1'b0;
  reg  [7:0]  awaddr = 8'd0, araddr = 8'd0;
  reg  [31:0] wdata = 32'd0;
  wire        awready, wready, bvalid, arready, rvalid;
  wire [1:0]  bresp, rresp;
  wire [31:0] rdata;
  reg         in_valid = 1'b0, in_last = 1'b0, out_ready = 1'b0;
  reg  [31:0] in_data = 32'd0;
  wire        in_ready, out_valid, out_last;
  wire [31:0] out_data;

  hvae_top u_dut (
      .clk_i(clk), .rst_ni(rst_n),
      .s_axil_awvalid_i(awvalid), .s_axil_awready_o(awready), .s_axil_awaddr_i(awaddr),
      .s_axil_wvalid_i(wvalid), .s_axil_wready_o(wready), .s_axil_wdata_i(wdata), .s_axil_wstrb_i(4'hf),
      .s_axil_bvalid_o(bvalid), .s_axil_bready_i(bready), .s_axil_bresp_o(bresp),
      .s_axil_arvalid_i(arvalid), .s_axil_arready_o(arready), .s_axil_araddr_i(araddr),
      .s_axil_rvalid_o(rvalid), .s_axil_rready_i(rready), .s_axil_rdata_o(rdata), .s_axil_rresp_o(rresp),
      .s_axis_tvalid_i(in_valid), .s_axis_tready_o(in_ready), .s_axis_tdata_i(in_data), .s_axis_tlast_i(in_last),
      .m_axis_tvalid_o(out_valid), .m_axis_tready_i(out_ready), .m_axis_tdata_o(out_data), .m_axis_tlast_o(out_last)
  );

  // Options.
  localparam STIMULUS_WORDS = 1 << 20;
  reg [31:0]     stimulus [0:STIMULUS_WORDS-1];
  reg [63:0]     run;
  reg [8*1024:1] stimulus_file, log_file, trace_file;
  integer        jobs, stalls, timeout, trace_from, trace_to, log, job, at, n, beat, waited, quiet, cycle;
  reg            job_done, aw_pending, w_pending;
  reg            started = 1'b0, tracing = 1'b0;

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

  // Random idle cycles on the register bus, before a request and before an answer is taken.
  task bus_gap;
    begin
      gap_bus = xorshift(gap_bus);
      if (stalls != 0) repeat ({30'd0, gap_bus[9:8]}) @(posedge clk);
    end
  endtask

  task write_register(input [7:0] address, input [31:0] data);
    begin
      bus_gap;
      awaddr     <= address;
      wdata      <= data;
      awvalid    <= 1'b1;
      wvalid     <= stalls == 0 || gap_bus[10];  // the address may come first
      aw_pending = 1'b1;
      w_pending  = 1'b1;
      while (aw_pending || w_pending) begin
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
      while (!(bvalid && bready)) @(posedge clk);
      bready <= 1'b0;
      if (bresp != 2'b00) $fwrite(log, "R BRESP_%0d %0d\n", address, bresp);
    end
  endtask

  reg [31:0] value;
  task read_register(input [7:0] address);
    begin
      bus_gap;
      araddr  <= address;
      arvalid <= 1'b1;
      @(posedge clk);
      while (!(arvalid && arready)) @(posedge clk);
      arvalid <= 1'b0;
      bus_gap;
      rready <= 1'b1;
      @(posedge clk);
      while (!(rvalid && rready)) @(posedge clk);
      rready <= 1'b0;
      value = rdata;
      if (rresp != 2'b00) $fwrite(log, "R RRESP_%0d %0d\n", address, rresp);
    end
  endtask

  // The packet of the job, beat by beat.
  task send_packet(input integer first, input integer length);
    begin
      for (beat = 0; beat < length; beat = beat + 1) begin
        gap_in = xorshift(gap_in);
        if (stalls != 0 && gap_in[9:8] != 2'd0) begin
          in_valid <= 1'b0;
          repeat ({30'd0, gap_in[9:8]}) @(posedge clk);
        end
        in_data  <= stimulus[first+beat];
        in_last  <= beat == length - 1;
        in_valid <= 1'b1;
        @(posedge clk);
        while (!in_ready) @(posedge clk);
      end
      in_valid <= 1'b0;
    end
  endtask

  // The answer, whenever it comes.
  always @(posedge clk) begin
    gap_out   <= xorshift(gap_out);
    out_ready <= stalls == 0 || gap_out[9:8] == 2'd0;
    if (out_valid && out_ready) $fwrite(log, "O %h %0d\n", out_data, out_last);
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
    if (!$value$plusargs("trace_from=%d", trace_from)) trace_from = 0;
    if (!$value$plusargs("trace_to=%d", trace_to)) trace_to = 0;
    cycle   = 0;
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

  // The jobs, one after the other. (Not in the initial block: there, Verilator takes a
  // non-blocking assignment for a blocking one.)
  always @(posedge started) begin
    repeat (4) @(posedge clk);
    rst_n <= 1'b1;
    repeat (4) @(posedge clk);

    at  = 0;
    job = 0;
    while (job < jobs) begin
      $fwrite(log, "J %0d\n", job);
      n = stimulus[at+5];
      write_register(8'h{{ r.job }}, stimulus[at]);
      write_register(8'h{{ r.seed_lo }}, stimulus[at+1]);
      write_register(8'h{{ r.seed_hi }}, stimulus[at+2]);
      write_register(8'h{{ r.inverse_temperature }}, stimulus[at+3]);
      write_register(8'h{{ r.max_tokens }}, stimulus[at+4]);
      // The packet may come before or after the start.
      if (stalls % 2 == 0) begin
        send_packet(at + 6, n);
        write_register(8'h{{ r.control }}, 32'd1);
      end else begin
        write_register(8'h{{ r.control }}, 32'd1);
        send_packet(at + 6, n);
      end

      job_done = 1'b0;
      waited   = 0;
      while (!job_done) begin
        repeat (32) @(posedge clk);
        waited = waited + 32;
        read_register(8'h{{ r.status }});
        job_done = value[1] || waited > timeout;
      end
      if (waited > timeout) $fwrite(log, "T\n");
      // The answer may still be waiting for ready.
      waited = 0;
      quiet  = 0;
      while (quiet < 4 && waited < 1000000) begin
        @(posedge clk);
        waited = waited + 1;
        quiet  = out_valid ? 0 : quiet + 1;
      end

      $fwrite(log, "R STATUS %0d\n", value);
{%- for register in counters %}
      read_register(8'h{{ register.offset }});
      $fwrite(log, "R {{ register.name }} %0d\n", value);
{%- endfor %}
      at  = at + 6 + n;
      job = waited >= 1000000 ? jobs : job + 1;
    end
    $fwrite(log, "E %h\n", run);
    $fclose(log);
    $finish;
  end
endmodule

`default_nettype wire
