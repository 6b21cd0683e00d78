//! Recurrent cells: a module of their own each, and their instance in the core.

use super::stages::{StageBuilder, render};
use super::templates::{CellModule, CellPart, CellStage};
use crate::config::CellKind;
use crate::model::BlockId;
use crate::quant::{QuantCell, Signal};

/// Cycles of a gate lane, as the header of `rtl/hvae_gate_*.sv` states them. (The golden model has
/// its own: neither may lean on the other.)
const fn gate_latency(kind: CellKind) -> u32 {
    match kind {
        CellKind::Rnn => 6,
        CellKind::Gru => 16,
        CellKind::Lstm => 15,
    }
}

impl StageBuilder<'_> {
    pub(super) fn cell(&mut self, id: BlockId, cell: &QuantCell) {
        let fixed = &self.config.fixed;
        let name = self.name(id);
        let bridge = cell.init.map(|b| self.name(b));
        let from =
            |net: &str, otherwise: &str| bridge.map_or(otherwise.to_string(), |b| format!("{b}_{net}"));
        let state_bits = self.lanes() as u32 * fixed.state_bits;
        let no_state = format!("{state_bits}'d0");
        let (inputs, _) = cell.parts.split_at(cell.parts.len() - 1);
        self.drives(id);
        let words = self.has_words(id);
        if words {
            self.writes(id, self.lanes());
        }
        let mut sources = Vec::new();
        for part in inputs {
            sources.push((part.name.as_str(), self.seen(id, part.edge)));
        }
        let stage = CellStage {
            name,
            index: self.index(id),
            start: self.start(id),
            clear: self.clear(id),
            sources,
            words,
            load: from("write", "1'b0"),
            load_group: from("group", "18'd0"),
            load_h: from("data", &no_state),
            load_c: match self.net.quant.network.memory_start(id) {
                Some(_) => from("c_data", &no_state),
                None => no_state,
            },
        };
        self.out.instances.push(render(&stage));
        let module = self.cell_module(id, cell);
        self.out.modules.push((format!("hvae_{name}.sv"), module + "\n"));
        self.words(id, self.lanes());
        let feeds = self.sources(id);
        self.note(format!("{name}: {} of {} units on {feeds}", cell.kind.name(), cell.hidden));
        let lanes = self.lanes();
        self.probe(id, "write_valid", "write_group", "write_h", lanes, &[(Signal::H, fixed.state_bits)]);
        if cell.c.is_some() {
            self.probe(id, "write_valid", "write_group", "write_c", lanes, &[(Signal::C, fixed.state_bits)]);
        }
    }

    fn cell_module(&self, id: BlockId, cell: &QuantCell) -> String {
        let quant = &self.net.quant;
        let fixed = &self.config.fixed;
        let name = self.name(id);
        let part = |p: &crate::quant::QuantPart| {
            let rom = format!("{name}_{}", p.name);
            let planes = if p.name == RECURRENT { "planes_o".into() } else { format!("{}_planes_i", p.name) };
            CellPart {
                name: p.name.clone(),
                upper: p.name.to_uppercase(),
                planes,
                sample: if self.out.schedule.constant(p.edge.block, id) {
                    "sample && first_step_q"
                } else {
                    "sample"
                },
                shift: p.shift,
                from: 0,
                m: self.numbers(&rom, &p.matrix),
                rom,
            }
        };
        let mut parts: Vec<CellPart> = cell.parts.iter().map(part).collect();
        if self.net.engine.is_some() {
            // One after the other, what stays the same last.
            let mut from = 0;
            let (steady, kept): (Vec<_>, Vec<_>) = parts.iter_mut().partition(|part| part.sample == "sample");
            for part in steady.into_iter().chain(kept) {
                part.from = from;
                from += part.m.rounds;
            }
        }
        let inputs = &parts[..parts.len() - 1];
        let gates = cell.kind.gates();
        let lanes_of = |bus: &str| {
            let gate = |g: usize| format!("{bus}[({g}*LANES+l)*PRE_BITS+:PRE_BITS]");
            (0..gates).rev().map(gate).collect::<Vec<_>>().join(", ")
        };
        let listed = |suffix: &str, joint: &str| {
            parts.iter().map(|p| format!("{}_{suffix}", p.name)).collect::<Vec<_>>().join(joint)
        };
        let input_pres =
            inputs.iter().rev().map(|p| format!("{}_pre", p.name)).collect::<Vec<_>>().join(", ");
        let lstm = cell.kind == CellKind::Lstm;
        let module = CellModule {
            banner: self.banner,
            name,
            kind: cell.kind.name(),
            kind_name: match cell.kind {
                CellKind::Rnn => "plain recurrent cells (tanh)",
                CellKind::Gru => "gated recurrent units",
                CellKind::Lstm => "long short-term memories",
            },
            hidden: cell.hidden,
            lanes: self.lanes(),
            gates,
            latency: gate_latency(cell.kind),
            pre_bits: fixed.pre_bits as usize,
            state_bits: fixed.state_bits as usize,
            input_bits: fixed.input_bits as usize,
            phases: self.net.geometry.all_reads(),
            slots: self.net.geometry.slots,
            rounds: self.net.rounds[id],
            later_rounds: self.net.rounds[id] - self.net.kept_rounds(&self.out.schedule, id),
            wait: 5 + self.net.told(),
            asks: listed("ask", " | "),
            gains: self.config.has_gains(),
            h_shift: cell.h.frac - quant.dac[id].expect("h drives word lines").frac,
            once: if parts.iter().any(|p| p.sample != "sample") { FIRST_STEP } else { "" },
            inputs,
            parts: parts.iter().collect(),
            input_pres: if inputs.len() > 1 { format!("{{{input_pres}}}") } else { input_pres },
            old_c: if lstm { "old_c, " } else { "" },
            gate_parameters: self.gate_parameters(cell),
            gate_x: lanes_of("x"),
            gate_h: lanes_of("h"),
            gate_ports: match cell.kind {
                CellKind::Rnn => "",
                CellKind::Gru => "          .h_prev_i(old_h[l*STATE_BITS+:STATE_BITS]),",
                CellKind::Lstm => {
                    "          .c_prev_i(old_c[l*STATE_BITS+:STATE_BITS]),\n          .c_o     (write_c[l*STATE_BITS+:STATE_BITS]),"
                }
            },
            c_state: if lstm { C_STATE } else { "  assign write_c = {LANES*STATE_BITS{1'b0}};\n" },
            clips: listed("clips", " + "),
            sats: listed("sats", " + "),
            samples: listed("samples", " + "),
            words: self.has_words(id),
            unused: if lstm { "old_h" } else { "old_h, load_c_i, write_c" },
        };
        render(&module)
    }

    fn gate_parameters(&self, cell: &QuantCell) -> String {
        let quant = &self.net.quant;
        let fixed = &self.config.fixed;
        let mut all = vec![
            format!(".PreBits(PRE_BITS), .StateBits(STATE_BITS), .HFrac({})", cell.h.frac),
            format!(".TableBits({}), .TableAddressBits({})", fixed.table_bits, fixed.table_address_bits),
            format!(".TanhDeltaBits({}), .TanhFile({{`HVAE_ROM_DIR, \"/tanh.hex\"}})", quant.tanh.delta_bits),
        ];
        if cell.kind != CellKind::Rnn {
            let bits = quant.sigmoid.delta_bits;
            all.push(format!(".SigmoidDeltaBits({bits}), .SigmoidFile({{`HVAE_ROM_DIR, \"/sigmoid.hex\"}})"));
        }
        if let Some(c) = cell.c {
            all.push(format!(".PreFrac({}), .CFrac({})", fixed.pre_frac, c.frac));
        }
        all.iter().map(|line| format!("          {line}")).collect::<Vec<_>>().join(",\n")
    }
}

