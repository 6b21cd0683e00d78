//! Fitting a network to sentences, or to labelled or numbered sequences (feature `train`).
//!
//! The gradient is derived from the description of the network, one rule per [`crate::model::Op`]
//! (`backward.rs`), so a new network needs no new code here and a new operation needs one rule.
//! Everything random is keyed by seed, epoch and batch: a resumed run ends in the same bytes as
//! one that was never interrupted. Updates are made by the processor or, where there is one, by a
//! graphics processor (`gpu`).

mod adam;
mod backward;
mod batch;
mod batch_norm;
mod cell_gradient;
mod checkpoint;
mod corpus;
mod dropout;
mod flow;
mod gpu;
mod hardware;
mod lagging;
mod machine;
mod measured;
mod objective;
mod pace;
mod progress;
mod rate;
mod run;
mod through_time;
mod update;

pub use adam::Adam;
pub use batch::Batch;
pub use checkpoint::{CHECKPOINT_FILE, Position, parse as parse_checkpoint, to_bytes as checkpoint_bytes};
pub use gpu::{Device, refusal};
pub use hardware::{Program, no_cells};
pub use objective::{Losses, TermWeights, kl_weight};
pub use pace::pace;
pub use progress::{Control, Progress};
pub use run::{FILES, Summary, TrainRequest, run};
pub use update::loss_and_gradients;
