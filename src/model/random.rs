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
mod tests {
    use super::{Random, split_mix_next};

    /// The published vectors: of xoshiro256plusplus.c from the state 1, 2, 3, 4, and of splitmix64.c from
    /// 1477776061723855037 (prng.di.unimi.it, as in the tests of rand_xoshiro).
    #[test]
    fn bits_are_those_of_the_reference() {
        let mut random = Random { state: [1, 2, 3, 4], spare: None };
        for wanted in [
            41943041,
            58720359,
            3588806011781223,
            3591011842654386,
            9228616714210784205,
            9973669472204895162,
            14011001112246962877,
            12406186145184390807,
            15849039046786891736,
            10450023813501588000,
        ] {
            assert_eq!(random.bits(), wanted);
        }
        let mut state = 1477776061723855037;
        for wanted in [
            1985237415132408290,
            2979275885539914483,
            13511426838097143398,
            8488337342461049707,
            15141737807933549159,
        ] {
            assert_eq!(split_mix_next(&mut state), wanted);
        }
    }

    #[test]
    fn moments_are_those_of_a_standard_normal() {
        let mut random = Random::keyed(&[1, 2]);
        let draws: Vec<f64> = (0..100_000).map(|_| random.normal() as f64).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let variance = draws.iter().map(|d| d * d).sum::<f64>() / draws.len() as f64;
        assert!(mean.abs() < 0.01 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
    }

    #[test]
    fn streams_differ_by_any_key() {
        let first = |keys: &[u64]| Random::keyed(keys).bits();
        assert_eq!(first(&[1, 2]), first(&[1, 2]));
        assert_ne!(first(&[1, 2]), first(&[2, 1]));
        assert_ne!(first(&[1, 0]), first(&[1]));
    }
}
