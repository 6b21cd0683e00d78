//! The one file with `unsafe`: registers of 512 bits, and calls into code compiled for them.

#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
use super::lanes::Lanes;
use super::lanes::Word;
use super::{dense, sliced};
use std::ops::Range;

/// What the machine at hand can do; found once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What every machine of this target has.
    Portable,
    /// AVX2: words of 256 bits.
    Avx2,
    /// AVX-512 F, BW and VNNI: 512 columns an instruction, and dot products of bytes.
    Avx512,
}

impl Level {
    /// The best level of this machine.
    pub fn detect() -> Level {
        static FOUND: std::sync::OnceLock<Level> = std::sync::OnceLock::new();
        *FOUND.get_or_init(|| {
            #[cfg(target_arch = "x86_64")]
            {
                let all = std::arch::is_x86_feature_detected!("avx512f")
                    && std::arch::is_x86_feature_detected!("avx512bw")
                    && std::arch::is_x86_feature_detected!("avx512vnni");
                if all {
                    return Level::Avx512;
                }
                if std::arch::is_x86_feature_detected!("avx2") {
                    return Level::Avx2;
                }
            }
            Level::Portable
        })
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Lanes, Word};
    use std::arch::x86_64::*;

    /// A register of 512 bits. Made only by code that runs at [`super::Level::Avx512`].
    #[derive(Clone, Copy)]
    pub struct Zmm(__m512i);

    // SAFETY of every block below: values of `Zmm` are only made by functions that are inlined
    // into `product_avx512` and `sums_avx512`, which are called after `Level::detect` found
    // AVX-512 F. The memory behind `&Word` is 64 bytes, aligned to 64.
    impl Lanes for Zmm {
        #[inline(always)]
        fn load(from: &Word) -> Self {
            Zmm(unsafe { _mm512_load_si512(std::ptr::from_ref(from).cast()) })
        }

        #[inline(always)]
        fn store(self) -> Word {
            let mut word = Word::ZERO;
            unsafe { _mm512_store_si512(std::ptr::from_mut(&mut word).cast(), self.0) };
            word
        }

        #[inline(always)]
        fn and(self, other: Self) -> Self {
            Zmm(unsafe { _mm512_and_si512(self.0, other.0) })
        }

        #[inline(always)]
        fn or(self, other: Self) -> Self {
            Zmm(unsafe { _mm512_or_si512(self.0, other.0) })
        }

        #[inline(always)]
        fn xor(self, other: Self) -> Self {
            Zmm(unsafe { _mm512_xor_si512(self.0, other.0) })
        }

        #[inline(always)]
        fn and_not(self, other: Self) -> Self {
            Zmm(unsafe { _mm512_andnot_si512(other.0, self.0) })
        }

        // Truth tables, read from 111 down to 000.
        #[inline(always)]
        fn sum3(self, b: Self, c: Self) -> Self {
            Zmm(unsafe { _mm512_ternarylogic_epi64::<0x96>(self.0, b.0, c.0) })
        }

        #[inline(always)]
        fn carry(self, b: Self, c: Self) -> Self {
            Zmm(unsafe { _mm512_ternarylogic_epi64::<0xe8>(self.0, b.0, c.0) })
        }

        #[inline(always)]
        fn borrow(self, b: Self, c: Self) -> Self {
            Zmm(unsafe { _mm512_ternarylogic_epi64::<0x8e>(self.0, b.0, c.0) })
        }
    }

