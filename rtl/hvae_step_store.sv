// SPDX-License-Identifier: Apache-2.0
// The vector of a stage at every position of a sequence, for a later loop that reads it there.
//
// Written in the cycle after busy_i has fallen: the stage has made the vector of position
// write_index_i, which still stands. A read takes a cycle; what was never written is what
// the memory held. No reset on the data.
`default_nettype none

module hvae_step_store #(
    parameter Depth = 64,
    parameter Bits  = 64
) (
    input  wire            clk_i,
    input  wire            rst_i,
    input  wire            busy_i,         // of the stage
    input  wire [15:0]     write_index_i,
    input  wire [Bits-1:0] data_i,
    input  wire [15:0]     read_index_i,
    output reg  [Bits-1:0] data_o
);
  localparam INDEX_BITS = Depth > 1 ? $clog2(Depth) : 1;

  reg [Bits-1:0] vectors [0:(1<<INDEX_BITS)-1];

  reg  busy_q;
  wire made = busy_q && !busy_i;
  always @(posedge clk_i) begin
    busy_q <= busy_i && !rst_i;
    if (made) vectors[write_index_i[INDEX_BITS-1:0]] <= data_i;
    data_o <= vectors[read_index_i[INDEX_BITS-1:0]];
  end

  wire unused = &{1'b0, write_index_i, read_index_i};
endmodule

`default_nettype wire
