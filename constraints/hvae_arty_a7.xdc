# {{ banner }}
# Digilent Arty A7 (Xilinx Artix-7), for Vivado: clock and reset of hvae_top, out of context.
#
# The accelerator's streams and registers are meant for a bus inside the FPGA (a soft core or a
# bridge), so they have no pins here. The board's oscillator runs at 100 MHz on pin E3: make
# {{ clock_mhz }} MHz of it with an MMCM in your top level.
create_clock -name clk -period {{ period_ns }} [get_ports aclk]

# The reset is synchronised inside (hvae_reset_sync).
set_false_path -from [get_ports aresetn]

# Interfaces are synchronous to the clock: a fifth of the period for the logic outside.
set_input_delay  -clock clk {{ delay_ns }} [get_ports { {{ inputs }} }]
set_output_delay -clock clk {{ delay_ns }} [get_ports { {{ outputs }} }]
