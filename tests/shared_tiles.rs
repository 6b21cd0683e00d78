//! All matrices of a network on a few tiles: the emitted design against the golden model, in every manner of job, and on
//! hardware that is wrong on demand.

use crate::common::faults::{Fault, missed};
use crate::common::simulations::simulation;
use crate::common::{build, family_designs, mapped_family, skip, tiny};
use hvae_mnn::config::CellKind::{Gru, Lstm, Rnn};
use hvae_mnn::config::{AdcRange, Config, Crossbar, Encoding, Family};
use hvae_mnn::cosim::{Cosim, Effort, Engine, RunOptions};
use hvae_mnn::crossbar::{CrossbarNet, MapError};
use hvae_mnn::golden::{Golden, Job};
use hvae_mnn::model::Random;
use hvae_mnn::pipeline::varied_jobs;
use hvae_mnn::tools;

/// `tiles` of 16 word lines (sentences of the network do not fill them evenly) and 16 weights at most.
fn shared(mut config: Config, tiles: usize) -> Config {
    config.crossbar = Crossbar {
        rows: 16,
        columns: 33,
        columns_per_adc: 8,
        encoding: Encoding::Offset,
        physical_tiles: tiles,
        shared: true,
        ..config.crossbar
    };
    config
}

/// Two noisy tiles of the offset encoding, phases without a digit skipped; so few word lines that matrices have several rows of tiles.
fn noisy() -> Config {
    let mut config = shared(tiny(&[Gru, Gru]), 2);
    config.crossbar.rows = 6;
    config.accelerator.skip_zero_phases = true;
    (config.noise.comparator, config.noise.cell) = (0.5, 0.1);
    config.crossbar.reads = 2;
    config
}

/// Three tiles of eight word lines, so that matrices have several rows of tiles whose last rounds do not fill the
/// three; two bits a phase; converters that clip.
fn narrow() -> Config {
    let mut config = shared(tiny(&[Lstm, Rnn]), 3);
    let x = &mut config.crossbar;
    (x.rows, x.columns, x.encoding) = (8, 32, Encoding::Differential);
    (x.dac_bits, x.adc_bits) = (2, 3);
    config
}

/// Flipped columns and weights that dodge stuck cells, ranges of the converters by sentences; one tile.
fn faulty() -> Config {
    let mut config = shared(tiny(&[Gru]), 1);
    let x = &mut config.crossbar;
    (x.flip, x.dodge_faults, x.spare_columns) = (true, true, 1);
    x.adc_range = AdcRange::Data;
    // More than are counted together, and inputs that reach the last of them.
    x.rows = 40;
    config.model.hidden = 36;
    config.device.preset = "wan2022".into();
    config.device.stuck_off = Some(0.02);
    config
}

fn family(family: Family) -> Config {
    let mut config = tiny(&[Lstm]);
    (config.model.family, config.model.dense) = (family, 7);
    shared(config, 1)
}

