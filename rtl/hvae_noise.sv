// SPDX-License-Identifier: Apache-2.0
// What one conversion adds to its column sum: a bell of 28 coins, smoothed by four bits, times
// the deviation that belongs to the sum. Stands for physics: part of the analog model, never
// of the digital design. Mirrors `crossbar::Converter::noise`. Combinational.
//
//   draw  = 32 * ones + 2 * fine - 463                      (of the 32 mixed bits of key_i)
//   noise = (draw * sigma[|sum| >> BinShift] + half) >> 12
`default_nettype none

module hvae_noise #(
    parameter SumBits  = 10,
    parameter BinShift = 4,
    parameter [32*16-1:0] Sigma = 0   // of bin b at b*16
) (
    input  wire               [31:0]        key_i,
    input  wire signed        [SumBits-1:0] sum_i,
    output wire signed        [15:0]        noise_o
);
  wire [31:0] bits;
  hvae_mix u_mix (.x_i(key_i), .y_o(bits));

  // A name for what is counted: Icarus 11 miscounts an expression.
  wire        [27:0] coins = bits[27:0];
  wire signed [10:0] ones  = $signed({5'd0, 6'($countones(coins))});
  wire signed [10:0] fine  = $signed({7'd0, bits[31:28]});
  wire signed [10:0] draw  = 11'sd32 * ones + 11'sd2 * fine - 11'sd463;

  wire [SumBits-1:0] magnitude = sum_i[SumBits-1] ? -sum_i : sum_i;
  wire [SumBits-1:0] bin       = magnitude >> BinShift;
  wire [4:0]         entry     = bin > 31 ? 5'd31 : 5'(bin);
  wire [15:0]        sigma     = Sigma[{entry, 4'd0}+:16];

  wire signed [27:0] product = 28'(draw) * $signed({12'd0, sigma}) + 28'sd2048;
  assign noise_o = 16'(product >>> 12);
endmodule

`default_nettype wire
