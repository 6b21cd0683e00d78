// SPDX-License-Identifier: Apache-2.0
// A register slice of a stream: nothing passes it within a cycle, in either direction.
// A beat leaves the cycle after it came; every cycle one, as long as the other side takes them.
`default_nettype none

module hvae_skid #(
    parameter Bits = 33
) (
    input  wire            clk_i,
    input  wire            rst_i,
    input  wire            s_valid_i,
    output wire            s_ready_o,
    input  wire [Bits-1:0] s_data_i,
    output reg             m_valid_o,
    input  wire            m_ready_i,
    output reg  [Bits-1:0] m_data_o
);
  // The beat that came in the cycle in which the other side stopped.
  reg            kept_valid_q;
  reg [Bits-1:0] kept_q;

  assign s_ready_o = !kept_valid_q;

  always @(posedge clk_i) begin
    if (s_ready_o) kept_q <= s_data_i;
    if (m_ready_i || !m_valid_o) m_data_o <= kept_valid_q ? kept_q : s_data_i;

    if (rst_i) begin
      m_valid_o    <= 1'b0;
      kept_valid_q <= 1'b0;
    end else if (m_ready_i || !m_valid_o) begin
      m_valid_o    <= kept_valid_q || s_valid_i;
      kept_valid_q <= 1'b0;
    end else if (s_valid_i) kept_valid_q <= 1'b1;
  end
endmodule

`default_nettype wire
