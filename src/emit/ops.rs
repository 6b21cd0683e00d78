//! Stages of frames, dense layers, combinations and heads that send what they make of every step.

use super::frames::FrameStage;
use super::program::{LABELS, VALUES};
use super::stages::{StageBuilder, render};
use super::templates::{CombineStage, DenseStage, Head, LabelStage, Sender, Words};
use crate::model::{Activation, BlockId, Combination, Edge, Op, Time};
use crate::quant::{FRAME_BITS, Format, IntMatrix, QuantBlock, Signal};

impl StageBuilder<'_> {
    /// Elementwise blocks that read the words of block `id`.
    pub(super) fn readers(&self, id: BlockId) -> Vec<BlockId> {
        let network = &self.net.quant.network;
        let reads = |&reader: &BlockId| {
            matches!(network.blocks[reader].op, Op::Elementwise { .. })
                && network.inputs(reader).contains(&id)
        };
        (0..network.blocks.len()).filter(reads).collect()
    }

    /// Others read the words of block `id`, or of a slice of it.
    pub(super) fn has_words(&self, id: BlockId) -> bool {
        !self.readers(id).is_empty() || self.slices(id).into_iter().any(|slice| self.has_words(slice))
    }

    /// Declares the nets with which a stage writes its words, `lanes` a cycle.
    pub(super) fn writes(&mut self, id: BlockId, lanes: usize) {
        let (name, bits) = (self.name(id), self.config.fixed.state_bits as usize);
        self.net(1, &format!("{name}_write"));
        self.net(18, &format!("{name}_group"));
        self.net(lanes * bits, &format!("{name}_data"));
    }

    /// Keeps the words of a stage for those who combine them, if there are any.
    pub(super) fn words(&mut self, id: BlockId, lanes: usize) {
        let readers = self.readers(id);
        if readers.is_empty() {
            return;
        }
        let words = self.words_for(id, &readers, lanes);
        let (width, net) = (words.read_lanes * words.bits as usize, format!("{}_words", words.name));
        self.out.instances.push(render(&words));
        // Above all stages: who reads the step before may stand above this one.
        self.net(width, &net);
    }

    /// The words of block `id`, written `lanes` a cycle, for these readers.
    pub(super) fn words_for(&self, id: BlockId, readers: &[BlockId], lanes: usize) -> Words<'_> {
        let names: Vec<&str> = readers.iter().map(|&reader| self.name(reader)).collect();
        // Those who read in the same cycle read the same group; the others read group 0.
        let groups: Vec<String> = names.iter().map(|name| format!("{name}_reads")).collect();
        Words {
            name: self.name(id),
            written_by: self.name(id),
            part: None,
            readers: names.join(", "),
            clear: self.clear(self.behind(id).0),
            size: self.width(id),
            lanes,
            read_lanes: self.lanes(),
            bits: self.config.fixed.state_bits,
            group: groups.join(" | "),
        }
    }

    /// A stage without converters in a wave writes while those that read what it made in the last beat still
    /// drive their word lines with that.
    fn writes_early(&self, id: BlockId) -> bool {
        let early =
            matches!(self.net.quant.blocks[id], QuantBlock::Input { .. } | QuantBlock::Elementwise { .. });
        early && self.out.schedule.body(self.net.quant.network.blocks[id].within).wave
    }

    /// The net with which the vector of another block drives word lines of `reader`.
    pub(super) fn driven(&self, reader: BlockId, edge: Edge) -> String {
        let now = self.net.quant.network.time(reader, edge) == Time::Now;
        let which = if now && self.writes_early(self.behind(edge.block).0) { "shown" } else { "planes" };
        format!("{}_{which}", self.name(edge.block))
    }

    /// The nets with which block `id` drives word lines of others, as they read them, or as views of it show them.
    pub(super) fn driven_nets(&self, id: BlockId) -> Vec<String> {
        let network = &self.net.quant.network;
        let readers = (0..network.blocks.len()).filter(|&b| !self.net.quant.blocks[b].matrices().is_empty());
        let edges =
            readers.flat_map(|reader| network.edges(reader).into_iter().map(move |edge| (reader, edge)));
        let read = edges.filter(|(_, edge)| edge.block == id).map(|(reader, edge)| self.driven(reader, edge));
        read.chain(self.shown_nets(id)).collect()
    }

    /// Declares the net with which the vector of block `id` drives word lines; it may be that nobody reads it.
    pub(super) fn drives(&mut self, id: BlockId) {
        let name = self.name(id);
        self.net(self.config.fixed.input_bits as usize * self.width(id), &format!("{name}_planes"));
        if self.driven_nets(id).is_empty() {
            self.out.unread.push(format!("{name}_planes"));
        }
    }

    /// Nets of a stage that makes words, and what keeps them; how far a word is shifted to its code.
    fn vector(&mut self, id: BlockId, word: Format, lanes: usize) -> Option<i32> {
        let name = self.name(id);
        self.drives(id);
        self.writes(id, lanes);
        if !self.has_words(id) {
            self.out.unread.extend(["write", "group", "data"].map(|net| format!("{name}_{net}")));
        }
        self.probe(id, "write_o", "write_group_o", "write_data_o", lanes, &[(Signal::Word, word.bits)]);
        self.net.quant.dac[id].map(|dac| word.frac - dac.frac)
    }

    /// What others see of a vector, behind its instance.
    fn seen_of(&mut self, id: BlockId, lanes: usize) {
        self.words(id, lanes);
        let name = self.name(id);
        if self.driven_nets(id).contains(&format!("{name}_shown")) {
            let bits = self.config.fixed.input_bits as usize * self.width(id);
            self.out.instances.push(format!(
                "  // What {name} made in the last beat: others read it while it makes the next.\n  \
                 reg [{}:0] {name}_shown;\n  \
                 always @(posedge clk_i) if (|start) {name}_shown <= {name}_planes;",
                bits - 1
            ));
        }
    }

    pub(super) fn frame(&mut self, id: BlockId, word: Format) {
        let fixed = &self.config.fixed;
        let one = self.net.quant.one();
        let lanes = if one.is_some() { FRAME_BITS } else { 1 };
        let code_shift = self.vector(id, word, lanes);
        let name = self.name(id);
        self.net(16, &format!("{name}_asks"));
        let stage = FrameStage {
            one,
            name,
            index: self.index(id),
            start: self.start(id),
            size: self.width(id),
            state_bits: fixed.state_bits,
            input_bits: fixed.input_bits,
            code_shift,
        };
        self.out.instances.push(render(&stage));
        self.seen_of(id, lanes);
        let what = if one.is_some() { "bits, 16 a cycle" } else { "numbers, one a cycle" };
        self.note(format!("{name}: frames of {} {what}", stage.size));
    }

    /// The word of a frame that is asked for: those who ask in the same cycle ask for the same one.
    pub(super) fn frame_index(&self) -> Option<String> {
        let blocks = self.net.quant.blocks.iter().enumerate();
        let asks = |block: &QuantBlock| matches!(block, QuantBlock::Input { .. } | QuantBlock::Bits { .. });
        let frames = blocks.filter(|(_, block)| asks(block));
        let asked: Vec<String> = frames.map(|(id, _)| format!("{}_asks", self.name(id))).collect();
        (!asked.is_empty()).then(|| asked.join(" | "))
    }

    pub(super) fn dense(
        &mut self,
        id: BlockId,
        matrix: &IntMatrix,
        shift: i32,
        (activation, word): (Activation, Format),
    ) {
        let (quant, fixed) = (&self.net.quant, &self.config.fixed);
        let lanes = self.lanes();
        let code_shift = self.vector(id, word, lanes);
        let table = quant.table(activation);
        let frac = table.map_or(fixed.pre_frac as i32, |table| table.output.frac);
        let stage = DenseStage {
            name: self.name(id),
            index: self.index(id),
            start: self.start(id),
            planes: self.planes(id),
            size: self.width(id),
            lanes,
            pre_bits: fixed.pre_bits,
            state_bits: fixed.state_bits,
            shift,
            word_shift: frac - word.frac,
            table: table.map(|table| (table.function.name(), table.delta_bits)),
            table_bits: fixed.table_bits,
            address_bits: fixed.table_address_bits,
            code_shift,
            gains: self.config.has_gains(),
            m: self.numbers(self.name(id), matrix),
        };
        self.out.instances.push(render(&stage));
        self.seen_of(id, lanes);
        let made = if activation.is_none() { "no activation" } else { activation.name() };
        self.note(format!("{}: {} outputs of {}, {made}", stage.name, stage.size, self.sources(id)));
    }

    pub(super) fn combine(&mut self, id: BlockId, function: Combination, word: Format) {
        let quant = &self.net.quant;
        let fixed = &self.config.fixed;
        let lanes = self.lanes();
        let code_shift = self.vector(id, word, lanes);
        let inputs = quant.network.inputs(id);
        let fracs: Vec<i32> = inputs.iter().map(|&source| quant.word_frac(source)).collect();
        let finest = |fracs: &[i32]| fracs.iter().copied().max().unwrap_or(0);
        // How far words are shifted to one format, and the format of the result.
        let (number, common, one, frac) = match function {
            Combination::Add => (0, finest(&fracs), 0, finest(&fracs)),
            Combination::Subtract => (1, finest(&fracs), 0, finest(&fracs)),
            Combination::Multiply => (2, i32::MIN, 0, fracs[0] + fracs[1]),
            Combination::Blend => (3, finest(&fracs[1..]), fracs[0], fracs[0] + finest(&fracs[1..])),
        };
        let up = |(i, frac): (usize, &i32)| match function {
            Combination::Multiply => 0,
            Combination::Blend if i == 0 => 0,
            Combination::Add | Combination::Subtract | Combination::Blend => common - frac,
        };
        let ups: Vec<i32> = fracs.iter().enumerate().map(up).collect();
        let bytes: Vec<u32> = ups.iter().map(|&up| up as u32).collect();
        let name = self.name(id);
        self.net(18, &format!("{name}_reads"));
        let words: Vec<String> = inputs.iter().rev().map(|&i| format!("{}_words", self.name(i))).collect();
        let stage = CombineStage {
            name,
            index: self.index(id),
            start: self.start(id),
            function: number,
            inputs: inputs.len(),
            words: words.join(", "),
            size: self.width(id),
            lanes,
            state_bits: fixed.state_bits,
            input_bits: fixed.input_bits,
            ups: super::files::packed(&bytes, 8),
            most_up: finest(&ups),
            one_frac: one,
            shift: frac - word.frac,
            code_shift,
        };
        self.out.instances.push(render(&stage));
        self.seen_of(id, lanes);
        let what = match function {
            Combination::Add => "sum",
            Combination::Subtract => "difference",
            Combination::Multiply => "product",
            Combination::Blend => "blend",
        };
        self.note(format!("{name}: {what} of {}", self.sources(id)));
    }

    pub(super) fn label(&mut self, id: BlockId, matrix: &IntMatrix, logit: Format, shift: i32) {
        let lanes = self.config.accelerator.token_lanes.count();
        let name = self.name(id);
        self.net(1, &format!("{name}_sends"));
        let stage = LabelStage {
            name,
            index: self.index(id),
            start: self.start(id),
            planes: self.planes(id),
            classes: self.width(id),
            lanes,
            logit_bits: logit.bits,
            shift,
            gains: self.config.has_gains(),
            m: self.numbers(name, matrix),
        };
        self.out.instances.push(render(&stage));
        self.note(format!("{name}: the label of {}, of {} classes", self.sources(id), stage.classes));
        self.probe(id, "write_valid", "write_group", "write_data", lanes, &[(Signal::Logits, logit.bits)]);
        self.probe(id, "@head_push", "0", &format!("@{name}_label"), 1, &[(Signal::Label, 16)]);
    }

    pub(super) fn values(&mut self, id: BlockId, matrix: &IntMatrix, size: usize, shift: i32) {
        let (name, lanes) = (self.name(id), self.lanes());
        self.net(1, &format!("{name}_working"));
        self.net(1, &format!("{name}_sends"));
        let stage = self.linear(id, matrix, 2, size, (shift, None));
        let busy = format!("{name}_working");
        let stage = super::templates::LinearStage { busy, ..stage };
        self.out.instances.push(render(&stage));
        let bits = self.config.fixed.state_bits;
        let sender = Sender { name, index: stage.index, size, lanes, bits };
        self.out.instances.push(render(&sender));
        self.note(format!("{name}: mean and log-variance, 2 x {size}, of {}, sent", self.sources(id)));
        let signals = [(Signal::Mean, bits), (Signal::LogVariance, bits)];
        self.probe(id, "write_o", "write_group_o", "write_data_o", lanes, &signals);
        self.out.unread.extend([format!("{name}_kept"), format!("{name}_c_data")]);
    }

    /// The block that sends what it makes of every step, as the core sees it.
    pub(super) fn head(&self) -> Option<Head> {
        let network = &self.net.quant.network;
        (0..network.blocks.len()).find_map(|id| {
            let (code, beats) = match network.blocks[id].op {
                Op::Label { .. } => (LABELS.value, 1),
                Op::Values { size, .. } => (VALUES.value, size),
                _ => return None,
            };
            let once = network.is_once(id);
            let beats = if once { beats.to_string() } else { format!("MAX_TOKENS * {beats}") };
            Some(Head { name: self.name(id).into(), code, once, beats })
        })
    }
}
