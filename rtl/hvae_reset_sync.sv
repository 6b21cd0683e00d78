// SPDX-License-Identifier: Apache-2.0
// The one reset synchroniser: asserted at once, even where no clock runs yet, and released two clock
// edges after rst_ni. Ready and valid of every module that meets the outside are low with rst_o, so
// nothing is taken or offered before the inside is awake.
`default_nettype none

module hvae_reset_sync (
    input  wire clk_i,
    input  wire rst_ni,
    output wire rst_o
);
  reg [1:0] sync_q;

  always @(posedge clk_i or negedge rst_ni)
    if (!rst_ni) sync_q <= 2'b11;
    else sync_q <= {sync_q[0], 1'b0};

  assign rst_o = sync_q[1] || !rst_ni;
endmodule

`default_nettype wire
