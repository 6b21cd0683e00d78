//! How inputs are laid out, and what is changed of them.

use super::{bytes, tree};
use ciborium::Value;
use hvae_mnn::model::Random;

#[derive(Clone, Copy, PartialEq)]
pub enum Form {
    /// Lines, or bytes.
    Plain,
    Json,
    Toml,
    Cbor,
    /// A header in JSON, then numbers.
    Safetensors,
}

/// Longer inputs are cut: a parser is asked for its wits and not for its speed.
const MOST: usize = 1 << 19;

impl Form {
    /// `input` with one to four places changed, most often so that its reader still finds values in it.
    pub fn changed(self, input: &[u8], others: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
        let mut changed = input.to_vec();
        let times = 1 + random.below(4);
        let structured = random.below(4) != 0;
        match self.open(input).filter(|_| structured) {
            Some((mut value, rest)) => {
                for _ in 0..times {
                    tree::change(&mut value, random);
                }
                if let Some(whole) = self.close(&value, rest) {
                    changed = whole;
                }
            }
            None => (0..times).for_each(|_| bytes::change(&mut changed, others, random)),
        }
        changed.truncate(MOST);
        changed
    }

    /// Its tree, and what stands behind it.
    fn open(self, input: &[u8]) -> Option<(Value, &[u8])> {
        match self {
            Form::Plain => None,
            Form::Json => Some((serde_json::from_slice(input).ok()?, &[])),
            Form::Toml => Some((toml::from_str(str::from_utf8(input).ok()?).ok()?, &[])),
            Form::Cbor => Some((ciborium::from_reader(input).ok()?, &[])),
            Form::Safetensors => {
                let length = usize::try_from(u64::from_le_bytes(*input.first_chunk()?)).ok()?;
                let header = input.get(8..)?.get(..length)?;
                Some((serde_json::from_slice(header).ok()?, &input[8 + length..]))
            }
        }
    }

    fn close(self, value: &Value, rest: &[u8]) -> Option<Vec<u8>> {
        match self {
            Form::Plain => None,
            Form::Json => serde_json::to_vec(value).ok(),
            Form::Toml => {
                let value: toml::Table = value.deserialized().ok()?;
                Some(toml::to_string(&value).ok()?.into_bytes())
            }
            Form::Cbor => {
                let mut bytes = Vec::new();
                ciborium::into_writer(value, &mut bytes).ok()?;
                Some(bytes)
            }
            Form::Safetensors => {
                let header = serde_json::to_vec(value).ok()?;
                Some([&(header.len() as u64).to_le_bytes(), &header[..], rest].concat())
            }
        }
    }
}

/// Every form survives being opened and closed: else changes of trees would be changes of nothing.
#[test]
fn trees_close_as_they_were_opened() {
    for target in super::targets::ALL.iter().filter(|target| target.form != Form::Plain) {
        for seed in (target.seeds)() {
            let (value, rest) = target.form.open(&seed).unwrap_or_else(|| panic!("{}: no tree", target.name));
            let closed =
                target.form.close(&value, rest).unwrap_or_else(|| panic!("{}: no input", target.name));
            assert_eq!((target.read)(&closed), Ok(()), "{}", target.name);
        }
    }
}
