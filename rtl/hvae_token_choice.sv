// SPDX-License-Identifier: Apache-2.0
// Chooses a token: the largest of beta * logit + Gumbel noise, a draw from the softmax at
// inverse temperature beta (Gumbel-max); greedy: the largest logit. Ties: the smaller token. Token 1, the unknown
// word, is chosen where unknown_i says so alone.
//
// Lanes logits a cycle; those of the group asked for in cycle q arrive in q + 3
// (group k: tokens k*Lanes ..). token_o is final 16 + log2(Lanes) cycles after the last q.
// Noise of a token is draw (token, step, id) of the seed; its lanes rest when greedy.
`default_nettype none

module hvae_token_choice #(
    parameter Vocabulary = 2000,
    parameter Lanes      = 16,
    parameter LogitBits  = 16,
    parameter LogitFrac  = 10,
    parameter GumbelFile = ""
) (
    input  wire                       clk_i,
    input  wire                       rst_i,
    input  wire                       sample_i,   // draw; otherwise greedy
    input  wire                       unknown_i,  // the unknown word may be chosen
    input  wire [15:0]                beta_i,     // Q4.12
    input  wire [22*16-1:0]           keys_i,
    input  wire [11:0]                step_i,
    input  wire                       scan_i,     // cycle q
    input  wire [17:0]                group_i,
    input  wire [Lanes*LogitBits-1:0] logits_i,   // cycle q + 3
    output wire [15:0]                token_o
);
  localparam SCORE_BITS  = 32;
  localparam NOISE_FRAC  = 12;
  localparam GUMBEL_BITS = 20;
  localparam LEVELS      = Lanes > 1 ? $clog2(Lanes) : 0;
  localparam LEAVES      = 1 << LEVELS;
  // A candidate: {there is one, score, token}.
  localparam NODE_BITS   = 1 + SCORE_BITS + 16;
  localparam [16:0] UNIT_BETA = 17'd1 << NOISE_FRAC;

  reg  [15:1] valid_q;
  wire [17:0] group15;
  always @(posedge clk_i)
    if (rst_i) valid_q <= 15'd0;
    else valid_q <= {valid_q[14:1], scan_i};
  hvae_delay #(.Bits(18), .Cycles(15)) u_group15 (.clk_i(clk_i), .d_i(group_i), .d_o(group15));

  wire [Lanes*LogitBits-1:0] logits12;
  hvae_delay #(.Bits(Lanes * LogitBits), .Cycles(9)) u_logits12 (.clk_i(clk_i), .d_i(logits_i), .d_o(logits12));

  wire signed [16:0] beta = sample_i ? {1'b0, beta_i} : UNIT_BETA;

  wire [LEAVES*NODE_BITS-1:0] best;
  genvar l, d, n;
  generate
    for (l = 0; l < LEAVES; l = l + 1) begin : gen_lane
      if (l < Lanes) begin : gen_used
        // Noise, in q + 14.
        wire [31:0]                   uniform;
        wire signed [GUMBEL_BITS-1:0] gumbel;
        wire [17:0] draw = 18'(group_i * Lanes + l);
        hvae_rng_lane u_rng (
            .clk_i(clk_i), .rst_i(rst_i), .keys_i(keys_i), .valid_i(scan_i && sample_i),
            .counter_i({2'd2, step_i, draw}), .uniform_o(uniform)
        );
        hvae_octave_table #(.OutBits(GUMBEL_BITS), .InitFile(GumbelFile)) u_gumbel (
            .clk_i(clk_i), .v_i(uniform), .value_o(gumbel)
        );

        // Score: beta * logit in q + 13, requantised in q + 14, with noise in q + 15.
        wire signed [LogitBits-1:0]    logit = logits12[l*LogitBits+:LogitBits];
        reg  signed [LogitBits+17-1:0] product_q;
        wire signed [SCORE_BITS-1:0]   scaled;
        wire                           unused_sat;
        hvae_requant #(.InBits(LogitBits + 17), .OutBits(SCORE_BITS), .Shift(LogitFrac)) u_scaled (
            .value_i(product_q), .value_o(scaled), .sat_o(unused_sat));
        reg signed [SCORE_BITS-1:0] scaled_q, score_q;
        always @(posedge clk_i) begin
          if (valid_q[12]) product_q <= logit * beta;
          if (valid_q[13]) scaled_q <= scaled;
          if (valid_q[14]) score_q <= scaled_q + (sample_i ? SCORE_BITS'(gumbel) : {SCORE_BITS{1'b0}});
        end

        // Best of the lane, in q + 16. Later tokens must be strictly better.
        wire [31:0] token = {14'd0, group15} * Lanes + l;
        wire fits = token < Vocabulary && (unknown_i || token != 32'd1);
        reg  [NODE_BITS-1:0] best_q;
        wire signed [SCORE_BITS-1:0] best_score = best_q[16+:SCORE_BITS];
        always @(posedge clk_i)
          if (valid_q[15]) begin
            if (group15 == 18'd0) best_q <= {fits, score_q, token[15:0]};
            else if (fits && (!best_q[NODE_BITS-1] || score_q > best_score)) best_q <= {1'b1, score_q, token[15:0]};
          end
        assign best[l*NODE_BITS+:NODE_BITS] = best_q;
      end else begin : gen_empty
        assign best[l*NODE_BITS+:NODE_BITS] = {NODE_BITS{1'b0}};
      end
    end

    // Tree over the lanes, a level a cycle.
    for (d = 0; d <= LEVELS; d = d + 1) begin : gen_level
      wire [(LEAVES>>d)*NODE_BITS-1:0] node;
      if (d == 0) begin : gen_leaves
        assign node = best;
      end else begin : gen_inner
        reg [(LEAVES>>d)*NODE_BITS-1:0] node_q;
        for (n = 0; n < (LEAVES >> d); n = n + 1) begin : gen_node
          wire [NODE_BITS-1:0] a = gen_level[d-1].node[(2*n)*NODE_BITS+:NODE_BITS];
          wire [NODE_BITS-1:0] b = gen_level[d-1].node[(2*n+1)*NODE_BITS+:NODE_BITS];
          wire signed [SCORE_BITS-1:0] a_score = a[16+:SCORE_BITS];
          wire signed [SCORE_BITS-1:0] b_score = b[16+:SCORE_BITS];
          wire b_better = b[NODE_BITS-1]
                       && (!a[NODE_BITS-1] || b_score > a_score || (b_score == a_score && b[15:0] < a[15:0]));
          always @(posedge clk_i) node_q[n*NODE_BITS+:NODE_BITS] <= b_better ? b : a;
        end
        assign node = node_q;
      end
    end
  endgenerate

  wire [NODE_BITS-1:0] winner = gen_level[LEVELS].node;
  assign token_o = winner[15:0];
  wire unused = &{1'b0, winner};
endmodule

`default_nettype wire