    /// Dot products of 16 outputs with the quads of `input`: weights [quad][output][4].
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    pub fn dot_bytes(weights: &[Word], input: &[i32], blocks: usize, sums: &mut [[i32; 16]]) {
        const AT_ONCE: usize = 8;
        let quads = input.len();
        assert!(weights.len() >= blocks * quads && sums.len() >= blocks);
        let mut first = 0;
        while first < blocks {
            let count = AT_ONCE.min(blocks - first);
            let mut sum = [_mm512_setzero_si512(); AT_ONCE];
            if count == AT_ONCE {
                for (k, &x) in input.iter().enumerate() {
                    let x = _mm512_set1_epi32(x);
                    for (b, sum) in sum.iter_mut().enumerate() {
                        // SAFETY: (first + b) * quads + k < blocks * quads, which was checked; a
                        // `Word` is 64 aligned bytes.
                        let w = unsafe {
                            _mm512_load_si512(weights.as_ptr().add((first + b) * quads + k).cast())
                        };
                        *sum = _mm512_dpbusd_epi32(*sum, x, w);
                    }
                }
            } else {
                for (b, sum) in sum.iter_mut().enumerate().take(count) {
                    for (w, &x) in weights[(first + b) * quads..][..quads].iter().zip(input) {
                        // SAFETY: a `Word` is 64 aligned bytes.
                        let w = unsafe { _mm512_load_si512(std::ptr::from_ref(w).cast()) };
                        *sum = _mm512_dpbusd_epi32(*sum, _mm512_set1_epi32(x), w);
                    }
                }
            }
            for (b, sum) in sum.iter().enumerate().take(count) {
                // SAFETY: sixteen numbers of 32 bits are the 64 bytes that are written.
                unsafe { _mm512_storeu_si512(sums[first + b].as_mut_ptr().cast(), *sum) };
            }
            first += count;
        }
    }
}

/// [`sliced::product`] in the widest registers of `level`.
pub fn product(level: Level, call: sliced::Product) {
    match level.min(Level::detect()) {
        Level::Portable => sliced::product::<Word>(call),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: no level above the one detected gets here, so the machine has the features.
        Level::Avx2 => unsafe { product_avx2(call) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Level::Avx512 => unsafe { product_avx512(call) },
        #[cfg(not(target_arch = "x86_64"))]
        _ => sliced::product::<Word>(call),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn product_avx2(call: sliced::Product) {
    sliced::product::<Word>(call);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn product_avx512(call: sliced::Product) {
    sliced::product::<x86::Zmm>(call);
}

/// [`sliced::sums`] in the widest registers of `level`.
pub fn sums(level: Level, call: sliced::Sums) {
    match level.min(Level::detect()) {
        Level::Portable => sliced::sums::<Word>(call),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: no level above the one detected gets here, so the machine has the features.
        Level::Avx2 => unsafe { sums_avx2(call) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Level::Avx512 => unsafe { sums_avx512(call) },
        #[cfg(not(target_arch = "x86_64"))]
        _ => sliced::sums::<Word>(call),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn sums_avx2(call: sliced::Sums) {
    sliced::sums::<Word>(call);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn sums_avx512(call: sliced::Sums) {
    sliced::sums::<x86::Zmm>(call);
}

/// Sums of bytes by bytes, where the machine multiplies bytes; false where it does not.
pub fn dot_bytes(level: Level, weights: &[Word], input: &[i32], sums: &mut [[i32; 16]]) -> bool {
    match level.min(Level::detect()) {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => {
            // SAFETY: no level above the one detected gets here, so the machine has the features.
            unsafe { x86::dot_bytes(weights, input, sums.len(), sums) };
            true
        }
        _ => false,
    }
}

/// [`dense::dot_shorts`] compiled for `level`.
pub fn dot_shorts(level: Level, weights: &[i16], input: &[i16], rows: Range<usize>, sums: &mut [i64]) {
    match level.min(Level::detect()) {
        Level::Portable => dense::dot_shorts(weights, input, rows, sums),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: no level above the one detected gets here, so the machine has the features.
        Level::Avx2 => unsafe { dot_shorts_avx2(weights, input, rows, sums) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Level::Avx512 => unsafe { dot_shorts_avx512(weights, input, rows, sums) },
        #[cfg(not(target_arch = "x86_64"))]
        _ => dense::dot_shorts(weights, input, rows, sums),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn dot_shorts_avx2(weights: &[i16], input: &[i16], rows: Range<usize>, sums: &mut [i64]) {
    dense::dot_shorts(weights, input, rows, sums);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn dot_shorts_avx512(weights: &[i16], input: &[i16], rows: Range<usize>, sums: &mut [i64]) {
    dense::dot_shorts(weights, input, rows, sums);
}
