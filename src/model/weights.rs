//! The tensors of a checkpoint, by their PyTorch names.

use super::mismatch::check_tensors;
use super::{ModelError, Network};
use crate::config::NumberFormat;
use half::{bf16, f16};
use ndarray::{ArrayD, Dimension, IxDyn};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::Deserializer;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

/// Tensors by name, in single precision, checked against one network: exactly its tensors, each
/// of its shape, every number finite.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    tensors: BTreeMap<String, ArrayD<f32>>,
}

impl Weights {
    /// Reads safetensors `bytes` (F32, F16 or BF16) as the weights of `network`.
    /// `file` is how messages call it.
    ///
    /// # Errors
    ///
    /// No safetensors, or not exactly the tensors of the network.
    pub fn parse(file: &str, bytes: &[u8], network: &Network) -> Result<Self, ModelError> {
        Self::checked(file, read_tensors(file, bytes)?, network)
    }

    /// Takes `tensors` as the weights of `network` if they are exactly its tensors.
    ///
    /// # Errors
    ///
    /// A tensor is missing, left over, of another shape, or not finite.
    pub fn checked(
        file: &str,
        tensors: BTreeMap<String, ArrayD<f32>>,
        network: &Network,
    ) -> Result<Self, ModelError> {
        check_tensors(file, &tensors, network)?;
        let remedy = "train again with a lower learning rate or gradient clipping";
        each(file, &tensors, f32::is_finite, "a finite number", remedy)?;
        Ok(Weights { tensors })
    }

    /// What `format` holds of these weights.
    ///
    /// # Errors
    ///
    /// A number is larger than any of that format; `file` is how the message calls what they are written to.
    pub fn rounded(mut self, file: &str, format: NumberFormat) -> Result<Self, ModelError> {
        if format == NumberFormat::F16 {
            let remedy = "write stored_as = \"f32\" in [train]";
            each(
                file,
                &self.tensors,
                |w| half(w).is_finite(),
                "65504 at most, for stored_as = \"f16\"",
                remedy,
            )?;
            self.tensors.values_mut().for_each(|tensor| tensor.mapv_inplace(half));
        }
        Ok(self)
    }

    /// Tensors that are known to be those of the network, taken from a net itself.
    pub(super) fn trusted(tensors: BTreeMap<String, ArrayD<f32>>) -> Self {
        Weights { tensors }
    }

    /// The tensor called `name`; `checked` promises every tensor of the network.
    pub fn get(&self, name: &str) -> &ArrayD<f32> {
        &self.tensors[name]
    }

    /// The same weights but for one tensor, whose numbers become other finite ones.
    pub fn map(&self, name: &str, change: impl Fn(f32) -> f32) -> Weights {
        let mut changed = self.clone();
        if let Some(tensor) = changed.tensors.get_mut(name) {
            tensor.mapv_inplace(change);
        }
        changed
    }

    /// Names and tensors, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &ArrayD<f32>)> {
        self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }

    /// The safetensors file of these weights; `parse` reads it back, exactly where they are [`rounded`](Self::rounded).
    pub fn to_bytes(&self, format: NumberFormat) -> Vec<u8> {
        match format {
            NumberFormat::F32 => write_tensors(&self.tensors, None),
            NumberFormat::F16 => {
                let bytes = |value: f32| f16::from_f32(value).to_le_bytes();
                serialize(&self.tensors, (Dtype::F16, bytes), None)
            }
        }
    }
}

/// The nearest number of 16 bits.
fn half(value: f32) -> f32 {
    f16::from_f32(value).to_f32()
}

/// That every number is as `expected`; the first that is not, by name and place.
fn each(
    file: &str,
    tensors: &BTreeMap<String, ArrayD<f32>>,
    right: impl Fn(f32) -> bool,
    expected: &'static str,
    remedy: &'static str,
) -> Result<(), ModelError> {
    for (name, tensor) in tensors {
        if let Some((index, value)) = tensor.indexed_iter().find(|(_, v)| !right(**v)) {
            let place = format!("{file}: tensor `{name}` at {:?}", index.slice());
            return Err(ModelError::new(place, expected, value.to_string(), remedy));
        }
    }
    Ok(())
}

/// Every tensor of a safetensors file, whatever the names, as single precision.
///
/// # Errors
///
/// No safetensors, or numbers of another type.
pub fn read_tensors(file: &str, bytes: &[u8]) -> Result<BTreeMap<String, ArrayD<f32>>, ModelError> {
    let parsed = SafeTensors::deserialize(bytes).map_err(|error| match another_kind(bytes) {
        Some((kind, remedy)) => ModelError::new(file, "a safetensors file", kind, remedy),
        None => ModelError::new(
            file,
            "a whole safetensors file",
            format!("{} bytes that are not one ({error})", bytes.len()),
            "copy or export the file again",
        ),
    })?;
    if let Some(name) = twice(bytes) {
        return Err(ModelError::new(
            format!("{file}: tensor `{name}`"),
            "every tensor once",
            "it twice in the header",
            "export the file again",
        ));
    }
    let mut tensors = BTreeMap::new();
    for (name, view) in parsed.tensors() {
        let values = decode(view.dtype(), view.data()).ok_or_else(|| {
            ModelError::new(
                format!("{file}: tensor `{name}`"),
                "dtype F32, F16 or BF16",
                format!("{:?}", view.dtype()),
                "convert it before saving, for example with .float()",
            )
        })?;
        let shaped = ArrayD::from_shape_vec(IxDyn(view.shape()), values);
        tensors.insert(name, shaped.expect("safetensors checks sizes against shapes"));
    }
    Ok(tensors)
}

