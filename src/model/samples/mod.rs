//! What a user's own network makes of some inputs, and how far ours is from it.
//!
//! The file is an `.npz` of NumPy: inputs under `tokens` or `frames`, `lengths` and `z` where wanted, and what is
//! expected of a block under its name. Every step of what is written is fed what stands before it.

mod change;
mod hint;
mod npz;
mod parity;
mod read;

pub use npz::{Numbers, read_npz};
pub use parity::{BlockParity, Parity};

use super::{BlockId, Example, ModelError, Network, Role, Schedule};
use ndarray::Array2;
use read::{FRAMES, LENGTHS, Reader, TOKENS, Z};

/// Inputs, and what the user's own network makes of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    /// What is read, in the order of the file.
    pub(super) examples: Vec<Example>,
    /// z of each sequence: a row, or one for every step that is written; absent: the means.
    pub(super) z: Option<Vec<Array2<f32>>>,
    /// What is expected, in the order in which the network evaluates it.
    pub(super) expected: Vec<Expected>,
}

/// What is expected of a block.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Expected {
    /// As the file calls it.
    pub name: String,
    pub block: BlockId,
    pub role: Role,
    /// Of blocks that are evaluated together, one step after the other: which of such groups; and the last step first.
    pub group: Option<usize>,
    pub backwards: bool,
    /// By sequence [steps of the block, width].
    pub values: Vec<Array2<f32>>,
}

impl Samples {
    /// Reads `bytes` as samples of `network`. `file` is how messages call it.
    ///
    /// Arrays: `tokens` \[sequences, steps] of whole numbers, `<sos>` and `<eos>` included where words are written, -1
    /// behind the end; or `frames` \[sequences, steps, size]; `lengths` \[sequences] where they differ; `z` \[sequences,
    /// width], or \[sequences, steps, width] of a latent of every step, absent: the means. `BLOCK` \[sequences, steps,
    /// width] is what is expected of that block, by position: its output, and with `.mean`, `.log_variance` and
    /// `.cell` the parts of what has several (`.output` is the same as nothing). A block that runs once has
    /// \[sequences, width]; one that writes has a step less than is read, and one more is not looked at.
    ///
    /// # Errors
    ///
    /// It is no such file, an array has another name, shape or type, a number is none, or a token no word.
    pub fn parse(file: &str, bytes: &[u8], network: &Network) -> Result<Samples, ModelError> {
        let arrays = read_npz(file, bytes)?;
        let reader = Reader { file, network, arrays: &arrays };
        let examples = reader.examples()?;
        let (mut z, mut expected) = (None, Vec::new());
        for name in arrays.keys().map(String::as_str) {
            match name {
                TOKENS | FRAMES | LENGTHS => {}
                Z if reader.draws() => z = Some(reader.given(&examples)?),
                name => expected.push(reader.expected(name, &examples)?),
            }
        }
        if expected.is_empty() {
            return Err(ModelError::new(
                file,
                "what your network makes of a block, by its name",
                "inputs only",
                format!("add one of {}", reader.names().join(", ")),
            ));
        }
        let schedule = Schedule::new(network);
        let groups = schedule.bodies().iter().flat_map(|body| &body.groups);
        let order: Vec<BlockId> = groups.flat_map(|group| group.blocks.iter().copied()).collect();
        let at = |e: &Expected| (order.iter().position(|id| *id == e.block), e.role);
        expected.sort_by_key(at);
        Ok(Samples { examples, z, expected })
    }

    /// Sequences.
    pub fn sequences(&self) -> usize {
        self.examples.len()
    }

    /// Steps that are read, of all sequences.
    pub fn steps(&self) -> usize {
        self.examples.iter().map(Example::steps).sum()
    }
}
