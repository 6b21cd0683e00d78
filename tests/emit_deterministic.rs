//! The same request gives the same bytes, and the images in a build are the network's.

use crate::common::designs::designs;
use crate::common::mapped;
use hvae_mnn::crossbar::MappedMatrix;
use hvae_mnn::emit::emit;
use hvae_mnn::model::Block;
use hvae_mnn::quant::QuantBlock;
use hvae_mnn::rom::{
    embedding_from_image, flips_from_image, places_from_image, sha256, tile_from_image, tile_name,
};

#[test]
fn the_same_request_gives_the_same_bytes() {
    for design in designs() {
        let once = || emit(&mapped(&design.config, 5).0, &design.config);
        let (first, second) = (once(), once());
        assert_eq!(first.files, second.files, "{}", design.name);
        assert_eq!(first.design, second.design, "{}", design.name);
        let other = emit(&mapped(&design.config, 6).0, &design.config);
        assert_ne!(first.design.id, other.design.id, "{}: other weights, another design", design.name);
        for (path, text) in &first.files {
            assert_eq!(first.design.files[path], sha256(text.as_bytes()), "{}: {path}", design.name);
        }
    }
}

#[test]
fn the_images_of_a_build_read_back_to_the_same_weights() {
    for design in designs() {
        let (net, _) = mapped(&design.config, 5);
        let files = emit(&net, &design.config).files;
        let image = |name: &str| files[&format!("rom/{name}.hex")].as_str();
        for (name, tiled) in &net.matrices {
            let mapped = tiled.mapped();
            let blocks = net.quant.network.blocks.iter().zip(&net.quant.blocks).zip(&net.rounds);
            let owns = |((block, quant), _): &((&Block, &QuantBlock), &usize)| {
                quant.matrix_names(&block.name).contains(name)
            };
            let (_, &rounds) = blocks.into_iter().find(owns).unwrap();
            let physical = mapped.column_tiles.div_ceil(rounds);
            let tiles = mapped.tiles.iter().map(|t| {
                // A physical tile's image holds its logical tiles, round after round.
                let g = &net.geometry;
                let turn = |kind: &str, lines: usize| -> String {
                    let text = image(&(tile_name(name, (t.at.0, t.at.1 % physical)) + kind));
                    text.split_inclusive('\n').skip(t.at.1 / physical * lines).take(lines).collect()
                };
                let mut tile = tile_from_image(&turn("", g.slots), t.at, g).unwrap();
                if g.flip {
                    flips_from_image(&turn("_flips", g.slots), &mut tile, g).unwrap();
                }
                if g.remap {
                    places_from_image(&turn("_places", 1), &mut tile, g).unwrap();
                }
                tile
            });
            let tiles = tiles.collect();
            let read = MappedMatrix::from_tiles(tiles, mapped.shape(), &net.geometry);
            assert_eq!(read.weights(&net.geometry), tiled.matrix().weights, "{}: {name}", design.name);
        }
        let quant = &net.quant;
        for (block, numbers) in quant.network.blocks.iter().zip(&quant.blocks) {
            if let QuantBlock::Embedding { codes } = numbers {
                let read =
                    embedding_from_image(image(&block.name), codes.dim(), quant.fixed.input_bits).unwrap();
                assert_eq!(&read, codes, "{}: {}", design.name, block.name);
            }
        }
    }
}
