//! What was built and what it showed, as a page for people.

mod html;
mod scatter;

pub use html::{Page, Section};
pub use scatter::{Dot, Scatter};
