  // {{ name }}
  hvae_bits #(
      `HVAE_TILE, .RomPrefix("{{ name }}"), .MatrixNumber({{ m.matrix }}),
      .Size({{ size }}), .Lanes({{ lanes }}), .LogitBits({{ logit_bits }}), .LogitFrac({{ logit_frac }}), .Shift({{ shift }}),
      .LogisticFile({`HVAE_ROM_DIR, "/half_logistic.hex"}),
      .Score({{ score }}), .SoftplusDeltaBits({{ softplus_delta_bits }}), .SoftplusFile({`HVAE_ROM_DIR, "/softplus.hex"}),
      .Inputs({{ m.inputs }}), .BiasCoarse({{ m.bias_coarse }}), .BiasFine({{ m.bias_fine }}), .CoarseBit({{ m.coarse_bit }}),
      .RowTiles({{ m.row_tiles }}), .ColTiles({{ m.col_tiles }}), .Rounds({{ m.rounds }}), .Image({{ m.image }}),
      .AdcShift({{ m.adc_shift }}), .Ranges({{ m.ranges }})
{%- if gains %},
      .Gains(1), .GainFile({`HVAE_ROM_DIR, "/{{ name }}_gains.hex"}){% endif %}
  ) u_{{ name }} (
      .clk_i(clk_i), .rst_i(rst_i), .start_i({{ start }}), .noise_key_i(noise_key), .busy_o(stage_busy[{{ index }}]), .planes_i({{ planes }}),
      .sample_i(sample_tokens_i), .beta_i(beta_i), .keys_i(keys), .step_i(step[11:0]),
      .sends_o({{ name }}_sends), .sent_o({{ name }}_sent), .chosen_o(chosen),
      .word_index_i(asked_word), .word_o({{ name }}_word),
      .score_i(scoring), .position_i(position), .target_index_o({{ name }}_asks), .target_data_i(read_data),
      .score_valid_o(score_valid), .score_o(score),
      .clips_o(stage_clips[{{ index }}*16+:16]), .sats_o(stage_sats[{{ index }}*16+:16]),
      .samples_o(stage_samples[{{ index }}*16+:16]), .ask_o({{ name }}_ask), .tell_i(tell)
  );
