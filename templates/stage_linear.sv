  // {{ name }}
  hvae_linear #(
      `HVAE_TILE, .RomPrefix("{{ name }}"), .MatrixNumber({{ m.matrix }}),
      .Sets({{ sets }}), .Size({{ size }}), .Lanes({{ lanes }}), .OutBits({{ out_bits }}), .Shift({{ shift }}), .ShiftC({{ shift_c }}), .HasC({{ has_c }}),
      .Inputs({{ m.inputs }}), .BiasCoarse({{ m.bias_coarse }}), .BiasFine({{ m.bias_fine }}), .CoarseBit({{ m.coarse_bit }}),
      .RowTiles({{ m.row_tiles }}), .ColTiles({{ m.col_tiles }}), .Rounds({{ m.rounds }}), .Image({{ m.image }}),
      .AdcShift({{ m.adc_shift }}), .Ranges({{ m.ranges }})
{%- if gains %},
      .Gains(1), .GainFile({`HVAE_ROM_DIR, "/{{ name }}_gains.hex"}){% endif %}
  ) u_{{ name }} (
      .clk_i(clk_i), .rst_i(rst_i), .start_i({{ start }}), .noise_key_i(noise_key), .busy_o({{ busy }}), .planes_i({{ planes }}),
      .write_o({{ name }}_write), .write_group_o({{ name }}_group), .write_data_o({{ name }}_data),
      .write_c_data_o({{ name }}_c_data), .kept_o({{ name }}_kept),
      .clips_o(stage_clips[{{ index }}*16+:16]), .sats_o(stage_sats[{{ index }}*16+:16]),
      .samples_o(stage_samples[{{ index }}*16+:16]), .ask_o({{ name }}_ask), .tell_i(tell)
  );
