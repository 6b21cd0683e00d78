//! `hvae eval`

mod conversations;
mod losses;

use super::count::{Count, MANY};
use super::inputs::{map_model, read_config, read_data, read_examples, read_model, tell_clipped};
use super::out::{remark, say};
use super::places::{Places, places};
use super::{Failure, memory, progress, write_json};
use clap::ValueEnum;
use conversations::of_conversations;
use hvae_mnn::config::Config;
use hvae_mnn::eval::{AnswerRow, On, PublishedSet, Row, Words, measure_each, measure_head};
use hvae_mnn::files::write_file;
use hvae_mnn::model::{
    Answers, Baselines, Effort, Example, FrameBaseline, FrameBaselines, Ngram, Protocol, Split, TrainedModel,
};
use hvae_mnn::quant::ClippedBias;
use losses::{LOSSES, lines_of, print_worst};
use serde::Serialize;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  hvae eval models/gutenberg --data data/gutenberg/test.txt --on float,fixed,crossbar --protocol paper,honest"
)]
pub struct Args {
    /// Trained model folder
    model: PathBuf,
    /// Held-out sentences, one a line, or the folder of a set: its test part; of a model of labels, numbers or frames,
    /// held-out sequences
    #[arg(long)]
    data: PathBuf,
    /// Only the first of them; 0: all
    #[arg(long, default_value_t = 0)]
    sentences: usize,
    #[arg(long, value_delimiter = ',', default_value = "float,fixed,crossbar")]
    on: Vec<On>,
    #[arg(long, value_delimiter = ',', default_value = "honest")]
    protocol: Vec<By>,
    /// Samples of the importance-weighted bound (honest, float only); 0: none
    #[arg(long, default_value_t = 0)]
    iwae: usize,
    /// Sentences to write from the prior, for how different they are; 0: none
    #[arg(long, default_value_t = Count::of(0))]
    generate: Count<0, MANY>,
    /// Of a model that holds conversations: contexts to answer, ten answers each, measured beside what was said; 0: none
    #[arg(long, default_value_t = 0)]
    answers: usize,
    /// Seed of the latents of these answers
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Sentences of the unigram and bigram baselines, or pieces of those of frames, or the set whose training part they are
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Sentences that show which ranges the numbers take, or the set whose validation part they are
    #[arg(long, value_name = "FILE")]
    calibrate: Option<PathBuf>,
    /// Published figures to stand below: ptb or yahoo
    #[arg(long, value_name = "SET")]
    beside: Option<String>,
    /// Every vector of the network in integers beside the same in floating point: what is clipped, what signal is left
    #[arg(long)]
    by_place: bool,
    /// Sentences of a batch of the padded protocol
    #[arg(long, default_value_t = Count::of(64), value_name = "SENTENCES")]
    padded_batch: Count<1, MANY>,
    /// Also show the sentences that cost most, of every row; 0: none
    #[arg(long, default_value_t = Count::of(0), value_name = "SENTENCES")]
    worst: Count<0, MANY>,
    /// What each sentence costs, a line each with tabs: for scripts/bootstrap.py and the like
    #[arg(long, value_name = "FILE")]
    losses: Option<PathBuf>,
    /// hvae.toml; absent: all defaults
    #[arg(long)]
    config: Option<PathBuf>,
    /// Figures for scripts
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Args {
    /// The engines whose vectors are asked for one by one.
    fn on_by_place(&self) -> &[On] {
        if self.by_place { &self.on } else { &[] }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// z at its mean, KL averaged over the steps: no bound
    Paper,
    /// ELBO with sampled z
    Honest,
    /// As paper, over sentences padded in batches, as the programs of TWR-VAE run it: for models trained over pads
    Padded,
}

impl By {
    fn protocol(self) -> Protocol {
        match self {
            By::Paper => Protocol::Paper,
            By::Honest => Protocol::Honest,
            By::Padded => Protocol::Padded,
        }
    }
}

#[derive(Serialize)]
struct Figures {
    rows: Vec<Row>,
    /// Of a label beside words, an engine each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    labels: Vec<AnswerRow>,
    baselines: Option<Baselines>,
    words: Words,
    /// Biases that were larger than they can matter to integers.
    clipped_biases: Vec<ClippedBias>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    places: Vec<Places>,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    memory::keep_what_is_freed();
    let beside = args.beside.as_deref().map(|set| {
        PublishedSet::find(set).ok_or_else(|| {
            let sets = PublishedSet::ALL.map(PublishedSet::name).join(", ");
            Failure::input(format!("--beside {set}: expected one of {sets}, the sets of the published table"))
        })
    });
    let beside = beside.transpose()?;
    let (model, config) = read_model(&args.model, read_config(args.config.as_deref())?)?;
    let of_each = args.worst.get() > 0 || args.losses.is_some();
    if of_each && (model.network.vocabulary_block().is_none() || model.network.converses()) {
        let option = if args.losses.is_some() { "--losses" } else { "--worst" };
        return Err(Failure::input(format!(
            "{option}: expected a model of sentences, found one of family {}; leave it out",
            model.network.family
        )));
    }
    if model.network.vocabulary_block().is_none() {
        return of_head(args, &model, &config);
    }
    if args.protocol.contains(&By::Padded) && model.network.latent().is_none() {
        return Err(Failure::input(format!(
            "--protocol padded: expected a model with a z that its encoder reads off a sentence, found one of family {}; take paper or honest",
            model.network.family
        )));
    }
    if args.protocol.contains(&By::Padded) && model.description.train.mask_pads {
        remark!(
            "--protocol padded: the model was trained without pads, so that it meets them here for the first time"
        );
    }
    if model.network.converses() {
        return of_conversations(args, &model, &config);
    }
    let labelled = model.network.label_beside_words().is_some();
    let mut examples = match labelled {
        true => read_examples(&args.data, Split::Test, &model)?,
        false => {
            let sentences = read_data(&args.data, Split::Test, &model.vocabulary)?;
            sentences.into_iter().map(Example::sentence).collect()
        }
    };
    if args.sentences > 0 {
        examples.truncate(args.sentences);
    }
    let sentences: Vec<Vec<u32>> = examples.iter().map(|example| example.tokens.clone()).collect();
    let all = examples.clone();
    examples.retain(|example| !example.labels.is_empty());
    let words = Words::of(&sentences);
    // Before the long part, so that a wrong path loses nothing.
    let baselines = match &args.baseline {
        None => None,
        Some(path) => {
            Some(Ngram::fit(&words_of(path, &model)?, model.network.vocabulary).measure(&sentences))
        }
    };
    // Some networks have no hardware, and the float one needs none.
    let net = match args.on.iter().all(|on| *on == On::Float) {
        true => None,
        false => Some(map_model(&model, &config, args.calibrate.as_deref())?),
    };
    let clipped_biases = net.as_ref().map_or(Vec::new(), |net| net.quant.clipped.clone());
    tell_clipped(&clipped_biases);
    say!(
        "{} sentences, {} words, {:.2} % of them unknown to the model",
        sentences.len(),
        words.words,
        100.0 * words.unknown_share
    )?;
    let mut rows = Vec::new();
    let mut table = String::from(LOSSES);
    print_header()?;
    for by in &args.protocol {
        let protocol = by.protocol();
        for &on in &args.on {
            let effort = Effort {
                importance_samples: if on == On::Float { args.iwae } else { 0 },
                generations: args.generate.get(),
                padded_batch: args.padded_batch.get(),
                ..Effort::default()
            };
            let spin = progress::spinner(format!("measuring {} sentences on {on:?}", sentences.len()));
            let (row, losses) =
                measure_each(&model, net.as_ref(), &config, on, &sentences, protocol, &effort);
            spin.finish_and_clear();
            print_row(&row)?;
            print_worst(&model, &sentences, &losses, args.worst.get())?;
            table += &lines_of(&row, &losses);
            rows.push(row);
        }
    }
    let mut labels = Vec::new();
    if !examples.is_empty() {
        for &on in &args.on {
            let row = measure_head(&model, net.as_ref(), &config, on, (&examples, 0));
            print_answers(&format!("{on:?}").to_lowercase(), &row.figures)?;
            labels.push(row);
        }
    }
    if let Some(b) = &baselines {
        say!(
            "baselines on the same tokens: unigram PPL {:.1}, bigram PPL {:.1}",
            b.unigram_ppl,
            b.bigram_ppl
        )?;
    }
    if let Some(set) = beside {
        print_published(set)?;
    }
    if let Some(path) = &args.losses {
        write_file(path, table.as_bytes())?;
    }
    let places = places(args.on_by_place(), &model, net.as_ref(), &config, &all)?;
    write_json(args.json.as_deref(), &Figures { rows, labels, baselines, words, clipped_biases, places })
}

/// The sentences for training, without labels.
fn words_of(path: &Path, model: &TrainedModel) -> Result<Vec<Vec<u32>>, Failure> {
    let examples = read_examples(path, Split::Train, model)?;
    Ok(examples.into_iter().map(|example| example.tokens).collect())
}

/// A model of labels or numbers: what its head says is compared with what it should have said.
fn of_head(args: &Args, model: &TrainedModel, config: &Config) -> Result<(), Failure> {
    let mut examples = read_examples(&args.data, Split::Test, model)?;
    if args.sentences > 0 {
        examples.truncate(args.sentences);
    }
    let net = match args.on.iter().all(|on| *on == On::Float) {
        true => None,
        false => Some(map_model(model, config, args.calibrate.as_deref())?),
    };
    let clipped_biases = net.as_ref().map_or(Vec::new(), |net| net.quant.clipped.clone());
    tell_clipped(&clipped_biases);
    // Of frames alone.
    let baseline = args.baseline.as_deref().filter(|_| model.network.bits_block().is_some());
    let fitted = |path| Ok::<_, Failure>(FrameBaseline::fit(&read_examples(path, Split::Train, model)?));
    let baselines = baseline.map(fitted).transpose()?.map(|fitted| fitted.measure(&examples));
    let mut rows = Vec::new();
    for &on in &args.on {
        let spin = progress::spinner(format!("measuring {} sequences on {on:?}", examples.len()));
        let samples = if on == On::Float { args.iwae } else { 0 };
        let row = measure_head(model, net.as_ref(), config, on, (&examples, samples));
        spin.finish_and_clear();
        print_answers(&format!("{on:?}").to_lowercase(), &row.figures)?;
        if on != On::Float {
            say!("{:<9} {} conversions clipped, {} numbers saturated", "", row.adc_clips, row.saturations)?;
        }
        rows.push(row);
    }
    if let Some(b) = &baselines {
        say!(
            "baselines on the same frames: every key by its frequency {:.4} nats, by what it was one frame ago {:.4} nats",
            -b.unigram_nll,
            -b.repeat_nll
        )?;
    }
    let places = places(args.on_by_place(), model, net.as_ref(), config, &examples)?;
    write_json(args.json.as_deref(), &HeadFigures { rows, baselines, clipped_biases, places })
}

#[derive(Serialize)]
struct HeadFigures {
    rows: Vec<AnswerRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baselines: Option<FrameBaselines>,
    clipped_biases: Vec<ClippedBias>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    places: Vec<Places>,
}

/// A line of the figures of a head of labels or numbers.
pub fn print_answers(name: &str, answers: &Answers) -> Result<(), Failure> {
    match answers {
        Answers::Labels { nll, accuracy, baseline_accuracy, labels, .. } => say!(
            "{name:<9} accuracy {:.2} % (always the most frequent label: {:.2} %), NLL {nll:.4} nats a label, {labels} labels",
            100.0 * accuracy,
            100.0 * baseline_accuracy
        ),
        Answers::Values { nll, rmse, baseline_rmse, values, .. } => {
            let last =
                baseline_rmse.map_or(String::new(), |r| format!(" (repeating the last frame: {r:.4})"));
            say!("{name:<9} RMSE {rmse:.4}{last}, NLL {nll:.4} nats a number, {values} numbers")
        }
        Answers::Frames { nll, nll_but_first, kl, bit_perplexity, accuracy, iwae_nll, frames, sequences } => {
            say!(
                "{name:<9} log-likelihood {:.4} nats a frame ({:.4} without the first of each piece; KL {kl:.4}), perplexity of a bit {bit_perplexity:.4}, accuracy {:.2} %, {frames} frames of {sequences} pieces",
                -nll,
                -nll_but_first,
                100.0 * accuracy
            )?;
            match iwae_nll {
                Some(nll) => say!("{name:<9} importance-weighted bound: {:.4} nats a frame", -nll),
                None => Ok(()),
            }
        }
    }
}

pub fn print_header() -> Result<(), Failure> {
    say!(
        "{:<9} {:<8} {:>8} {:>8} {:>7} {:>6} {:>7} {:>9} {:>9} {:>7} {:>8} {:>8}",
        "on",
        "protocol",
        "NLL",
        "PPL",
        "KL",
        "MI",
        "active",
        "accuracy",
        "overlap",
        "exact",
        "clips",
        "satur."
    )
}

pub fn print_row(row: &Row) -> Result<(), Failure> {
    let f = &row.figures;
    let on = format!("{:?}", row.on).to_lowercase();
    let protocol = f.protocol.name();
    let percent = |share: Option<f64>| share.map_or("-".into(), |o| format!("{:.1} %", 100.0 * o));
    let (overlap, exact) = (percent(f.word_overlap), percent(f.exact));
    say!(
        "{on:<9} {protocol:<8} {:>8.3} {:>8.3} {:>7.3} {:>6.2} {:>7} {:>9} {overlap:>9} {exact:>7} {:>8} {:>8}",
        f.nll,
        f.ppl,
        f.kl,
        f.mi,
        f.active_units,
        format!("{:.1} %", 100.0 * f.token_accuracy),
        row.adc_clips,
        row.saturations
    )?;
    if let (Some(nll), Some(ppl)) = (f.iwae_nll, f.iwae_ppl) {
        say!("{on:<9} importance-weighted bound: NLL {nll:.3}, PPL {ppl:.3}")?;
    }
    if let Some(d) = &f.diversity {
        say!(
            "{on:<9} {} sentences from the prior: {:.1} % different, {:.1} % of their words, {:.1} % of pairs of words",
            d.sentences,
            100.0 * d.different,
            100.0 * d.distinct_1,
            100.0 * d.distinct_2
        )?;
    }
    Ok(())
}

/// The rows of others, under the same columns.
fn print_published(set: PublishedSet) -> Result<(), Failure> {
    say!("published, {}:", set.name())?;
    set.rows().try_for_each(|row| {
        let protocol = if row.protocol.is_of_papers() { "paper" } else { "bound" };
        say!("{:<9} {protocol:<8} {:>8.1} {:>8.1} {:>7.1}", row.name, row.nll, row.ppl, row.kl)
    })
}
