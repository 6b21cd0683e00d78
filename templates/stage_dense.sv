  // {{ name }}
  hvae_dense #(
      `HVAE_TILE, .RomPrefix("{{ name }}"), .MatrixNumber({{ m.matrix }}),
      .Size({{ size }}), .Lanes({{ lanes }}), .PreBits({{ pre_bits }}), .StateBits({{ state_bits }}), .Shift({{ shift }}), .WordShift({{ word_shift }}),
{%- if let Some((function, delta_bits)) = table %}
      .Activation(1), .TableBits({{ table_bits }}), .TableAddressBits({{ address_bits }}), .TableDeltaBits({{ delta_bits }}),
      .TableFile({`HVAE_ROM_DIR, "/{{ function }}.hex"}),
{%- endif %}
{%- match code_shift %}{% when Some with (shift) %}
      .CodeShift({{ shift }}),{% when None %}
      .HasPlanes(0),{% endmatch %}
      .Inputs({{ m.inputs }}), .BiasCoarse({{ m.bias_coarse }}), .BiasFine({{ m.bias_fine }}), .CoarseBit({{ m.coarse_bit }}),
      .RowTiles({{ m.row_tiles }}), .ColTiles({{ m.col_tiles }}), .Rounds({{ m.rounds }}), .Image({{ m.image }}),
      .AdcShift({{ m.adc_shift }}), .Ranges({{ m.ranges }})
{%- if gains %},
      .Gains(1), .GainFile({`HVAE_ROM_DIR, "/{{ name }}_gains.hex"}){% endif %}
  ) u_{{ name }} (
      .clk_i(clk_i), .rst_i(rst_i), .clear_i(clear), .start_i({{ start }}), .noise_key_i(noise_key), .busy_o(stage_busy[{{ index }}]),
      .planes_i({{ planes }}),
      .write_o({{ name }}_write), .write_group_o({{ name }}_group), .write_data_o({{ name }}_data),
      .planes_o({{ name }}_planes),
      .clips_o(stage_clips[{{ index }}*16+:16]), .sats_o(stage_sats[{{ index }}*16+:16]),
      .samples_o(stage_samples[{{ index }}*16+:16]), .ask_o({{ name }}_ask), .tell_i(tell)
  );
