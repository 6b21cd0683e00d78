//! Weights from a PyTorch state dict in safetensors.

use super::weights::read_tensors;
use super::{ModelError, Network, Weights};

/// Takes a state dict whose names are those of [`Network::tensors`] after `renames` (prefix in
/// the file, prefix here; the first that fits is taken, `("", "model.")` is allowed). Both biases
/// of a cell and PyTorch's gate order are kept as they are. Of blocks that are there for training alone tensors may be
/// there or not; they are not kept.
///
/// # Errors
///
/// A rename that fits nothing or makes two names one, or not exactly the tensors of the network.
pub fn import(
    file: &str,
    bytes: &[u8],
    network: &Network,
    renames: &[(String, String)],
) -> Result<Weights, ModelError> {
    let tensors = read_tensors(file, bytes)?;
    let fits = |name: &str| renames.iter().position(|(from, _)| name.starts_with(from.as_str()));
    for (i, (from, to)) in renames.iter().enumerate() {
        if !tensors.keys().any(|name| fits(name) == Some(i)) {
            let names: Vec<&str> = tensors.keys().map(String::as_str).take(3).collect();
            return Err(ModelError::new(
                format!("--rename {from}={to}"),
                format!("tensors in {file} that begin with `{from}` and that no rename before it takes"),
                format!("none; its first are {}", names.join(", ")),
                "correct or remove the rename",
            ));
        }
    }
    let mut renamed = std::collections::BTreeMap::new();
    for (name, tensor) in tensors {
        let new = match fits(&name).map(|i| &renames[i]) {
            Some((from, to)) => format!("{to}{}", &name[from.len()..]),
            None => name.clone(),
        };
        if renamed.insert(new.clone(), tensor).is_some() {
            return Err(ModelError::new(
                format!("{file}: tensor `{name}`"),
                "different names after renaming",
                format!("`{new}` twice"),
                "make the prefixes of the renames differ",
            ));
        }
    }
    let only_trained = (0..network.blocks.len()).filter(|&id| network.blocks[id].only_train);
    for (name, shape) in only_trained.flat_map(|id| network.tensors_of(id)) {
        if renamed.get(&name).is_some_and(|tensor| tensor.shape() == shape) {
            renamed.remove(&name);
        }
    }
    Weights::checked(file, renamed, &network.deployed())
}
