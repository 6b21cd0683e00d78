//! Seeded randomness of the float side: xoshiro256++ started by SplitMix64.

/// A stream of random numbers that depends on its keys and nothing else.
#[derive(Debug, Clone)]
pub struct Random {
    state: [u64; 4],
    spare: Option<f32>,
}

/// One number for many (FNV-1a): a key of [`Random::keyed`] that belongs to a name or a sentence.
pub fn fingerprint(numbers: impl IntoIterator<Item = u64>) -> u64 {
    numbers.into_iter().fold(0xcbf2_9ce4_8422_2325, |h, x| (h ^ x).wrapping_mul(0x100_0000_01b3))
}

impl Random {
    /// The stream of `keys` (a seed, then for example an epoch and a batch number).
    pub fn keyed(keys: &[u64]) -> Self {
        let mut mixed = 0u64;
        for &key in keys {
            mixed = split_mix_next(&mut mixed) ^ split_mix(key.wrapping_add(KEY));
            mixed = split_mix(mixed);
        }
        let state = std::array::from_fn(|_| split_mix_next(&mut mixed));
        Random { state, spare: None }
    }

    /// 64 uniform bits (xoshiro256++, Blackman & Vigna 2019).
    pub fn bits(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let shifted = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= shifted;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// Uniform in [0, 1).
    pub fn uniform(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1u32 << 24) as f32
    }

    /// Uniform whole number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        ((self.bits() as u128 * bound as u128) >> 64) as usize
    }

    /// Standard normal (Box-Muller).
    pub fn normal(&mut self) -> f32 {
        if let Some(value) = self.spare.take() {
            return value;
        }
        let unit = |bits: u64| ((bits >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
        let radius = libm::sqrt(-2.0 * libm::log(unit(self.bits())));
        let angle = std::f64::consts::TAU * unit(self.bits());
        self.spare = Some((radius * libm::sin(angle)) as f32);
        (radius * libm::cos(angle)) as f32
    }

    /// So many draws of a standard normal.
    pub fn normals(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.normal()).collect()
    }

    /// Shuffles in place (Fisher-Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// Keeps the key 0 from vanishing in the mixing.
const KEY: u64 = 0xd134_2543_de82_ef95;

fn split_mix_next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    split_mix(*state)
}

fn split_mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests;
