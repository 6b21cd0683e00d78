// SPDX-License-Identifier: Apache-2.0
// Types on the serial line of hvae_ulx3s, bit by bit, and writes down what it says.
//
//   +script=FILE  32-bit words, kind and number: 1 a character is typed, 2 waits for so many prompts in all, 3 waits so
//                 many cycles, 4 holds the line low for so many bits, 5 presses the button for so many cycles, 6 notes the LEDs
//   +log=FILE     a line for each: a character (in hex), `L` and the LEDs, `F` (a stop bit that was low), `T` (given up), `E` (the end)
//   +skew=N       bits typed are so many thousandths longer than those of the design
`timescale 1ns / 1ps
`default_nettype none

module serial_tb;
  parameter Divisor  = 8;
  parameter WaitBits = 16;
  localparam BIT = 10 * Divisor;
  localparam LIMIT = 2000000;  // cycles: three times what the longest script takes

  reg        clk = 1'b0, rx = 1'b1, button = 1'b1;
  wire       tx, gpio;
  wire [7:0] led;
  always #5 clk = ~clk;
  hvae_ulx3s #(.Divisor(Divisor), .WaitBits(WaitBits)) u_board (
      .clk_25mhz(clk), .btn_pwr_n(button), .ftdi_txd(rx), .ftdi_rxd(tx), .led(led), .wifi_gpio0(gpio)
  );

  reg [31:0] script [0:65535];
  reg [31:0] now;
  string     script_file, log_file;
  integer    skew, log, step, bits, prompts = 0;
  realtime   typed_bit;
  reg        over = 1'b0;

  // What the board says: sampled in the middle of every bit.
  reg [7:0]  heard;
  reg [23:0] last_three = 24'd0;
  integer    place;
  always @(negedge tx)
    if (log != 0) begin
      #(BIT / 2);
      for (place = 0; place < 8; place = place + 1) begin
        #(BIT);
        heard[place] = tx;
      end
      #(BIT);
      if (!tx) $fwrite(log, "F\n");
      $fwrite(log, "%h\n", heard);
      last_three = {last_three[15:0], heard};
      if (last_three == 24'h0a3e20) prompts = prompts + 1;
    end

  task type_bit(input value);
    begin
      rx = value;
      #(typed_bit);
    end
  endtask

  initial begin
    log = 0;
    if (!$value$plusargs("script=%s", script_file) || !$value$plusargs("log=%s", log_file)) $finish;
    if (!$value$plusargs("skew=%d", skew)) skew = 0;
    typed_bit = BIT * (1000.0 + skew) / 1000.0;
    $readmemh(script_file, script);
    log  = $fopen(log_file, "w");
    step = 0;
    #3;  // no edge of ours is one of theirs
    while (!over) begin
      now  = script[step];
      step = step + 1;
      case (now[31:24])
        8'd1: begin
          type_bit(1'b0);
          for (bits = 0; bits < 8; bits = bits + 1) type_bit(now[bits]);
          type_bit(1'b1);
        end
        8'd2: while (prompts < now[23:0] && !over) #(BIT);
        8'd3: #(10.0 * now[23:0]);
        8'd4: begin
          rx = 1'b0;
          #(typed_bit * now[23:0]);
          rx = 1'b1;
        end
        8'd5: begin
          button = 1'b0;
          #(10.0 * now[23:0]);
          button = 1'b1;
        end
        8'd6: $fwrite(log, "L%b\n", led);
        default: begin
          $fwrite(log, "E\n");
          over = 1'b1;
        end
      endcase
    end
    $fclose(log);
    $finish;
  end

  initial begin
    repeat (LIMIT) @(posedge clk);
    if (!over) $fwrite(log, "T\n");
    over = 1'b1;
  end
endmodule

`default_nettype wire
