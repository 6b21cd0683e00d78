// SPDX-License-Identifier: Apache-2.0
// A register slice of a stream: nothing passes it within a cycle, in either direction.
// A beat leaves the cycle after it came; every cycle one, as long as the other side takes them.
// Ready and valid are low in reset, from the moment it is asserted.
`default_nettype none

module hvae_skid #(
    parameter Bits = 33
) (
    input  wire            clk_i,
    input  wire            rst_i,
    input  wire            s_valid_i,
    output wire            s_ready_o,
    input  wire [Bits-1:0] s_data_i,
    output wire            m_valid_o,
    input  wire            m_ready_i,
    output reg  [Bits-1:0] m_data_o
);
  reg            valid_q;
  // The beat that came in the cycle in which the other side stopped.
  reg            kept_valid_q;
  reg [Bits-1:0] kept_q;

  assign s_ready_o = !kept_valid_q && !rst_i;
  assign m_valid_o = valid_q && !rst_i;

  always @(posedge clk_i) begin
    if (s_ready_o) kept_q <= s_data_i;
    if (m_ready_i || !valid_q) m_data_o <= kept_valid_q ? kept_q : s_data_i;

    if (rst_i) begin
      valid_q      <= 1'b0;
      kept_valid_q <= 1'b0;
    end else if (m_ready_i || !valid_q) begin
      valid_q      <= kept_valid_q || s_valid_i;
      kept_valid_q <= 1'b0;
    end else if (s_valid_i) kept_valid_q <= 1'b1;
  end
endmodule

`default_nettype wire
