//! Studies as people write them: their configurations, the rows that come of them, and tables and plots of those.

mod journal;
mod material;
mod plan;
mod row;
mod table;
mod work;

pub use plan::{Choice, Plot, Study};
pub use row::{FIGURES, Figures, Row, read_rows};
pub use table::summary;
pub use work::{Rows, Work};
