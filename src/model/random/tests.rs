//! Streams that are told apart, and their moments.

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
