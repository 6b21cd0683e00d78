//! Examples as the words of packets.

use super::{Golden, packed};
use crate::model::Example;
use crate::quant::{MatVec, QuantBlock};
use ndarray::ArrayView1;

impl<M: MatVec> Golden<M> {
    /// The words of the packet that brings an example.
    pub fn packet(&self, example: &Example) -> Vec<i32> {
        let word = self.quant.blocks.iter().find_map(|block| match block {
            QuantBlock::Input { word } => Some(word),
            _ => None,
        });
        if self.quant.frame_words().is_some() {
            let bits = |frame: ArrayView1<'_, f32>| frame.iter().map(|&bit| bit > 0.5).collect::<Vec<_>>();
            let words = example.frames.outer_iter().flat_map(|frame| packed(&bits(frame)));
            return words.map(|word| word as i32).collect();
        }
        match word {
            Some(word) => example.frames.iter().map(|&v| word.encode(v.into()) as i32).collect(),
            None => example.tokens.iter().map(|&t| t as i32).collect(),
        }
    }
}
