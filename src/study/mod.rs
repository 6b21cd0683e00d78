//! Studies as people write them: their configurations, and the rows that come of them.

mod plan;
mod row;

pub use plan::{Choice, Plot, Study};
pub use row::{FIGURES, Figures, Row, read_rows};
