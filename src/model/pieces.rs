//! Sets of pieces whose frames are bits: a piece a line, frames with spaces between them, a frame the numbers of its bits
//! that are 1 with commas between them, `-` where there are none.

use super::{Example, ModelError, Network, Op};
use ndarray::{Array2, s};

/// Frames of a piece at most. A longer one is a file without line breaks.
const MOST_FRAMES: usize = 100_000;

/// Pieces of frames of so many bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pieces {
    bits: usize,
}

impl Pieces {
    /// Those that `network` writes; none if it writes none.
    pub fn of(network: &Network) -> Option<Pieces> {
        network.blocks.iter().find_map(|block| match block.op {
            Op::Bits { size, .. } => Some(Pieces { bits: size }),
            _ => None,
        })
    }

    /// The pieces of a text, each with its silent first row. `file` is how messages call it.
    ///
    /// # Errors
    /// If a line is no piece, with its number, or there is none.
    pub fn read(self, file: &str, text: &str) -> Result<Vec<Example>, ModelError> {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let piece = |(i, line): (usize, &str)| self.piece(&format!("{file}: line {}", i + 1), line);
        let pieces: Vec<Example> = lines.map(piece).collect::<Result<_, _>>()?;
        match pieces.is_empty() {
            true => {
                let to_do = "write a piece a line, its frames with spaces between them";
                Err(ModelError::new(file, self.shape(), "no line", to_do))
            }
            false => Ok(pieces),
        }
    }

    fn shape(self) -> String {
        format!("frames of keys 0 to {} with commas between them, or -", self.bits - 1)
    }

    fn piece(self, place: &str, line: &str) -> Result<Example, ModelError> {
        let frames: Vec<&str> = line.split_whitespace().collect();
        if frames.len() > MOST_FRAMES {
            let expected = format!("at most {MOST_FRAMES} frames of a piece");
            let to_do = "write one piece a line";
            return Err(ModelError::new(place, expected, frames.len().to_string(), to_do));
        }
        let mut bits = Array2::zeros((frames.len(), self.bits));
        for (step, frame) in frames.iter().enumerate().filter(|(_, frame)| **frame != "-") {
            for field in frame.split(',') {
                let wrong = |found: String, to_do: &str| {
                    Err(ModelError::new(format!("{place}, frame {}", step + 1), self.shape(), found, to_do))
                };
                // Digits alone: no sign, no space.
                let number = field.bytes().all(|b| b.is_ascii_digit()).then(|| field.parse::<usize>().ok());
                match number.flatten().filter(|&key| key < self.bits) {
                    None => return wrong(format!("`{field}`"), "correct the key"),
                    Some(key) if bits[[step, key]] == 1.0 => {
                        return wrong(format!("{key} twice"), "name a key once");
                    }
                    Some(key) => bits[[step, key]] = 1.0,
                }
            }
        }
        Ok(Example::piece(&bits))
    }

    /// The line of a piece, which `read` reads back.
    pub fn line(piece: &Example) -> String {
        let frame = |bits: ndarray::ArrayView1<'_, f32>| {
            let keys: Vec<String> =
                (0..bits.len()).filter(|&key| bits[key] > 0.5).map(|key| key.to_string()).collect();
            if keys.is_empty() { "-".into() } else { keys.join(",") }
        };
        piece.frames.outer_iter().skip(1).map(frame).collect::<Vec<String>>().join(" ")
    }

    /// The same pieces in parts of at most `frames` frames (0: whole), to learn from. What stands before the first frame
    /// of a part is the frame before it: only a beginning begins in silence.
    pub fn cut(pieces: Vec<Example>, frames: usize) -> Vec<Example> {
        let parts = |piece: Example| -> Vec<Example> {
            let all = piece.steps() - 1;
            if frames == 0 || all <= frames {
                return vec![piece];
            }
            let part = |from: usize| Example {
                frames: piece.frames.slice(s![from..=all.min(from + frames), ..]).to_owned(),
                ..Example::default()
            };
            (0..all).step_by(frames).map(part).collect()
        };
        pieces.into_iter().flat_map(parts).collect()
    }
}

#[cfg(test)]
mod tests;
