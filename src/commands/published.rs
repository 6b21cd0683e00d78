//! Published figures of language models, to stand beside ours.

use super::Failure;
use super::out::say;

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

/// The sets that rows are known of.
const SETS: [&str; 2] = ["ptb", "yahoo"];

/// `Err` for a set without rows.
pub fn known(set: &str) -> Result<(), Failure> {
    if SETS.contains(&set) {
        return Ok(());
    }
    let sets = SETS.join(", ");
    Err(Failure::input(format!("--beside {set}: expected one of {sets}, the sets of the published table")))
}

/// Prints the rows of `set` under the columns of `eval`.
pub fn print(set: &str) -> Result<(), Failure> {
    say!("published, {set}:")?;
    for row in &ROWS {
        let [nll, ppl, kl] = if set == "ptb" { row.ptb } else { row.yahoo };
        let protocol = if PAPER.contains(&row.name) { "paper" } else { "bound" };
        say!("{:<9} {protocol:<8} {nll:>8.1} {ppl:>8.1} {kl:>7.1}", row.name)?;
    }
    Ok(())
}
