// SPDX-License-Identifier: Apache-2.0
// {{ banner }}
// Numbers that many instances share.

// Geometry of every tile.
`define HVAE_TILE \
    .InputBits({{ g.input_bits }}), .Rows({{ g.rows }}), .Groups({{ g.groups }}), .AdcsPerGroup({{ g.adcs_per_group }}), \
    .WeightsPerGroup({{ g.weights_per_group }}), .CellsPerWeight({{ g.cells_per_weight }}), .Slots({{ g.slots }}), \
    .CellBits({{ g.cell_bits }}), .CodeBits({{ g.code_bits }}), .DacBits({{ g.dac_bits }}), .AdcBits({{ g.adc_bits }}), \
    .AdcLift({{ lift }}), .AdcZero({{ zero }}), .Flip({{ flip }}), .Remap({{ remap }}), .Spare({{ g.spare }}), .LevelShift({{ g.level_shift }}), \
    .Noise({{ noise }}), .Bent({{ bent }}), .HighFirst({{ high_first }}), .Differential({{ differential }}), \
    .WeightBits({{ g.weight_bits }}), .AccBits({{ g.acc_bits }}), .Lossless({{ lossless }}), .SkipZeros({{ skip_zeros }}), .RomDir(`HVAE_ROM_DIR), \
    .Engines({{ engines }}), .AskBits(`HVAE_ASK), .TellBits(`HVAE_TELL)

// Columns are converted 2^HVAE_READ_BITS times in each of the HVAE_READ_PHASES most significant phases, once in the others;
// how many conversions that are beyond one a phase.
`define HVAE_READ_BITS {{ g.read_bits }}
`define HVAE_READ_PHASES {{ g.read_phases }}
`define HVAE_EXTRA_READS {{ extra_reads }}

// A product: {% if engines > 0 %}in turns on the tiles that all matrices share{% else %}on tiles of its own{% endif %}; bits that go there, and that come from there.
`define HVAE_PRODUCT {{ product }}
`define HVAE_ASK {{ ask_bits }}
`define HVAE_TELL {{ tell_bits }}

// Deviations of conversions by their column sum, from the finest range on, and codes of converters
// that are not linear; 0: none.
`define HVAE_FINEST_RANGE {{ g.adc_shift }}
`define HVAE_NOISE_BIN_SHIFT {{ bin_shift }}
`define HVAE_NOISE_SIGMA {{ sigma }}
`define HVAE_ADC_CODES {{ adc_codes }}

// How FPGA tools keep the cells of a tile: "auto", "block" or "distributed" memory.
`ifndef HVAE_CELL_STORAGE
{% if cell_storage == "distributed" %}// What is never written is logic to yosys, not memory.
`ifdef YOSYS
`define HVAE_CELL_STORAGE "logic"
`else
`define HVAE_CELL_STORAGE "distributed"
`endif
{% else %}`define HVAE_CELL_STORAGE "{{ cell_storage }}"
{% endif -%}
`endif

// Where the memory images lie, seen from the folder the tool runs in.
`ifndef HVAE_ROM_DIR
`define HVAE_ROM_DIR "rom"
`endif
