// SPDX-License-Identifier: Apache-2.0
// Output FIFO with a registered AXI4-Stream end. A job starts only when it is empty and is
// never longer than Depth, so a push is never refused. Valid never waits for ready, and is low
// in reset, from the moment it is asserted.
`default_nettype none

module hvae_fifo #(
    parameter Depth = 64
) (
    input  wire        clk_i,
    input  wire        rst_i,
    input  wire        push_i,
    input  wire [31:0] data_i,
    input  wire        last_i,
    output wire        empty_o,
    output wire        m_axis_tvalid_o,
    input  wire        m_axis_tready_i,
    output reg  [31:0] m_axis_tdata_o,
    output reg         m_axis_tlast_o
);
  localparam INDEX_BITS = Depth > 1 ? $clog2(Depth) : 1;
  localparam LAST       = INDEX_BITS'(Depth - 1);

  reg [32:0]             words [0:Depth-1];
  reg [INDEX_BITS-1:0]   write_q, read_q;
  reg [INDEX_BITS:0]     count_q;
  reg                    valid_q;

  wire pop = count_q != {(INDEX_BITS+1){1'b0}} && (!valid_q || m_axis_tready_i);
  assign empty_o         = count_q == {(INDEX_BITS+1){1'b0}} && !valid_q;
  assign m_axis_tvalid_o = valid_q && !rst_i;

  always @(posedge clk_i) begin
    if (push_i) words[write_q] <= {last_i, data_i};
    if (pop) {m_axis_tlast_o, m_axis_tdata_o} <= words[read_q];

    if (rst_i) begin
      write_q <= {INDEX_BITS{1'b0}};
      read_q  <= {INDEX_BITS{1'b0}};
      count_q <= {(INDEX_BITS+1){1'b0}};
      valid_q <= 1'b0;
    end else begin
      if (push_i) write_q <= write_q == LAST ? {INDEX_BITS{1'b0}} : write_q + 1'b1;
      if (pop) read_q <= read_q == LAST ? {INDEX_BITS{1'b0}} : read_q + 1'b1;
      count_q <= count_q + {{INDEX_BITS{1'b0}}, push_i} - {{INDEX_BITS{1'b0}}, pop};
      if (pop) valid_q <= 1'b1;
      else if (m_axis_tready_i) valid_q <= 1'b0;
    end
  end
endmodule

`default_nettype wire
