//! The roundings of the data path in words.

use crate::golden::Place;

/// What is rounded at a place, in words.
pub const fn place_words(place: Place) -> &'static str {
    match place {
        Place::Part => "product of a cell, off its tiles",
        Place::PartSum => "two products of a cell, added",
        Place::Code => "state as the code of a word line",
        Place::RnnSum => "RNN: x + h",
        Place::RnnState => "RNN: state",
        Place::GruReset => "GRU: reset gate, x + h",
        Place::GruUpdate => "GRU: update gate, x + h",
        Place::GruGated => "GRU: reset gate times h",
        Place::GruCandidate => "GRU: candidate, x + r h",
        Place::GruNew => "GRU: candidate as a state",
        Place::GruState => "GRU: new state",
        Place::LstmInput => "LSTM: input gate, x + h",
        Place::LstmForget => "LSTM: forget gate, x + h",
        Place::LstmCandidate => "LSTM: candidate, x + h",
        Place::LstmOutput => "LSTM: output gate, x + h",
        Place::LstmKept => "LSTM: forget gate times c",
        Place::LstmAdded => "LSTM: input gate times candidate",
        Place::LstmCell => "LSTM: new c",
        Place::LstmSquashed => "LSTM: c before its tanh",
        Place::LstmState => "LSTM: new state",
        Place::Moment => "mean or log-variance of a latent",
        Place::LatentScaled => "latent: deviation times noise",
        Place::LatentPlain => "latent: noise of the prior",
        Place::LatentSum => "latent: mean plus noise",
        Place::Bridge => "first state of the decoder",
        Place::BridgeCell => "first c of the decoder",
        Place::Logit => "score of a word (logit)",
        Place::DensePre => "hidden layer before its activation",
        Place::DenseWord => "hidden layer",
        Place::Combined => "vectors added, multiplied or blended",
        Place::Accumulated => "sum or mean over steps",
        Place::Pooled => "mean of the latent over steps",
        Place::PooledVariance => "log-variance of the latent over steps",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_has_words_of_its_own() {
        let all: std::collections::BTreeSet<&str> = Place::ALL.iter().map(|&p| place_words(p)).collect();
        assert_eq!(all.len(), Place::ALL.len());
    }
}
