// SPDX-License-Identifier: Apache-2.0
// The word embeddings, as the codes that drive word lines: token to bit planes.
// Latency 1; the planes hold until the next read.
`default_nettype none

module hvae_embedding #(
    parameter Vocabulary = 2000,
    parameter Size       = 64,
    parameter InputBits  = 8,
    parameter InitFile   = "",
    parameter TokenBits  = $clog2(Vocabulary)
) (
    input  wire                      clk_i,
    input  wire                      read_i,
    input  wire [15:0]               token_i,
    output reg  [InputBits*Size-1:0] planes_o   // bit b of element j at b*Size + j
);
  reg [InputBits*Size-1:0] words [0:Vocabulary-1];
  generate
    if (InitFile != "") begin : gen_init
      initial $readmemh(InitFile, words);
    end
  endgenerate

  always @(posedge clk_i) if (read_i) planes_o <= words[token_i[TokenBits-1:0]];

  wire unused = &{1'b0, token_i};
endmodule

`default_nettype wire
