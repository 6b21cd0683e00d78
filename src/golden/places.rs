//! Where numbers are clipped: every saturation flag of the data path by name.

use crate::quant::Saturations;

macro_rules! places {
    ($($(#[doc = $doc:literal])* $name:ident),* $(,)?) => {
        /// A rounding or addition of the data path.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Place { $($(#[doc = $doc])* $name),* }

        impl Place {
            /// Every place.
            pub const ALL: &[Place] = &[$(Place::$name),*];
        }
    };
}

places! {
    /// A part of a cell's pre-activations, off its tiles.
    Part,
    /// Two parts added.
    PartSum,
    /// A state as the code that drives a word line.
    Code,
    /// x + h of a plain unit.
    RnnSum,
    /// tanh of it as a state.
    RnnState,
    /// x + h of r.
    GruReset,
    /// x + h of z.
    GruUpdate,
    /// r * h_n
    GruGated,
    /// x_n + r * h_n
    GruCandidate,
    /// n as a state.
    GruNew,
    /// n + z * (h - n)
    GruState,
    /// x + h of i.
    LstmInput,
    /// x + h of f.
    LstmForget,
    /// x + h of g.
    LstmCandidate,
    /// x + h of o.
    LstmOutput,
    /// f * c
    LstmKept,
    /// i * g
    LstmAdded,
    /// f * c + i * g
    LstmCell,
    /// c as a pre-activation.
    LstmSquashed,
    /// o * tanh(c) as a state.
    LstmState,
    /// Mean or log-variance.
    Moment,
    /// sigma * e
    LatentScaled,
    /// e of the prior.
    LatentPlain,
    /// The mean and the noise together.
    LatentSum,
    /// h_0
    Bridge,
    /// c_0
    BridgeCell,
    /// Of a head.
    Logit,
    /// A product before its activation.
    DensePre,
    /// What the activation makes of it, as a word.
    DenseWord,
    /// Words of other blocks, added, multiplied or blended.
    Combined,
    /// The sum or mean of a vector over steps.
    Accumulated,
    /// The mean of z over steps.
    Pooled,
    /// The log-variance of z over steps.
    PooledVariance,
}

/// How often each place clipped, and how often it did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places([Saturations; Place::ALL.len()]);

impl Default for Places {
    fn default() -> Self {
        Places([Saturations::default(); Place::ALL.len()])
    }
}

impl Places {
    /// The count of a place, to be added to.
    pub fn at(&mut self, place: Place) -> &mut Saturations {
        &mut self.0[place as usize]
    }

    /// The count of a place.
    pub fn of(&self, place: Place) -> Saturations {
        self.0[place as usize]
    }

    /// Numbers clipped, wherever it was.
    pub fn clipped(&self) -> u64 {
        self.0.iter().map(|s| s.clipped).sum()
    }

    /// What was counted here since it stood at `before`.
    pub fn since(&self, before: &Places) -> Places {
        let mut since = self.clone();
        for (mine, before) in since.0.iter_mut().zip(&before.0) {
            mine.clipped -= before.clipped;
            mine.fitted -= before.fitted;
        }
        since
    }

    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: &Places) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            mine.clipped += theirs.clipped;
            mine.fitted += theirs.fitted;
        }
    }
}
