//! What was built and what it showed, as a page for people: verdict, facts, pictures, and every number below them.

mod budget;
mod cards;
mod cells;
mod clips;
mod costs;
mod cycles;
mod design;
mod facts;
mod html;
mod losses;
mod number;
mod outputs;
mod page;
mod places;
mod plot;
mod side;
mod timeline;
mod verdict;

pub use budget::{estimates, measured, sources};
pub use cells::{histogram, histogram_picture, tile_picture};
pub use html::{Card, Headline, Page, Picture, Section};
pub use number::{spread, thousands};
pub use page::{Material, page};
pub use plot::{Dot, Scatter};
pub use side::SideBySide;
pub use timeline::{Critical, Parts, Span, critical, spans};
pub use verdict::Verdict;
