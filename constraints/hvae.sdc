# {{ banner }}
# One clock of {{ clock_mhz }} MHz ([accelerator] clock_mhz). Streams and registers are synchronous to
# it; the reset is synchronised inside (hvae_reset_sync) and needs no timing.
create_clock -name clk -period {{ period_ns }} [get_ports aclk]
# A fifth of the period for the logic outside.
set_input_delay  {{ delay_ns }} -clock clk [get_ports { {{ inputs }} }]
set_output_delay {{ delay_ns }} -clock clk [get_ports { {{ outputs }} }]
set_false_path -from [get_ports aresetn]
