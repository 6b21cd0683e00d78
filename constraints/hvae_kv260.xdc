# {{ banner }}
# AMD Kria KV260 (K26, Zynq UltraScale+), for Vivado: clock and reset of hvae_top, out of context.
#
# The processor drives it: connect s_axil to a general-purpose master port (M_AXI_HPM0_FPD, through
# an AXI interconnect that converts to AXI4-Lite), the streams to an AXI DMA, and aclk to pl_clk0
# set to {{ clock_mhz }} MHz. No pin of the board is used.
create_clock -name clk -period {{ period_ns }} [get_ports aclk]

# The reset is synchronised inside (hvae_reset_sync).
set_false_path -from [get_ports aresetn]

# Interfaces are synchronous to the clock: a fifth of the period for the logic outside.
set_input_delay  -clock clk {{ delay_ns }} [get_ports { {{ inputs }} }]
set_output_delay -clock clk {{ delay_ns }} [get_ports { {{ outputs }} }]
