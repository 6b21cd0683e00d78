  // Words of {{ name }}, for {{ readers }}.
  hvae_words #(.Size({{ size }}), .WriteLanes({{ lanes }}), .ReadLanes({{ read_lanes }}), .Bits({{ bits }})) u_{{ name }}_words (
      .clk_i(clk_i), .clear_i(clear), .write_i({{ name }}_write), .write_group_i({{ name }}_group), .write_data_i({{ name }}_data),
      .read_group_i({{ group }}), .read_data_o({{ name }}_words)
  );
