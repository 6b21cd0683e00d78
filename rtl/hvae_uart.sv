// SPDX-License-Identifier: Apache-2.0
// A serial line: 8 data bits, no parity, one stop bit (8N1), lowest bit first, high when idle.
//   Divisor = clock frequency / bits a second, rounded; 4 or more.
// Receiver: rx_i comes from a pin and passes two registers. A byte begins with a falling edge that
// still holds half a bit later; every bit is sampled in its middle. received_o is high for one cycle,
// with the byte in byte_o, when its stop bit has been sampled. A stop bit that is low is a framing
// error: framing_o is high for one cycle instead, and nothing is received before the line is high again.
// The clocks of both ends may differ by 2 %: the last sample is then off by a fifth of a bit at most.
// Transmitter: a byte is taken in a cycle with send_i and ready_o, and is on the line for 10 * Divisor cycles.
`default_nettype none

module hvae_uart #(
    parameter Divisor   = 217,
    parameter CountBits = $clog2(Divisor)
) (
    input  wire       clk_i,
    input  wire       rst_i,
    // Line
    input  wire       rx_i,
    output wire       tx_o,
    // Received
    output reg        received_o,
    output wire [7:0] byte_o,
    output reg        framing_o,
    // To be sent
    input  wire       send_i,
    input  wire [7:0] data_i,
    output wire       ready_o
);
  localparam LAST = CountBits'(Divisor - 1);
  localparam HALF = CountBits'(Divisor / 2 - 1);
  generate
    if (Divisor < 4) begin : gen_refused
      hvae_uart_wants_a_Divisor_of_4_or_more u_refused ();
    end
  endgenerate

  // The line, in step with the clock.
  reg [1:0] sync_q;
  always @(posedge clk_i)
    if (rst_i) sync_q <= 2'b11;
    else sync_q <= {sync_q[0], rx_i};
  wire line = sync_q[1];

  // Receiver: 0 waits for a start bit, 1 is in it, 2 to 9 in the data, 10 in the stop bit, 11 waits for a
  // line that is high.
  localparam [3:0] IDLE  = 4'd0;
  localparam [3:0] START = 4'd1;
  localparam [3:0] STOP  = 4'd10;
  localparam [3:0] LOW   = 4'd11;
  reg [3:0]           place_q;
  reg [CountBits-1:0] wait_q;
  reg [7:0]           in_q;
  assign byte_o = in_q;
  always @(posedge clk_i) begin
    received_o <= 1'b0;
    framing_o  <= 1'b0;
    if (rst_i) place_q <= LOW;
    else if (place_q == IDLE || place_q == LOW) begin
      wait_q <= HALF;
      if (place_q == LOW) place_q <= line ? IDLE : LOW;
      else if (!line) place_q <= START;
    end else if (wait_q != {CountBits{1'b0}}) wait_q <= wait_q - 1'b1;
    else begin
      wait_q <= LAST;
      if (place_q == START) place_q <= line ? IDLE : place_q + 4'd1;
      else if (place_q != STOP) begin
        in_q    <= {line, in_q[7:1]};
        place_q <= place_q + 4'd1;
      end else begin
        place_q    <= line ? IDLE : LOW;
        received_o <= line;
        framing_o  <= !line;
      end
    end
  end

  // Transmitter: what is left of start bit, data and stop bit; ones come behind.
  reg [9:0]           out_q;
  reg [3:0]           left_q;
  reg [CountBits-1:0] pace_q;
  assign ready_o = left_q == 4'd0;
  assign tx_o    = out_q[0];
  always @(posedge clk_i)
    if (rst_i) begin
      out_q  <= 10'h3ff;
      left_q <= 4'd0;
    end else if (ready_o) begin
      pace_q <= LAST;
      if (send_i) begin
        out_q  <= {1'b1, data_i, 1'b0};
        left_q <= 4'd10;
      end
    end else if (pace_q != {CountBits{1'b0}}) pace_q <= pace_q - 1'b1;
    else begin
      pace_q <= LAST;
      out_q  <= {1'b1, out_q[9:1]};
      left_q <= left_q - 4'd1;
    end
endmodule

`default_nettype wire
