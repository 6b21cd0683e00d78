//! Columns that are converted several times in the phases that weigh most (`[crossbar] reads`).

use crate::common::designs::designs;
use crate::common::faults::{Fault, missed};
use crate::common::{jobs, skip};
use crate::suite::{cases, whole};
use hvae_mnn::config::{Crossbar, Fixed, Noise};
use hvae_mnn::crossbar::{Converters, TileGeometry, TiledMatrix};
use hvae_mnn::golden::Golden;
use hvae_mnn::quant::{Format, IntMatrix, MatVec};
use hvae_mnn::tools;
use ndarray::Array2;

/// Squared error of a product of noisy converters, of the least significant bits of its sums.
fn error(reads: u32, read_phases: u32) -> f64 {
    let crossbar = Crossbar { reads, read_phases, adc_bits: 12, adc_zero: 64, ..Crossbar::default() };
    let g = TileGeometry::new(&crossbar, &Fixed::default(), 2).unwrap();
    let weights = Array2::from_shape_fn((24, 100), |(n, k)| ((n * 31 + k * 17) % 23) as f32 / 23.0 - 0.5);
    let matrix = IntMatrix::quantise(weights.view(), None, 8, Format::new(8, 6));
    let noise = Noise { comparator: 2.0, ..Noise::default() };
    let tiled = TiledMatrix::new(&matrix, &g).with_converters(Converters::new(&g, 0, &noise, false));
    let input: Vec<i32> = (0..100).map(|k| (k * 37) % 256 - 128).collect();
    let (mut exact, mut sums) = (vec![0; 24], vec![0; 24]);
    matrix.apply(&input, &mut exact, 0);
    let draws = 400u32;
    let of_draw = |key: u32| -> f64 {
        tiled.apply(&input, &mut sums, key.wrapping_mul(0x9e37_79b9));
        sums.iter().zip(&exact).map(|(sum, exact)| ((sum - exact) as f64).powi(2)).sum()
    };
    (0..draws).map(of_draw).sum::<f64>() / f64::from(24 * draws)
}

/// Of eight phases, each weighs four times the next one's variance: what R reads of the first K leave is the sum of the shares.
#[test]
fn noise_falls_as_often_as_phases_are_read() {
    let once = error(1, 0);
    let shares: Vec<f64> = (0..8).map(|phase| 0.25f64.powi(phase)).collect();
    let total: f64 = shares.iter().sum();
    for (reads, phases) in [(4, 1), (4, 2), (16, 3), (4, 0)] {
        let first = if phases == 0 { 8 } else { phases as usize };
        let left =
            shares[..first].iter().sum::<f64>() / f64::from(reads) + shares[first..].iter().sum::<f64>();
        let measured = error(reads, phases) / once;
        let expected = left / total;
        assert!(
            (measured / expected - 1.0).abs() < 0.08,
            "{reads} reads of {phases}: {measured} for {expected}"
        );
    }
}

#[test]
fn a_column_is_converted_so_often() {
    let geometry = |reads, read_phases, dac_bits| {
        let crossbar = Crossbar { reads, read_phases, dac_bits, ..Crossbar::default() };
        TileGeometry::new(&crossbar, &Fixed::default(), 2).unwrap()
    };
    for (reads, phases, dac_bits, all) in
        [(1, 0, 1, 8), (4, 0, 1, 32), (4, 2, 1, 14), (8, 1, 2, 11), (1, 3, 2, 4)]
    {
        assert_eq!(geometry(reads, phases, dac_bits).all_reads(), all, "{reads} reads of {phases}");
    }
    let one = geometry(4, 2, 1);
    assert_eq!((0..8).map(|phase| one.first_read(phase)).collect::<Vec<_>>(), [0, 4, 8, 9, 10, 11, 12, 13]);
    assert_eq!((one.weight_of_a_read(1), one.weight_of_a_read(2)), (0, 2));
    assert_eq!([-3, -2, -1, 1, 2, 5, 6].map(|sum| one.mean_of_reads(sum)), [-1, 0, 0, 0, 1, 1, 2]);
}

#[test]
fn faults_in_reads_are_found() {
    if let Err(why) = tools::VERILATOR.find() {
        return skip("planted faults in reads", &why.to_string());
    }
    let name = "gru-rnn-offset-dac2-shared-noisy-adc";
    let design = designs().into_iter().find(|d| d.name == name).expect("a design");
    let (net, sentences) = design.mapped();
    let faults = [
        Fault::new(
            &["moves"],
            "hvae_tile",
            "(phase_i & 8'((1 << `HVAE_READ_BITS) - 1)) == 8'd0;",
            "(phase_i & 8'((1 << `HVAE_READ_BITS) - 1)) == 8'd0 || fault_moves;",
        ),
        Fault::new(
            &["light"],
            "hvae_tile",
            "if (single_q[4]) value",
            "if (single_q[4] && !fault_light) value",
        ),
        Fault::new(
            &["light_reference"],
            "hvae_tile",
            "term        = single_q[4] ?",
            "term        = single_q[4] && !fault_light_reference ?",
        ),
        Fault::new(
            &["sign"],
            "hvae_tile",
            "sign   = phase_i >> `HVAE_READ_BITS == 8'd0;",
            "sign   = fault_sign ? first_i : phase_i >> `HVAE_READ_BITS == 8'd0;",
        ),
        Fault::new(
            &["digit"],
            "hvae_dac",
            "phase_i >> `HVAE_READ_BITS :",
            "(fault_digit ? phase_i : phase_i >> `HVAE_READ_BITS) :",
        ),
        Fault::new(
            &["late_digit"],
            "hvae_dac",
            "phase_i - 8'(`HVAE_EXTRA_READS);",
            "phase_i - 8'(`HVAE_EXTRA_READS) + {7'd0, fault_late_digit};",
        ),
        Fault::new(
            &["undivided"],
            "hvae_matvec",
            ">>> `HVAE_READ_BITS;",
            ">>> (fault_undivided ? 0 : `HVAE_READ_BITS);",
        ),
    ];
    let named: Vec<(Fault, &str)> = faults.into_iter().map(|fault| (fault, "")).collect();
    let jobs = jobs(&design.config, &sentences[..4], 12, net.quant.network.latent_width());
    assert_eq!(missed(&net, &design.config, &named, &jobs), Vec::<&str>::new());

    // Where the last phase is read several times as well, a mean has a fraction.
    let case = cases(&|name| name == "two-noisy-shared-tiles").remove(0);
    let golden = Golden::tiled(&case.net, &case.config.accelerator);
    let down = Fault::new(
        &["down"],
        "hvae_turns",
        "sum_q <= (word_q2 + HALF_READ)",
        "sum_q <= (word_q2 + (fault_down ? $signed({SumBits{1'b0}}) : HALF_READ))",
    );
    assert_eq!(
        missed(&case.net, &case.config, &[(down, "")], &whole(&case.jobs(&golden))),
        Vec::<&str>::new()
    );
}
