//! A latent at every step: its draws, and what a sentence comes to for them.

use super::engine::Score;
use super::float::Rows;
use super::sequence::scores;
use super::vocabulary::{EOS, SOS};
use super::{BlockId, Draws, Exact, Example, FloatNet, Layout, Pass, Random, Role, Trace, Values, likeliest};
use ndarray::{Array1, Array2, Axis, stack};

/// What a sentence comes to for one draw of the latents of its steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// Of every token but the first.
    pub scores: Vec<Score>,
    /// Of every step, KL of posterior and prior in nats.
    pub kl: Vec<f64>,
    /// The same of every dimension, summed over the steps.
    pub kl_by_dimension: Vec<f64>,
    /// ln p(z) - ln q(z) of all z that were drawn.
    pub log_ratio: f64,
}

/// A step's Gaussians and z, dimension by dimension, whatever computed them.
pub struct DrawnStep<'a> {
    /// Mean and log-variance of the posterior.
    pub posterior: (&'a [f32], &'a [f32]),
    /// Of the prior; absent: standard normal.
    pub prior: Option<(&'a [f32], &'a [f32])>,
    /// What was drawn.
    pub z: &'a [f32],
}

impl Drawn {
    /// Of a sentence with these scores, before its draws are counted.
    pub fn of(scores: Vec<Score>, width: usize) -> Drawn {
        Drawn { scores, kl: Vec::new(), kl_by_dimension: vec![0.0; width], log_ratio: 0.0 }
    }

    /// Counts the draw of the next step.
    pub fn add(&mut self, step: &DrawnStep<'_>) {
        let mut kl = 0.0;
        for (j, &z) in step.z.iter().enumerate() {
            let q = (step.posterior.0[j], step.posterior.1[j]);
            let p = step.prior.map_or((0.0, 0.0), |(means, log_variances)| (means[j], log_variances[j]));
            let of_this = kl_between(q, p);
            kl += of_this;
            self.kl_by_dimension[j] += of_this;
            self.log_ratio += log_density(z, p) - log_density(z, q);
        }
        self.kl.push(kl);
    }

    /// ln p of all tokens, given the draws.
    pub fn log_likelihood(&self) -> f64 {
        self.scores.iter().map(|score| score.log_probability).sum()
    }

    /// ln p(tokens, z) - ln q(z): what the importance-weighted bound averages (Burda et al., ICLR 2016, eq. 8).
    pub fn log_weight(&self) -> f64 {
        self.log_likelihood() + self.log_ratio
    }
}

/// KL of one dimension of a Gaussian to another.
pub fn kl_between((m, lv): (f32, f32), (prior_m, prior_lv): (f32, f32)) -> f64 {
    let (m, lv) = (f64::from(m), f64::from(lv));
    let (pm, plv) = (f64::from(prior_m), f64::from(prior_lv));
    0.5 * (plv - lv - 1.0 + (lv - plv).exp() + (m - pm).powi(2) * (-plv).exp())
}

/// ln of the density of z under a Gaussian, without ln(2 pi) / 2.
pub fn log_density(z: f32, (m, lv): (f32, f32)) -> f64 {
    let (z, m, lv) = (f64::from(z), f64::from(m), f64::from(lv));
    -0.5 * (lv + (z - m).powi(2) * (-lv).exp())
}

impl FloatNet {
    /// z of some rows: of the posterior; where draws are given, or nothing is known of what comes, of the prior.
    pub(super) fn draw(
        &self,
        id: BlockId,
        (posterior, prior): (BlockId, Option<BlockId>),
        trace: &Trace,
        pass: &Pass<'_>,
        rows: &Rows,
    ) -> Values {
        let width = self.network().width(posterior);
        let layout = trace.layout(pass.over);
        let known: Vec<bool> = match pass.given {
            true => vec![false; layout.rows()],
            // Of a sentence all words are known, of a step those behind it or none.
            false if self.network().is_once(id) => vec![true; layout.rows()],
            false => layout.pack(|sentence, step| trace.ahead(sentence, step).is_some()),
        };
        let seen = |block: BlockId, role| {
            trace.has(block).then(|| self.read(trace, (id, block.into()), role, None, rows))
        };
        let pair = |block: BlockId| (seen(block, Role::Output), seen(block, Role::LogVariance));
        let (of_posterior, of_prior) = (pair(posterior), prior.map(pair).unwrap_or((None, None)));
        let mut z = Array2::zeros((rows.range.len(), width));
        for (at, mut z) in z.outer_iter_mut().enumerate() {
            let row = rows.range.start + at;
            let (means, log_variances) = if known[row] { &of_posterior } else { &of_prior };
            let mean = means.as_ref().map(|means| means.row(at));
            let log_variance = log_variances.as_ref().map(|log_variances| log_variances.row(at));
            for (j, z) in z.iter_mut().enumerate() {
                let noise = pass.noise.map_or(0.0, |noise| noise[[row, j]]);
                let deviation = log_variance.map_or(1.0, |lv| (0.5 * lv[j]).exp());
                *z = mean.map_or(0.0, |mean| mean[j]) + deviation * noise;
                if let Some((goal, share)) = pass.towards {
                    *z += share[row] * (goal[[row, j]] - *z);
                }
            }
        }
        Values::output(z)
    }

