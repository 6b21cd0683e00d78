//! The page of a design: which parts it has, and in which order.

use super::clips::Lost;
use super::cycles::Shown;
use super::html::{Page, Picture};
use super::outputs::{Played, name_of};
use super::verdict::Verdict;
use super::{budget, cards, cells, costs, design, facts, losses, outputs};
use crate::build::Build;
use crate::cosim::CosimReport;
use crate::golden::{Context, Ending, Golden, Job, JobKind, Run, Stop};
use crate::model::Example;
use crate::quant::MatVec;
use crate::synth::SynthReport;

/// What a page is made of, beside its build.
#[derive(Debug, Clone, Copy)]
pub struct Material<'a> {
    /// What is shown: done again by the golden model.
    pub jobs: &'a [Job],
    /// What co-simulation showed, of these jobs or of more.
    pub cosim: &'a [CosimReport],
    /// Of it, that of jobs that write of nothing: what a written token takes is measured there.
    pub written: Option<&'a CosimReport>,
    /// What synthesis said.
    pub flows: &'a [SynthReport],
    /// Whose sequences the jobs read, as a caption begins.
    pub whose: &'a str,
    /// What makes the page again.
    pub command: &'a str,
}

/// Tokens in and out of the job that is shown over time, or so: a sentence of one line.
const LENGTH: usize = 16;

/// The page of a design. The same build and the same material give the same bytes.
pub fn page(build: &Build, material: &Material) -> Page {
    let Material { jobs, cosim, flows, whose, command, .. } = *material;
    let (file, net) = (&build.file, &build.net);
    let accelerator = &file.design.config.accelerator;
    let tiled = Golden::tiled(net, accelerator);
    let exact = Golden::ideal(&net.quant, &net.geometry, accelerator);
    let runs = all_runs(&tiled, jobs).into_iter().zip(all_runs(&exact, jobs)).zip(jobs);
    let played: Vec<Played> = runs.map(|((cells, ideal), job)| Played { job, cells, ideal }).collect();

    let mut pictures = Vec::new();
    if let Some(one) = one_to_show(&tiled, &played) {
        pictures.extend(Shown { golden: &tiled, job: one.job, run: &one.cells }.pictures());
    }
    let unit = facts::unit(build);
    pictures.extend(costs::energy_picture(&file.budget.analog, unit));
    pictures.extend(costs::area_picture(&file.budget.analog));
    pictures.push(cells::histogram_picture(net));
    pictures.extend(cells::tile_picture(net));
    let lost = Lost::of(&tiled, net.geometry.adcs(), played.iter().map(|p| &p.cells));
    pictures.extend(lost.pictures());
    pictures.extend(outputs::pictures(&tiled, build.vocabulary.as_ref(), &played));
    pictures.extend(loss_picture(build, (&tiled, &exact), jobs, whose));

    let network = &net.quant.network;
    let family = facts::family_words(&file.design.config, network);
    Page {
        title: format!("HVAE-MNN design {}", file.design.id),
        subtitle: format!(
            "A {family}, on memristor crossbars: its Verilog, simulated beside the golden model, and what it takes."
        ),
        verdict: Verdict::of(cosim),
        figures: facts::headlines(build, cosim),
        cards: cards::cards(build, flows),
        command: command.into(),
        pictures,
        tables: tables(build, material),
        footer: format!(
            "{}, design {}. Figures of the analog part are estimates from published ones, each named above with its source; everything \
             else was counted.",
            file.design.tool, file.design.id
        ),
    }
}

fn tables(build: &Build, material: &Material) -> Vec<super::Section> {
    let file = &build.file;
    let mut all = Vec::new();
    if let Some(table) = design::cosim(material.cosim) {
        all.push(table);
    }
    all.push(design::stages(file));
    let adcs_a_tile = file.design.geometry.adcs();
    all.push(budget::measured(&file.budget, material.flows, material.written, adcs_a_tile));
    all.push(budget::estimates(&file.budget));
    all.push(design::size(file));
    all.push(budget::sources(&file.budget));
    all
}

/// Every job as it follows on those before it.
fn all_runs<M: MatVec>(golden: &Golden<M>, jobs: &[Job]) -> Vec<Run> {
    let mut context = Context::default();
    jobs.iter().map(|job| golden.run_in(&mut context, job, Stop::Never)).collect()
}

/// The job that is shown over time: one that says most of the network, about as long as a sentence of one line.
fn one_to_show<'a, 'p, M: MatVec>(golden: &Golden<M>, played: &'a [Played<'p>]) -> Option<&'a Played<'p>> {
    const USUAL: [JobKind; 8] = [
        JobKind::Reconstruct,
        JobKind::Generate,
        JobKind::Score,
        JobKind::Label,
        JobKind::Values,
        JobKind::Decode,
        JobKind::Encode,
        JobKind::Listen,
    ];
    let answered = || played.iter().filter(|p| p.cells.ending == Ending::Answered);
    let length =
        |p: &Played| p.job.input.len() / golden.shape.frame.max(1) + p.cells.counters.tokens as usize;
    USUAL.iter().find_map(|&kind| {
        let of_kind = answered().filter(|p| p.job.kind == kind);
        of_kind.min_by_key(|p| length(p).abs_diff(LENGTH))
    })
}

fn loss_picture<A: MatVec, B: MatVec>(
    build: &Build,
    (tiled, exact): (&Golden<A>, &Golden<B>),
    jobs: &[Job],
    whose: &str,
) -> Option<Picture> {
    let network = &tiled.quant.network;
    // What random weights make of random words says nothing.
    if network.vocabulary > 0 && build.vocabulary.is_none() {
        return None;
    }
    let examples: Vec<Example> = losses::examples(tiled, jobs).into_iter().take(12).collect();
    let vocabulary = build.vocabulary.as_ref();
    let tokens = examples.iter().flat_map(|example| match example.turns.is_empty() {
        true => vec![&example.tokens],
        false => example.turns.iter().collect(),
    });
    let names: Vec<String> =
        tokens.enumerate().map(|(i, tokens)| name_of(vocabulary, tokens, i + 1)).collect();
    let (cells, ideal) = (losses::costs(tiled, &examples), losses::costs(exact, &examples));
    losses::picture(network, &names, &cells, &ideal, whose)
}
