  // {{ name }}
  hvae_frame #(
      .Size({{ size }}), .StateBits({{ state_bits }}), .InputBits({{ input_bits }}),
{%- match code_shift %}{% when Some with (shift) %} .Shift({{ shift }}){% when None %} .HasPlanes(0){% endmatch %}
{%- if let Some(one) = one %}, .Packed(1), .One({{ one }}){% endif %}
  ) u_{{ name }} (
      .clk_i(clk_i), .rst_i(rst_i), .clear_i(clear), .start_i({{ start }}), .busy_o(stage_busy[{{ index }}]),
      .position_i({% if one.is_some() %}reading ? position : 16'd0{% else %}position{% endif %}), .read_index_o({{ name }}_asks), .read_data_i({% if one.is_some() %}frame_word{% else %}read_data{% endif %}),
      .write_o({{ name }}_write), .write_group_o({{ name }}_group), .write_data_o({{ name }}_data),
      .planes_o({{ name }}_planes), .sats_o(stage_sats[{{ index }}*16+:16])
  );
  assign stage_clips[{{ index }}*16+:16]   = 16'd0;
  assign stage_samples[{{ index }}*16+:16] = 16'd0;
