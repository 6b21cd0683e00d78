// SPDX-License-Identifier: Apache-2.0
// Moments of the sum, or with Mean the mean, of one z a step over the steps since clear_i: a Gaussian
// whose mean is that of the means, and whose variance is the sum of the variances (of a mean, over the
// square of their number).
//
// A step is the means and log-variances that an hvae_linear writes. Both sums are exact; a variance is
// the square of the table's exp(log_variance / 2). start_i: the sums become words, one dimension a
// cycle. kept_o has those of dimension j from the 18 + j-th cycle after start_i on, in time for an
// hvae_latent that starts with start_o, 7 cycles after start_i; busy_o fills the time between. A step
// must have been written 3 cycles before start_i.
`default_nettype none

module hvae_pool #(
    parameter Mean             = 1,
    parameter MaxSteps         = 64,
    parameter Size             = 32,
    parameter Lanes            = 8,
    parameter StateBits        = 16,
    parameter PreFrac          = 12,
    parameter TableBits        = 16,
    parameter TableAddressBits = 9,
    parameter ExpDeltaBits     = 12,
    parameter ExpFile          = "",
    parameter Log2DeltaBits    = 10,
    parameter Log2File         = ""
) (
    input  wire                         clk_i,
    input  wire                         rst_i,
    input  wire                         clear_i,
    input  wire                         write_i,
    input  wire [17:0]                  write_group_i,
    input  wire [2*Lanes*StateBits-1:0] write_data_i,   // means, then log-variances
    input  wire                         start_i,
    output wire                         start_o,
    output wire                         busy_o,
    output reg  [2*Size*StateBits-1:0]  kept_o,         // means, then log-variances
    output reg  [15:0]                  sats_o
);
  localparam GROUPS     = (Size + Lanes - 1) / Lanes;
  localparam INDEX_BITS = GROUPS > 1 ? $clog2(GROUPS) : 1;
  localparam LANE_BITS  = Lanes > 1 ? $clog2(Lanes) : 1;
  localparam MORE       = $clog2(MaxSteps);
  localparam MEAN_BITS  = StateBits + MORE;
  localparam VAR_BITS   = 2 * (TableBits - 1) + MORE;
  localparam SHARE_FRAC = StateBits + MORE;
  localparam WIDE_BITS  = Mean != 0 ? MEAN_BITS + SHARE_FRAC + 2 : MEAN_BITS;
  localparam FRAC       = 16;                      // of logarithms
  localparam VAR_FRAC   = 2 * (TableBits - 4);     // of variances
  localparam signed [17:0] LN_2 = 18'sd45426;      // ln(2), 16 fraction bits
  localparam signed [23:0] ONE  = 24'(VAR_FRAC) << FRAC;

  // Steps that have been written.
  reg  [15:0] count_q;
  wire        ends = write_i && write_group_i == 18'(GROUPS - 1);
  always @(posedge clk_i)
    if (rst_i || clear_i) count_q <= 16'd0;
    else if (ends) count_q <= count_q + 16'd1;

  // From a write: + 4 deviations; + 5 variances, and what they are added to.
  reg  [5:1]                   valid_q;
  wire [17:0]                  group4, group5;
  wire                         first5;
  wire [Lanes*StateBits-1:0]   means5;
  always @(posedge clk_i)
    if (rst_i) valid_q <= 5'd0;
    else valid_q <= {valid_q[4:1], write_i};
  hvae_delay #(.Bits(18), .Cycles(4)) u_group4 (.clk_i(clk_i), .d_i(write_group_i), .d_o(group4));
  hvae_delay #(.Bits(18), .Cycles(1)) u_group5 (.clk_i(clk_i), .d_i(group4), .d_o(group5));
  hvae_delay #(.Bits(1), .Cycles(5)) u_first (.clk_i(clk_i), .d_i(count_q == 16'd0), .d_o(first5));
  hvae_delay #(.Bits(Lanes * StateBits), .Cycles(5)) u_means (
      .clk_i(clk_i), .d_i(write_data_i[Lanes*StateBits-1:0]), .d_o(means5));

  // From start_i: + 4 the first dimension is asked for.
  reg  [7:1]            wait_q;
  reg                   scan_q;
  reg  [15:0]           index_q;
  reg  [INDEX_BITS-1:0] row_q;
  reg  [LANE_BITS-1:0]  lane_q;
  wire                  full = lane_q == LANE_BITS'(Lanes - 1);
  always @(posedge clk_i)
    if (rst_i) begin
      wait_q <= 7'd0;
      scan_q <= 1'b0;
    end else begin
      wait_q <= {wait_q[6:1], start_i};
      if (wait_q[3]) scan_q <= 1'b1;
      else if (index_q == 16'(Size - 1)) scan_q <= 1'b0;
    end
  always @(posedge clk_i)
    if (wait_q[3]) begin
      index_q <= 16'd0;
      row_q   <= {INDEX_BITS{1'b0}};
      lane_q  <= {LANE_BITS{1'b0}};
    end else begin
      index_q <= index_q + 16'd1;
      row_q   <= full ? row_q + 1'b1 : row_q;
      lane_q  <= full ? {LANE_BITS{1'b0}} : lane_q + 1'b1;
    end
  assign start_o = wait_q[7];
  assign busy_o  = |wait_q;

  // Sums: read by the next step, or by the scan.
  wire [INDEX_BITS-1:0]         row = scan_q ? row_q : group4[INDEX_BITS-1:0];
  wire [Lanes*MEAN_BITS-1:0]    mean_sums;
  wire [Lanes*VAR_BITS-1:0]     var_sums;
  genvar l;
  generate
    for (l = 0; l < Lanes; l = l + 1) begin : gen_lane
      wire signed [TableBits-1:0]  sigma;
      reg         [2*TableBits-1:0] square_q;
      wire signed [StateBits-1:0]  mean = means5[l*StateBits+:StateBits];
      reg  signed [MEAN_BITS-1:0]  means_q [0:GROUPS-1];
      reg         [VAR_BITS-1:0]   vars_q [0:GROUPS-1];
      reg  signed [MEAN_BITS-1:0]  mean_sum_q;
      reg         [VAR_BITS-1:0]   var_sum_q;
      hvae_table #(
          .InBits(StateBits), .AddressBits(TableAddressBits), .OutBits(TableBits), .DeltaBits(ExpDeltaBits), .InitFile(ExpFile)
      ) u_sigma (.clk_i(clk_i), .x_i(write_data_i[(Lanes+l)*StateBits+:StateBits]), .y_o(sigma));
      always @(posedge clk_i) begin
        square_q   <= sigma * sigma;
        mean_sum_q <= means_q[row];
        var_sum_q  <= vars_q[row];
        if (valid_q[5]) begin
          means_q[group5[INDEX_BITS-1:0]] <= (first5 ? {MEAN_BITS{1'b0}} : mean_sum_q) + MEAN_BITS'(mean);
          vars_q[group5[INDEX_BITS-1:0]]  <= (first5 ? {VAR_BITS{1'b0}} : var_sum_q) + VAR_BITS'(square_q);
        end
      end
      assign mean_sums[l*MEAN_BITS+:MEAN_BITS] = mean_sum_q;
      assign var_sums[l*VAR_BITS+:VAR_BITS]    = var_sum_q;
      wire unused_square = &{1'b0, square_q};
    end
  endgenerate

  // From a dimension asked for: + 1 its lanes, + 2 its sums.
  reg  [LANE_BITS-1:0]        lane1_q;
  reg  signed [MEAN_BITS-1:0] mean2_q;
  reg         [VAR_BITS-1:0]  var2_q;
  always @(posedge clk_i) begin
    lane1_q <= lane_q;
    mean2_q <= mean_sums[lane1_q*MEAN_BITS+:MEAN_BITS];
    var2_q  <= var_sums[lane1_q*VAR_BITS+:VAR_BITS];
  end

  // + 3: the mean with its share; + 10: the logarithm to base 2, + 11: of one step's share, + 12: the
  // natural one; + 13: words, + 14: kept.
  wire signed [WIDE_BITS-1:0] mean3;
  wire signed [23:0]          log2_sum, of_count;
  generate
    if (Mean != 0) begin : gen_mean
      wire        [SHARE_FRAC:0]  share;
      wire signed [23:0]          log2_count;
      reg  signed [WIDE_BITS-1:0] wide_q;
      hvae_share #(.MaxSteps(MaxSteps), .Frac(SHARE_FRAC)) u_share (.clk_i(clk_i), .count_i(count_q), .share_o(share));
      hvae_log2 #(.InBits(16), .DeltaBits(Log2DeltaBits), .File(Log2File)) u_log2_count (
          .clk_i(clk_i), .value_i(count_q), .log2_o(log2_count));
      always @(posedge clk_i) wide_q <= mean2_q * $signed({1'b0, share});
      assign mean3    = wide_q;
      assign of_count = log2_count <<< 1;
    end else begin : gen_sum
      reg signed [WIDE_BITS-1:0] wide_q;
      always @(posedge clk_i) wide_q <= mean2_q;
      assign mean3    = wide_q;
      assign of_count = 24'sd0;
    end
  endgenerate
  hvae_log2 #(.InBits(VAR_BITS), .DeltaBits(Log2DeltaBits), .File(Log2File)) u_log2 (
      .clk_i(clk_i), .value_i(var2_q), .log2_o(log2_sum));

  wire signed [WIDE_BITS-1:0] mean12;
  hvae_delay #(.Bits(WIDE_BITS), .Cycles(9)) u_mean12 (.clk_i(clk_i), .d_i(mean3), .d_o(mean12));
  reg  signed [23:0]          log2_q;
  reg  signed [41:0]          ln_q;
  wire        [StateBits-1:0] mean, log_variance;
  wire                        mean_sat, log_variance_sat;
  hvae_requant #(.InBits(WIDE_BITS), .OutBits(StateBits), .Shift(Mean != 0 ? SHARE_FRAC : 0)) u_mean (
      .value_i(mean12), .value_o(mean), .sat_o(mean_sat));
  hvae_requant #(.InBits(42), .OutBits(StateBits), .Shift(2 * FRAC - PreFrac)) u_log_variance (
      .value_i(ln_q), .value_o(log_variance), .sat_o(log_variance_sat));

  reg  [13:1]          scan_line_q;
  wire [15:0]          index13;
  reg  [StateBits-1:0] mean13_q, log_variance13_q;
  hvae_delay #(.Bits(16), .Cycles(13)) u_index13 (.clk_i(clk_i), .d_i(index_q), .d_o(index13));
  always @(posedge clk_i)
    if (rst_i) scan_line_q <= 13'd0;
    else scan_line_q <= {scan_line_q[12:1], scan_q};
  integer j;
  always @(posedge clk_i) begin
    log2_q           <= log2_sum - of_count - ONE;
    ln_q             <= log2_q * LN_2;
    mean13_q         <= mean;
    log_variance13_q <= log_variance;
    // Nothing has been added up where z is of the prior, or given.
    sats_o <= scan_line_q[12] && count_q != 16'd0 ? {15'd0, mean_sat} + {15'd0, log_variance_sat} : 16'd0;
    if (scan_line_q[13])
      for (j = 0; j < Size; j = j + 1)
        if (index13 == 16'(j)) begin
          kept_o[j*StateBits+:StateBits]        <= mean13_q;
          kept_o[(Size+j)*StateBits+:StateBits] <= log_variance13_q;
        end
  end

  wire unused = &{1'b0, group4, group5};
endmodule

`default_nettype wire
