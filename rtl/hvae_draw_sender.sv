// SPDX-License-Identifier: Apache-2.0
// Sends what a latent of a step was drawn of: for every dimension {log-variance, mean} of the
// posterior, the same of the prior, and z with its sign extended; a word a cycle.
//
// Pairs and z come in order of their dimensions, all pairs and all z of a step once each; the last
// z comes last. With send_i high then, word k leaves 3 + k cycles after it; busy_o from the cycle
// after it through the last word that leaves.
`default_nettype none

module hvae_draw_sender #(
    parameter Size = 32,
    parameter Bits = 16
) (
    input  wire            clk_i,
    input  wire            rst_i,
    input  wire            send_i,
    input  wire            pair_i,         // of the dimension behind that of the last one
    input  wire [63:0]     pairs_i,        // {prior, posterior}
    input  wire            z_i,
    input  wire [17:0]     z_index_i,
    input  wire [Bits-1:0] z_data_i,
    output wire            busy_o,
    output reg             valid_o,
    output reg  [31:0]     data_o
);
  localparam INDEX_BITS = Size > 1 ? $clog2(Size) : 1;
  localparam [INDEX_BITS-1:0] LAST = INDEX_BITS'(Size - 1);

  reg [63:0]     pairs [0:Size-1];
  reg [Bits-1:0] zs    [0:Size-1];

  // Asked in one cycle, read in the next, sent in the one after.
  reg                  reading_q, read_q;
  reg [INDEX_BITS-1:0] pair_q, index_q;
  reg [1:0]            part_q, read_part_q;
  reg [63:0]           pairs_q;
  reg signed [Bits-1:0] z_q;
  wire last_z = z_i && z_index_i == 18'(Size - 1);
  wire ends   = part_q == 2'd2 && index_q == LAST;
  wire [31:0] z_word = 32'(z_q);

  always @(posedge clk_i) begin
    if (pair_i) pairs[pair_q] <= pairs_i;
    if (z_i) zs[z_index_i[INDEX_BITS-1:0]] <= z_data_i;
    pairs_q     <= pairs[index_q];
    z_q         <= zs[index_q];
    read_part_q <= part_q;
    data_o      <= read_part_q == 2'd0 ? pairs_q[31:0] : read_part_q == 2'd1 ? pairs_q[63:32] : z_word;

    if (!reading_q) begin
      index_q <= {INDEX_BITS{1'b0}};
      part_q  <= 2'd0;
    end else begin
      index_q <= part_q == 2'd2 ? index_q + 1'b1 : index_q;
      part_q  <= part_q == 2'd2 ? 2'd0 : part_q + 2'd1;
    end
    if (rst_i) begin
      {reading_q, read_q, valid_o} <= 3'b000;
      pair_q <= {INDEX_BITS{1'b0}};
    end else begin
      if (pair_i) pair_q <= pair_q == LAST ? {INDEX_BITS{1'b0}} : pair_q + 1'b1;
      if (last_z && send_i) reading_q <= 1'b1;
      else if (ends) reading_q <= 1'b0;
      read_q  <= reading_q;
      valid_o <= read_q;
    end
  end
  assign busy_o = reading_q || read_q || valid_o;

  wire unused = &{1'b0, z_index_i};
endmodule

`default_nettype wire
