  // {{ name }}
  hvae_accumulate #(
      .Mean({{ mean }}), .MaxSteps(MAX_TOKENS), .Size({{ size }}), .Lanes({{ lanes }}), .StateBits({{ state_bits }}), .Shift({{ shift }}), .InputBits({{ input_bits }}),
{%- match code_shift %}{% when Some with (shift) %} .CodeShift({{ shift }}){% when None %} .HasPlanes(0){% endmatch %}
  ) u_{{ name }} (
      .clk_i(clk_i), .rst_i(rst_i), .clear_i(clear), .start_i({{ start }}), .busy_o(stage_busy[{{ index }}]),
      .read_group_o({{ name }}_reads),
      .words_i({{ source }}),
      .write_o({{ name }}_write), .write_group_o({{ name }}_group), .write_data_o({{ name }}_data),
      .planes_o({{ name }}_planes), .sats_o(stage_sats[{{ index }}*16+:16])
  );
  assign stage_clips[{{ index }}*16+:16]   = 16'd0;
  assign stage_samples[{{ index }}*16+:16] = 16'd0;