/// What a file is that is no safetensors, and what to do with it.
fn another_kind(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    let checkpoint = "write its tensors with `python -m hvae_mnn.export_checkpoint FILE.pt OUT.safetensors` (the package in python/)";
    let from_module =
        "export the PyTorch module that it was made from, with hvae_mnn.export (the package in python/)";
    match bytes {
        [b'P', b'K', 3, 4, ..] if has(b".npy") => {
            Some(("an npz file of NumPy", "write the tensors with safetensors.numpy.save_file"))
        }
        [b'P', b'K', 3, 4, ..] if has(b"data.pkl") => Some(("a PyTorch file (torch.save)", checkpoint)),
        [b'P', b'K', 3, 4, ..] => Some(("a zip file", checkpoint)),
        [0x80, 2..=5, 1..=255, ..] => Some(("a pickle (torch.save of before PyTorch 1.6)", checkpoint)),
        // A model of protobuf: field 1 is the version of its form, then who made it or the graph.
        [0x08, 1..=20, 0x12 | 0x1a | 0x22 | 0x2a | 0x32 | 0x3a | 0x42, ..] => {
            Some(("an ONNX file", from_module))
        }
        [0x89, b'H', b'D', b'F', ..] => Some((
            "an HDF5 file (Keras)",
            "write its tensors with safetensors.numpy.save_file, in PyTorch's gate order",
        )),
        _ => None,
    }
}

/// A name that the header of a whole safetensors file has twice: its reader takes the last one.
fn twice(bytes: &[u8]) -> Option<String> {
    struct Names;
    impl<'de> Visitor<'de> for Names {
        type Value = Option<String>;

        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str("tensors by name")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<String>, A::Error> {
            let (mut seen, mut twice) = (BTreeSet::new(), None);
            while let Some((name, _)) = map.next_entry::<String, IgnoredAny>()? {
                if !seen.insert(name.clone()) {
                    twice = twice.or(Some(name));
                }
            }
            Ok(twice)
        }
    }
    let length = u64::from_le_bytes(*bytes.first_chunk()?);
    let header = bytes.get(8..)?.get(..usize::try_from(length).ok()?)?;
    serde_json::Deserializer::from_slice(header).deserialize_map(Names).ok().flatten()
}

/// The safetensors file (F32) of `tensors`, the same bytes for the same tensors, with at most one
/// entry of metadata (more have no fixed order).
pub fn write_tensors(tensors: &BTreeMap<String, ArrayD<f32>>, metadata: Option<(&str, String)>) -> Vec<u8> {
    serialize(tensors, (Dtype::F32, f32::to_le_bytes), metadata)
}

fn serialize<const BYTES: usize>(
    tensors: &BTreeMap<String, ArrayD<f32>>,
    (dtype, bytes): (Dtype, impl Fn(f32) -> [u8; BYTES]),
    metadata: Option<(&str, String)>,
) -> Vec<u8> {
    let raw: Vec<(&String, &ArrayD<f32>, Vec<u8>)> = tensors
        .iter()
        .map(|(name, tensor)| (name, tensor, tensor.iter().flat_map(|value| bytes(*value)).collect()))
        .collect();
    let views = raw.iter().map(|(name, tensor, data)| {
        let view = TensorView::new(dtype, tensor.shape().to_vec(), data);
        (name.as_str(), view.expect("as many bytes as the type has"))
    });
    let metadata = metadata.map(|(key, value)| HashMap::from([(key.to_string(), value)]));
    safetensors::serialize(views, metadata).expect("memory is the only thing written to")
}

/// One entry of the metadata of a safetensors file.
pub fn read_metadata(bytes: &[u8], key: &str) -> Option<String> {
    let (_, header) = SafeTensors::read_metadata(bytes).ok()?;
    header.metadata().as_ref()?.get(key).cloned()
}

fn decode(dtype: Dtype, data: &[u8]) -> Option<Vec<f32>> {
    let pairs = || data.chunks_exact(2).map(|b| [b[0], b[1]]);
    match dtype {
        Dtype::F32 => {
            Some(data.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
        }
        Dtype::F16 => Some(pairs().map(|b| f16::from_le_bytes(b).to_f32()).collect()),
        Dtype::BF16 => Some(pairs().map(|b| bf16::from_le_bytes(b).to_f32()).collect()),
        _ => None,
    }
}
