//! Published figures of language models, to stand beside ours.

use crate::model::Protocol;

/// A set that figures were published of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishedSet {
    /// Penn Treebank.
    Ptb,
    /// Answers of Yahoo.
    Yahoo,
}

/// A row of the published table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Published {
    /// Of the model.
    pub name: &'static str,
    /// `Paper` is no bound, and not comparable with the others.
    pub protocol: Protocol,
    /// Nats a sentence.
    pub nll: f64,
    /// Perplexity a token.
    pub ppl: f64,
    /// Nats a sentence.
    pub kl: f64,
}

/// A row of Table 2 of HSR-VAE (Hu & Yang, JEIT 45(2), 2023), which quotes the others from their papers.
struct Row {
    name: &'static str,
    /// NLL in nats a sentence, PPL, KL; PTB, then Yahoo.
    ptb: [f64; 3],
    yahoo: [f64; 3],
}

const ROWS: [Row; 8] = [
    Row { name: "VAE-LSTM", ptb: [101.2, 101.4, 0.0], yahoo: [328.6, 61.2, 0.0] },
    Row { name: "SA-VAE", ptb: [101.0, 100.7, 1.3], yahoo: [327.2, 60.2, 5.2] },
    Row { name: "Cyc-VAE", ptb: [102.8, 109.0, 1.4], yahoo: [330.6, 65.3, 2.1] },
    Row { name: "Lag-VAE", ptb: [100.9, 99.8, 7.2], yahoo: [326.7, 59.8, 5.7] },
    Row { name: "BN-VAE", ptb: [100.2, 96.9, 7.2], yahoo: [327.4, 60.2, 8.8] },
    Row { name: "SRI-VAE", ptb: [101.2, 94.2, 10.1], yahoo: [327.3, 57.0, 16.1] },
    Row { name: "TWR-VAE", ptb: [86.6, 40.9, 5.0], yahoo: [317.3, 50.2, 3.3] },
    Row { name: "HSR-VAE", ptb: [79.4, 30.2, 9.1], yahoo: [290.7, 35.8, 8.7] },
];

/// Rows whose figures are those of the paper's protocol: z at its mean, KL averaged over the steps,
/// PPL per token of the longer count. No bound, and not comparable with the others.
const PAPER: [&str; 2] = ["TWR-VAE", "HSR-VAE"];

impl PublishedSet {
    /// The sets that rows are known of.
    pub const ALL: [PublishedSet; 2] = [PublishedSet::Ptb, PublishedSet::Yahoo];

    /// In small letters.
    pub const fn name(self) -> &'static str {
        match self {
            PublishedSet::Ptb => "ptb",
            PublishedSet::Yahoo => "yahoo",
        }
    }

    /// The set of that name.
    pub fn find(name: &str) -> Option<PublishedSet> {
        PublishedSet::ALL.into_iter().find(|set| set.name() == name)
    }

    /// What was published of it.
    pub fn rows(self) -> impl Iterator<Item = Published> {
        ROWS.iter().map(move |row| {
            let [nll, ppl, kl] = match self {
                PublishedSet::Ptb => row.ptb,
                PublishedSet::Yahoo => row.yahoo,
            };
            let protocol = if PAPER.contains(&row.name) { Protocol::Paper } else { Protocol::Honest };
            Published { name: row.name, protocol, nll, ppl, kl }
        })
    }
}
