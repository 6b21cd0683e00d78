  // {{ name }}
  hvae_latent #(
      .First({{ first }}), {{ numbers }}
  ) u_{{ name }} (
      .clk_i(clk_i), .rst_i(rst_i), .clear_i(1'b0), .start_i({{ start }}), .busy_o(stage_busy[{{ index }}]), .mode_i(latent_mode), .source_i(1'b0), .keys_i(keys), .step_i(12'd0),
      .mean_i({ {{ means }} }),
      .log_variance_i({ {{ log_variances }} }),
      .given_index_o({{ name }}_given_index), .given_i(read_data),
      .statistics_valid_o({{ name }}_sends), .statistics_last_o({{ name }}_sends_last), .statistics_o({{ name }}_statistics),
      .write_o({{ name }}_write), .write_group_o({{ name }}_group), .write_data_o({{ name }}_data),
      .planes_o({{ name }}_planes), .sats_o(stage_sats[{{ index }}*16+:16])
  );
  assign stage_clips[{{ index }}*16+:16]   = 16'd0;
  assign stage_samples[{{ index }}*16+:16] = 16'd0;
