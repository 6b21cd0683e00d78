//! Which networks, in which widths, have hardware.

use super::QuantError;
use crate::config::Fixed;
use crate::model::{BlockId, Edge, JobKind, Network, Op, Schedule};

/// Bits of a frame at most: its words are asked for while the head converts.
const MOST_BITS: usize = 2048;

/// Moments are cut where their words end: a narrower clamp would have no hardware, a wider one does nothing.
fn check_clamps(network: &Network, fixed: &Fixed) -> Result<(), QuantError> {
    let integer_bits = fixed.state_bits as i32 - 1 - fixed.pre_frac as i32;
    let limit = libm::ldexp(1.0, integer_bits);
    for block in &network.blocks {
        let Op::Moments { clamp: Some(clamp), .. } = block.op else { continue };
        if f64::from(clamp) < limit {
            let wanted = f64::from(clamp).log2().floor() as i64;
            let frac = i64::from(fixed.state_bits) - 1 - wanted;
            let to_do = frac.to_string();
            let (bits, frac, block) = (fixed.state_bits, fixed.pre_frac, block.name.clone());
            return Err(QuantError::Clamp { block, limit, bits, frac, clamp, to_do });
        }
    }
    Ok(())
}

/// Which networks and widths the accelerator takes.
pub(super) fn check(network: &Network, fixed: &Fixed) -> Result<(), QuantError> {
    let (weight_bits, input_bits) = (fixed.weight_bits, fixed.input_bits);
    if weight_bits + input_bits > 20 {
        return Err(QuantError::TooWide { weight_bits, input_bits });
    }
    if let Some(block) = network.blocks.iter().find(|block| block.only_train) {
        return Err(QuantError::Training { block: block.name.clone() });
    }
    check_clamps(network, fixed)?;
    if let Some(bits) = network.bits_block().filter(|&bits| network.width(bits) > MOST_BITS) {
        let (block, found) = (network.blocks[bits].name.clone(), network.width(bits));
        return Err(QuantError::Bits { block, most: MOST_BITS, found });
    }
    let schedule = Schedule::new(network);
    let depths = || schedule.bodies().iter().map(|body| body.depths.len());
    // What runs once has a row of its own for each depth.
    let repeated = schedule.bodies().iter().filter(|body| !body.over.is_once());
    let steps = JobKind::ALL.into_iter().map(|kind| schedule.plan(kind).len()).sum();
    let limits = [
        ("depths of a loop", 8, repeated.map(|body| body.depths.len()).max().unwrap_or(0)),
        ("groups of stages", 32, depths().sum()),
        ("steps of all jobs", 64, steps),
    ];
    if let Some(&(what, most, found)) = limits.iter().find(|(_, most, found)| found > most) {
        return Err(QuantError::TooLong { what, most, found });
    }
    let overtaken = schedule.bodies().iter().flat_map(|body| &body.overtaken).next();
    if let Some(&(reader, source)) = overtaken {
        let name = |id: BlockId| network.blocks[id].name.clone();
        return Err(QuantError::Overtaken { reader: name(reader), source_block: name(source) });
    }
    let mut unread = (0..network.blocks.len()).flat_map(|reader| {
        let edges = network.edges(reader).into_iter();
        edges.filter_map(move |edge| {
            not_kept(network, fixed, (reader, edge)).map(|why| (reader, edge.block, why))
        })
    });
    match unread.next() {
        Some((reader, source, why)) => {
            let name = |id: BlockId| network.blocks[id].name.clone();
            Err(QuantError::Unread { reader: name(reader), source_block: name(source), why })
        }
        None => Ok(()),
    }
}

/// Why the accelerator does not keep what an edge of `reader` reads, if so.
fn not_kept(network: &Network, fixed: &Fixed, (reader, edge): (BlockId, Edge)) -> Option<&'static str> {
    let within = network.blocks[edge.block].within;
    let stands_alone = network.blocks[reader].within != within
        && (0..network.blocks.len()).all(|id| {
            let block = &network.blocks[id];
            block.within != within || matches!(block.op, Op::Embedding { .. }) || !network.works(id)
        });
    let elementwise = matches!(network.blocks[reader].op, Op::Elementwise { .. } | Op::Accumulate { .. });
    match &network.blocks[edge.block].op {
        Op::Embedding { .. } if elementwise && fixed.input_bits > fixed.state_bits => {
            Some("a table of codes that are wider than words")
        }
        Op::Input { .. } if elementwise && network.bits_block().is_some() => Some("a frame of bits"),
        Op::Embedding { .. } if stands_alone => Some("a table of a loop in which nothing works"),
        Op::Embedding { .. } if edge.before => Some("a table, of the step before"),
        Op::Linear { .. } if network.start_of(edge.block).is_some() => Some("which is the start of a cell"),
        Op::Flow { .. } if elementwise => Some("which has codes and no words"),
        Op::Slice { .. } if elementwise && network.time(reader, edge).by_position() => {
            Some("a part of a vector of another loop, position by position")
        }
        _ => None,
    }
}
