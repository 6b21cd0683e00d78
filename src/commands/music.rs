//! `hvae sample` of a model that writes frames: pieces as text, as a MIDI file, as a picture.

use super::Failure;
use super::inputs::read_frames;
use super::out::{remark, say};
use hvae_mnn::crossbar::TiledMatrix;
use hvae_mnn::files::write_file;
use hvae_mnn::golden::{Golden, Job, JobKind};
use hvae_mnn::model::{Example, FloatNet, Network, Pieces, Split, TrainedModel};
use hvae_mnn::sample::{KEYS, Part, Shown, frames as frames_job, generation, midi, piece, roll};
use ndarray::{Array2, s};
use std::path::PathBuf;

/// Of music alone.
#[derive(clap::Args)]
pub struct Music {
    /// Of a model of frames: how many are written
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=100_000), help_heading = "Music")]
    frames: u32,
    /// Pieces, or the folder of a set (its test part): the beginning of one is played first
    #[arg(long, value_name = "FILE", help_heading = "Music")]
    prime: Option<PathBuf>,
    /// Which of them, from 1
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..), requires = "prime", help_heading = "Music")]
    piece: u32,
    /// Frames of it that are played
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=100_000), requires = "prime", help_heading = "Music")]
    played: u32,
    /// MIDI file of all pieces, one after the other; key 0 is the lowest A of a piano
    #[arg(long, value_name = "FILE", help_heading = "Music")]
    midi: Option<PathBuf>,
    /// Frames a minute of that file
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(4..=6000), requires = "midi", help_heading = "Music")]
    pace: u32,
    /// First the frames that are played, then the same as the model writes them again from their latents (--on float)
    #[arg(long, requires = "prime", help_heading = "Music")]
    rewrite: bool,
    /// Picture of all pieces (SVG): keys over frames, what was played and what was dreamt
    #[arg(long, value_name = "FILE", help_heading = "Music")]
    roll: Option<PathBuf>,
}

/// What is written.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Pieces.
    pub count: usize,
    /// Of the first; each next one has the next.
    pub seed: u64,
    /// That logits are divided by.
    pub temperature: f64,
}

fn of_what_is_read() -> Failure {
    Failure::input(
        "hvae sample: expected a model that writes from z or from nothing, found one that writes of what it reads; `hvae eval` measures it",
    )
}

impl Music {
    /// Refuses what only music has.
    pub fn refuse_for_words(&self) -> Result<(), Failure> {
        let given = [("--prime", &self.prime), ("--midi", &self.midi), ("--roll", &self.roll)];
        match given.iter().find(|(_, path)| path.is_some()) {
            Some((option, _)) => Err(Failure::input(format!(
                "{option}: expected a model that writes frames, found one that writes words; leave it out"
            ))),
            None => Ok(()),
        }
    }

    /// Writes pieces in single precision.
    pub fn in_float(&self, model: &TrainedModel, settings: Settings) -> Result<(), Failure> {
        let net = model.float_net();
        self.check(&model.network, &net, settings)?;
        let prime = self.primed(&model.network)?;
        if self.rewrite && model.network.draw().is_none() {
            return Err(Failure::input(format!(
                "--rewrite: expected a model with a latent at every frame, found one of family {}; leave it out",
                model.network.family
            )));
        }
        let seeds = (0..settings.count as u64).map(|i| settings.seed.wrapping_add(i));
        let dreamt = seeds.map(|seed| Shown {
            piece: net.dream_piece(&prime, self.frames as usize, (settings.temperature, seed)),
            first: (prime.nrows(), Part::Played),
            rest: Part::Dreamt,
        });
        let given = |piece: &Array2<f32>, part| Shown {
            piece: piece.clone(),
            first: (piece.nrows(), part),
            rest: Part::Dreamt,
        };
        let both = || [given(&prime, Part::Played), given(&net.rewrite_piece(&prime), Part::Rewritten)];
        let before = self.rewrite.then(both).into_iter().flatten();
        self.show(before.chain(dreamt))
    }

