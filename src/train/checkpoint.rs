//! Where a run stands, in one file that is always whole.

use super::adam::Adam;
use super::objective::Losses;
use crate::model::{
    FloatNet, ModelError, Network, bytes_of, read_metadata, read_tensors, write_tensors, write_whole,
};
use ndarray::{Array2, ArrayD};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Name of the checkpoint in the model folder while a run goes on.
pub const CHECKPOINT_FILE: &str = "checkpoint.safetensors";
const KEY: &str = "position";

/// Everything besides tensors that the next update depends on. All randomness is keyed by seed,
/// epoch and batch, so no generator state is kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// Digest of configuration and data: what a checkpoint may be resumed with.
    pub request: String,
    /// Epochs done.
    pub epoch: usize,
    /// Batches of this epoch done.
    pub batch: usize,
    /// Updates done, over all epochs.
    pub updates: u64,
    /// Losses of the epoch so far.
    pub losses: Losses,
    /// Updates of it whose gradient was clipped.
    #[serde(default)]
    pub clipped: u64,
    /// Lowest validation NLL and its epoch.
    pub best: Option<(f64, usize)>,
    /// The lines of `metrics.jsonl` so far.
    pub metrics: String,
    /// While the inference lags: updates of the encoder, which are more than those of the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lagging: Option<Lagging>,
}

/// Of lagging inference (He et al., ICLR 2019).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lagging {
    /// The encoder is still updated more often than the decoder.
    pub goes_on: bool,
    /// Mutual information of the last validation.
    pub information: f64,
    /// Updates of the encoder.
    pub updates: u64,
}

/// What a checkpoint holds.
pub type Checkpoint = (FloatNet, Adam, Position);

/// Writes the checkpoint of `net` and `adam` at `position`.
pub fn save(path: &Path, net: &FloatNet, adam: &Adam, position: &Position) -> Result<(), ModelError> {
    write_whole(path, &to_bytes(net, adam, position))
}

/// The file of a checkpoint; [`parse`] reads it back.
pub fn to_bytes(net: &FloatNet, adam: &Adam, position: &Position) -> Vec<u8> {
    let mut tensors: BTreeMap<String, ArrayD<f32>> = BTreeMap::new();
    for (kind, matrices) in [("weight", net.tensors()), ("first", &adam.first), ("second", &adam.second)] {
        for ((name, _), matrix) in net.network().tensors().iter().zip(matrices) {
            tensors.insert(format!("{kind}.{name}"), matrix.clone().into_dyn());
        }
    }
    let text = serde_json::to_string(position).expect("plain values");
    write_tensors(&tensors, Some((KEY, text)))
}

/// Reads a checkpoint of `network`; `request` must be the digest it was written under.
pub fn load(path: &Path, network: &Network, request: &str) -> Result<Checkpoint, ModelError> {
    parse(&path.display().to_string(), &bytes_of(path)?, network, request)
}

/// The same from bytes; `file` is how messages call them.
///
/// # Errors
///
/// No checkpoint, or one of another network or request.
pub fn parse(file: &str, bytes: &[u8], network: &Network, request: &str) -> Result<Checkpoint, ModelError> {
    let mut tensors = read_tensors(file, bytes)?;
    let refuse = |got: &str| {
        ModelError::new(
            file,
            "a checkpoint of this configuration and data",
            got,
            "resume with what the run was started with, or remove the file to start over",
        )
    };
    let position: Position = read_metadata(bytes, KEY)
        .and_then(|text| serde_json::from_str(&text).ok())
        .ok_or_else(|| refuse("no position in its metadata"))?;
    if position.request != request {
        return Err(refuse("one of another request"));
    }
    let mut take = |kind: &str| -> Result<Vec<Array2<f32>>, ModelError> {
        let mut all = Vec::new();
        for (name, shape) in network.tensors() {
            let dim = if shape.len() == 1 { (1, shape[0]) } else { (shape[0], shape[1]) };
            let key = format!("{kind}.{name}");
            let tensor = tensors.remove(&key).filter(|t| t.shape() == [dim.0, dim.1]);
            let tensor: Option<Array2<f32>> = tensor.and_then(|t| t.into_dimensionality().ok());
            let tensor = tensor.ok_or_else(|| refuse(&format!("no tensor `{key}` of {dim:?}")))?;
            if tensor.iter().any(|v| !v.is_finite() || (kind == "second" && *v < 0.0)) {
                return Err(refuse(&format!("what is no number of tensor `{key}`")));
            }
            all.push(tensor);
        }
        Ok(all)
    };
    let weights = take("weight")?;
    let of_encoder = position.lagging.map_or(position.updates, |lagging| lagging.updates);
    let adam = Adam::with(network, take("first")?, take("second")?, [of_encoder, position.updates]);
    Ok((FloatNet::with_tensors(network, weights), adam, position))
}

impl Position {
    /// It can have been reached with so many batches an epoch; updates are counted in 53 bits, as all else is.
    pub fn fits(&self, epochs: usize, batches: usize) -> bool {
        let updates = self.epoch.checked_mul(batches).and_then(|done| done.checked_add(self.batch));
        let best = self.best.is_none_or(|(nll, epoch)| epoch <= self.epoch && !nll.is_nan());
        let lagging = self.lagging.is_none_or(|l| (self.updates..1 << 53).contains(&l.updates));
        let known = updates.is_some_and(|updates| updates as u64 == self.updates);
        let clipped = self.clipped <= self.batch as u64;
        known && best && lagging && clipped && self.epoch <= epochs && self.batch <= batches
    }
}
