// SPDX-License-Identifier: Apache-2.0
// The key of all draws of converters in this step of a job: of the job's seed and of `Seed`.
// Set by load_i, at the start of the job; step_i may change while nothing is converted.
`default_nettype none

module hvae_noise_key #(
    parameter [31:0] Seed = 1
) (
    input  wire        clk_i,
    input  wire        load_i,
    input  wire [63:0] seed_i,
    input  wire [15:0] step_i,
    output wire [31:0] key_o
);
  wire [31:0] low, both;
  reg  [31:0] job_q;
  hvae_mix u_low (.x_i(seed_i[31:0] ^ Seed), .y_o(low));
  hvae_mix u_both (.x_i(low ^ seed_i[63:32]), .y_o(both));
  always @(posedge clk_i) if (load_i) job_q <= both;
  assign key_o = job_q ^ {16'd0, step_i};
endmodule

`default_nettype wire
