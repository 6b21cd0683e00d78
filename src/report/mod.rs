//! What was built and what it showed, as a page for people.

mod budget;
mod design;
mod html;
mod number;
mod scatter;

pub use budget::{budget, sources};
pub use design::{cosim, size, stages};
pub use html::{Page, Section};
pub use number::{spread, thousands};
pub use scatter::{Dot, Scatter};
