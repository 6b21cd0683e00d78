//! 512 columns side by side: one bit of each in a word, and the logic of counting in them.

/// One bit of each of 512 columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct Word(pub [u64; 8]);

impl Word {
    /// All bits 0.
    pub const ZERO: Word = Word([0; 8]);
    /// Columns of a word.
    pub const LANES: usize = 512;

    /// Sets the bit of `lane`.
    pub fn set(&mut self, lane: usize) {
        self.0[lane / 64] |= 1 << (lane % 64);
    }
}

/// Bitwise logic on a word, in whatever registers the machine has.
pub trait Lanes: Copy {
    /// The lanes of a word.
    fn load(from: &Word) -> Self;
    /// The word of these lanes.
    fn store(self) -> Word;
    /// Bit by bit.
    fn and(self, other: Self) -> Self;
    /// Bit by bit.
    fn or(self, other: Self) -> Self;
    /// Bit by bit.
    fn xor(self, other: Self) -> Self;
    /// self and not other.
    fn and_not(self, other: Self) -> Self;
    /// Sum bit of a full adder.
    fn sum3(self, b: Self, c: Self) -> Self;
    /// Carry of a full adder.
    fn carry(self, b: Self, c: Self) -> Self;
    /// Borrow of self - b - c.
    fn borrow(self, b: Self, c: Self) -> Self;

    /// All bits 0.
    #[inline(always)]
    fn zero() -> Self {
        Self::load(&Word::ZERO)
    }

    /// All bits 1.
    #[inline(always)]
    fn all() -> Self {
        Self::load(&Word([u64::MAX; 8]))
    }
}

#[inline(always)]
fn map2(a: Word, b: Word, f: impl Fn(u64, u64) -> u64) -> Word {
    Word(std::array::from_fn(|i| f(a.0[i], b.0[i])))
}

#[inline(always)]
fn map3(a: Word, b: Word, c: Word, f: impl Fn(u64, u64, u64) -> u64) -> Word {
    Word(std::array::from_fn(|i| f(a.0[i], b.0[i], c.0[i])))
}

/// Any machine: the compiler makes vectors of it as wide as it may.
impl Lanes for Word {
    #[inline(always)]
    fn load(from: &Word) -> Self {
        *from
    }

    #[inline(always)]
    fn store(self) -> Word {
        self
    }

    #[inline(always)]
    fn and(self, other: Self) -> Self {
        map2(self, other, |a, b| a & b)
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        map2(self, other, |a, b| a | b)
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        map2(self, other, |a, b| a ^ b)
    }

    #[inline(always)]
    fn and_not(self, other: Self) -> Self {
        map2(self, other, |a, b| a & !b)
    }

    #[inline(always)]
    fn sum3(self, b: Self, c: Self) -> Self {
        map3(self, b, c, |a, b, c| a ^ b ^ c)
    }

    #[inline(always)]
    fn carry(self, b: Self, c: Self) -> Self {
        map3(self, b, c, |a, b, c| a & b | c & (a ^ b))
    }

    #[inline(always)]
    fn borrow(self, b: Self, c: Self) -> Self {
        map3(self, b, c, |a, b, c| !a & (b | c) | b & c)
    }
}

/// Turns 64 words of 64 bits: bit j of word i becomes bit i of word j.
#[inline(always)]
pub fn transpose(words: &mut [u64; 64]) {
    let mut width = 32;
    let mut mask = 0xffff_ffffu64;
    while width > 0 {
        let mut from = 0;
        while from < 64 {
            for i in from..from + width {
                let swapped = (words[i] >> width ^ words[i + width]) & mask;
                words[i] ^= swapped << width;
                words[i + width] ^= swapped;
            }
            from += 2 * width;
        }
        width /= 2;
        mask ^= mask << width;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transposing_turns_rows_into_columns() {
        let mut words: [u64; 64] =
            std::array::from_fn(|i| (i as u64 + 3).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let before = words;
        transpose(&mut words);
        for (i, row) in before.iter().enumerate() {
            for (j, column) in words.iter().enumerate() {
                assert_eq!(row >> j & 1, column >> i & 1, "{i} {j}");
            }
        }
    }
}
