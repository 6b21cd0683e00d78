  // Words of {{ name }}, for {{ readers }}.
  hvae_words #(.Size({{ size }}), .WriteLanes({{ lanes }}), .ReadLanes({{ read_lanes }}), .Bits({{ bits }}){% if let Some((from, whole)) = part %}, .From({{ from }}), .Total({{ whole }}){% endif %}) u_{{ name }}_words (
      .clk_i(clk_i), .clear_i({{ clear }}), .write_i({{ written_by }}_write), .write_group_i({{ written_by }}_group), .write_data_i({{ written_by }}_data),
      .read_group_i({{ group }}), .read_data_o({{ name }}_words)
  );
