//! What latents must be to be drawn, and what must not be seen before it is predicted.

use super::check::wrong;
use super::names::unique;
use super::{Block, BlockId, Edge, ModelError, Network, Op, Over, Time};
use crate::config::LatentSteps;

impl Network {
    pub(super) fn check_latent(
        &self,
        id: BlockId,
        moments: &[BlockId],
        steps: LatentSteps,
    ) -> Result<(), ModelError> {
        let other = moments.iter().find(|&&m| !matches!(self.blocks[m].op, Op::Moments { .. }));
        match other {
            Some(&other) => {
                let to_do = "a latent draws Gaussians";
                Err(wrong(self.at(id), "moments", &self.blocks[other].name, to_do))
            }
            None if !self.is_once(id) => {
                let to_do = "put it into a loop that runs once";
                Err(wrong(self.at(id), "a draw once a sequence", self.over(id).name(), to_do))
            }
            None if unique(
                "moments of one latent:",
                moments.iter().map(|&m| self.blocks[m].name.as_str()),
            )
            .is_err() =>
            {
                Err(wrong(self.at(id), "moments that differ", "one of them twice", "leave one out"))
            }
            None if steps != self.latent_steps() => {
                let found = format!("{} and {}", steps.name(), self.latent_steps().name());
                Err(wrong(self.at(id), "the same steps for every latent", found, "make them one"))
            }
            None if !self.latent_moments().ends_with(moments) => {
                let z = self.latent().map_or("none", |z| &self.blocks[z].name);
                let to_do = "let the last latent be made of the moments of all, those of the first one last";
                Err(wrong(self.at(id), format!("moments that {z} ends with"), "others", to_do))
            }
            None => Ok(()),
        }
    }

    pub(super) fn check_moments(
        &self,
        id: BlockId,
        posterior: BlockId,
        prior: Option<BlockId>,
    ) -> Result<(), ModelError> {
        if prior == Some(posterior) {
            return Err(wrong(self.at(id), "a prior of its own", "its posterior", "leave the prior out"));
        }
        let here = |block: &Block| {
            let over = self.loops.get(block.within).map(|l| l.over);
            let asked = matches!(over, Some(Over::Heard | Over::Once));
            block.within == self.blocks[id].within || asked && self.over(id) == Over::Once
        };
        let fits = |block: &Block| matches!(block.op, Op::Moments { .. }) && here(block);
        let apart = prior.filter(|&prior| self.blocks[prior].within != self.blocks[posterior].within);
        match [posterior].into_iter().chain(prior).find(|&gaussian| !fits(&self.blocks[gaussian])) {
            None => match apart {
                None => Ok(()),
                Some(other) => {
                    let to_do = "put them into one loop: one is measured by the other";
                    let expected = "a prior in the loop of its posterior";
                    Err(wrong(self.at(id), expected, &self.blocks[other].name, to_do))
                }
            },
            Some(other) => {
                let to_do = "a draw reads moments of its own loop";
                Err(wrong(self.at(id), "moments of its loop", &self.blocks[other].name, to_do))
            }
        }
    }

    pub(super) fn check_draw(
        &self,
        id: BlockId,
        posterior: BlockId,
        prior: Option<BlockId>,
    ) -> Result<(), ModelError> {
        if self.over(id) != Over::Written && !(self.over(id) == Over::Once && self.converses()) {
            let to_do = "put it into the loop over `written`; a latent that runs once draws z of a sequence";
            return Err(wrong(self.at(id), "a loop over `written`", self.over(id).name(), to_do));
        }
        for gaussian in [posterior].into_iter().chain(prior) {
            let block = &self.blocks[gaussian];
            if self.width(gaussian) != self.width(id) {
                let expected = format!("{} numbers, as {}", self.width(id), self.blocks[posterior].name);
                let found = format!("{} of {}", self.width(gaussian), block.name);
                return Err(wrong(self.at(id), expected, found, "make them of one size"));
            }
        }
        let other =
            |&b: &BlockId| b != id && matches!(self.blocks[b].op, Op::Draw { .. } | Op::Latent { .. });
        match (0..self.blocks.len()).find(other) {
            None => Ok(()),
            Some(other) => {
                let to_do = "a network draws once a step, or once a sequence";
                Err(wrong(self.at(id), "no other latent", &self.blocks[other].name, to_do))
            }
        }
    }

    pub(super) fn check_auxiliary(&self, id: BlockId, target: Edge) -> Result<(), ModelError> {
        let at = format!("{}, target", self.at(id));
        if !self.blocks[id].only_train {
            let to_do = "add only = \"train\": nothing of it leaves the network";
            return Err(wrong(self.at(id), "only = \"train\"", "none", to_do));
        }
        let Some(source) = self.blocks.get(target.block) else {
            return Err(wrong(at, "one of the blocks", target.block, "correct it"));
        };
        let ended = source.within < self.blocks[id].within;
        let vector = !source.op.is_head() && !matches!(source.op, Op::Moments { .. } | Op::Embedding { .. });
        match ended && vector && !target.before {
            true => Ok(()),
            false => {
                let to_do = "let it foretell a vector of a loop that has ended";
                Err(wrong(at, "a vector of an earlier loop", &source.name, to_do))
            }
        }
    }

    /// What a step predicts must not see what it predicts, except through a draw that can do without.
    pub(super) fn check_foresight(&self) -> Result<(), ModelError> {
        let Some(head) = self.written_head() else { return Ok(()) };
        let (mut open, mut seen) = (vec![head], vec![false; self.blocks.len()]);
        while let Some(id) = open.pop() {
            if std::mem::replace(&mut seen[id], true) {
                continue;
            }
            for edge in self.edges(id) {
                if self.time(id, edge) == Time::Ahead {
                    let found = format!("{} at the position that it predicts", self.blocks[edge.block].name);
                    let to_do = "let a posterior read it, which the prior of its draw can replace";
                    return Err(wrong(self.at(id), "what has been read before its step", found, to_do));
                }
                let from_prior = match self.blocks[id].op {
                    Op::Draw { prior, .. } => prior == Some(edge.block),
                    _ => true,
                };
                if from_prior {
                    open.push(edge.block);
                }
            }
        }
        Ok(())
    }

    /// A draw reads this block.
    pub(super) fn is_drawn(&self, id: BlockId) -> bool {
        let draws = self.blocks.iter().filter(|b| matches!(b.op, Op::Draw { .. }));
        draws.flat_map(|b| b.op.edges()).any(|edge| edge.block == id)
    }
}
