// SPDX-License-Identifier: Apache-2.0
// z of a sentence or of a step, one dimension a cycle.
//
//   mode 0: z = mean                         mode 1: z = mean + exp(log_variance / 2) * e
//   mode 2: z = e, from the prior            mode 3: z = given, from the input packet
//
// Of two sources of moments, source_i says which one is drawn of; the statistics are those of both.
// e is standard normal: sign and magnitude of draw (latent, step, dimension) of the seed.
// Means, log-variances and z have PreFrac fraction bits, e has 12. z of the dimension
// asked for in cycle q is written in q + 19. The statistics leave in q + 11.
`default_nettype none

module hvae_latent #(
    parameter Size             = 32,
    parameter First            = 0,    // among the dimensions of z: their draws are these
    parameter Sources          = 1,    // of moments, one or two
    parameter StateBits        = 16,
    parameter PreFrac          = 12,
    parameter TableBits        = 16,
    parameter TableAddressBits = 9,
    parameter ExpDeltaBits     = 12,
    parameter ExpFile          = "",
    parameter NormalFile       = "",
    parameter InputBits        = 8,
    parameter Shift            = 5    // word of z to code
) (
    input  wire                      clk_i,
    input  wire                      rst_i,
    input  wire                      clear_i,        // z is 0, as it was before the first step
    input  wire                      start_i,
    output wire                      busy_o,
    input  wire [1:0]                mode_i,
    input  wire                      source_i,
    input  wire [22*16-1:0]          keys_i,
    input  wire [11:0]               step_i,
    input  wire [Sources*Size*StateBits-1:0] mean_i,          // the first source lowest
    input  wire [Sources*Size*StateBits-1:0] log_variance_i,
    output wire [15:0]               given_index_o,
    input  wire [15:0]               given_i,        // the cycle after its index
    output wire                      statistics_valid_o,
    output wire                      statistics_last_o,
    output wire [Sources*32-1:0]     statistics_o,   // {log-variance, mean} of each source
    output wire                      write_o,        // z as it is written
    output wire [17:0]               write_group_o,
    output wire [StateBits-1:0]      write_data_o,
    output wire [InputBits*Size-1:0] planes_o,
    output wire [15:0]               sats_o
);
  localparam MEAN       = 2'd0;
  localparam POSTERIOR  = 2'd1;
  localparam PRIOR      = 2'd2;
  localparam NOISE_FRAC = 12;
  localparam NOISE_BITS = 16;
  localparam SIGMA_FRAC = TableBits - 4;
  localparam GROUP_BITS = 18;

  wire                  scan;
  wire [GROUP_BITS-1:0] index;
  wire                  unused_sample, unused_first;
  wire [7:0]            unused_round, unused_phase, unused_slot;
  hvae_stage_seq u_seq (
      .clk_i(clk_i), .rst_i(rst_i), .start_i(start_i), .mvm_i(1'b0), .rounds_last_i(8'd0),
      .phases_last_i(8'd0), .slots_last_i(8'd0), .wait_last_i(8'd0),
      .scan_last_i(18'(Size - 1)), .drain_last_i(8'd19),
      .busy_o(busy_o), .sample_o(unused_sample), .round_o(unused_round), .phase_o(unused_phase), .first_phase_o(unused_first),
      .slot_o(unused_slot), .scan_o(scan), .scan_index_o(index)
  );

  // q: the draw is asked for; q + 14: its magnitude; q + 15: e
  wire sampled = mode_i == POSTERIOR || mode_i == PRIOR;
  wire [31:0]           uniform;
  wire                  sign;
  wire [NOISE_BITS-1:0] magnitude;
  hvae_rng_lane u_rng (
      .clk_i(clk_i), .rst_i(rst_i), .keys_i(keys_i), .valid_i(scan && sampled),
      .counter_i({2'd1, step_i, index + GROUP_BITS'(First)}), .uniform_o(uniform)
  );
  hvae_octave_table #(.OutBits(NOISE_BITS), .InitFile(NormalFile)) u_normal (
      .clk_i(clk_i), .v_i({uniform[31:1], 1'b1}), .value_o(magnitude)
  );
  hvae_delay #(.Bits(1), .Cycles(3)) u_sign (.clk_i(clk_i), .d_i(uniform[0]), .d_o(sign));
  reg signed [NOISE_BITS-1:0] draw_q;
  always @(posedge clk_i) draw_q <= sign ? -$signed(magnitude) : $signed(magnitude);

  // q + 10: the moments are read; q + 11: the table of sigma
  wire [GROUP_BITS-1:0] index10, index11, index19;
  reg  [19:1]           valid_q;
  hvae_delay #(.Bits(GROUP_BITS), .Cycles(10)) u_index10 (.clk_i(clk_i), .d_i(index), .d_o(index10));
  hvae_delay #(.Bits(GROUP_BITS), .Cycles(1)) u_index11 (.clk_i(clk_i), .d_i(index10), .d_o(index11));
  hvae_delay #(.Bits(GROUP_BITS), .Cycles(8)) u_index19 (.clk_i(clk_i), .d_i(index11), .d_o(index19));
  always @(posedge clk_i)
    if (rst_i) valid_q <= 19'd0;
    else valid_q <= {valid_q[18:1], scan};

  wire signed [Sources*StateBits-1:0] means, log_variances;
  genvar s;
  generate
    for (s = 0; s < Sources; s = s + 1) begin : gen_source
      wire [Size*StateBits-1:0] own_means         = mean_i[s*Size*StateBits+:Size*StateBits];
      wire [Size*StateBits-1:0] own_log_variances = log_variance_i[s*Size*StateBits+:Size*StateBits];
      reg signed [StateBits-1:0] own_mean_q, own_log_variance_q;
      always @(posedge clk_i)
        if (valid_q[10]) begin
          own_mean_q         <= own_means[index10[15:0]*StateBits+:StateBits];
          own_log_variance_q <= own_log_variances[index10[15:0]*StateBits+:StateBits];
        end
      assign means[s*StateBits+:StateBits]         = own_mean_q;
      assign log_variances[s*StateBits+:StateBits] = own_log_variance_q;
      // Not cast inside the concatenation: yosys 0.23 takes the width of what is cast.
      wire signed [15:0] mean_word         = 16'(own_mean_q);
      wire signed [15:0] log_variance_word = 16'(own_log_variance_q);
      assign statistics_o[s*32+:32] = {log_variance_word, mean_word};
    end
  endgenerate
  // The one that is drawn of.
  localparam OTHER = Sources - 1;
  wire signed [StateBits-1:0] mean_q         = source_i ? means[OTHER*StateBits+:StateBits] : means[StateBits-1:0];
  wire signed [StateBits-1:0] log_variance_q =
      source_i ? log_variances[OTHER*StateBits+:StateBits] : log_variances[StateBits-1:0];
  assign given_index_o      = index10[15:0];
  assign statistics_valid_o = valid_q[11];
  assign statistics_last_o  = index11 == GROUP_BITS'(Size - 1);

  wire signed [TableBits-1:0] sigma;
  hvae_table #(
      .InBits(StateBits), .AddressBits(TableAddressBits), .OutBits(TableBits),
      .DeltaBits(ExpDeltaBits), .InitFile(ExpFile)
  ) u_sigma (.clk_i(clk_i), .x_i(log_variance_q), .y_o(sigma));

  // q + 15 -> q + 16 -> q + 17: the noise in z's format
  reg  signed [TableBits+NOISE_BITS-1:0] scaled_wide_q;
  reg  signed [NOISE_BITS-1:0]           plain_wide_q;
  wire        [StateBits-1:0]            scaled, plain;
  wire                                   scaled_sat, plain_sat;
  hvae_requant #(.InBits(TableBits + NOISE_BITS), .OutBits(StateBits), .Shift(SIGMA_FRAC + NOISE_FRAC - PreFrac)) u_scaled (
      .value_i(scaled_wide_q), .value_o(scaled), .sat_o(scaled_sat));
  hvae_requant #(.InBits(NOISE_BITS), .OutBits(StateBits), .Shift(NOISE_FRAC - PreFrac)) u_plain (
      .value_i(plain_wide_q), .value_o(plain), .sat_o(plain_sat));
  reg [StateBits-1:0] noise_q;
  reg                 noise_sat_q;
  always @(posedge clk_i) begin
    scaled_wide_q <= sigma * draw_q;
    plain_wide_q  <= draw_q;
    noise_q       <= mode_i == PRIOR ? plain : scaled;
    noise_sat_q   <= valid_q[16] && (mode_i == PRIOR ? plain_sat : mode_i == POSTERIOR && scaled_sat);
  end

  // q + 17 -> q + 18 -> q + 19: z
  wire [StateBits-1:0] base, sum;
  wire                 sum_sat;
  hvae_delay #(.Bits(StateBits), .Cycles(6)) u_base (
      .clk_i(clk_i), .d_i(mode_i == MEAN || mode_i == POSTERIOR ? mean_q : StateBits'(given_i)), .d_o(base));
  hvae_sat_add #(.Bits(StateBits)) u_sum (.a_i(base), .b_i(noise_q), .sum_o(sum), .sat_o(sum_sat));
  reg [StateBits-1:0] z_q, write_data;
  reg [15:0]          own_sats_q;
  always @(posedge clk_i) begin
    z_q        <= mode_i == POSTERIOR ? sum : mode_i == PRIOR ? noise_q : base;
    write_data <= z_q;
    own_sats_q <= {15'd0, noise_sat_q} + {15'd0, valid_q[17] && mode_i == POSTERIOR && sum_sat};
  end

  // Read by the probes of a simulation.
  wire                  write_valid = valid_q[19];
  wire [GROUP_BITS-1:0] write_group = index19;
  assign write_o       = write_valid;
  assign write_group_o = write_group;
  assign write_data_o  = write_data;

  wire [15:0]          code_sats;
  wire [StateBits-1:0] unused_word;
  hvae_state_vec #(.Size(Size), .Lanes(1), .Bits(StateBits), .InputBits(InputBits), .Shift(Shift)) u_z (
      .clk_i(clk_i), .clear_i(clear_i), .write_i(write_valid), .write_group_i(write_group),
      .write_data_i(write_data), .read_group_i({GROUP_BITS{1'b0}}), .read_data_o(unused_word),
      .planes_o(planes_o), .sats_o(code_sats)
  );
  assign sats_o = own_sats_q + code_sats;

  wire unused = &{1'b0, index10, given_i, unused_sample, unused_first, unused_round, unused_phase, unused_slot, unused_word};
endmodule

`default_nettype wire
