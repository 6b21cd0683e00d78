//! What an accelerator keeps from a job to the next: the conversation so far.

use super::Machine;
use crate::model::BlockId;
use crate::quant::MatVec;
use std::collections::BTreeMap;

/// The states of the cells of a loop over turns; nothing where nothing has been heard.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    kept: BTreeMap<BlockId, Kept>,
}

/// One cell: h, c, and the codes that drive word lines with h.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Kept {
    words: Vec<i64>,
    c: Vec<i64>,
    codes: Vec<i32>,
}

impl Context {
    /// Everything is forgotten.
    pub fn forget(&mut self) {
        self.kept.clear();
    }
}

impl<M: MatVec> Machine<'_, M> {
    /// Goes on from what has been heard.
    pub fn recall(&mut self, context: &Context) {
        for (&id, Kept { words, c, codes }) in &context.kept {
            self.words[id] = words.clone();
            self.c[id] = c.clone();
            self.codes[id] = codes.clone();
            self.show(id);
        }
    }

    /// What stays when the job has ended.
    pub fn kept(&self) -> Context {
        let kept = |id: BlockId| {
            let (words, c, codes) = (self.words[id].clone(), self.c[id].clone(), self.codes[id].clone());
            (id, Kept { words, c, codes })
        };
        Context { kept: self.golden.quant.network.keepers().map(kept).collect() }
    }
}
