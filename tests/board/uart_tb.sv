// SPDX-License-Identifier: Apache-2.0
// One hvae_uart talks to another whose clock is Percent slower (or faster) and begins at every phase of a bit, quarters of
// a cycle apart: every byte must come through, with the next one right behind it. Then glitches and a line held low.
// Prints one line: how many bytes were right, and how many framing errors the line held low made.
`timescale 1ns / 1ps
`default_nettype none

module uart_tb;
  parameter  Divisor = 8;
  parameter  Percent = 0;
  localparam PHASES = 4 * Divisor;
  localparam BYTES = 16;  // of 256, other ones at every phase

  reg  clk = 1'b0, far_clk = 1'b0, rst = 1'b1, held = 1'b0;
  real half, late;
  always #50 clk = ~clk;
  initial begin
    half = 50.0 * (100.0 + Percent) / 100.0;
    forever #(half + late) begin
      late    = 0.0;
      far_clk = ~far_clk;
    end
  end

  wire       line, ready, received, framing;
  reg        send = 1'b0;
  reg  [7:0] data = 8'd0;
  wire [7:0] got;
  wire [1:0] nothing;
  wire       quiet, unused_ready;
  wire [7:0] unused_byte;
  hvae_uart #(.Divisor(Divisor)) u_near (
      .clk_i(clk), .rst_i(rst), .rx_i(1'b1), .tx_o(line), .received_o(nothing[0]), .byte_o(unused_byte),
      .framing_o(nothing[1]), .send_i(send), .data_i(data), .ready_o(ready));
  hvae_uart #(.Divisor(Divisor)) u_far (
      .clk_i(far_clk), .rst_i(rst), .rx_i(line && !held), .tx_o(quiet), .received_o(received), .byte_o(got),
      .framing_o(framing), .send_i(1'b0), .data_i(8'd0), .ready_o(unused_ready));

  integer phase, i, right = 0, wrong = 0, frames = 0, expected = 0;
  always @(posedge far_clk) begin
    if (received) begin
      if (got == 8'(expected * 167 + 13)) right = right + 1;
      else wrong = wrong + 1;
      expected = expected + 1;
    end
    if (framing) frames = frames + 1;
  end

  initial begin
    late = 0.0;
    repeat (4) @(posedge clk);
    #1 rst = 1'b0;
    for (phase = 0; phase < PHASES; phase = phase + 1) begin
      repeat (4 * Divisor) @(posedge clk);
      late     = 25.0;
      for (i = 0; i < BYTES; i = i + 1) begin
        #1 send = 1'b1;
        data = 8'((phase * BYTES + i) * 167 + 13);
        @(posedge clk);
        while (!ready) @(posedge clk);
        #1 send = 1'b0;
        @(posedge clk);
      end
      while (!ready) @(posedge clk);
    end
    repeat (4 * Divisor) @(posedge clk);
    // Shorter than half a bit: nothing.
    held = 1'b1;
    #(100.0 * (Divisor / 2 - 1) - 60.0);
    held = 1'b0;
    repeat (20 * Divisor) @(posedge clk);
    // Held low for long: one framing error, and no byte.
    held = 1'b1;
    repeat (35 * Divisor) @(posedge clk);
    held = 1'b0;
    repeat (20 * Divisor) @(posedge clk);
    $display("%0d right, %0d wrong, %0d framing errors", right, wrong, frames);
    $finish;
  end
endmodule

`default_nettype wire