    /// Writes pieces as the golden model's tiles do, or, of a build, as its simulation has done.
    pub fn on_cells(
        &self,
        golden: &Golden<TiledMatrix>,
        settings: Settings,
        max_tokens: usize,
        simulated: impl FnOnce(&[Job]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let network = &golden.quant.network;
        if self.rewrite {
            return Err(Failure::input(
                "--rewrite: expected --on float, found cells, whose RECONSTRUCT writes what was played again by itself; leave it out",
            ));
        }
        if golden.schedule.writes_of_what_is_read() {
            return Err(of_what_is_read());
        }
        self.check_keys(network)?;
        let prime = self.primed(network)?;
        if prime.nrows() > 0 && network.draw().is_none() {
            return Err(Failure::input(format!(
                "--prime: expected a model with a latent at every frame (RECONSTRUCT), found one of family {}, which begins by itself on cells; leave it out, or take --on float",
                network.family
            )));
        }
        let frames = prime.nrows() + self.frames as usize;
        if frames > max_tokens {
            return Err(Failure::input(format!(
                "--frames {}: expected at most {}, what [accelerator] max_tokens = {max_tokens} leaves; write fewer",
                self.frames,
                max_tokens.saturating_sub(prime.nrows())
            )));
        }
        let job = |seed: u64| -> Result<Job, Failure> {
            let sampled = generation(settings.temperature, seed, frames)?;
            if prime.nrows() == 0 {
                return Ok(sampled);
            }
            let known = Example::piece(&prime).frames;
            let read =
                frames_job(JobKind::Reconstruct, &known, golden, (settings.temperature, seed), frames)?;
            Ok(Job { input: read.input, kind: read.kind, sample_z: true, ..sampled })
        };
        let seeds = (0..settings.count as u64).map(|i| settings.seed.wrapping_add(i));
        let jobs = seeds.map(job).collect::<Result<Vec<_>, _>>()?;
        simulated(&jobs)?;
        self.show(jobs.iter().map(|job| Shown {
            piece: piece(golden, &golden.run(job).output),
            first: (prime.nrows(), Part::Rewritten),
            rest: Part::Dreamt,
        }))
    }

    /// Writes pieces as text, as a MIDI file, and as a picture.
    fn show(&self, pieces: impl Iterator<Item = Shown>) -> Result<(), Failure> {
        let mut kept = Vec::new();
        for shown in pieces {
            say!("{}", Pieces::line(&Example::piece(&shown.piece)))?;
            if self.midi.is_some() || self.roll.is_some() {
                kept.push(shown);
            }
        }
        let played = if self.prime.is_some() { self.played as usize } else { 0 };
        let of_midi = || midi(&kept.iter().map(|shown| shown.piece.clone()).collect::<Vec<_>>(), self.pace);
        let files = [
            (&self.midi, self.midi.as_ref().map(|_| of_midi())),
            (&self.roll, self.roll.as_ref().map(|_| roll(&self.title(played), &kept).into_bytes())),
        ];
        for (path, bytes) in files {
            if let (Some(path), Some(bytes)) = (path, bytes) {
                write_file(path, &bytes)?;
                remark!("{}: {} bytes", path.display(), bytes.len());
            }
        }
        Ok(())
    }

    fn check(&self, network: &Network, net: &FloatNet, settings: Settings) -> Result<(), Failure> {
        if net.schedule().writes_of_what_is_read() {
            return Err(of_what_is_read());
        }
        // The temperatures of the hardware's register, and one message for others.
        drop(generation(settings.temperature, settings.seed, 1)?);
        self.check_keys(network)
    }

    fn check_keys(&self, network: &Network) -> Result<(), Failure> {
        let width = network.frame_width().unwrap_or(0);
        match self.midi.is_some() && width > KEYS {
            true => Err(Failure::input(format!(
                "--midi: expected frames of at most {KEYS} keys, found {width}; leave it out"
            ))),
            false => Ok(()),
        }
    }

    fn title(&self, played: usize) -> String {
        match played {
            0 => format!("{} frames dreamt", self.frames),
            _ => format!("{played} frames played, {} dreamt", self.frames),
        }
    }

    /// What is played first.
    fn primed(&self, network: &Network) -> Result<Array2<f32>, Failure> {
        let width = network.frame_width().unwrap_or(0);
        let Some(path) = &self.prime else { return Ok(Array2::zeros((0, width))) };
        let pieces = read_frames(path, Split::Test, network)?;
        let Some(piece) = pieces.get(self.piece as usize - 1) else {
            return Err(Failure::input(format!(
                "--piece {}: expected 1 to {}, the pieces of {}; choose one of them",
                self.piece,
                pieces.len(),
                path.display()
            )));
        };
        let (played, there) = (self.played as usize, piece.steps() - 1);
        if played > there {
            return Err(Failure::input(format!(
                "--played {played}: expected at most {there}, the frames of piece {}; play fewer",
                self.piece
            )));
        }
        // Behind the silent row.
        Ok(piece.frames.slice(s![1..=played, ..]).to_owned())
    }
}
