//! What a slice cuts, and what a flow must be to have a density: it can be turned back, and nothing passes it.

use super::check::wrong;
use super::{Activation, BlockId, Edge, ModelError, Network, Op, Time};

impl Network {
    pub(super) fn check_part(
        &self,
        id: BlockId,
        input: Edge,
        from: usize,
        size: usize,
    ) -> Result<(), ModelError> {
        let (at, source) = (self.at(id), &self.blocks[input.block]);
        if source.within != self.blocks[id].within || input.before {
            let to_do = "put it into the loop of what it cuts; who reads it says at which step";
            return Err(wrong(at, "a vector of its own loop and step", &source.name, to_do));
        }
        if matches!(source.op, Op::Embedding { .. } | Op::Flow { .. }) {
            let to_do = "cut what a linear block makes of it";
            return Err(wrong(at, "a vector that a stage makes", &source.name, to_do));
        }
        let width = self.width(input.block);
        match from.checked_add(size).is_some_and(|end| end <= width) {
            true => Ok(()),
            false => {
                let found = format!("{size} from number {from} on");
                let expected = format!("a part of the {width} numbers of {}", source.name);
                Err(wrong(at, expected, found, "count from 0"))
            }
        }
    }

    /// Before any width is asked for.
    pub(super) fn check_flow_latent(&self, id: BlockId, latent: BlockId) -> Result<(), ModelError> {
        match self.blocks.get(latent).map(|block| &block.op) {
            Some(Op::Latent { .. }) => Ok(()),
            _ => {
                let found = self.blocks.get(latent).map_or("none of the blocks", |b| b.name.as_str());
                Err(wrong(format!("{}, latent", self.at(id)), "a latent", found, "name the z it carries on"))
            }
        }
    }

    pub(super) fn check_flow(&self, id: BlockId, latent: BlockId, inputs: &[Edge]) -> Result<(), ModelError> {
        let at = self.at(id);
        if self.blocks.iter().filter(|block| matches!(block.op, Op::Flow { .. })).count() > 1 {
            return Err(wrong(at, "one flow", "another", "let one follow on the other"));
        }
        if let Some(bits) = self.bits_block() {
            let to_do = "leave the flow out where frames are written: their figures have no determinant";
            return Err(wrong(at, "words that are written, or none", &self.blocks[bits].name, to_do));
        }
        if self.latents().count() > 1 || !self.latent_steps().is_last() {
            let to_do = "leave the other latents out, or the flow";
            return Err(wrong(at, "one latent, of the last step", "others", to_do));
        }
        if let Some(edge) = inputs.iter().find(|edge| self.time(id, **edge) != Time::Now) {
            let to_do = "put them into one loop";
            return Err(wrong(at, "inputs of its own loop", &self.blocks[edge.block].name, to_do));
        }
        if self.blocks[latent].within != self.blocks[id].within || latent > id {
            let to_do = "put it into the loop of its latent, below it";
            return Err(wrong(at, "a latent of its own loop", &self.blocks[latent].name, to_do));
        }
        if self.fan_in(id) != self.width(latent) {
            let expected = format!("{} numbers, as {}", self.width(latent), self.blocks[latent].name);
            return Err(wrong(at, expected, self.fan_in(id), "let it read every part of z once"));
        }
        let carried = self.carried();
        let broken = inputs.iter().map(|edge| edge.block).chain(carried.iter().copied());
        let breaks = |id: &BlockId| *id != latent && self.carries(*id).is_none();
        let behind = |id: BlockId| self.carries(id).map_or(id, |edge| edge.block);
        if let Some(other) = broken.flat_map(|id| [id, behind(id)]).find(breaks) {
            let to_do = "let each input be z, a slice of it, or the sum, difference or blend of such a part with others";
            return Err(wrong(
                at,
                "parts of z that are changed step by step",
                &self.blocks[other].name,
                to_do,
            ));
        }
        let open = |gate: &BlockId| {
            !matches!(self.blocks[*gate].op, Op::Linear { activation: Activation::Sigmoid, .. })
        };
        if let Some(gate) = self.flow_gates().into_iter().find(open) {
            let to_do = "let a linear block with activation = \"sigmoid\" make it";
            return Err(wrong(at, "gates between 0 and 1", &self.blocks[gate].name, to_do));
        }
        if !self.turns_back(latent, inputs) {
            let to_do = "add to a part what is made of the others, and let it read every part of z once";
            return Err(wrong(at, "steps that can be turned back", "some that cannot", to_do));
        }
        self.check_bypass(id, latent)
    }

    /// Whether z is known from what the flow has made of it: step by step, a part before it was changed from the same part
    /// behind it, once everything that was added to it is known.
    fn turns_back(&self, latent: BlockId, inputs: &[Edge]) -> bool {
        let carrying = self.carrying();
        // What does not depend on z is known; of what does, first what the flow has made.
        let mut known: Vec<bool> =
            (0..self.blocks.len()).map(|id| id != latent && !carrying.contains(&id)).collect();
        for &id in &carrying {
            known[id] = self.inputs(id).into_iter().all(|source| known[source]);
        }
        inputs.iter().for_each(|edge| known[edge.block] = true);
        loop {
            let before = known.clone();
            for &id in &carrying {
                let sources = self.inputs(id);
                known[id] |= sources.iter().all(|&source| known[source]);
                let carrier = self.carries(id).map(|edge| edge.block).filter(|_| known[id]);
                let Some(carrier) = carrier else { continue };
                if let Op::Slice { .. } = self.blocks[id].op {
                    known[carrier] |= self.covered(carrier, &carrying, &known);
                } else if sources.iter().filter(|&&source| !known[source]).all(|&source| source == carrier) {
                    // Twice its own part would be another map.
                    known[carrier] |= sources.iter().filter(|&&source| source == carrier).count() == 1;
                }
            }
            if known == before {
                return known[latent];
            }
        }
    }

    /// Known slices of `whole`, of those that lead to the flow, make all of it.
    fn covered(&self, whole: BlockId, carrying: &[BlockId], known: &[bool]) -> bool {
        let mut numbers = vec![false; self.width(whole)];
        for &id in carrying.iter().filter(|&&id| known[id]) {
            match self.blocks[id].op {
                Op::Slice { input, from, size } if input.block == whole => {
                    numbers[from..from + size].fill(true);
                }
                _ => {}
            }
        }
        numbers.into_iter().all(|number| number)
    }

    /// What leaves the network has z through the flow alone: a z of the prior is that behind it.
    fn check_bypass(&self, flow: BlockId, latent: BlockId) -> Result<(), ModelError> {
        for head in (0..self.blocks.len()).filter(|&id| self.blocks[id].op.is_head()) {
            let (mut open, mut seen) = (vec![head], vec![false; self.blocks.len()]);
            while let Some(id) = open.pop() {
                if id == latent {
                    let found = format!("{} past it", self.blocks[latent].name);
                    let to_do = format!("read {} instead", self.blocks[flow].name);
                    let at = format!("{}, behind {}", self.at(head), self.blocks[flow].name);
                    return Err(wrong(at, "z through its flow", found, &to_do));
                }
                if id != flow && !std::mem::replace(&mut seen[id], true) {
                    let init = match self.blocks[id].op {
                        Op::Cell { init, .. } => init,
                        _ => None,
                    };
                    open.extend(self.inputs(id).into_iter().chain(init));
                }
            }
        }
        Ok(())
    }
}
