// Against another way to say it: the number that v + half lies at or above, by less than a step
// of 2^DOWN, and clamping. (InBits and OutBits of the proof fit 16 bits.)
  localparam signed [23:0] F_TOP = (24'sd1 <<< (OutBits - 1)) - 24'sd1;
  wire signed [23:0] f_value = $signed(value_i);
  wire signed [23:0] f_raised = (f_value <<< UP) + (DOWN > 0 ? (24'sd1 <<< DOWN) >>> 1 : 24'sd0);
  (* anyconst *) reg signed [23:0] f_rounded;
  always @* assume (f_rounded > -24'sd20000 && f_rounded < 24'sd20000);
  always @* assume ((f_rounded <<< DOWN) <= f_raised && f_raised < ((f_rounded + 24'sd1) <<< DOWN));
  wire signed [23:0] f_expected = f_rounded > F_TOP ? F_TOP : f_rounded < -F_TOP - 24'sd1 ? -F_TOP - 24'sd1 : f_rounded;
  wire signed [23:0] f_got = $signed(value_o);
  always @* begin
    assert (f_got == f_expected);
    assert (sat_o == (f_rounded != f_expected));
    cover (sat_o && f_value < 0);
    cover (!sat_o && f_got == -24'sd1);
  end
