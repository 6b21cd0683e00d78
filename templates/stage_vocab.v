  // {{ name }}
  hvae_vocab #(
      `HVAE_TILE, .RomPrefix("{{ name }}"),
      .Vocabulary(VOCABULARY), .Lanes({{ lanes }}), .LogitBits({{ logit_bits }}), .LogitFrac({{ logit_frac }}), .Shift({{ shift }}),
      .GumbelFile({`HVAE_ROM_DIR, "/gumbel.hex"}),
      .Inputs({{ m.inputs }}), .BiasCoarse({{ m.bias_coarse }}), .BiasFine({{ m.bias_fine }}), .CoarseBit({{ m.coarse_bit }}),
      .RowTiles({{ m.row_tiles }}), .ColTiles({{ m.col_tiles }})
  ) u_{{ name }} (
      .clk_i(clk_i), .rst_i(rst_i), .start_i({{ start }}), .busy_o(stage_busy[{{ index }}]), .planes_i({{ source }}_planes),
      .sample_i(sample_tokens_i), .beta_i(beta_i), .keys_i(keys), .step_i(step[11:0]), .token_o(chosen),
      .clips_o(stage_clips[{{ index }}*16+:16]), .sats_o(stage_sats[{{ index }}*16+:16])
  );