/// The part of a cell that reads its own state.
const RECURRENT: &str = "h";

/// Which step of a job this is, where a product stays the same in all of them: it is converted in the first
/// one, and the tiles keep its sums.
const FIRST_STEP: &str = "
  // A product that stays the same in a sentence is converted in its first step alone: tiles keep sums.
  reg ran_q, first_step_q;
  always @(posedge clk_i)
    if (rst_i || clear_i) ran_q <= 1'b0;
    else if (start_i) ran_q <= 1'b1;
  always @(posedge clk_i) if (start_i) first_step_q <= !ran_q;
";

/// The cell states of an LSTM level, beside its hidden states.
const C_STATE: &str = "\
  wire [HIDDEN-1:0] unused_c_planes;
  wire [15:0] unused_c_sats;
  hvae_state_vec #(
      .Size(HIDDEN), .Lanes(LANES), .Bits(STATE_BITS), .InputBits(1), .Shift(0), .HasPlanes(0)
  ) u_c_state (
      .clk_i(clk_i), .clear_i(clear_i), .write_i(load_i || write_valid),
      .write_group_i(load_i ? load_group_i : write_group), .write_data_i(load_i ? load_c_i : write_c),
      .read_group_i(group3), .read_data_o(old_c), .planes_o(unused_c_planes), .sats_o(unused_c_sats)
  );
";
