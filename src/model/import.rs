//! Weights from a PyTorch state dict in safetensors.

use super::weights::read_tensors;
use super::{ModelError, Network, Weights};

/// Takes a state dict whose names are those of [`Network::tensors`] after `renames` (prefix in
/// the file, prefix here; the first that fits is taken, `("", "model.")` is allowed). Both biases
/// of a cell and PyTorch's gate order are kept as they are.
pub fn import(
    file: &str,
    bytes: &[u8],
    network: &Network,
    renames: &[(String, String)],
) -> Result<Weights, ModelError> {
    let mut renamed = std::collections::BTreeMap::new();
    for (name, tensor) in read_tensors(file, bytes)? {
        let fits = renames
            .iter()
            .find_map(|(from, to)| name.strip_prefix(from.as_str()).map(|rest| format!("{to}{rest}")));
        let new = fits.unwrap_or_else(|| name.clone());
        if renamed.insert(new.clone(), tensor).is_some() {
            return Err(ModelError::new(
                format!("{file}: tensor `{name}`"),
                "different names after renaming",
                format!("`{new}` twice"),
                "make the prefixes of the renames differ",
            ));
        }
    }
    Weights::checked(file, renamed, network)
}
