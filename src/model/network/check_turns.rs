//! What a network must be to hold a conversation: what it keeps, what it hears, and what it must not hear.

use super::check::wrong;
use super::{BlockId, ModelError, Network, Op, Over, Time};

impl Network {
    pub(super) fn check_turns(&self) -> Result<(), ModelError> {
        let named = |over| self.loops_over(over).map(|l| self.loops[l].name.as_str()).collect::<Vec<_>>();
        let (turns, heard) = (named(Over::Turns), named(Over::Heard));
        if turns.len() > 1 {
            return Err(wrong(
                "the description",
                "at most one loop over `turns`",
                turns.join(", "),
                "join them",
            ));
        }
        if turns.is_empty() {
            return match heard.first() {
                None => Ok(()),
                Some(name) => {
                    let to_do = "add one whose cells keep what is heard, or make this one run `once`";
                    Err(wrong(format!("loop {name}"), "a loop over `turns` before it", "none", to_do))
                }
            };
        }
        if self.keepers().next().is_none() {
            let at = format!("loop {}", turns[0]);
            return Err(wrong(at, "a cell, which keeps its state", "none", "add one, or make it run `once`"));
        }
        if self.vocabulary_block().is_none() {
            let to_do = "add a loop over `written` with a vocabulary";
            return Err(wrong("a network with a loop over `turns`", "words that it writes", "none", to_do));
        }
        (0..self.blocks.len()).try_for_each(|id| self.check_turn(id))?;
        self.check_unheard()
    }

    /// What a block of a loop over turns, or beside it, may be and read.
    fn check_turn(&self, id: BlockId) -> Result<(), ModelError> {
        let block = &self.blocks[id];
        let over = self.over(id);
        let fits = match block.op {
            Op::Cell { init: None, .. } => over == Over::Turns,
            Op::Linear { .. } | Op::Elementwise { .. } | Op::Slice { .. } | Op::Join { .. } => true,
            Op::Moments { .. } => over == Over::Heard,
            Op::Cell { .. }
            | Op::Embedding { .. }
            | Op::Input { .. }
            | Op::Latent { .. }
            | Op::Draw { .. }
            | Op::Accumulate { .. }
            | Op::Flow { .. }
            | Op::Vocabulary { .. }
            | Op::Label { .. }
            | Op::Auxiliary { .. }
            | Op::Bits { .. }
            | Op::Values { .. } => false,
        };
        if matches!(over, Over::Turns | Over::Heard) && !fits {
            let expected = match over {
                Over::Turns => "a cell that starts at 0, linear, elementwise or slice in a loop over `turns`",
                _ => "moments, linear, elementwise or slice in a loop over `heard`",
            };
            let to_do = "put it into a loop that runs once, behind this one";
            return Err(wrong(self.at(id), expected, block.op.name(), to_do));
        }
        for edge in self.edges(id) {
            let name = &self.blocks[edge.block].name;
            let from = self.over(edge.block);
            if from == Over::Turns && over != Over::Turns && self.time(id, edge) != Time::Heard {
                let to_do = "read it `before`: what is heard counts from the next sentence on";
                return Err(wrong(self.at(id), "what has been heard before its turn", name, to_do));
            }
            if from == Over::Heard && !matches!(over, Over::Heard | Over::Once) {
                let to_do = "read it in a loop that runs once";
                return Err(wrong(self.at(id), "vectors that are there once a sentence", name, to_do));
            }
            if over == Over::Turns && !(from.is_read() || from == Over::Turns) {
                let to_do = "let it read what a loop over positions ends with";
                return Err(wrong(self.at(id), "what has been made of the words alone", name, to_do));
            }
        }
        Ok(())
    }

    /// An answer is written before anybody has read it: nothing but a posterior may look at its words.
    fn check_unheard(&self) -> Result<(), ModelError> {
        let (mut open, mut seen) =
            (self.vocabulary_block().into_iter().collect::<Vec<_>>(), vec![false; self.blocks.len()]);
        while let Some(id) = open.pop() {
            if std::mem::replace(&mut seen[id], true) {
                continue;
            }
            let init = match self.blocks[id].op {
                Op::Cell { init, .. } => init,
                _ => None,
            };
            for edge in self.edges(id).into_iter().chain(init.map(Into::into)) {
                let known_later = match self.blocks[id].op {
                    Op::Draw { posterior, .. } => edge.block == posterior,
                    Op::Latent { .. } => true,
                    _ => self.time(id, edge) == Time::Heard,
                };
                if known_later {
                    continue;
                }
                if self.over(edge.block).is_read() {
                    let to_do = "let the posterior of a draw read it, or a cell of the loop over turns";
                    let name = &self.blocks[edge.block].name;
                    return Err(wrong(self.at(id), "what is known before the sentence is said", name, to_do));
                }
                open.push(edge.block);
            }
        }
        Ok(())
    }
}
