//! What a stage reads, as nets of the core: planes of another stage, of several side by side, or of a store
//! that kept them position by position.

use super::stages::{StageBuilder, render};
use super::templates::StoreStage;
use super::views::side_by_side;
use crate::model::{BlockId, Edge, Over, Time};

impl StageBuilder<'_> {
    /// The net that drives the word lines of the one matrix of block `id`.
    pub(super) fn planes(&mut self, id: BlockId) -> String {
        let edges = self.net.quant.network.edges(id);
        let nets: Vec<String> = edges.iter().map(|&edge| self.seen(id, edge)).collect();
        if let [net] = &nets[..] {
            return net.clone();
        }
        let bits = self.config.fixed.input_bits as usize;
        let sized = nets.into_iter().zip(&edges).map(|(net, edge)| (net, self.width(edge.block)));
        let joined = side_by_side(&sized.collect::<Vec<_>>(), bits);
        let name = format!("{}_inputs", self.name(id));
        self.net(bits * self.net.quant.network.fan_in(id), &name);
        self.out.instances.push(format!("  assign {name} = {joined};"));
        name
    }

    /// The net that an edge of `reader` brings.
    pub(super) fn seen(&mut self, reader: BlockId, edge: Edge) -> String {
        let network = &self.net.quant.network;
        let source = self.name(edge.block);
        let time = network.time(reader, edge);
        if !matches!(time, Time::Each | Time::Ahead) {
            return self.driven(reader, edge);
        }
        let name = format!("{}_{source}_at", self.name(reader));
        // What is read twice is kept once.
        if self.out.nets.iter().any(|net| net.ends_with(&format!(" {name};"))) {
            return name;
        }
        let bits = self.config.fixed.input_bits as usize * self.width(edge.block);
        self.net(bits, &name);
        let store = StoreStage {
            name: &name,
            source,
            bits,
            index: self.index(self.behind(edge.block).0),
            written: self.position(self.behind(edge.block).0),
            read: match time {
                // The position that the step predicts.
                Time::Ahead => format!("{} + 16'd1", self.position(reader)),
                _ => self.position(reader),
            },
        };
        self.out.instances.push(render(&store));
        name
    }

    /// The position that a stage works on: in a wave it lies as many steps back as the stage is deep.
    pub(super) fn position(&self, id: BlockId) -> String {
        let body = self.out.schedule.body(self.net.quant.network.blocks[id].within);
        match (body.wave, body.depth(id).unwrap_or(0), body.over) {
            (false, ..) | (true, 0, _) => "position".into(),
            (true, depth, Over::Backwards) => format!("position + 16'd{depth}"),
            (true, depth, Over::Positions | Over::Once | Over::Turns | Over::Heard | Over::Written) => {
                format!("position - 16'd{depth}")
            }
        }
    }
}
