//! What a network is worth, whatever computes it, and what others have published.

mod answers;
mod bleu;
mod controls;
mod conversations;
mod places;
mod published;

pub use answers::{ANSWERS, AnswerMeter, AnswerQuality};
pub use bleu::{Smoothing, bleu};
pub use controls::{Control, Controls};
pub use conversations::{AnswersRow, answer, measure_conversations};
pub use places::{PlaceRow, Vector, by_place};
pub use published::{Published, PublishedSet};

use crate::config::Config;
use crate::crossbar::CrossbarNet;
use crate::golden::{Golden, GoldenEngine};
use crate::model::{
    Answers, Effort, Engine, Evaluation, Example, Protocol, SentenceLoss, TrainedModel, UNK, evaluate_each,
    measure_answers,
};
use serde::Serialize;

/// What computes the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum On {
    /// Single precision, as trained
    Float,
    /// Integers, exact products
    Fixed,
    /// Integers on tiles, through the ADC
    Crossbar,
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// What computed it.
    pub on: On,
    /// What it is worth.
    #[serde(flatten)]
    pub figures: Evaluation,
    /// Of the importance-weighted bound, where there is one.
    pub iwae_samples: Option<usize>,
    /// Conversions that clipped.
    pub adc_clips: u64,
    /// Results that their format did not hold.
    pub saturations: u64,
}

/// One line of the table of a model that writes no words.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AnswerRow {
    /// Which engine.
    pub on: On,
    /// What it answered.
    #[serde(flatten)]
    pub figures: Answers,
    /// Conversions that a converter clipped.
    pub adc_clips: u64,
    /// Results that their format did not hold.
    pub saturations: u64,
}

/// What an engine made, with the conversions that a converter clipped and the results that their format did not hold.
struct Made<T> {
    figures: T,
    adc_clips: u64,
    saturations: u64,
}

/// What `work` makes with one engine; `net` for those that are not float.
fn with_engine<T>(
    model: &TrainedModel,
    net: Option<&CrossbarNet>,
    config: &Config,
    on: On,
    work: impl FnOnce(&mut dyn Engine) -> T,
) -> Made<T> {
    let Some(net) = net.filter(|_| on != On::Float) else {
        return Made { figures: work(&mut model.float_net()), adc_clips: 0, saturations: 0 };
    };
    match on {
        On::Float | On::Fixed => {
            let golden = Golden::ideal(&net.quant, &net.geometry, &config.accelerator);
            let mut engine = GoldenEngine::new(&golden);
            engine.float_draws = true;
            let figures = work(&mut engine);
            Made { figures, adc_clips: engine.adc_clips, saturations: engine.saturations }
        }
        On::Crossbar => {
            let golden = Golden::tiled(net, &config.accelerator);
            let mut engine = GoldenEngine::new(&golden);
            engine.float_draws = true;
            let figures = work(&mut engine);
            Made { figures, adc_clips: engine.adc_clips, saturations: engine.saturations }
        }
    }
}

/// The figures of one engine on a head of labels, numbers or frames; `net` for those that are not float. Of frames with
/// `samples` (0: without) of the importance-weighted bound.
pub fn measure_head(
    model: &TrainedModel,
    net: Option<&CrossbarNet>,
    config: &Config,
    on: On,
    (examples, samples): (&[Example], usize),
) -> AnswerRow {
    let made = with_engine(model, net, config, on, |engine| {
        measure_answers(engine, examples).bounded(engine, examples, samples)
    });
    let Made { figures, adc_clips, saturations } = made;
    AnswerRow { on, figures, adc_clips, saturations }
}

/// The words of the sentences, and those of them that the vocabulary lacks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Words {
    /// Without the marks of begin and end.
    pub words: usize,
    /// Those that the vocabulary lacks.
    pub unknown: usize,
    /// 0 to 1.
    pub unknown_share: f64,
}

impl Words {
    /// Of sentences from `<sos>` to `<eos>`.
    pub fn of(sentences: &[Vec<u32>]) -> Words {
        // Between <sos> and <eos>.
        let inner = || sentences.iter().flat_map(|s| &s[1..s.len() - 1]);
        let (words, unknown) = (inner().count(), inner().filter(|&&t| t == UNK).count());
        Words { words, unknown, unknown_share: unknown as f64 / words.max(1) as f64 }
    }
}

/// The figures of one engine; `net` for those that are not float.
pub fn measure(
    model: &TrainedModel,
    net: Option<&CrossbarNet>,
    config: &Config,
    on: On,
    sentences: &[Vec<u32>],
    protocol: Protocol,
    effort: &Effort,
) -> Row {
    measure_each(model, net, config, on, sentences, protocol, effort).0
}

/// The same, with what each sentence costs.
pub fn measure_each(
    model: &TrainedModel,
    net: Option<&CrossbarNet>,
    config: &Config,
    on: On,
    sentences: &[Vec<u32>],
    protocol: Protocol,
    effort: &Effort,
) -> (Row, Vec<SentenceLoss>) {
    let made =
        with_engine(model, net, config, on, |engine| evaluate_each(engine, sentences, protocol, effort));
    let Made { figures: (figures, losses), adc_clips, saturations } = made;
    (Row::of(on, Made { figures, adc_clips, saturations }, effort), losses)
}

impl Row {
    fn of(on: On, made: Made<Evaluation>, effort: &Effort) -> Row {
        let Made { figures, adc_clips, saturations } = made;
        let iwae_samples = figures.iwae_nll.map(|_| effort.importance_samples);
        Row { on, figures, iwae_samples, adc_clips, saturations }
    }
}
