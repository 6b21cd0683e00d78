//! A table of small numbers as a picture, a pixel a number.

use super::escaped;
use super::png::data_url;
use ndarray::Array2;

/// A heat map [rows, columns].
#[derive(Debug, Clone)]
pub struct Heat {
    /// What each pixel is: the number of a shade.
    pub values: Array2<u8>,
    /// Of every number, from 0 (dark) to 1 (bright).
    pub shades: Vec<f64>,
    /// What some shades are.
    pub legend: Vec<(f64, String)>,
    /// What runs to the right.
    pub across: String,
    /// What runs downwards.
    pub down: String,
    /// What it shows, for those who cannot see it.
    pub text: String,
}

/// From dark to bright in equal steps of lightness, whatever colours are seen: viridis (Smith and van der Walt, 2015) at five
/// points, straight between them. `share` from 0 to 1.
pub fn shade(share: f64) -> [u8; 3] {
    const POINTS: [[f64; 3]; 5] = [
        [68.0, 1.0, 84.0],
        [59.0, 82.0, 139.0],
        [33.0, 145.0, 140.0],
        [94.0, 201.0, 98.0],
        [253.0, 231.0, 37.0],
    ];
    let at = share.clamp(0.0, 1.0) * 4.0;
    let low = (at.floor() as usize).min(3);
    let part = at - low as f64;
    std::array::from_fn(|i| (POINTS[low][i] + part * (POINTS[low + 1][i] - POINTS[low][i])).round() as u8)
}

impl Heat {
    /// The picture.
    pub fn html(&self) -> String {
        let (rows, columns) = self.values.dim();
        let palette: Vec<[u8; 3]> = self.shades.iter().map(|&share| shade(share)).collect();
        let pixels: Vec<u8> = self.values.iter().copied().collect();
        let data = data_url(columns, &pixels, &palette);
        let swatch = |(share, text): &(f64, String)| {
            let [r, g, b] = shade(*share);
            format!(r#"<li><i style="background:#{r:02x}{g:02x}{b:02x}"></i>{}</li>"#, escaped(text))
        };
        let legend: String = self.legend.iter().map(swatch).collect();
        format!(
            "<div class=\"heat\">\n<ul class=\"legend\">{legend}</ul>\n<div class=\"map\"><span class=\"down\">{}</span>\
             <svg role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {columns} {rows}\"><image width=\"{columns}\" height=\"{rows}\" \
             href=\"{data}\"/></svg><span class=\"across\">{}</span></div>\n</div>\n",
            escaped(&self.down),
            escaped(&self.text),
            escaped(&self.across),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shades_go_from_dark_to_bright_and_every_number_has_one() {
        let light =
            |[r, g, b]: [u8; 3]| 0.2126 * f64::from(r) + 0.7152 * f64::from(g) + 0.0722 * f64::from(b);
        let all: Vec<f64> = (0..=20).map(|i| light(shade(f64::from(i) / 20.0))).collect();
        assert!(all.windows(2).all(|pair| pair[0] < pair[1]), "{all:?}");
        let legend = vec![(0.0, "off".to_string()), (1.0, "on".to_string())];
        let heat = Heat {
            values: Array2::zeros((2, 3)),
            shades: vec![0.0, 0.5, 1.0],
            legend,
            across: "<b>".into(),
            down: "w".into(),
            text: "t".into(),
        };
        let html = heat.html();
        assert!(html.contains("viewBox=\"0 0 3 2\"") && html.contains("&lt;b&gt;"), "{html}");
        assert!(
            html.contains("#440154") && html.contains("#fde725") && html.matches("<li>").count() == 2,
            "{html}"
        );
    }
}