    /// Sentences, longest first, fed their own tokens, with the latents of all steps drawn from their posteriors
    /// by `noise` [rows of what is written, width of the draw], or at their means: every vector of every loop.
    pub fn inferred_batch(&self, sentences: &[&[u32]], noise: Option<&Array2<f32>>) -> Trace {
        let read = Layout::new(sentences.iter().map(|s| s.len()).collect());
        let written = Layout::new(sentences.iter().map(|s| s.len() - 1).collect());
        let tokens = |layout: &Layout| layout.pack(|sentence, step| sentences[sentence][step]);
        let (read_tokens, written_tokens) = (tokens(&read), tokens(&written));
        let mut trace = Trace::new(self.network(), read, written);
        for body in self.schedule().bodies() {
            let tokens = match body.over {
                over if over.is_once() => &[][..],
                over if over.is_read() => &read_tokens,
                _ => &written_tokens,
            };
            let pass = Pass { over: body.id, tokens, noise, ..Pass::default() };
            self.run(&pass, &mut trace, &mut Exact);
        }
        trace
    }

    /// The same as figures, a sentence each.
    ///
    /// # Panics
    /// If the network draws no latent at every step.
    pub fn drawn_batch(&self, sentences: &[&[u32]], noise: Option<&Array2<f32>>) -> Vec<Drawn> {
        assert!(self.network().draw().is_some(), "a network with a draw");
        let trace = self.inferred_batch(sentences, noise);
        let scores = scores(self, &trace, sentences).into_iter().enumerate();
        scores.map(|(sentence, scores)| self.drawn_rows(&trace, sentence, scores)).collect()
    }

    /// A sequence of these scores with the latents of its steps, if the network draws any.
    pub(super) fn drawn_rows(&self, trace: &Trace, sequence: usize, scores: Vec<Score>) -> Drawn {
        let Some((z, posterior, prior)) = self.network().draw() else { return Drawn::of(scores, 0) };
        let width = self.network().width(z);
        let of_row = |block: BlockId, role, row: usize| {
            let all = trace.get(block, role).as_slice().expect("built row by row");
            &all[row * width..(row + 1) * width]
        };
        let pair = |block: BlockId, row: usize| {
            (of_row(block, Role::Output, row), of_row(block, Role::LogVariance, row))
        };
        let mut drawn = Drawn::of(scores, width);
        for row in self.layout_of(trace, z).rows_of(sequence) {
            drawn.add(&DrawnStep {
                posterior: pair(posterior, row),
                prior: prior.map(|prior| pair(prior, row)),
                z: of_row(z, Role::Output, row),
            });
        }
        drawn
    }

    /// What latents of steps do to a sentence that is read: at the means of their posteriors, drawn from them, and at
    /// the means of their priors.
    pub fn drawn_traces(&self, sentence: &[u32]) -> [Trace; 3] {
        let noise = self.noise_of(&[sentence], 0);
        let of_posterior = |noise| self.inferred_batch(&[sentence], noise);
        [of_posterior(None), of_posterior(Some(&noise)), self.teacher_forced(sentence, &[])]
    }

