//! Every random number of the accelerator: Speck32/64 in counter mode, so a draw
//! depends on what it is for and not on when it is made.

/// Rounds of Speck32/64 (Beaulieu et al., 2013), rotations 7 and 2.
const ROUNDS: usize = 22;

/// What a draw is for; the top two bits of its counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoiseKind {
    /// A latent.
    Latent = 1,
    /// A token that is chosen.
    Token = 2,
}

/// A seed's key schedule.
#[derive(Debug, Clone)]
pub struct NoiseSource {
    seed: u64,
    keys: [u16; ROUNDS],
}

impl NoiseSource {
    /// Key words from the least significant 16 bits of the seed upwards.
    pub fn new(seed: u64) -> NoiseSource {
        let word = |i: u32| (seed >> (16 * i)) as u16;
        let mut l = [word(1), word(2), word(3)];
        let mut k = word(0);
        let mut keys = [0; ROUNDS];
        for (i, key) in keys.iter_mut().enumerate() {
            *key = k;
            let next = k.wrapping_add(l[0].rotate_right(7)) ^ i as u16;
            l = [l[1], l[2], next];
            k = k.rotate_left(2) ^ next;
        }
        NoiseSource { seed, keys }
    }

    /// What all of its draws are of.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The uniform 32-bit integer of draw `index` at `step`.
    pub fn uniform(&self, kind: NoiseKind, step: u32, index: u32) -> u32 {
        self.encrypt((kind as u32) << 30 | (step & 0xfff) << 18 | (index & 0x3_ffff))
    }

    /// [`uniform`](Self::uniform) of as many indices as `draws` holds, from `first` on, all at
    /// once: eight draws and more share an instruction.
    pub fn uniforms(&self, kind: NoiseKind, step: u32, first: u32, draws: &mut [u32]) {
        const TOGETHER: usize = 32;
        for (i, draws) in draws.chunks_mut(TOGETHER).enumerate() {
            let from = first.wrapping_add((i * TOGETHER) as u32);
            let block = |j: usize| {
                let index = from.wrapping_add(j as u32);
                (kind as u32) << 30 | (step & 0xfff) << 18 | (index & 0x3_ffff)
            };
            let mut x: [u16; TOGETHER] = std::array::from_fn(|j| (block(j) >> 16) as u16);
            let mut y: [u16; TOGETHER] = std::array::from_fn(|j| block(j) as u16);
            for key in self.keys {
                for (x, y) in x.iter_mut().zip(&mut y) {
                    *x = x.rotate_right(7).wrapping_add(*y) ^ key;
                    *y = y.rotate_left(2) ^ *x;
                }
            }
            for (draw, (x, y)) in draws.iter_mut().zip(x.iter().zip(&y)) {
                *draw = u32::from(*x) << 16 | u32::from(*y);
            }
        }
    }

    fn encrypt(&self, block: u32) -> u32 {
        let (mut x, mut y) = ((block >> 16) as u16, block as u16);
        for key in self.keys {
            x = x.rotate_right(7).wrapping_add(y) ^ key;
            y = y.rotate_left(2) ^ x;
        }
        u32::from(x) << 16 | u32::from(y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speck_answers_its_published_vector() {
        assert_eq!(NoiseSource::new(0x1918_1110_0908_0100).encrypt(0x6574_694c), 0xa868_42f2);
    }

    #[test]
    fn draws_made_together_are_those_made_alone() {
        let source = NoiseSource::new(0x1234_5678_9abc_def0);
        let mut draws = [0; 77];
        source.uniforms(NoiseKind::Token, 5, 0x3_fff0, &mut draws);
        for (i, draw) in (0x3_fff0..).zip(draws) {
            assert_eq!(draw, source.uniform(NoiseKind::Token, 5, i));
        }
    }

    #[test]
    fn bits_are_balanced_and_neighbours_differ_in_half() {
        let source = NoiseSource::new(7);
        let draws: Vec<u32> = (0..20_000).map(|i| source.uniform(NoiseKind::Token, 3, i)).collect();
        let ones: u32 = draws.iter().map(|d| d.count_ones()).sum();
        let changed: u32 = draws.windows(2).map(|w| (w[0] ^ w[1]).count_ones()).sum();
        for mean in [f64::from(ones) / 20_000.0, f64::from(changed) / 19_999.0] {
            assert!((mean - 16.0).abs() < 0.1, "{mean}");
        }
    }
}