/// The three of these.
pub fn small_designs() -> [(&'static str, Config); 3] {
    [
        ("two-noisy-shared-tiles", noisy()),
        ("three-shared-tiles-of-few-rows", narrow()),
        ("a-shared-tile-with-faults", faulty()),
    ]
}

/// Jobs of every kind, some refused, some broken off.
fn jobs(golden: &Golden<hvae_mnn::crossbar::TiledMatrix>, count: usize) -> Vec<Job> {
    varied_jobs(&golden.shape, count, &mut Random::keyed(&[18, count as u64]))
}

fn agrees(name: &str, config: &Config, effort: Effort) {
    if let Err(why) = tools::VERILATOR.find() {
        return skip(&format!("{name} on shared tiles under Verilator"), &why.to_string());
    }
    let net = mapped_family(config);
    assert_eq!(net.tiles(), config.crossbar.physical_tiles, "{name}");
    let folder = tempfile::tempdir().unwrap();
    let emitted = build(&net, config, folder.path());
    let golden = Golden::tiled(&net, &config.accelerator);
    let simulation = simulation(folder.path(), Engine::Verilator, false, effort).unwrap();
    let cosim = Cosim { design: &emitted.design, golden: &golden, simulation: &simulation, processes: 1 };
    let whole: Vec<Job> = jobs(&golden, 40).into_iter().filter(|job| job.manner.abort.is_none()).collect();
    for (jobs, stalls, reset_at) in
        [(&jobs(&golden, 60), 0, None), (&jobs(&golden, 60), 1, None), (&whole, 2, Some(333))]
    {
        let options = RunOptions { stalls, reset_at, ..RunOptions::default() };
        let report = cosim.run(jobs, &options, &|_| {}).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(report.first_difference, None, "{name}, stalls {stalls}, reset {reset_at:?}");
        assert_eq!(report.cycles, report.cycles_expected, "{name}");
        assert!(report.bits_compared > 20_000, "{name}: {report:?}");
        println!(
            "{name}: {} bits, {} cycles, at the floor {}",
            report.bits_compared, report.cycles, report.cycles_floor
        );
    }
}

#[test]
fn two_noisy_tiles() {
    agrees("two noisy tiles", &noisy(), Effort::Build);
}

#[test]
fn three_tiles_of_few_rows() {
    agrees("three tiles of few rows", &narrow(), Effort::Build);
}

#[test]
#[ignore = "make test-all: half a minute a design"]
fn a_tile_with_faults() {
    agrees("a tile with faults", &faulty(), Effort::Build);
}

#[test]
#[ignore = "make test-all: nine designs, half a minute each"]
fn every_family() {
    for (name, config) in family_designs() {
        agrees(name, &shared(config, 1), Effort::Build);
    }
    for (name, config) in [
        ("tagger", family(Family::Tagger)),
        ("regression", family(Family::Regression)),
        ("flow-vrae", family(Family::FlowVrae)),
    ] {
        agrees(name, &config, Effort::Build);
    }
}

/// On shared tiles a network computes what it computes on tiles of its own; cycles differ.
#[test]
fn sharing_changes_no_bit() {
    for (_, mut config) in small_designs() {
        // Draws of converters are those of a beat of the sequencer, and a wave has other beats than steps.
        config.noise = hvae_mnn::config::Noise::default();
        let mut own = config.clone();
        (own.crossbar.shared, own.crossbar.physical_tiles) = (false, 0);
        // Tiles that share converters share their range.
        own.crossbar.adc_range_of = hvae_mnn::config::RangeOf::Network;
        let [ours, theirs] =
            [&config, &own].map(|config| Golden::tiled(&mapped_family(config), &config.accelerator));
        for job in jobs(&ours, 40) {
            let (a, b) = (ours.run(&job), theirs.run(&job));
            let bits = |run: &hvae_mnn::golden::Run| {
                (run.output.clone(), run.counters.adc_clips, run.counters.saturations)
            };
            assert_eq!(bits(&a), bits(&b), "{:?}", job.kind);
            // Heads that are read at the last step alone work at every step where stages are no wave.
            assert!(a.counters.tile_samples >= b.counters.tile_samples);
        }
    }
}

#[test]
fn faults_of_shared_tiles_are_found() {
    if let Err(why) = tools::VERILATOR.find() {
        return skip("planted faults in shared tiles", &why.to_string());
    }
    let config = narrow();
    let net = mapped_family(&config);
    let golden = Golden::tiled(&net, &config.accelerator);
    let jobs: Vec<Job> = jobs(&golden, 40).into_iter().filter(|job| job.manner.abort.is_none()).collect();
    let faults = [
        // The sums of a later row of tiles are not added but stay alone.
        Fault::new(&["alone"], "hvae_turns", "(again ?", "(again && !fault_alone ?"),
        // What a row of tiles before has left is added to the first row.
        Fault::new(&["added"], "hvae_turns", "again_q && !begins;", "again_q && (!begins || fault_added);"),
        // The last round of a row converts on tiles that have no columns of the matrix.
        Fault::new(
            &["unheld"],
            "hvae_turns",
            "< ColTiles || !ends_q;",
            "< ColTiles || !ends_q || fault_unheld;",
        ),
        // The sum before is told once more.
        Fault::new(
            &["late"],
            "hvae_engine",
            "word_q       <= acc",
            "if (!(fault_late && starts_q)) word_q <= acc",
        ),
        // A word line is driven a row of tiles too late.
        Fault::new(
            &["wrong_image"],
            "hvae_engine",
            "({16'd0, image} * Slots",
            "({16'd0, image ^ {15'd0, fault_wrong_image}} * Slots",
        ),
        // The first row of tiles drives the word lines of all rounds.
        Fault::new(
            &["first_rows"],
            "hvae_turns",
            "assign rows = all[Rows-1:0] & {Rows{row[0]}};",
            "assign rows = all[Rows-1:0] & {Rows{row[0] || fault_first_rows}};",
        ),
    ];
    let named: Vec<(Fault, &str)> = faults.into_iter().map(|fault| (fault, "")).collect();
    assert_eq!(missed(&net, &config, &named, &jobs), Vec::<&str>::new());
}

#[test]
fn what_cannot_take_turns_is_refused() {
    let refused = |config: &Config| -> MapError {
        let quant = mapped_family(&shared(tiny(&[Gru]), 1)).quant;
        CrossbarNet::new(quant, config).expect_err("no such tiles")
    };
    // Five tiles of eight sums are not told in 16 phases and slots.
    let mut config = shared(tiny(&[Gru]), 5);
    (config.crossbar.dac_bits, config.crossbar.columns_per_adc) = (4, 8);
    let said = refused(&config).to_string();
    assert!(said.contains("expected at most 2: a round has 40 sums") && said.contains("16 cycles"), "{said}");
    // Hundreds of rounds of tiles with one weight.
    let mut config = shared(tiny(&[Gru]), 1);
    (config.crossbar.rows, config.crossbar.columns, config.crossbar.columns_per_adc) = (1, 5, 4);
    let said = refused(&config).to_string();
    assert!(said.contains("at most 256 rounds a stage"), "{said}");
    let error = Config::parse("t.toml", "[crossbar]\nshared = true\n").unwrap_err().to_string();
    assert!(error.contains("physical_tiles") && error.contains("1 to 99 with shared = true"), "{error}");
}
