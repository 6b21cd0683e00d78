// SPDX-License-Identifier: Apache-2.0
// {{ banner }}
// The recurrent level "{{ name }}": {{ kind_name }}, {{ hidden }} units, {{ lanes }} a cycle.
//
// One matrix per input vector and one for its own state work side by side; then the units
// are scanned: sums (2 cycles), pre-activations (1), input parts added (1), gates ({{ latency }}).
// planes_o is the state as others see it, from the cycle after its write.
`default_nettype none
`include "hvae_design.svh"

module hvae_{{ name }} (
    input  wire        clk_i,
    input  wire        rst_i,
    input  wire        clear_i,          // states to zero
    input  wire        start_i,
    input  wire [31:0] noise_key_i,      // of the draws of converters in this step
    output wire        busy_o,
{%- for part in inputs %}
    input  wire [{{ input_bits * part.m.inputs - 1 }}:0] {{ part.name }}_planes_i,
{%- endfor %}
    input  wire        load_i,           // initial states, group by group
    input  wire [17:0] load_group_i,
    input  wire [{{ lanes * state_bits - 1 }}:0] load_h_i,
    input  wire [{{ lanes * state_bits - 1 }}:0] load_c_i,
{%- if words %}
    output wire        words_write_o,    // h as it is written, for who combines it with others
    output wire [17:0] words_group_o,
    output wire [{{ lanes * state_bits - 1 }}:0] words_data_o,
{%- endif %}
    output wire [{{ input_bits * hidden - 1 }}:0] planes_o,
    output wire [15:0] clips_o,
    output wire [15:0] sats_o,
    output wire [15:0] samples_o,
    output wire [`HVAE_ASK-1:0]  ask_o,  // of the tiles that matrices share (hvae_turns)
    input  wire [`HVAE_TELL-1:0] tell_i
);
  localparam HIDDEN     = {{ hidden }};
  localparam LANES      = {{ lanes }};
  localparam GATES      = {{ gates }};
  localparam READS      = GATES * LANES;
  localparam PRE_BITS   = {{ pre_bits }};
  localparam STATE_BITS = {{ state_bits }};
  localparam LATENCY    = {{ latency }};  // of a gate lane
  localparam SCANS      = (HIDDEN + LANES - 1) / LANES;

  wire        sample, first, scan;
  wire [7:0]  phase, slot, round;
  wire [17:0] group;
  hvae_stage_seq u_seq (
      .clk_i(clk_i), .rst_i(rst_i), .start_i(start_i), .mvm_i(1'b1), .rounds_last_i(8'd{{ rounds - 1 }}),
      .phases_last_i(8'd{{ phases - 1 }}), .slots_last_i(8'd{{ slots - 1 }}), .wait_last_i(8'd{{ wait }}),
      .scan_last_i(18'(SCANS - 1)), .drain_last_i(8'(4 + LATENCY)),
      .busy_o(busy_o), .sample_o(sample), .round_o(round), .phase_o(phase), .first_phase_o(first),
      .slot_o(slot), .scan_o(scan), .scan_index_o(group)
  );
{{ once }}
  // Gate g of unit j is output g*HIDDEN + j of every matrix.
  // valid_q[n], group of cycle q + n.
  reg  [4:1]  valid_q;
  wire [17:0]        group2, group3, write_group;
  always @(posedge clk_i)
    if (rst_i) valid_q <= 4'd0;
    else valid_q <= {valid_q[3:1], scan};
  hvae_delay #(.Bits(18), .Cycles(2)) u_group2 (.clk_i(clk_i), .d_i(group), .d_o(group2));
  hvae_delay #(.Bits(18), .Cycles(1)) u_group3 (.clk_i(clk_i), .d_i(group2), .d_o(group3));
  hvae_delay #(.Bits(18), .Cycles(1 + LATENCY)) u_write_group (.clk_i(clk_i), .d_i(group3), .d_o(write_group));
{% for part in parts %}
  // Part "{{ part.name }}": {{ part.m.inputs }} inputs; q + 2: sums, q + 3: pre-activations.
  localparam {{ part.upper }}_SUM_BITS = {{ part.m.sum_bits }};
  wire [READS*{{ part.upper }}_SUM_BITS-1:0] {{ part.name }}_sum;
  wire [READS*PRE_BITS-1:0] {{ part.name }}_pre;
  wire [15:0] {{ part.name }}_clips, {{ part.name }}_sats, {{ part.name }}_samples;
  wire [`HVAE_ASK-1:0] {{ part.name }}_ask;
  `HVAE_PRODUCT #(
      `HVAE_TILE, .RomPrefix("{{ part.rom }}"), .MatrixNumber({{ part.m.matrix }}),
      .Inputs({{ part.m.inputs }}), .Sets(GATES), .Size(HIDDEN), .Lanes(LANES), .BiasCoarse({{ part.m.bias_coarse }}), .BiasFine({{ part.m.bias_fine }}),
      .CoarseBit({{ part.m.coarse_bit }}), .RowTiles({{ part.m.row_tiles }}), .ColTiles({{ part.m.col_tiles }}), .Rounds({{ part.m.rounds }}),
      .Image({{ part.m.image }}), .From({{ part.from }}),
      .AdcShift({{ part.m.adc_shift }}), .Ranges({{ part.m.ranges }})
  ) u_{{ part.name }}_matrix (
      .clk_i(clk_i), .noise_key_i(noise_key_i), .sample_i({{ part.sample }}), .first_i(first), .phase_i(phase), .slot_i(slot), .round_i(round),
      .planes_i({{ part.planes }}), .scan_i(scan), .group_i(group), .read_sum_o({{ part.name }}_sum),
      .clips_o({{ part.name }}_clips), .samples_o({{ part.name }}_samples),
      .ask_o({{ part.name }}_ask), .tell_i(tell_i)
  );
  hvae_lanes_requant #(
      .Sets(GATES), .Lanes(LANES), .Size(HIDDEN), .InBits({{ part.upper }}_SUM_BITS), .OutBits(PRE_BITS), .Shift({{ part.shift }})
{%- if gains %},
      .Gains(1), .GainFile({`HVAE_ROM_DIR, "/{{ part.rom }}_gains.hex"}){% endif %}
  ) u_{{ part.name }}_requant (
      .clk_i(clk_i), .valid_i(valid_q[2]), .group_i(group2), .value_i({{ part.name }}_sum),
      .value_o({{ part.name }}_pre), .sats_o({{ part.name }}_sats)
  );
{% endfor %}
  // q + 4: what the gates see of the inputs (x) and of the state (h).
  wire [READS*PRE_BITS-1:0] x, h;
  wire [15:0] x_sats;
  hvae_part_sum #(.Parts({{ inputs.len() }}), .Sets(GATES), .Lanes(LANES), .Size(HIDDEN), .Bits(PRE_BITS)) u_x (
      .clk_i(clk_i), .valid_i(valid_q[3]), .group_i(group3), .value_i({{ input_pres }}),
      .sum_o(x), .sats_o(x_sats)
  );
  hvae_delay #(.Bits(READS * PRE_BITS), .Cycles(1)) u_h (.clk_i(clk_i), .d_i(h_pre), .d_o(h));

  // Gate lanes. Their old states are read so that they arrive with x and h.
  wire [LANES*STATE_BITS-1:0] old_h, {{ old_c }}write_h, write_c;
  wire [LANES-1:0]            lane_valid;
  wire [4*LANES-1:0]          lane_sats;
  genvar l;
  generate
    for (l = 0; l < LANES; l = l + 1) begin : gen_unit
      hvae_gate_{{ kind }} #(
{{ gate_parameters }}
      ) u_gate (
          .clk_i(clk_i), .rst_i(rst_i), .valid_i(valid_q[4]),
          .x_i({ {{ gate_x }} }),
          .h_i({ {{ gate_h }} }),
{{ gate_ports }}
          .valid_o(lane_valid[l]),
          .h_o    (write_h[l*STATE_BITS+:STATE_BITS]),
          .sat_o  (lane_sats[4*l+:4])
      );
    end
  endgenerate

  // write_valid, write_group, write_h, write_c: read by the probes of a simulation.
  wire write_valid = lane_valid[0];
  wire [15:0] code_sats;
  hvae_state_vec #(
      .Size(HIDDEN), .Lanes(LANES), .Bits(STATE_BITS), .InputBits({{ input_bits }}), .Shift({{ h_shift }})
  ) u_h_state (
      .clk_i(clk_i), .clear_i(clear_i), .write_i(load_i || write_valid),
      .write_group_i(load_i ? load_group_i : write_group), .write_data_i(load_i ? load_h_i : write_h),
      .read_group_i(group3), .read_data_o(old_h), .planes_o(planes_o), .sats_o(code_sats)
  );
{%- if words %}
  assign words_write_o = load_i || write_valid;
  assign words_group_o = load_i ? load_group_i : write_group;
  assign words_data_o  = load_i ? load_h_i : write_h;
{%- endif %}
{{ c_state }}
  // Numbers clipped in this cycle; lanes beyond the last unit do not count.
  reg [15:0] unit_sats_q;
  integer i;
  // Temporaries of the clocked block are blocking.
  // verilator lint_off BLKSEQ
  reg [15:0] count;
  always @(posedge clk_i) begin
    count = 16'd0;
    for (i = 0; i < LANES; i = i + 1)
      if ({14'd0, write_group} * LANES + i < HIDDEN) count = count + {12'd0, lane_sats[4*i+:4]};
    unit_sats_q <= count;
  end
  // verilator lint_on BLKSEQ

  reg [15:0] clips_q, sats_q, samples_q;
  always @(posedge clk_i) begin
    clips_q   <= {{ clips }};
    sats_q    <= {{ sats }} + x_sats + unit_sats_q + code_sats;
    samples_q <= {{ samples }};
  end
  assign clips_o   = clips_q;
  assign sats_o    = sats_q;
  assign samples_o = samples_q;
  assign ask_o     = {{ asks }};

  wire unused = &{1'b0, lane_valid, {{ unused }}};
endmodule

`default_nettype wire
