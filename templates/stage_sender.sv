  // {{ name }}: they leave when all are there, and until then it works.
  wire        {{ name }}_sending, {{ name }}_sends_last;
  wire [31:0] {{ name }}_sent;
  hvae_sender #(.Size({{ size }}), .Lanes({{ lanes }}), .Bits({{ bits }})) u_{{ name }}_sender (
      .clk_i(clk_i), .rst_i(rst_i), .write_i({{ name }}_write), .write_group_i({{ name }}_group), .write_data_i({{ name }}_data),
      .busy_o({{ name }}_sending), .valid_o({{ name }}_sends), .last_o({{ name }}_sends_last), .data_o({{ name }}_sent)
  );
  assign stage_busy[{{ index }}] = {{ name }}_working || {{ name }}_sending;
