  // {{ name }}
  wire        {{ name }}_sends_last = 1'b1;
  wire [15:0] {{ name }}_label;
  wire [31:0] {{ name }}_sent = {16'd0, {{ name }}_label};
  hvae_label #(
      `HVAE_TILE, .RomPrefix("{{ name }}"), .MatrixNumber({{ m.matrix }}),
      .Classes({{ classes }}), .Lanes({{ lanes }}), .LogitBits({{ logit_bits }}), .Shift({{ shift }}),
      .Inputs({{ m.inputs }}), .BiasCoarse({{ m.bias_coarse }}), .BiasFine({{ m.bias_fine }}), .CoarseBit({{ m.coarse_bit }}),
      .RowTiles({{ m.row_tiles }}), .ColTiles({{ m.col_tiles }}), .Rounds({{ m.rounds }}), .Image({{ m.image }}),
      .AdcShift({{ m.adc_shift }}), .Ranges({{ m.ranges }})
{%- if gains %},
      .Gains(1), .GainFile({`HVAE_ROM_DIR, "/{{ name }}_gains.hex"}){% endif %}
  ) u_{{ name }} (
      .clk_i(clk_i), .rst_i(rst_i), .start_i({{ start }}), .noise_key_i(noise_key), .busy_o(stage_busy[{{ index }}]), .planes_i({{ planes }}),
      .valid_o({{ name }}_sends), .label_o({{ name }}_label),
      .clips_o(stage_clips[{{ index }}*16+:16]), .sats_o(stage_sats[{{ index }}*16+:16]),
      .samples_o(stage_samples[{{ index }}*16+:16]), .ask_o({{ name }}_ask), .tell_i(tell)
  );
