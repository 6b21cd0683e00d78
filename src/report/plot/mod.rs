//! Pictures as text: marks in inline SVG, words around them in HTML, so that a picture is as wide as the window that it
//! stands in and its words are as large as those around it. No script, no fonts from elsewhere, the same bytes for the same
//! numbers.

mod axis;
mod heat;
mod lanes;
mod png;
mod scatter;

pub use axis::{Axis, short};
pub use heat::Heat;
pub use lanes::{Lane, Lanes, Mark};
pub use scatter::{Dot, Scatter};

/// What a mark is painted with: a class of the page's style sheet, which has a colour for light and one for dark.
/// Blue and orange, green and vermilion of Okabe and Ito, which people tell apart who see few colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Converters; the first of several.
    Blue,
    /// What is digital; the second.
    Orange,
    /// The third.
    Green,
    /// What is wrong, or lost.
    Vermilion,
    /// The fifth.
    Purple,
    /// What is beside the matter.
    Grey,
}

impl Colour {
    /// In the order in which parts of a bar take them.
    pub const PARTS: [Colour; 5] =
        [Colour::Blue, Colour::Orange, Colour::Green, Colour::Purple, Colour::Grey];

    /// Of the style sheet.
    pub const fn class(self) -> &'static str {
        match self {
            Colour::Blue => "blue",
            Colour::Orange => "orange",
            Colour::Green => "green",
            Colour::Vermilion => "vermilion",
            Colour::Purple => "purple",
            Colour::Grey => "grey",
        }
    }
}

/// Text for HTML and SVG, in attributes too.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
