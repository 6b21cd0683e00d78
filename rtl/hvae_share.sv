// SPDX-License-Identifier: Apache-2.0
// One step's share of a mean over count_i steps: 2^Frac / count_i, rounded half up, the cycle after;
// 0 of none. Frac of the bits of a word and of MaxSteps together leave less than half a last place.
`default_nettype none

module hvae_share #(
    parameter MaxSteps = 64,
    parameter Frac     = 22   // at most 32
) (
    input  wire          clk_i,
    input  wire [15:0]   count_i,   // at most MaxSteps
    output reg  [Frac:0] share_o
);
  localparam INDEX_BITS = $clog2(MaxSteps + 1);

  reg [Frac:0] shares [0:MaxSteps];
  integer n;
  initial begin
    shares[0] = {(Frac + 1){1'b0}};
    for (n = 1; n <= MaxSteps; n = n + 1) shares[n] = (Frac + 1)'(((64'd1 << Frac) + 64'(n / 2)) / 64'(n));
  end
  always @(posedge clk_i) share_o <= shares[count_i[INDEX_BITS-1:0]];

  wire unused = &{1'b0, count_i};
endmodule

`default_nettype wire
