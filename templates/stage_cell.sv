  // {{ name }}
  hvae_{{ name }} u_{{ name }} (
      .clk_i(clk_i), .rst_i(rst_i), .clear_i({{ clear }}), .start_i({{ start }}), .noise_key_i(noise_key), .busy_o(stage_busy[{{ index }}]),
{%- for (part, planes) in sources %}
      .{{ part }}_planes_i({{ planes }}),
{%- endfor %}
      .load_i({{ load }}), .load_group_i({{ load_group }}), .load_h_i({{ load_h }}), .load_c_i({{ load_c }}),
{%- if words %}
      .words_write_o({{ name }}_write), .words_group_o({{ name }}_group), .words_data_o({{ name }}_data),
{%- endif %}
      .planes_o({{ name }}_planes), .clips_o(stage_clips[{{ index }}*16+:16]), .sats_o(stage_sats[{{ index }}*16+:16]),
      .samples_o(stage_samples[{{ index }}*16+:16]), .ask_o({{ name }}_ask), .tell_i(tell)
  );
