//! Conversions of a column: one a phase, or several in the phases that weigh most.

use super::TileGeometry;

impl TileGeometry {
    /// How often the columns are converted in a phase.
    pub fn reads(&self, phase: usize) -> usize {
        if phase < self.read_phases { 1 << self.read_bits } else { 1 }
    }

    /// Number of the first conversion of a phase among those of a column.
    pub fn first_read(&self, phase: usize) -> usize {
        (0..phase).map(|before| self.reads(before)).sum()
    }

    /// Conversions of a column for one input.
    pub fn all_reads(&self) -> usize {
        self.first_read(self.phases)
    }

    /// Binary places by which a code of a phase moves up, so that one read weighs as much as all of a phase that is read
    /// several times.
    pub fn weight_of_a_read(&self, phase: usize) -> u32 {
        if phase < self.read_phases { 0 } else { self.read_bits }
    }

    /// A sum of reads as a sum of their means, rounded half up.
    pub fn mean_of_reads(&self, sum: i64) -> i64 {
        (sum + ((1 << self.read_bits) >> 1)) >> self.read_bits
    }
}
