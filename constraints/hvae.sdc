# One clock, 80 MHz. Streams and registers are synchronous to it; the reset is synchronised
# inside (hvae_reset_sync) and needs no timing.
create_clock -name clk -period 12.5 [get_ports clk_i]
set_input_delay  -clock clk 2.5 [remove_from_collection [all_inputs] [get_ports {clk_i rst_ni}]]
set_output_delay -clock clk 2.5 [all_outputs]
set_false_path -from [get_ports rst_ni]
