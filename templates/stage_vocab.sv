  // {{ name }}
  hvae_vocab #(
      `HVAE_TILE, .RomPrefix("{{ name }}"), .MatrixNumber({{ m.matrix }}),
      .Vocabulary(VOCABULARY), .Lanes({{ lanes }}), .LogitBits({{ logit_bits }}), .LogitFrac({{ logit_frac }}), .Shift({{ shift }}),
      .GumbelFile({`HVAE_ROM_DIR, "/gumbel.hex"}),
      .Score({{ score }}), .Exp2DeltaBits({{ exp2_delta_bits }}), .Exp2File({`HVAE_ROM_DIR, "/exp2_fraction.hex"}),
      .Log2DeltaBits({{ log2_delta_bits }}), .Log2File({`HVAE_ROM_DIR, "/log2_fraction.hex"}),
      .Inputs({{ m.inputs }}), .BiasCoarse({{ m.bias_coarse }}), .BiasFine({{ m.bias_fine }}), .CoarseBit({{ m.coarse_bit }}),
      .RowTiles({{ m.row_tiles }}), .ColTiles({{ m.col_tiles }}), .Rounds({{ m.rounds }}), .Image({{ m.image }}),
      .AdcShift({{ m.adc_shift }}), .Ranges({{ m.ranges }})
{%- if gains %},
      .Gains(1), .GainFile({`HVAE_ROM_DIR, "/{{ name }}_gains.hex"}){% endif %}
  ) u_{{ name }} (
      .clk_i(clk_i), .rst_i(rst_i), .start_i({{ start }}), .noise_key_i(noise_key), .busy_o(stage_busy[{{ index }}]), .planes_i({{ planes }}),
      .sample_i(sample_tokens_i), .unknown_i(say_unknown_i), .beta_i(beta_i), .keys_i(keys), .step_i(step[11:0]), .token_o(chosen),
      .score_i(scoring), .target_i(target), .score_valid_o(score_valid), .score_o(score),
      .clips_o(stage_clips[{{ index }}*16+:16]), .sats_o(stage_sats[{{ index }}*16+:16]),
      .samples_o(stage_samples[{{ index }}*16+:16]), .ask_o({{ name }}_ask), .tell_i(tell)
  );
