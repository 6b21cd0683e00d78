// SPDX-License-Identifier: Apache-2.0
// {{ banner }}
// All stages of the network, wired by what feeds what, under one job sequencer.
//
{% for line in overview %}//   {{ line }}
{% endfor -%}
`default_nettype none
`include "hvae_design.svh"

module hvae_core (
    input  wire        clk_i,
    input  wire        rst_i,
    // Job
    input  wire        start_i,
    input  wire        abort_i,
    input  wire [2:0]  job_i,            // its number, as the register JOB has it
    input  wire        sample_z_i,
    input  wire        sample_tokens_i,
    input  wire        say_unknown_i,    // the unknown word may be written
    input  wire        fresh_i,          // forget the conversation before the job
    input  wire [63:0] seed_i,
    input  wire [15:0] beta_i,           // 1 / temperature, Q4.12
    input  wire [15:0] max_tokens_i,
    output wire        busy_o,
    output wire        done_o,
    output wire        error_o,
    output wire        error_length_o,
    output wire        error_token_o,
    output wire        error_job_o,
    output wire        error_z_o,
    output wire        aborted_o,
    output reg         answer_o,         // something has been written since the start
    // Counters of the job
    output reg  [31:0] cycles_o,
    output reg  [31:0] adc_clips_o,
    output reg  [31:0] saturations_o,
    output reg  [31:0] tokens_o,
    output reg  [31:0] tile_samples_o,
    // Packets in and out
    input  wire        s_axis_tvalid_i,
    output wire        s_axis_tready_o,
    input  wire [31:0] s_axis_tdata_i,
    input  wire        s_axis_tlast_i,
    output wire        m_axis_tvalid_o,
    input  wire        m_axis_tready_i,
    output wire [31:0] m_axis_tdata_o,
    output wire        m_axis_tlast_o
);
  localparam MAX_TOKENS  = {{ max_tokens }};
  localparam LATENT_SIZE = {{ latent_size }};
  localparam FRAME       = {{ frame }};  // words of a position
  localparam DEPTH       = MAX_TOKENS * FRAME > LATENT_SIZE ? MAX_TOKENS * FRAME : LATENT_SIZE;
{%- if written_frames.is_some() %}
  localparam VOCABULARY  = 65536;  // of words with 16 bits of a frame
{%- else %}
  localparam VOCABULARY  = {{ vocabulary }};
{%- endif %}
  localparam STATE_BITS  = {{ state_bits }};
  localparam STAGES      = {{ stage_count }};
  localparam [15:0] TOKEN_SOS = 16'd2;
{%- if written_frames.is_none() %}
  localparam [15:0] TOKEN_EOS = 16'd3;
{%- endif %}
  // Fields of hvae_program.
  localparam [1:0]  PACKET_NONE     = 2'd0;
  localparam [1:0]  PACKET_Z        = 2'd1;
  localparam [1:0]  PACKET_PAIRS    = 2'd3;
  localparam [2:0]  SEND_STATISTICS = 3'd1;
  localparam [2:0]  SEND_TOKENS     = 3'd2;
  localparam [2:0]  SEND_SCORES     = 3'd3;

  // Sequencer, and its program.
  wire [STAGES-1:0]    stage_busy;
  wire [STAGES*16-1:0] stage_clips, stage_sats, stage_samples;
  wire        known, clear, key_start, fetch, reading, first, push, last, release_input, counting;
  wire [1:0]  packet, draw;
  wire [2:0]  sends;
  wire [5:0]  entry, pc;
  wire [18:0] row;
  wire [31:0] start;
  wire [15:0] step, position, chosen, length, frames, read_data;
  wire        input_full, too_long, ragged, bad_token, bad_z, output_empty;
  hvae_program u_program (
      .job_i(job_i), .known_o(known), .packet_o(packet), .entry_o(entry), .pc_i(pc), .row_o(row)
  );

  wire takes_tokens = packet[1];
  wire too_short    = packet == PACKET_PAIRS && frames < 16'd2;  // a position, and one to be predicted
  wire bad_length   = too_long || too_short || (takes_tokens ? ragged || length > MAX_TOKENS * FRAME : length != LATENT_SIZE);
  assign error_job_o    = !known;
  assign error_length_o = bad_length && known && packet != PACKET_NONE;
{%- if frames && written_frames.is_none() %}
  assign error_token_o  = 1'b0;
  assign error_z_o      = bad_z && known && (packet == PACKET_Z || takes_tokens);  // of z, and of frames
{%- else %}
  assign error_token_o  = bad_token && known && takes_tokens;
  assign error_z_o      = bad_z && known && packet == PACKET_Z;
{%- endif %}

  hvae_job_seq u_job (
      .clk_i(clk_i), .rst_i(rst_i), .start_i(start_i), .abort_i(abort_i),
      .entry_i(entry), .packet_i(packet != PACKET_NONE), .row_i(row), .input_ready_i(input_full),
      .input_error_i(error_length_o || error_token_o || error_job_o || error_z_o), .length_i(frames),
      .output_empty_i(output_empty), .busy_i(|stage_busy), .token_eos_i({% if written_frames.is_some() %}1'b0{% else %}chosen == TOKEN_EOS{% endif %}),
      .max_tokens_i(max_tokens_i), .token_capacity_i(16'(MAX_TOKENS)), .flush_last_i(8'd7),
      .clear_o(clear), .key_start_o(key_start), .pc_o(pc), .fetch_o(fetch), .start_o(start),
      .step_o(step), .position_o(position), .reading_o(reading), .draw_o(draw), .sends_o(sends),
      .first_o(first), .push_o(push), .last_o(last), .release_input_o(release_input), .busy_o(busy_o),
      .counting_o(counting), .done_o(done_o), .error_o(error_o), .aborted_o(aborted_o)
  );

{%- if converses %}
  // What a conversation keeps is forgotten when a job says so, and before the first one.
  reg  begun_q;
  always @(posedge clk_i)
    if (rst_i) begun_q <= 1'b0;
    else if (clear) begun_q <= 1'b1;
  wire forget = clear && (fresh_i || !begun_q);
{% endif %}
  // What stages hand on.
{%- for net in nets %}
  {{ net }}
{%- endfor %}

  // Packet in: {% if frames %}frames{% else %}tokens{% endif %} by position, or z by dimension.
  wire [15:0] given_index;
{%- if let Some(index) = frame_index %}
  wire [15:0] asked_word = {{ index }};
{%- endif %}
  hvae_input_buffer #(.Depth(DEPTH), .Vocabulary(VOCABULARY{% if vocabulary == 0 && written_frames.is_none() %} + 1{% endif %}), .ZBits(STATE_BITS), .Frame(FRAME){% if let Some(written) = written_frames %}, .LastBits({{ written.last_bits }}){% endif %}) u_input (
      .clk_i(clk_i), .rst_i(rst_i),
      .s_axis_tvalid_i(s_axis_tvalid_i), .s_axis_tready_o(s_axis_tready_o),
      .s_axis_tdata_i(s_axis_tdata_i), .s_axis_tlast_i(s_axis_tlast_i),
      .release_i(release_input), .full_o(input_full), .length_o(length),
      .frames_o(frames), .ragged_o(ragged), .too_long_o(too_long), .bad_token_o(bad_token), .bad_z_o(bad_z),
      .read_index_i(reading ? {% if frames %}asked_word{% else if looks_ahead %}position + {15'd0, !fetch}{% else %}position{% endif %} : given_index), .read_data_o(read_data)
  );

  // Noise.
  wire [22*16-1:0] keys;
  hvae_rng_key u_key (.clk_i(clk_i), .rst_i(rst_i), .start_i(key_start), .seed_i(seed_i), .keys_o(keys));
{% if let Some(seed) = noise_seed %}  wire [31:0] noise_key;
  hvae_noise_key #(.Seed(32'd{{ seed }})) u_noise_key (
      .clk_i(clk_i), .load_i(clear), .seed_i(seed_i), .step_i(step), .key_o(noise_key));
{% else %}  wire [31:0] noise_key = 32'd0;  // converters are exact
{% endif %}  wire [1:0]  latent_mode = draw[1] ? draw : {1'b0, sample_z_i};  // mean or drawn, from the prior, given
  // What a table is read with: of the packet, or what was written last.
  wire [15:0] token   = reading ? read_data : first ? TOKEN_SOS : chosen;
  wire        scoring = sends == SEND_SCORES;

{{ target }}
{%- if let Some(written) = written_frames %}
  // A word of the frame that is read: of the packet, or of what was written last; silence comes first.
  wire [15:0] frame_word = reading ? read_data : first ? 16'd0 : {{ written.name }}_word;
  wire        score_valid;
  wire [31:0] score;
{%- endif %}
{%- if absent.len() > 0 %}
  // Nobody in this design:
{%- for net in absent %}
  {{ net }};
{%- endfor %}
{%- endif %}
{%- if z.len() > 0 %}
  wire        statistics_valid = {{ z }}_sends;
  wire        statistics_last  = {{ z }}_sends_last;
  wire [31:0] statistics       = {{ z }}_statistics;
  assign given_index = {{ z }}_given_index;
{%- endif %}

{%- if let Some(engine) = engine %}
  // Tiles that all matrices take turns on: one stage at a time has a product made.
  wire [`HVAE_TELL-1:0] tell;
  hvae_engine #(`HVAE_TILE, .Images({{ engine.images }}), .AdcShift({{ engine.adc_shift }})) u_engine (
      .clk_i(clk_i), .rst_i(rst_i),
      .ask_i({{ asks.join(" | ") }}), .tell_o(tell),
      .clips_o(stage_clips[{{ engine.index }}*16+:16]), .samples_o(stage_samples[{{ engine.index }}*16+:16])
  );
  assign stage_sats[{{ engine.index }}*16+:16] = 16'd0;
  assign stage_busy[{{ engine.index }}]        = 1'b0;
{%- else %}
  wire [`HVAE_TELL-1:0] tell = {`HVAE_TELL{1'b0}};  // every matrix has tiles of its own
{%- endif %}
{%- for stage in stages %}

{{ stage }}
{%- endfor %}

{%- if let Some(head) = head %}

  // What {{ head.name }} makes of a step, and of the last one.
  wire head_push = {{ head.name }}_sends && sends == 3'd{{ head.code }};
  wire head_step = head_push && {{ head.name }}_sends_last;
  wire head_last = head_step && {% if head.once %}1'b1{% else %}tokens_o[15:0] == frames - 16'd1{% endif %};
{%- endif %}

  // Packet out: the statistics of z, {% if written_frames.is_some() %}frames{% else %}tokens{% endif %}, or their scores{% if head.is_some() %}; what is made of what is read{% endif %}{% if drawn.is_some() %}, behind what its latent was drawn of{% endif %}.
  wire token_push      = push && sends == SEND_TOKENS;
  wire statistics_push = statistics_valid && sends == SEND_STATISTICS;
  wire score_last      = tokens_o[15:0] == frames - 16'd2;
  wire answer_push     = token_push || statistics_push || score_valid{% if head.is_some() %} || head_push{% endif %}{% if let Some(drawn) = drawn %} || {{ drawn.name }}_sends{% endif %}{% if let Some(written) = written_frames %} || {{ written.name }}_sends{% endif %};
  wire answer_last     = token_push ? last : {% if let Some(written) = written_frames %}{{ written.name }}_sends ? 1'b0 : {% endif %}{% if head.is_some() %}head_push ? head_last : {% endif %}scoring ? {% if drawn.is_some() %}score_valid && {% endif %}score_last : statistics_last;
  // An answer that was broken off is ended with one more beat.
  reg  open_q;
  wire close = aborted_o && open_q;
  always @(posedge clk_i)
    if (rst_i || clear) {answer_o, open_q} <= 2'b00;
    else if (answer_push || close) {answer_o, open_q} <= {1'b1, !close && !answer_last};
  hvae_fifo #(.Depth({% if drawn.is_some() %}{{ drawn_once }}MAX_TOKENS * {{ answer_words }}{% else %}{% match head %}{% when Some with (head) %}{{ head.beats }} > DEPTH ? {{ head.beats }} : DEPTH{% when None %}DEPTH{% endmatch %}{% endif %})) u_output (
      .clk_i(clk_i), .rst_i(rst_i),
      .push_i(answer_push || close),
      .data_i(close ? 32'hffff_ffff : token_push ? {16'd0, chosen} : {% if let Some(written) = written_frames %}{{ written.name }}_sends ? {16'd0, {{ written.name }}_sent} : {% endif %}{% if let Some(head) = head %}head_push ? {{ head.name }}_sent : {% endif %}{% if let Some(drawn) = drawn %}{{ drawn.name }}_sends ? {{ drawn.name }}_sent : {% endif %}scoring ? score : statistics),
      .last_i(close || answer_last),
      .empty_o(output_empty),
      .m_axis_tvalid_o(m_axis_tvalid_o), .m_axis_tready_i(m_axis_tready_i),
      .m_axis_tdata_o(m_axis_tdata_o), .m_axis_tlast_o(m_axis_tlast_o)
  );

  // Counters: stages in groups of four, then all groups, then the job.
  localparam COUNTED = (STAGES + 3) / 4;
  reg [COUNTED*16-1:0] some_clips_q, some_sats_q, some_samples_q;
  reg [15:0] clips_q, sats_q, samples_q;
  reg [15:0] clips, sats, samples;
  integer i, g;
  // Temporaries of the clocked block are blocking.
  // verilator lint_off BLKSEQ
  always @(posedge clk_i) begin
    for (g = 0; g < COUNTED; g = g + 1) begin
      clips   = 16'd0;
      sats    = 16'd0;
      samples = 16'd0;
      for (i = 4 * g; i < 4 * g + 4 && i < STAGES; i = i + 1) begin
        clips   = clips + stage_clips[i*16+:16];
        sats    = sats + stage_sats[i*16+:16];
        samples = samples + stage_samples[i*16+:16];
      end
      some_clips_q[g*16+:16]   <= clips;
      some_sats_q[g*16+:16]    <= sats;
      some_samples_q[g*16+:16] <= samples;
    end
    clips   = 16'd0;
    sats    = 16'd0;
    samples = 16'd0;
    for (g = 0; g < COUNTED; g = g + 1) begin
      clips   = clips + some_clips_q[g*16+:16];
      sats    = sats + some_sats_q[g*16+:16];
      samples = samples + some_samples_q[g*16+:16];
    end
    clips_q   <= clips;
    sats_q    <= sats;
    samples_q <= samples;
    if (rst_i || clear) begin
      cycles_o       <= 32'd0;
      adc_clips_o    <= 32'd0;
      saturations_o  <= 32'd0;
      tokens_o       <= 32'd0;
      tile_samples_o <= 32'd0;
    end else begin
      if (counting) begin
        cycles_o       <= cycles_o + 32'd1;
        adc_clips_o    <= adc_clips_o + {16'd0, clips_q};
        saturations_o  <= saturations_o + {16'd0, sats_q};
        tile_samples_o <= tile_samples_o + {16'd0, samples_q};
      end
      if (token_push || score_valid{% if head.is_some() %} || head_step{% endif %}) tokens_o <= tokens_o + 32'd1;
    end
  end
  // verilator lint_on BLKSEQ

  wire unused = &{1'b0, {{ unused }}};
endmodule

`default_nettype wire
