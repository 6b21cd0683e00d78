//! Memory images: cells, tables, corrections, as the emitted modules read them.

use crate::config::Config;
use crate::crossbar::{CrossbarNet, Tile, TileGeometry};
use crate::quant::QuantBlock;
use crate::rom::{
    embedding_image, flip_image, gain_image, octave_image, place_image, table_image, tile_image, tile_name,
};
use std::collections::BTreeMap;

/// Everything that the tiles, tables and read-only memories hold.
pub(super) fn images(net: &CrossbarNet, config: &Config, files: &mut BTreeMap<String, String>) {
    let quant = &net.quant;
    let blocks = quant.network.blocks.iter().zip(&quant.blocks).zip(&net.rounds);
    for ((block, quant_block), &rounds) in blocks {
        for name in quant_block.matrix_names(&block.name) {
            let mapped = net.matrices[&name].mapped();
            match &net.engine {
                // Behind those of the matrices before.
                Some(engine) => (0..engine.tiles).for_each(|tile| {
                    cells(&format!("engine_{tile:02}"), &engine.turns(mapped, tile), &net.geometry, files);
                }),
                None => (0..mapped.physical_tiles(rounds)).for_each(|i| {
                    let physical = mapped.column_tiles.div_ceil(rounds);
                    let at = (i / physical, i % physical);
                    cells(&tile_name(&name, at), &mapped.turns(at, rounds), &net.geometry, files);
                }),
            }
            gains(net, config, quant_block, &name, files);
        }
    }
    for (block, quant_block) in quant.network.blocks.iter().zip(&quant.blocks) {
        if let QuantBlock::Embedding { codes } = quant_block {
            files.insert(format!("rom/{}.hex", block.name), embedding_image(codes, quant.fixed.input_bits));
        }
    }
    for table in quant.tables() {
        files.insert(format!("rom/{}.hex", table.function.name()), table_image(table));
    }
    for (name, table) in quant.noises() {
        files.insert(format!("rom/{name}.hex"), octave_image(table));
    }
}

/// What a physical tile holds of the logical tiles that take turns on it, behind what it holds already.
fn cells(name: &str, turns: &[Option<&Tile>], g: &TileGeometry, files: &mut BTreeMap<String, String>) {
    let mut put = |kind: &str, image: fn(Option<&Tile>, &TileGeometry) -> String| {
        let images = files.entry(format!("rom/{name}{kind}.hex")).or_default();
        images.extend(turns.iter().map(|tile| image(*tile, g)));
    };
    put("", tile_image);
    if g.flip {
        put("_flips", flip_image);
    }
    if g.remap {
        put("_places", place_image);
    }
}

/// What the outputs of a matrix are corrected by, group by group of the lanes that read them.
fn gains(
    net: &CrossbarNet,
    config: &Config,
    block: &QuantBlock,
    name: &str,
    files: &mut BTreeMap<String, String>,
) {
    let tiled = &net.matrices[name];
    let Some(corrections) = tiled.corrections() else { return };
    let accelerator = &config.accelerator;
    let (sets, lanes) = match block {
        QuantBlock::Cell(cell) => (cell.kind.gates(), accelerator.gate_lanes.count()),
        QuantBlock::Moments { .. } | QuantBlock::Values { .. } => (2, accelerator.gate_lanes.count()),
        QuantBlock::Vocabulary { .. } | QuantBlock::Label { .. } | QuantBlock::Bits { .. } => {
            (1, accelerator.token_lanes.count())
        }
        QuantBlock::Linear { .. } | QuantBlock::Dense { .. } => (1, accelerator.gate_lanes.count()),
        // Without a matrix.
        QuantBlock::Embedding { .. }
        | QuantBlock::Input { .. }
        | QuantBlock::Latent { .. }
        | QuantBlock::Draw { .. }
        | QuantBlock::Slice { .. }
        | QuantBlock::Join
        | QuantBlock::Accumulate { .. }
        | QuantBlock::Flow { .. }
        | QuantBlock::Elementwise { .. } => return,
    };
    let sum_bits = net.geometry.acc_bits + tiled.mapped().row_tiles.next_power_of_two().trailing_zeros();
    let image = gain_image(corrections, (sets, corrections.len() / sets, lanes), sum_bits);
    files.insert(format!("rom/{name}_gains.hex"), image);
}
