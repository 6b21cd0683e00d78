  // {{ name }}
  wire        {{ name }}_sampled = {{ sampled }};
  wire        {{ name }}_working, {{ name }}_paired;
  wire [{{ pair_bits - 1 }}:0] {{ name }}_pairs;
  wire        {{ name }}_unused_last;
  wire [15:0] {{ name }}_unused_index;
  hvae_latent #(
      .Sources({{ sources }}), {{ numbers }}
  ) u_{{ name }} (
      .clk_i(clk_i), .rst_i(rst_i), .clear_i(clear), .start_i({{ start }}), .busy_o({{ name }}_working),
{%- if sources > 1 %}
      .mode_i({1'b0, {{ name }}_sampled}), .source_i(!text_known),
{%- else %}
      // The prior: the draw itself, or 0.
      .mode_i(text_known ? {1'b0, {{ name }}_sampled} : {1'b1, !{{ name }}_sampled}), .source_i(1'b0),
{%- endif %}
      .keys_i(keys), .step_i(position[11:0]),
      .mean_i({ {{ means }} }),
      .log_variance_i({ {{ log_variances }} }),
      .given_index_o({{ name }}_unused_index), .given_i(16'd0),
      .statistics_valid_o({{ name }}_paired), .statistics_last_o({{ name }}_unused_last), .statistics_o({{ name }}_pairs),
      .write_o({{ name }}_write), .write_group_o({{ name }}_group), .write_data_o({{ name }}_data),
      .planes_o({{ name }}_planes), .sats_o(stage_sats[{{ index }}*16+:16])
  );
{%- if score %}
  // Of a word that is scored: what its latent was drawn of leaves when all is there.
  wire {{ name }}_sending;
  hvae_draw_sender #(.Size({{ numbers.size }}), .Bits({{ numbers.state_bits }})) u_{{ name }}_sender (
      .clk_i(clk_i), .rst_i(rst_i), .send_i(scoring),
      .pair_i({{ name }}_paired), .pairs_i({% if sources > 1 %}{{ name }}_pairs{% else %}{32'd0, {{ name }}_pairs}{% endif %}),
      .z_i({{ name }}_write), .z_index_i({{ name }}_group), .z_data_i({{ name }}_data),
      .busy_o({{ name }}_sending), .valid_o({{ name }}_sends), .data_o({{ name }}_sent)
  );
  assign stage_busy[{{ index }}] = {{ name }}_working || {{ name }}_sending;
{%- else %}
  assign stage_busy[{{ index }}] = {{ name }}_working;
{%- endif %}
  assign stage_clips[{{ index }}*16+:16]   = 16'd0;
  assign stage_samples[{{ index }}*16+:16] = 16'd0;
