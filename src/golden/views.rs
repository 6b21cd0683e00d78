//! Who shows what others have made.

use crate::model::{BlockId, Network, Op};

/// By block: the slices of it, and the flow that it carries z to, or whose z it is.
pub fn views(network: &Network) -> Vec<Vec<BlockId>> {
    let mut views = vec![Vec::new(); network.blocks.len()];
    for (id, block) in network.blocks.iter().enumerate().filter(|(_, block)| block.op.is_view()) {
        let mut shown = network.inputs(id);
        if let Op::Flow { latent, .. } = block.op {
            shown.push(latent);
        }
        shown.into_iter().for_each(|source| views[source].push(id));
    }
    views
}
