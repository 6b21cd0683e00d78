  // {{ name }}
{%- for pool in pools %}
  wire [{{ pool.bits - 1 }}:0] {{ pool.name }}_kept;
  wire        {{ pool.name }}_start, {{ pool.name }}_busy;
  wire [15:0] {{ pool.name }}_sats;
  hvae_pool #(
      .Mean({{ pool.mean }}), .MaxSteps(MAX_TOKENS), .Size({{ pool.size }}), .Lanes({{ pool.lanes }}), .StateBits({{ numbers.state_bits }}), .PreFrac({{ numbers.pre_frac }}),
      .TableBits({{ numbers.table_bits }}), .TableAddressBits({{ numbers.address_bits }}), .ExpDeltaBits({{ numbers.exp_delta_bits }}), .ExpFile({`HVAE_ROM_DIR, "/exp_half.hex"}),
      .Log2DeltaBits({{ pool.log2_delta_bits }}), .Log2File({`HVAE_ROM_DIR, "/log2_fraction.hex"})
  ) u_{{ pool.name }} (
      .clk_i(clk_i), .rst_i(rst_i), .clear_i(clear),
      .write_i({{ pool.source }}_write), .write_group_i({{ pool.source }}_group), .write_data_i({{ pool.source }}_data),
      .start_i({{ start }}), .start_o({{ pool.name }}_start), .busy_o({{ pool.name }}_busy), .kept_o({{ pool.name }}_kept), .sats_o({{ pool.name }}_sats)
  );
{%- endfor %}
{%- if pools.len() > 0 %}
  wire        {{ name }}_working;
  wire [15:0] {{ name }}_own_sats;
  assign stage_busy[{{ index }}] = {{ name }}_working || {{ pools[0].name }}_busy;
  assign stage_sats[{{ index }}*16+:16] = {{ name }}_own_sats{% for pool in pools %} + {{ pool.name }}_sats{% endfor %};
{%- if pools.len() > 1 %}
  // All of them work side by side.
  wire        unused_{{ name }} = &{1'b0{% for pool in pools.iter().skip(1) %}, {{ pool.name }}_start, {{ pool.name }}_busy{% endfor %}};
{%- endif %}
{%- endif %}
  hvae_latent #(
      .First({{ first }}), {{ numbers }}
  ) u_{{ name }} (
{%- if pools.len() > 0 %}
      .clk_i(clk_i), .rst_i(rst_i), .clear_i(1'b0), .start_i({{ pools[0].name }}_start), .busy_o({{ name }}_working), .mode_i(latent_mode), .source_i(1'b0), .keys_i(keys), .step_i(12'd0),
{%- else %}
      .clk_i(clk_i), .rst_i(rst_i), .clear_i(1'b0), .start_i({{ start }}), .busy_o(stage_busy[{{ index }}]), .mode_i(latent_mode), .source_i(1'b0), .keys_i(keys), .step_i(12'd0),
{%- endif %}
      .mean_i({ {{ means }} }),
      .log_variance_i({ {{ log_variances }} }),
      .given_index_o({{ name }}_given_index), .given_i(read_data),
      .statistics_valid_o({{ name }}_sends), .statistics_last_o({{ name }}_sends_last), .statistics_o({{ name }}_statistics),
      .write_o({{ name }}_write), .write_group_o({{ name }}_group), .write_data_o({{ name }}_data),
      .planes_o({{ name }}_planes), .sats_o({% if pools.len() > 0 %}{{ name }}_own_sats{% else %}stage_sats[{{ index }}*16+:16]{% endif %})
  );
  assign stage_clips[{{ index }}*16+:16]   = 16'd0;
  assign stage_samples[{{ index }}*16+:16] = 16'd0;
