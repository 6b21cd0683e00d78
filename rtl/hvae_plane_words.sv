// SPDX-License-Identifier: Apache-2.0
// A vector that is there as codes alone, as words for those who combine it with others number by
// number: the code itself, with its sign. A read takes a cycle.
`default_nettype none

module hvae_plane_words #(
    parameter Size      = 96,
    parameter Lanes     = 8,
    parameter Bits      = 16,   // at least InputBits
    parameter InputBits = 8
) (
    input  wire                      clk_i,
    input  wire [InputBits*Size-1:0] planes_i,       // bit b of element j at b*Size + j
    input  wire [17:0]               read_group_i,
    output wire [Lanes*Bits-1:0]     read_data_o
);
  localparam READS      = (Size + Lanes - 1) / Lanes;
  localparam INDEX_BITS = READS > 1 ? $clog2(READS) : 1;

  genvar l, b, g;
  generate
    for (l = 0; l < Lanes; l = l + 1) begin : gen_lane
      wire [READS*InputBits-1:0]   codes;
      reg  signed [InputBits-1:0]  code_q;
      for (g = 0; g < READS; g = g + 1) begin : gen_group
        for (b = 0; b < InputBits; b = b + 1) begin : gen_bit
          if (g * Lanes + l < Size) begin : gen_element
            assign codes[g*InputBits+b] = planes_i[b*Size+g*Lanes+l];
          end else begin : gen_none
            assign codes[g*InputBits+b] = 1'b0;
          end
        end
      end
      always @(posedge clk_i) code_q <= codes[read_group_i[INDEX_BITS-1:0]*InputBits+:InputBits];
      assign read_data_o[l*Bits+:Bits] = Bits'(code_q);
    end
  endgenerate

  wire unused = &{1'b0, read_group_i};
endmodule

`default_nettype wire
