//! Pictures of what is lost: conversions that clip, by stage, and numbers that saturate, by place.

use super::html::Picture;
use super::number::{part_of, percent_tick, thousands};
use super::places::place_words;
use super::plot::{Axis, Colour, Lanes};
use crate::golden::{Converted, Golden, Place, Places, Run};
use crate::quant::MatVec;

/// What the jobs of a page have lost.
pub struct Lost {
    /// By block: name, conversions that clipped, all conversions.
    pub conversions: Vec<(String, u64, u64)>,
    /// By place.
    pub places: Places,
    /// Jobs behind it.
    pub jobs: usize,
}

impl Lost {
    /// Of these jobs, on tiles of so many converters.
    pub fn of<'a, M: MatVec>(
        golden: &Golden<M>,
        adcs_a_tile: usize,
        runs: impl Iterator<Item = &'a Run>,
    ) -> Lost {
        let blocks = &golden.quant.network.blocks;
        let mut converted = vec![Converted::default(); blocks.len()];
        let mut lost = Lost { conversions: Vec::new(), places: Places::default(), jobs: 0 };
        for run in runs {
            lost.jobs += 1;
            lost.places.add(&run.places);
            converted.iter_mut().zip(&run.converted).for_each(|(sum, more)| sum.add(more));
        }
        let of_block = |(block, c): (&crate::model::Block, &Converted)| {
            (c.tile_samples > 0).then(|| (block.name.clone(), c.clips, c.tile_samples * adcs_a_tile as u64))
        };
        lost.conversions = blocks.iter().zip(&converted).filter_map(of_block).collect();
        lost
    }

    /// Both pictures.
    pub fn pictures(&self) -> Vec<Picture> {
        if self.jobs == 0 {
            return Vec::new();
        }
        vec![self.clipped(), self.saturated()]
    }

    fn of_jobs(&self) -> String {
        if self.jobs == 1 {
            "the job of this page".into()
        } else {
            format!("the {} jobs of this page", thousands(self.jobs as u64))
        }
    }

    fn clipped(&self) -> Picture {
        let (clips, all) = self.conversions.iter().fold((0, 0), |(c, n), row| (c + row.1, n + row.2));
        let heading = "Clipped conversions by stage".to_string();
        let what = "A conversion clips when the current of a column is beyond the range of its converter: the largest code stands \
                    for it.";
        if clips == 0 {
            let caption = format!("{what} In {} none of {} conversions did.", self.of_jobs(), thousands(all));
            return Picture { id: "clips", heading, caption, body: String::new() };
        }
        let rows = self.conversions.iter().map(|(name, clips, all)| (name.clone(), *clips, *all));
        Picture {
            id: "clips",
            heading,
            caption: format!(
                "{what} A narrow range makes small currents exact and cuts off large ones; the best one cuts off a few. In {} {} of {} \
                 conversions clipped ({}). A stage far above the others wants a range of its own ([crossbar] adc_range_of).",
                self.of_jobs(),
                thousands(clips),
                thousands(all),
                part_of(clips, all)
            ),
            body: shares(rows.collect(), "share of the conversions of a stage that clipped"),
        }
    }

    fn saturated(&self) -> Picture {
        let of = |place: Place| (place, self.places.of(place));
        let met: Vec<_> =
            Place::ALL.iter().map(|&p| of(p)).filter(|(_, s)| s.clipped + s.fitted > 0).collect();
        let clipped = self.places.clipped();
        let rounded: u64 = met.iter().map(|(_, s)| s.clipped + s.fitted).sum();
        let heading = "Saturations by place".to_string();
        let what = "A saturation is a number that is too large for its fixed-point word: the hardware writes the largest number that \
                    fits instead, as the golden model does. Formats are chosen for the least error on sentences, so that a few are \
                    meant to be there.";
        if clipped == 0 {
            let caption = format!(
                "{what} In {} none of {} numbers that were rounded saturated, at any of {} places of the data path.",
                self.of_jobs(),
                thousands(rounded),
                met.len()
            );
            return Picture { id: "saturations", heading, caption, body: String::new() };
        }
        let without = met.iter().filter(|(_, s)| s.clipped == 0).count();
        let rows = met.iter().filter(|(_, s)| s.clipped > 0);
        let rows = rows.map(|(place, s)| (place_words(*place).to_string(), s.clipped, s.clipped + s.fitted));
        let others = match without {
            0 => String::new(),
            1 => " At one other place nothing saturated.".into(),
            n => format!(" At {n} other places nothing saturated."),
        };
        Picture {
            id: "saturations",
            heading,
            caption: format!(
                "{what} In {} {} of {} numbers did ({}).{others} hvae eval --by-place shows what they cost.",
                self.of_jobs(),
                thousands(clipped),
                thousands(rounded),
                part_of(clipped, rounded)
            ),
            body: shares(rows.collect(), "share of the numbers of a place that saturated"),
        }
    }
}

/// Bars of (name, part, all), the largest share first.
fn shares(mut rows: Vec<(String, u64, u64)>, unit: &str) -> String {
    let share = |part: u64, all: u64| part as f64 / all.max(1) as f64;
    rows.sort_by(|a, b| share(b.1, b.2).total_cmp(&share(a.1, a.2)));
    let most = rows.first().map_or(1.0, |row| share(row.1, row.2));
    let mut picture = Lanes::new(Axis::until(most), percent_tick, unit);
    for (name, part, all) in rows {
        let note = format!("{name}: {} of {}", thousands(part), thousands(all));
        let figure = format!("{} of {}", thousands(part), thousands(all));
        picture.stack(name, figure, &[(share(part, all), Colour::Vermilion, note)]);
    }
    picture.html()
}

#[cfg(test)]
mod tests;
