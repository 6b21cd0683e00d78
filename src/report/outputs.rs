//! What the network says on the jobs of the page: sentences side by side, music, labels, numbers.

mod sentences;
mod streams;

use super::html::Picture;
use crate::golden::{Golden, Job, JobKind, Run};
use crate::model::{EOS, PAD, SOS, Vocabulary};
use crate::quant::MatVec;
use sentences::{conversation, labelled, new_ones, rewritten};
use streams::{foretold, music};

/// Sequences of one kind that are shown at most.
const SHOWN: usize = 10;

/// A job, and what comes of it on the tiles of the design and on ideal ones.
pub struct Played<'a> {
    /// What was asked.
    pub job: &'a Job,
    /// On the tiles of the design: what the simulated hardware is compared with.
    pub cells: Run,
    /// With exact products.
    pub ideal: Run,
}

/// A sentence word by word, without the marks of begin and end.
fn sentence(vocabulary: &Vocabulary, tokens: impl Iterator<Item = u32>) -> Vec<String> {
    let word = |t: u32| vocabulary.word(t).map_or_else(|| format!("<{t}>"), str::to_string);
    tokens.take_while(|&t| t != EOS).filter(|&t| t != PAD && t != SOS).map(word).collect()
}

/// The first words of what a job reads, as the name of a lane.
pub fn name_of(vocabulary: Option<&Vocabulary>, tokens: &[u32], number: usize) -> String {
    let words = vocabulary.map_or(Vec::new(), |v| sentence(v, tokens.iter().copied()));
    let mut name = String::new();
    for word in words {
        if name.chars().count() + word.chars().count() > 20 {
            return format!("{} …", name.trim_end());
        }
        name += &word;
        name.push(' ');
    }
    if name.is_empty() { format!("sequence {number}") } else { name.trim_end().into() }
}

/// All pictures that these jobs give; `vocabulary` of a trained network that knows words.
pub fn pictures<M: MatVec>(
    golden: &Golden<M>,
    vocabulary: Option<&Vocabulary>,
    played: &[Played],
) -> Vec<Picture> {
    let network = &golden.quant.network;
    let of = |kind: JobKind| played.iter().filter(move |p| p.job.kind == kind).take(SHOWN);
    let mut all = Vec::new();
    if network.bits_block().is_some() {
        all.extend(music(golden, &of(JobKind::Generate).collect::<Vec<_>>()));
        return all;
    }
    if let Some(vocabulary) = vocabulary {
        if network.converses() {
            all.extend(conversation(vocabulary, played));
        } else {
            all.extend(new_ones(vocabulary, &of(JobKind::Generate).collect::<Vec<_>>()));
        }
        all.extend(rewritten(
            vocabulary,
            &of(JobKind::Reconstruct).collect::<Vec<_>>(),
            network.latent().is_some(),
        ));
        all.extend(labelled(vocabulary, &of(JobKind::Label).collect::<Vec<_>>()));
    }
    all.extend(foretold(golden, &of(JobKind::Values).take(3).collect::<Vec<_>>()));
    all
}
