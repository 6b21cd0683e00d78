//! Arrays of an `.npz` file, as NumPy writes them.

use crate::model::ModelError;
use ndarray::{ArrayD, Dimension, IxDyn};
use ndarray_npy::ReadNpyExt;
use ndarray_npy::npy::header::Header;
use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// Bytes that all arrays together may have once they are unpacked: a few kilobytes can claim to be anything.
const MOST: u64 = 1 << 28;
/// Brackets that open in the header of an array: NumPy writes two.
const BRACKETS: usize = 8;

/// An array of numbers.
#[derive(Debug, Clone, PartialEq)]
pub enum Numbers {
    /// Of a type of whole numbers.
    Whole(ArrayD<i64>),
    /// Of f4 or f8.
    Real(ArrayD<f32>),
}

impl Numbers {
    /// Its shape.
    pub fn shape(&self) -> &[usize] {
        match self {
            Numbers::Whole(array) => array.shape(),
            Numbers::Real(array) => array.shape(),
        }
    }
}

/// Every array of an `.npz` file by its name. `file` is how messages call it.
///
/// # Errors
///
/// It is none, an array is cut short, or its numbers are of another type.
pub fn read_npz(file: &str, bytes: &[u8]) -> Result<BTreeMap<String, Numbers>, ModelError> {
    let not_one = |why: String| {
        ModelError::new(
            file,
            "a whole npz file (numpy.savez)",
            format!("{} bytes that are not one ({why})", bytes.len()),
            "write the file again",
        )
    };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| not_one(error.to_string()))?;
    let (mut arrays, mut left) = (BTreeMap::new(), MOST);
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|error| not_one(error.to_string()))?;
        let name = entry.name().strip_suffix(".npy").unwrap_or(entry.name()).to_string();
        let mut whole = Vec::new();
        entry
            .take(left + 1)
            .read_to_end(&mut whole)
            .map_err(|error| not_one(format!("`{name}`: {error}")))?;
        left = left.checked_sub(whole.len() as u64).ok_or_else(|| {
            let found = format!("more with array `{name}`");
            ModelError::new(file, format!("arrays of {MOST} bytes together"), found, "take fewer sequences")
        })?;
        let numbers = read_array(&format!("{file}: array `{name}`"), &whole)?;
        arrays.insert(name, numbers);
    }
    Ok(arrays)
}

fn read_array(place: &str, bytes: &[u8]) -> Result<Numbers, ModelError> {
    let broken = |found: String| {
        ModelError::new(place, "a whole array as NumPy writes it", found, "write the file again")
    };
    // Its text is read by recursion, and its shape is believed: both are looked at first.
    let text = &bytes[..bytes.len().min(header_end(bytes))];
    if text.iter().filter(|byte| b"([{".contains(byte)).count() > BRACKETS {
        return Err(broken("a header that is none".into()));
    }
    let mut rest = bytes;
    let header = Header::from_reader(&mut rest).map_err(|error| broken(error.to_string()))?;
    let kind = header.type_descriptor.to_string().replace('\'', "");
    let kind = kind.trim_start_matches(['<', '>', '|', '=']).to_string();
    let size: usize = kind.get(1..).and_then(|digits| digits.parse().ok()).unwrap_or(0);
    let needed = header.shape.iter().try_fold(size, |all, &length| all.checked_mul(length));
    let known = matches!(kind.as_str(), "i1" | "i2" | "i4" | "i8" | "u1" | "u2" | "u4" | "f4" | "f8");
    if known && needed != Some(rest.len()) {
        return Err(broken(format!("{} bytes for the shape {:?}", rest.len(), header.shape)));
    }
    let wrong = |error: ndarray_npy::ReadNpyError| broken(error.to_string());
    macro_rules! whole {
        ($of:ty) => {
            Numbers::Whole(ArrayD::<$of>::read_npy(bytes).map_err(wrong)?.mapv(i64::from))
        };
    }
    Ok(match kind.as_str() {
        "i1" => whole!(i8),
        "i2" => whole!(i16),
        "i4" => whole!(i32),
        "i8" => whole!(i64),
        "u1" => whole!(u8),
        "u2" => whole!(u16),
        "u4" => whole!(u32),
        "f4" => Numbers::Real(ArrayD::<f32>::read_npy(bytes).map_err(wrong)?),
        "f8" => Numbers::Real(ArrayD::<f64>::read_npy(bytes).map_err(wrong)?.mapv(|value| value as f32)),
        other => {
            return Err(ModelError::new(
                place,
                "dtype int8 to int64, uint8 to uint32, float32 or float64",
                other,
                "convert it before saving, for example with .astype(\"float32\")",
            ));
        }
    })
}

/// Where the header ends, by what it says itself (NEP 1).
fn header_end(bytes: &[u8]) -> usize {
    let at = |index: usize| usize::from(bytes.get(index).copied().unwrap_or(0));
    match at(6) {
        1 => 10 + at(8) + 256 * at(9),
        _ => 12 + (0..4).map(|byte| at(8 + byte) << (8 * byte)).sum::<usize>(),
    }
}

/// The first number that is none: its place in the array.
pub fn not_finite(array: &ArrayD<f32>) -> Option<(IxDyn, f32)> {
    array.indexed_iter().find(|(_, value)| !value.is_finite()).map(|(index, value)| (index, *value))
}

/// A place in an array, for messages.
pub fn place_of(index: &IxDyn) -> String {
    format!("{:?}", index.slice())
}