    /// Standard normal draws for the latents of all steps of sentences, longest first: those of a sentence depend
    /// on it and the seed alone.
    pub(super) fn noise_of(&self, sentences: &[&[u32]], seed: u64) -> Array2<f32> {
        let width = self.network().draw().map_or(0, |(z, ..)| self.network().width(z));
        let written = Layout::new(sentences.iter().map(|s| s.len() - 1).collect());
        let own =
            |sentence: &&[u32]| Draws::of(self.network(), &Example::sentence(sentence.to_vec()), seed).steps;
        let draws: Vec<Array2<f32>> = sentences.iter().map(own).collect();
        let rows = written.pack(|sentence, step| draws[sentence].row(step).to_vec());
        Array2::from_shape_vec((written.rows(), width), rows.concat()).expect("rows of one width")
    }

    /// Writes, the most probable word at a time and every latent at its mean: of the posterior as long as
    /// `sentences` (longest first) say what is written, then of the prior. Until `<eos>` (included) or `limit` tokens.
    pub(super) fn rewrite(&self, sentences: &[&[u32]], limit: usize) -> Vec<Vec<u32>> {
        let mut decoder = self.decoder_knowing(sentences);
        written(sentences.len(), limit, |tokens| decoder.logits(tokens).to_owned())
    }

    /// Writes a sentence for each of `shares` of the way from one sentence to another, the most probable word at a time, until
    /// `<eos>` (included) or `limit` tokens: every latent of a step lies there between the means of their posteriors. Where a sentence
    /// has ended, its end of the way is the mean of the prior.
    ///
    /// # Panics
    /// If the network draws no latent at every step.
    pub fn walk(&self, ends: [&[u32]; 2], shares: &[f32], limit: usize) -> Vec<Vec<u32>> {
        let (z, ..) = self.network().draw().expect("a network with a draw");
        let means = ends.map(|end| self.inferred_batch(&[end], None).get(z, Role::Output).clone());
        let mut decoder = self.decoder(Array2::zeros((shares.len(), 0)));
        let mut at = 0;
        written(shares.len(), limit, |tokens| {
            let of_step = [0, 1].map(|end: usize| means[end].outer_iter().nth(at));
            at += 1;
            let between = |share: f32| match of_step {
                [Some(a), Some(b)] => (&a * (1.0 - share) + &b * share, 1.0),
                [Some(a), None] => (a.to_owned(), 1.0 - share),
                [None, Some(b)] => (b.to_owned(), share),
                [None, None] => (Array1::zeros(means[0].ncols()), 0.0),
            };
            let (goals, how_far): (Vec<Array1<f32>>, Vec<f32>) = shares.iter().map(|&s| between(s)).unzip();
            let goals = stack(Axis(0), &goals.iter().map(|goal| goal.view()).collect::<Vec<_>>());
            decoder.logits_towards(tokens, (&goals.expect("rows of one width"), &how_far)).to_owned()
        })
    }

    /// Writes, the most probable word at a time, from latents of the prior drawn by the seeds, a sentence each.
    pub(super) fn dream(&self, seeds: &[u64], limit: usize) -> Vec<Vec<u32>> {
        let width = self.network().draw().map_or(0, |(z, ..)| self.network().width(z));
        let mut draws: Vec<Random> = seeds.iter().map(|&seed| Random::keyed(&[seed])).collect();
        let mut decoder = self.decoder(Array2::zeros((seeds.len(), 0)));
        written(seeds.len(), limit, |tokens| {
            let noise: Vec<f32> = draws.iter_mut().flat_map(|random| random.normals(width)).collect();
            let noise = Array2::from_shape_vec((seeds.len(), width), noise).expect("rows of one width");
            decoder.logits_with(tokens, Some(&noise)).to_owned()
        })
    }
}

/// The most probable word at a time, never the unknown one, of `count` sentences, from the logits [count, vocabulary] that `step` gives for
/// the words before.
pub(super) fn written(
    count: usize,
    limit: usize,
    mut step: impl FnMut(&[u32]) -> Array2<f32>,
) -> Vec<Vec<u32>> {
    let mut sentences = vec![Vec::new(); count];
    let mut tokens = vec![SOS; count];
    for _ in 0..limit {
        let logits = step(&tokens);
        for (i, token) in tokens.iter_mut().enumerate() {
            *token = likeliest(logits.row(i));
            let sentence: &mut Vec<u32> = &mut sentences[i];
            if sentence.last() != Some(&EOS) {
                sentence.push(*token);
            }
        }
        if sentences.iter().all(|s| s.last() == Some(&EOS)) {
            break;
        }
    }
    sentences
}
