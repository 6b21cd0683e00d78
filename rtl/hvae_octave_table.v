// SPDX-License-Identifier: Apache-2.0
// Noise by inversion: leading zeros of a uniform integer pick an octave, the six bits below
// the leading one a segment of it. So the tail keeps its resolution. 0 counts as 1.
// Latency 2, one look-up per cycle.
`default_nettype none

module hvae_octave_table #(
    parameter OutBits  = 16,
    parameter InitFile = ""
) (
    input  wire               clk_i,
    input  wire [31:0]        v_i,
    output reg  [OutBits-1:0] value_o
);
  reg [OutBits-1:0] words [0:2047];
  initial $readmemh(InitFile, words);

  // Normalises in five steps of 16, 8, 4, 2, 1 places; address = {leading zeros, mantissa}.
  function [10:0] address(input [31:0] v);
    reg [31:0] x;
    reg [4:0]  zeros;
    begin
      x        = v == 32'd0 ? 32'd1 : v;
      zeros[4] = x[31:16] == 16'd0;
      if (zeros[4]) x = x << 16;
      zeros[3] = x[31:24] == 8'd0;
      if (zeros[3]) x = x << 8;
      zeros[2] = x[31:28] == 4'd0;
      if (zeros[2]) x = x << 4;
      zeros[1] = x[31:30] == 2'd0;
      if (zeros[1]) x = x << 2;
      zeros[0] = ~x[31];
      if (zeros[0]) x = x << 1;
      address = {zeros, x[30:25]};
    end
  endfunction

  reg [10:0] address_q;
  always @(posedge clk_i) begin
    address_q <= address(v_i);
    value_o   <= words[address_q];
  end
endmodule

`default_nettype wire
