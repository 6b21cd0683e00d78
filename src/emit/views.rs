//! Views: nets that show what stages make, without a cycle. Slices, and z behind its flow.

use super::stages::{StageBuilder, render};
use super::templates::Words;
use crate::model::BlockId;
use crate::quant::QuantBlock;

impl StageBuilder<'_> {
    /// The stage behind a slice, or the block itself; where the slice begins in it.
    pub(super) fn behind(&self, id: BlockId) -> (BlockId, usize) {
        match self.net.quant.blocks[id] {
            QuantBlock::Slice { source, from } => {
                let (stage, first) = self.behind(source);
                (stage, first + from)
            }
            _ => (id, 0),
        }
    }

    /// The slices that are cut of block `id`.
    pub(super) fn slices(&self, id: BlockId) -> Vec<BlockId> {
        let blocks = self.net.quant.blocks.iter().enumerate();
        let cut = |block: &QuantBlock| matches!(block, QuantBlock::Slice { source, .. } if *source == id);
        blocks.filter(|(_, block)| cut(block)).map(|(slice, _)| slice).collect()
    }

    /// The flow that shows block `id`, if there is one.
    fn flow_of(&self, id: BlockId) -> Option<BlockId> {
        let (flow, latent, inputs) = self.net.quant.network.flow()?;
        (latent == id || inputs.iter().any(|edge| edge.block == id)).then_some(flow)
    }

    /// The nets of block `id` that views of it need, so that theirs show what is read of them.
    pub(super) fn shown_nets(&self, id: BlockId) -> Vec<String> {
        let mut nets = Vec::new();
        for slice in self.slices(id) {
            let of_slice = self.driven_nets(slice);
            let ends = |which: &&str| of_slice.contains(&format!("{}_{which}", self.name(slice)));
            nets.extend(
                ["planes", "shown"].iter().copied().filter(ends).map(|w| format!("{}_{w}", self.name(id))),
            );
        }
        if self.flow_of(id).is_some_and(|flow| !self.driven_nets(flow).is_empty()) {
            nets.push(format!("{}_planes", self.name(id)));
        }
        nets
    }

    /// Says that a net may have bits that nobody reads.
    fn in_part(&mut self, net: String) {
        if !self.out.unread.contains(&net) {
            self.out.unread.push(net);
        }
    }

    pub(super) fn slice(&mut self, id: BlockId, source: BlockId, from: usize) {
        let (name, of, size) = (self.name(id), self.name(source), self.width(id));
        let (bits, whole) = (self.config.fixed.input_bits as usize, self.width(source));
        let driven = self.driven_nets(id);
        for which in ["planes", "shown"] {
            let net = format!("{name}_{which}");
            if !driven.contains(&net) {
                continue;
            }
            self.net(bits * size, &net);
            // Bit b of every number, then bit b + 1.
            let plane = |b: usize| {
                let first = b * whole + from;
                format!("{of}_{which}[{}:{first}]", first + size - 1)
            };
            let planes: Vec<String> = (0..bits).rev().map(plane).collect();
            let planes = planes.join(",\n      ");
            let last = from + size - 1;
            self.out.instances.push(format!(
                "  // {name}: numbers {from} to {last} of {of}.\n  assign {net} = {{{planes}}};"
            ));
            self.in_part(format!("{of}_{which}"));
        }
        self.words_of_slice(id);
        self.note(format!("{name}: {size} numbers of {of}, from number {from} on (wires)"));
    }

    /// Keeps the words of a slice for those who combine them, if there are any.
    fn words_of_slice(&mut self, id: BlockId) {
        let readers = self.readers(id);
        if readers.is_empty() {
            return;
        }
        let (stage, from) = self.behind(id);
        let alone = matches!(
            self.net.quant.blocks[stage],
            QuantBlock::Input { .. } | QuantBlock::Latent { .. } | QuantBlock::Draw { .. }
        );
        let lanes = if alone { 1 } else { self.lanes() };
        let part = Some((from, self.width(stage)));
        let words = Words { written_by: self.name(stage), part, ..self.words_for(id, &readers, lanes) };
        self.out.instances.push(render(&words));
        self.net(self.lanes() * self.config.fixed.state_bits as usize, &format!("{}_words", self.name(id)));
    }

    pub(super) fn flow(&mut self, id: BlockId, latent: BlockId) {
        let (name, of) = (self.name(id), self.name(latent));
        let network = &self.net.quant.network;
        let parts: Vec<(String, usize)> = network
            .inputs(id)
            .into_iter()
            .map(|part| (format!("{}_planes", self.name(part)), self.width(part)))
            .collect();
        self.drives(id);
        if self.driven_nets(id).is_empty() {
            self.out.instances.push(format!("  assign {name}_planes = {of}_planes;  // nobody reads it"));
            return;
        }
        let bits = self.config.fixed.input_bits as usize;
        let made = side_by_side(&parts, bits);
        self.out.instances.push(format!(
            "  // {name}: what the flow has made of {of}; {of} itself where it is of the prior, or given.\n  \
             assign {name}_planes = draw[1] ? {of}_planes : {made};"
        ));
        self.note(format!("{name}: {of} behind its flow, of {} (wires)", self.sources(id)));
    }
}

/// Planes of several vectors of these sizes as those of one: bit b of every source, the first one lowest; then bit b + 1.
pub(super) fn side_by_side(nets: &[(String, usize)], bits: usize) -> String {
    let plane = |b: usize| {
        let part = |(net, size): &(String, usize)| format!("{net}[{}:{}]", (b + 1) * size - 1, b * size);
        nets.iter().rev().map(part).collect::<Vec<_>>().join(", ")
    };
    let planes: Vec<String> = (0..bits).rev().map(plane).collect();
    format!("{{{}}}", planes.join(",\n      "))
}
