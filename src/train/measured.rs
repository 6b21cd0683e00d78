//! What a net is worth on held-out sequences: sentences by their bound, others by what their head says.

use super::corpus::sentences;
use crate::config::Train;
use crate::model::{
    Answers, Effort, Evaluation, Example, FloatNet, evaluate, evaluate_conversations, measure_answers,
};
use serde::Serialize;

/// Figures of one or the other.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Measured {
    Sentences(Box<Evaluation>),
    Answers(Answers),
}

impl Measured {
    /// Of validation.
    pub fn of(net: &mut FloatNet, examples: &[Example], train: &Train) -> Measured {
        match net.network().vocabulary_block() {
            Some(_) if net.network().converses() => {
                let effort = Effort { reconstruction_limit: 0, ..Effort::default() };
                let figures = evaluate_conversations(net, examples, train.validate_on, &effort);
                Measured::Sentences(Box::new(figures))
            }
            Some(_) => {
                let effort =
                    Effort { reconstruction_limit: 0, padded_batch: train.batch, ..Effort::default() };
                let figures = evaluate(net, &sentences(examples), train.validate_on, &effort);
                Measured::Sentences(Box::new(figures))
            }
            None => Measured::Answers(measure_answers(net, examples)),
        }
    }

    /// What decides which epoch is best: nats a sentence, a label or a number.
    pub fn nll(&self) -> f64 {
        match self {
            Measured::Sentences(figures) => figures.nll,
            Measured::Answers(figures) => figures.nll(),
        }
    }

    /// Mutual information of sentence and z.
    pub fn information(&self) -> f64 {
        match self {
            Measured::Sentences(figures) => figures.mi,
            Measured::Answers(_) => 0.0,
        }
    }
}
