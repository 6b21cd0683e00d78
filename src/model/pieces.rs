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
mod tests {
    use super::*;

    const FIVE: Pieces = Pieces { bits: 5 };

    #[test]
    fn pieces_are_read_and_written_back() {
        let text = "0,4 - 2\n\n1\n";
        let read = FIVE.read("f", text).unwrap();
        let frames =
            ndarray::arr2(&[[0.0; 5], [1.0, 0.0, 0.0, 0.0, 1.0], [0.0; 5], [0.0, 0.0, 1.0, 0.0, 0.0]]);
        assert_eq!(read[0].frames, frames);
        assert_eq!(read[1].frames.nrows(), 2);
        assert_eq!(read.iter().map(Pieces::line).collect::<Vec<_>>(), ["0,4 - 2", "1"]);
    }

    #[test]
    fn other_lines_are_refused_by_number() {
        let keys = "expected frames of keys 0 to 4 with commas between them, or -, got";
        for (text, message) in [
            ("0 1\n0 5 1", format!("f: line 2, frame 2: {keys} `5`; correct the key")),
            ("0 1,,2", format!("f: line 1, frame 2: {keys} ``; correct the key")),
            ("+1", format!("f: line 1, frame 1: {keys} `+1`; correct the key")),
            ("1,-", format!("f: line 1, frame 1: {keys} `-`; correct the key")),
            (
                "99999999999999999999",
                format!("f: line 1, frame 1: {keys} `99999999999999999999`; correct the key"),
            ),
            ("1,2,1", format!("f: line 1, frame 1: {keys} 1 twice; name a key once")),
            ("\n \n", format!("f: {keys} no line; write a piece a line")),
        ] {
            let found = FIVE.read("f", text).unwrap_err().to_string();
            assert!(found.starts_with(&message), "{found}\n{message}");
        }
        let long = vec!["-"; MOST_FRAMES + 1].join(" ");
        let found = FIVE.read("f", &long).unwrap_err().to_string();
        assert!(
            found.starts_with("f: line 1: expected at most 100000 frames of a piece, got 100001; "),
            "{found}"
        );
    }

    /// Every frame is predicted once, whatever the parts, from the frame before it.
    #[test]
    fn parts_have_all_frames_once() {
        let piece = FIVE.read("f", "0 1 2 3 4 0,1 0,2").unwrap();
        for (frames, lines) in [
            (0, vec!["0 1 2 3 4 0,1 0,2"]),
            (7, vec!["0 1 2 3 4 0,1 0,2"]),
            (3, vec!["0 1 2", "3 4 0,1", "0,2"]),
            (6, vec!["0 1 2 3 4 0,1", "0,2"]),
        ] {
            let parts = Pieces::cut(piece.clone(), frames);
            assert_eq!(parts.iter().map(Pieces::line).collect::<Vec<_>>(), lines);
            let mut before = ndarray::Array1::zeros(5);
            for part in parts {
                assert_eq!(part.frames.row(0), before);
                before = part.frames.row(part.frames.nrows() - 1).to_owned();
            }
        }
    }
}
