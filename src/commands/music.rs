//! `hvae sample` of a model that writes frames: pieces as text, as a MIDI file, as a picture.

use super::Failure;
use super::inputs::{map_model, read_examples};
use super::out::{remark, say};
use hvae_mnn::config::Config;
use hvae_mnn::files::write_file;
use hvae_mnn::model::{Example, Pieces, Split, TrainedModel};
use hvae_mnn::sample::{KEYS, generation, midi, roll};
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
    /// Picture of all pieces (SVG): keys over frames, what was played and what was dreamt
    #[arg(long, value_name = "FILE", help_heading = "Music")]
    roll: Option<PathBuf>,
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

    /// Writes `count` pieces.
    pub fn run(
        &self,
        (model, config): (&TrainedModel, &Config),
        (count, seed, temperature): (usize, u64, f64),
        on_cells: bool,
    ) -> Result<(), Failure> {
        if on_cells {
            // Says why not.
            map_model(model, config, None)?;
        }
        let net = model.float_net();
        if net.schedule().writes_of_what_is_read() {
            return Err(Failure::input(
                "hvae sample: expected a model that writes from z or from nothing, found one that writes of what it reads; `hvae eval` measures it",
            ));
        }
        // The temperatures of the hardware's register, and one message for others.
        drop(generation(temperature, seed, 1)?);
        let width = model.network.frame_width().unwrap_or(0);
        if self.midi.is_some() && width > KEYS {
            return Err(Failure::input(format!(
                "--midi: expected frames of at most {KEYS} keys, found {width}; leave it out"
            )));
        }
        let prime = self.primed(model, width)?;
        let played = prime.nrows();
        let mut pieces = Vec::new();
        for i in 0..count {
            let settings = (temperature, seed.wrapping_add(i as u64));
            let piece = net.dream_piece(&prime, self.frames as usize, settings);
            say!("{}", Pieces::line(&Example::piece(&piece)))?;
            if self.midi.is_some() || self.roll.is_some() {
                pieces.push(piece);
            }
        }
        let files = [
            (&self.midi, self.midi.as_ref().map(|_| midi(&pieces, self.pace))),
            (&self.roll, self.roll.as_ref().map(|_| roll(&self.title(played), &pieces, played).into_bytes())),
        ];
        for (path, bytes) in files {
            if let (Some(path), Some(bytes)) = (path, bytes) {
                write_file(path, &bytes)?;
                remark!("{}: {} bytes", path.display(), bytes.len());
            }
        }
        Ok(())
    }

    fn title(&self, played: usize) -> String {
        match played {
            0 => format!("{} frames dreamt", self.frames),
            _ => format!("{played} frames played, {} dreamt", self.frames),
        }
    }

    /// What is played first.
    fn primed(&self, model: &TrainedModel, width: usize) -> Result<Array2<f32>, Failure> {
        let Some(path) = &self.prime else { return Ok(Array2::zeros((0, width))) };
        let pieces = read_examples(path, Split::Test, model)?;
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
