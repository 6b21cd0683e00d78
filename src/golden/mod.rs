//! What the hardware must answer, bit by bit and cycle by cycle.

mod bits;
mod cell;
mod choice;
mod combine;
mod context;
mod draw;
mod engine;
mod job;
mod net;
mod packets;
mod places;
mod random;
mod run;
mod score;
mod scored;
mod seen;
mod shown;
mod sums;
mod timing;
mod views;

pub use crate::model::JobKind;
pub use bits::{BitHead, packed, unpacked};
pub use context::Context;
pub use draw::{Drawing, LatentMode};
pub use engine::{GoldenEngine, Visit};
pub use job::{Abort, Ending, Job, Manner, Packet, Refusal, Shape, Stop};
pub use net::{Golden, Machine};
pub use places::{Place, Places};
pub use random::{NoiseKind, NoiseSource};
pub use score::{SCORE_FRAC, Scorer};
pub use scored::scored;
pub use shown::{Converted, Counters, Run, VectorEvent};
pub use timing::{FETCH, FLUSH_CYCLES, HANDOVER, KEY_CYCLES, StageTiming, Timing, TokenCycles};
