//! What each sentence costs: the dearest below their row, all of them as a table.

use crate::commands::Failure;
use crate::commands::out::say;
use hvae_mnn::eval::Row;
use hvae_mnn::model::{SentenceLoss, TrainedModel};

/// The first line of the table of losses.
pub const LOSSES: &str = "on\tprotocol\tsentence\ttokens\tnll\treconstruction\tkl\n";

/// A line for each sentence of a row, counted from 1.
pub fn lines_of(row: &Row, losses: &[SentenceLoss]) -> String {
    let (on, protocol) = (format!("{:?}", row.on).to_lowercase(), row.figures.protocol.name());
    let line = |(i, loss): (usize, &SentenceLoss)| {
        let SentenceLoss { tokens, reconstruction, kl } = loss;
        format!("{on}\t{protocol}\t{}\t{tokens}\t{}\t{reconstruction}\t{kl}\n", i + 1, loss.nll())
    };
    losses.iter().enumerate().map(line).collect()
}

/// The sentences that cost most, below their row.
pub fn print_worst(
    model: &TrainedModel,
    sentences: &[Vec<u32>],
    losses: &[SentenceLoss],
    count: usize,
) -> Result<(), Failure> {
    SentenceLoss::worst(losses, count).into_iter().try_for_each(|i| {
        let text = model.vocabulary.decode(&sentences[i]);
        say!("  {:>8.3} nats (KL {:.3}), sentence {}: {text}", losses[i].nll(), losses[i].kl, i + 1)
    })
}
