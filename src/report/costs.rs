//! Pictures of what a design costs before anything is synthesised: energy and area of its analog part.

use super::html::Picture;
use super::number::{area, energy, part_of, plain};
use super::plot::{Axis, Colour, Lanes};
use crate::budget::{Analog, Energy};

const PARTS: [&str; 5] =
    ["converters (ADC)", "word-line drivers (DAC)", "cells", "sample and hold", "shift and add"];

fn legend() -> Vec<(Colour, String)> {
    PARTS.iter().zip(Colour::PARTS).map(|(text, colour)| (colour, text.to_string())).collect()
}

fn parts(sizes: [f64; 5], total: f64, write: fn(f64) -> String) -> Vec<(f64, Colour, String)> {
    let share = |size: f64| part_of((1e6 * size / total.max(1e-300)).round() as u64, 1_000_000);
    let part = |((size, colour), what): ((f64, Colour), &&str)| {
        (size, colour, format!("{what}: {} ({})", write(size), share(size)))
    };
    sizes.into_iter().zip(Colour::PARTS).zip(&PARTS).map(part).collect()
}

fn of_energy(e: &Energy) -> [f64; 5] {
    [e.adc_pj, e.dac_pj, e.cells_pj, e.sample_hold_pj, e.shift_add_pj]
}

/// Where the energy of a token goes; none of a design without any.
pub fn energy_picture(analog: &Analog, unit: &str) -> Option<Picture> {
    let rows = [
        (format!("{unit} read"), &analog.energy_token_read),
        (format!("{unit} written"), &analog.energy_token_written),
        ("once a sequence".to_string(), &analog.energy_sentence),
    ];
    let rows: Vec<_> = rows.into_iter().filter(|(_, e)| e.total_pj > 0.0).collect();
    let most = rows.iter().map(|(_, e)| e.total_pj).fold(0.0, f64::max);
    let (_, dearest) = rows.iter().max_by(|a, b| a.1.total_pj.total_cmp(&b.1.total_pj))?;
    let share = part_of((1e6 * dearest.adc_pj / dearest.total_pj) as u64, 1_000_000);
    // Axes are in nanojoules, whatever the figures beside them are in.
    let mut picture = Lanes::new(Axis::until(most / 1e3), plain, "energy of the analog part, nJ");
    picture.legend = legend();
    for (name, e) in &rows {
        let of_row = parts(of_energy(e), e.total_pj, energy);
        let of_row: Vec<_> = of_row.into_iter().map(|(pj, colour, note)| (pj / 1e3, colour, note)).collect();
        picture.stack(name.clone(), energy(e.total_pj), &of_row);
    }
    Some(Picture {
        id: "energy",
        heading: "Where the energy goes".into(),
        caption: format!(
            "An estimate from published figures for the analog part alone: gates, memories and leakage of the digital part are not \
             in it. Converters take {share} of the longest bar, which is what is usual for memristor crossbars; fewer bits or fewer \
             conversions are what saves."
        ),
        body: picture.html(),
    })
}

/// Where the area goes; none of a design without any.
pub fn area_picture(analog: &Analog) -> Option<Picture> {
    let a = &analog.area;
    if a.total_um2 <= 0.0 {
        return None;
    }
    let sizes = [a.adc_um2, a.dac_um2, a.cells_um2, a.sample_hold_um2, a.shift_add_um2];
    let mut picture = Lanes::new(Axis::until(a.total_um2 / 1e6), plain, "area of the analog part, mm²");
    picture.legend = legend();
    let of_row = parts(sizes, a.total_um2, area);
    let of_row: Vec<_> = of_row.into_iter().map(|(um2, colour, note)| (um2 / 1e6, colour, note)).collect();
    picture.stack("all tiles", area(a.total_um2), &of_row);
    let share = part_of((1e6 * a.adc_um2 / a.total_um2) as u64, 1_000_000);
    let cells = part_of((1e6 * a.cells_um2 / a.total_um2) as u64, 1_000_000);
    Some(Picture {
        id: "area",
        heading: "Where the area goes".into(),
        caption: format!(
            "All tiles, of the same published figures. The memristors themselves take {cells}, the converters that read them {share}."
        ),
        body: picture.html(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_the_figures_and_a_part_that_is_nothing_is_not_drawn() {
        let read = Energy { adc_pj: 300.0, cells_pj: 100.0, total_pj: 400.0, ..Energy::default() };
        let written = Energy { adc_pj: 900.0, cells_pj: 100.0, total_pj: 1000.0, ..Energy::default() };
        let analog = Analog { energy_token_read: read, energy_token_written: written, ..Analog::default() };
        let picture = energy_picture(&analog, "token").unwrap();
        assert!(picture.caption.contains("take 90.0 % of the longest bar"), "{}", picture.caption);
        let body = picture.body;
        assert!(
            body.contains(r#"width="30.00%""#)
                && body.contains(r#"x="30.00%""#)
                && body.contains(r#"width="90.00%""#),
            "{body}"
        );
        assert!(!body.contains("once a sequence") && !body.contains("shift and add:"), "{body}");
        assert!(body.contains("converters (ADC): 300 pJ (75.0 %)"), "{body}");
        assert!(
            energy_picture(&Analog::default(), "token").is_none()
                && area_picture(&Analog::default()).is_none()
        );
    }
}
