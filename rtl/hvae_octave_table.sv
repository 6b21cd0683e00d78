// SPDX-License-Identifier: Apache-2.0
// Noise by inversion: leading zeros of a uniform integer pick an octave, the six bits below
// the leading one a segment of it. So the tail keeps its resolution. 0 counts as 1.
// Latency 3, one look-up per cycle.
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
  generate
    if (InitFile != "") begin : gen_init
      initial $readmemh(InitFile, words);
    end
  endgenerate

  // Normalises in five steps of 16, 8 and, a cycle later, 4, 2, 1 places; address = {leading zeros, mantissa}.
  wire [31:0] v = v_i == 32'd0 ? 32'd1 : v_i;
  wire [4:0]  zeros;
  assign zeros[4] = v[31:16] == 16'd0;
  wire [31:0] v16 = zeros[4] ? v << 16 : v;
  assign zeros[3] = v16[31:24] == 8'd0;
  wire [31:0] v8 = zeros[3] ? v16 << 8 : v16;

  reg [1:0]  high_zeros_q;
  reg [31:0] v8_q;
  assign zeros[2] = v8_q[31:28] == 4'd0;
  wire [31:0] v4 = zeros[2] ? v8_q << 4 : v8_q;
  assign zeros[1] = v4[31:30] == 2'd0;
  wire [31:0] v2 = zeros[1] ? v4 << 2 : v4;
  assign zeros[0] = !v2[31];
  wire [31:0] v1 = zeros[0] ? v2 << 1 : v2;

  reg [10:0] address_q;
  always @(posedge clk_i) begin
    high_zeros_q <= zeros[4:3];
    v8_q         <= v8;
    address_q    <= {high_zeros_q, zeros[2:0], v1[30:25]};
    value_o      <= words[address_q];
  end

  wire unused = &{1'b0, v1};
endmodule

`default_nettype wire
