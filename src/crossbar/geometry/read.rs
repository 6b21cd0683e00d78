//! A tile read back: derived again from what a person chooses of it, and compared.

use super::TileGeometry;
use crate::config::{Config, Crossbar, Fixed, SliceOrder};
use crate::crossbar::CodeScale;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// Only a tile that [`TileGeometry::new`] makes is read back.
impl<'de> Deserialize<'de> for TileGeometry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<TileGeometry, D::Error> {
        let read = TileGeometry::deserialize(deserializer)?;
        match read.again() {
            Ok(again) if again == read => Ok(read),
            Ok(again) => {
                Err(D::Error::custom(format!("numbers of no tile: expected {again:?}, found {read:?}")))
            }
            Err(why) => Err(D::Error::custom(why)),
        }
    }
}

impl TileGeometry {
    /// The tile derived again from those of its numbers that a person chooses.
    fn again(&self) -> Result<TileGeometry, String> {
        let less = |a: u32, b: u32| a.checked_sub(b).ok_or("a range finer than a level");
        let crossbar = Crossbar {
            rows: self.rows,
            columns: self.columns,
            cell_bits: self.cell_bits,
            dac_bits: self.dac_bits,
            adc_bits: self.adc_bits,
            adc_shift: less(self.adc_shift, self.level_shift)?,
            adc_zero: (self.adc_zero.checked_shr(self.adc_shift))
                .and_then(|z| z.try_into().ok())
                .ok_or("no zero")?,
            reads: 1u32.checked_shl(self.read_bits).ok_or("no number of reads")?,
            read_phases: self.read_phases.try_into().map_err(|_| "no number of phases")?,
            columns_per_adc: self.columns_per_adc,
            encoding: self.encoding,
            slice_order: if self.high_first { SliceOrder::HighFirst } else { SliceOrder::LowFirst },
            flip: self.flip,
            spare_columns: self.spare,
            dodge_faults: self.remap,
            ..Crossbar::default()
        };
        let fixed = Fixed { weight_bits: self.weight_bits, input_bits: self.input_bits, ..Fixed::default() };
        let config = Config { crossbar, fixed, ..Config::default() };
        config.check("geometry").map_err(|e| e.to_string())?;
        let scale = CodeScale { bits: self.code_bits, level_shift: self.level_shift, top: self.top_code };
        if !(1..=8).contains(&scale.bits)
            || scale.bits != 32 - scale.top.leading_zeros()
            || scale.level_shift > 7
        {
            return Err(format!("codes of at most 8 bits, found {scale:?}"));
        }
        TileGeometry::new(&config.crossbar, &config.fixed, scale).map_err(|e| e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn only_a_tile_that_can_be_made_is_read_back() {
        let crossbar =
            Crossbar { dac_bits: 2, adc_bits: 6, adc_zero: 5, adc_shift: 2, ..Crossbar::default() };
        let tile = TileGeometry::new(&crossbar, &Fixed::default(), 2).unwrap();
        let whole = serde_json::to_value(&tile).unwrap();
        let read = |value: Value| serde_json::from_value::<TileGeometry>(value);
        assert_eq!(read(whole.clone()).unwrap(), tile);
        for key in whole.as_object().unwrap().keys() {
            let mut older = whole.clone();
            older.as_object_mut().unwrap().remove(key);
            let lacks = read(older).unwrap_err().to_string();
            assert!(lacks.starts_with(&format!("missing field `{key}`")), "{lacks}");
            for other in
                [json!(0), json!(1), json!(63), json!(-1), json!(u64::MAX), json!(true), json!("offset")]
            {
                let mut changed = whole.clone();
                changed[key] = other.clone();
                // What a person chooses may be that of another tile; what follows from it may not.
                let refused = read(changed).is_err();
                let follows = [
                    "cells_per_weight",
                    "groups",
                    "adcs_per_group",
                    "weights_per_group",
                    "slots",
                    "phases",
                    "acc_bits",
                    "adc_offset",
                    "top_code",
                    "code_bits",
                ];
                assert!(
                    refused || whole[key] == other || !follows.contains(&key.as_str()),
                    "{key} = {other}"
                );
            }
        }
    }
}
