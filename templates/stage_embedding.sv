  // {{ name }}
  hvae_embedding #(
      .Vocabulary(VOCABULARY), .Size({{ size }}), .InputBits({{ input_bits }}), .InitFile({`HVAE_ROM_DIR, "/{{ name }}.hex"})
  ) u_{{ name }} (.clk_i(clk_i), .read_i({{ start }}), .token_i(token), .planes_o({{ name }}_planes));
