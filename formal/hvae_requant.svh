// Against another way to say it: floor of the half-added quotient by division, then clamping.
  localparam signed [31:0] F_TOP = (32'sd1 <<< (OutBits - 1)) - 1;
  wire signed [31:0] f_scaled = $signed(value_i) * (32'sd1 <<< UP) + (DOWN > 0 ? 32'sd1 <<< (DOWN > 0 ? DOWN - 1 : 0) : 32'sd0);
  wire signed [31:0] f_step = 32'sd1 <<< DOWN;
  wire signed [31:0] f_toward_zero = f_scaled / f_step;
  wire signed [31:0] f_floor = f_scaled < 0 && f_toward_zero * f_step != f_scaled ? f_toward_zero - 1 : f_toward_zero;
  wire signed [31:0] f_expected = f_floor > F_TOP ? F_TOP : f_floor < -F_TOP - 1 ? -F_TOP - 1 : f_floor;
  always @* begin
    assert ($signed(value_o) == f_expected);
    assert (sat_o == (f_floor != f_expected));
    cover (sat_o && value_i < 0);
    cover (!sat_o && value_o == -1);
  end
