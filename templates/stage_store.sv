  // What {{ source }} made, position by position.
  hvae_step_store #(.Depth(MAX_TOKENS), .Bits({{ bits }})) u_{{ name }} (
      .clk_i(clk_i), .rst_i(rst_i), .busy_i(stage_busy[{{ index }}]), .write_index_i({{ written }}), .data_i({{ source }}_planes),
      .read_index_i({{ read }}), .data_o({{ name }})
  );
