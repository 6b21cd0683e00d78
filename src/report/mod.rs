//! What was built and what it showed, as a page for people.

mod html;

pub use html::{Page, Section};
