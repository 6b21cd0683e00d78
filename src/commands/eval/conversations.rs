//! `hvae eval` of a model that holds conversations.

use super::{Args, print_header, print_row};
use crate::commands::inputs::{map_model, read_examples, tell_clipped};
use crate::commands::out::say;
use crate::commands::{Failure, progress, write_json};
use hvae_mnn::config::Config;
use hvae_mnn::eval::{
    AnswerQuality, AnswersRow, Control, Controls, On, Row, Smoothing, Words, answer, measure_conversations,
};
use hvae_mnn::model::{Baselines, Effort, Example, Ngram, Split, TrainedModel};
use hvae_mnn::quant::ClippedBias;
use serde::Serialize;

/// A model that holds conversations: every sentence given those before it, and answers beside those that were given.
pub fn of_conversations(args: &Args, model: &TrainedModel, config: &Config) -> Result<(), Failure> {
    if args.by_place {
        let expected = "expected a model of sentences, labels, numbers or frames, found one of conversations";
        return Err(Failure::input(format!("--by-place: {expected}; leave it out")));
    }
    let mut conversations = read_examples(&args.data, Split::Test, model)?;
    if args.sentences > 0 {
        conversations.truncate(args.sentences);
    }
    let said = |all: &[Example]| all.iter().map(|c| c.turns.clone()).collect::<Vec<_>>();
    let (held_out, words) = (said(&conversations), Words::of(&said(&conversations).concat()));
    let training = match &args.baseline {
        None => Vec::new(),
        Some(path) => said(&read_examples(path, Split::Train, model)?),
    };
    let baselines = (!training.is_empty())
        .then(|| Ngram::fit(&training.concat(), model.network.vocabulary).measure(&held_out.concat()));
    let net = match args.on.iter().all(|on| *on == On::Float) {
        true => None,
        false => Some(map_model(model, config, args.calibrate.as_deref())?),
    };
    let clipped_biases = net.as_ref().map_or(Vec::new(), |net| net.quant.clipped.clone());
    tell_clipped(&clipped_biases);
    say!(
        "{} conversations of {} sentences, {} words, {:.2} % of them unknown to the model",
        conversations.len(),
        held_out.iter().map(Vec::len).sum::<usize>(),
        words.words,
        100.0 * words.unknown_share
    )?;
    let mut rows = Vec::new();
    print_header()?;
    for by in &args.protocol {
        let protocol = by.protocol();
        for &on in &args.on {
            let importance_samples = if on == On::Float { args.iwae } else { 0 };
            let effort = Effort { importance_samples, ..Effort::default() };
            let spin =
                progress::spinner(format!("measuring {} conversations on {on:?}", conversations.len()));
            let row =
                measure_conversations(model, net.as_ref(), config, on, &conversations, protocol, &effort);
            spin.finish_and_clear();
            print_row(&row)?;
            rows.push(row);
        }
    }
    if let Some(b) = &baselines {
        let (unigram, bigram) = (b.unigram_ppl, b.bigram_ppl);
        say!("baselines on the same tokens: unigram PPL {unigram:.1}, bigram PPL {bigram:.1}")?;
    }
    let mut answers = Vec::new();
    if args.answers > 0 {
        print_quality_header()?;
        let limit = config.accelerator.max_tokens;
        for &on in &args.on {
            let spin = progress::spinner(format!("answering {} contexts on {on:?}", args.answers));
            let asked = (args.answers, args.seed);
            let row = answer(model, net.as_ref(), config, on, &conversations, asked, limit);
            spin.finish_and_clear();
            print_quality(&format!("{on:?}").to_lowercase(), &row.quality)?;
            say!(
                "{:<9} its first answers {:.3} nats a word under the model itself, what was said {:.3}",
                "",
                row.nll_of_answers,
                row.nll_of_references
            )?;
            answers.push(row);
        }
    }
    let mut controls = Vec::new();
    if args.answers > 0 && !training.is_empty() {
        let given = Controls::of(&training, CONTEXT_WINDOW);
        for control in Control::ALL {
            let quality = given.measure(control, args.seed, &held_out, Smoothing::default());
            let quality = quality.expect("a context at least");
            print_quality(control.name(), &quality)?;
            controls.push(ControlRow { control, quality });
        }
    }
    let figures = ConversationFigures { rows, answers, controls, baselines, words, clipped_biases };
    write_json(args.json.as_deref(), &figures)
}

/// Sentences of a context by which an answer is retrieved.
const CONTEXT_WINDOW: usize = 1;

#[derive(Serialize)]
struct ControlRow {
    control: Control,
    #[serde(flatten)]
    quality: AnswerQuality,
}

#[derive(Serialize)]
struct ConversationFigures {
    rows: Vec<Row>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    answers: Vec<AnswersRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    controls: Vec<ControlRow>,
    baselines: Option<Baselines>,
    words: Words,
    clipped_biases: Vec<ClippedBias>,
}

fn print_quality_header() -> Result<(), Failure> {
    let names = AnswerQuality::FIGURES.map(|name| format!("{name:>9}")).concat();
    say!("{:<9} {:>8}{names}", "answers", "contexts")
}

/// Ten answers to each context beside the one that was given.
fn print_quality(name: &str, quality: &AnswerQuality) -> Result<(), Failure> {
    let figures = quality.figures().map(|figure| format!("{figure:>9.3}")).concat();
    say!("{name:<9} {:>8}{figures}", quality.contexts)
}
