//! Tiles solved as circuits by ngspice, against the transfer matrix and the integer codes.

use hvae_mnn::config::{ArrayKind, Crossbar, Device, Drive, Wires};
use hvae_mnn::crossbar::{Devices, effective_conductances};
use hvae_mnn::emit::{SpiceTile, bit_line_currents};
use hvae_mnn::tools;
use ndarray::Array2;
use std::path::Path;
use std::process::Command;

fn found() -> Option<tools::Tool> {
    tools::NGSPICE.find().map_err(|why| crate::common::skip("tiles as circuits", &why.to_string())).ok()
}

/// Full scale and step of the conductance codes, microsiemens.
const STEP: f64 = 225.0 / 255.0;
const VOLTS: f64 = 0.2;

/// Four levels, exact or with a write error of 2 % of full scale.
fn conductances(size: usize, noisy: bool) -> Array2<f64> {
    let mut state = 0x2545_f491_4f6c_dd1du64;
    let mut unit = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    Array2::from_shape_fn((size, size), |_| {
        let level = (unit() * 4.0).floor() * 75.0;
        let error = (0..12).map(|_| unit()).sum::<f64>() - 6.0;
        if noisy { (level + 4.5 * error).clamp(0.0, 225.0) } else { level }
    })
}

fn solve(ngspice: &Path, g: &Array2<f64>, wires: &Wires, volts: &[f64]) -> Vec<f64> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tile.cir");
    let tile = SpiceTile { title: "test".into(), conductances: g, wires, volts: volts.to_vec() };
    std::fs::write(&file, tile.netlist()).unwrap();
    let output = Command::new(ngspice).arg("-b").arg(&file).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    bit_line_currents(&printed, g.ncols())
        .unwrap_or_else(|| panic!("{printed}\n{}", String::from_utf8_lossy(&output.stderr)))
}

/// The largest relative error of a bit line's current; codes are held to one step.
fn compare(ngspice: &Path, size: usize, noisy: bool, wires: &Wires) -> f64 {
    let g = conductances(size, noisy);
    let effective = effective_conductances(&g, wires).unwrap();
    let mut worst = 0f64;
    // Half of the word lines, as a phase drives them.
    let some: Vec<f64> = (0..size).map(|i| if i * 7 % 5 < 3 { VOLTS } else { 0.0 }).collect();
    for (j, got) in solve(ngspice, &g, wires, &some).into_iter().enumerate() {
        let want: f64 = effective.column(j).iter().zip(&some).map(|(g, v)| g * v).sum();
        worst = worst.max((got - want).abs() / want.abs());
    }
    // One word line: what flows is a cell's own code.
    let device = Device { g_min_us: Some(0.0), g_max_us: Some(225.0), ..Device::default() };
    let devices = Devices::new(&device, &Crossbar { cell_bits: 8, ..Crossbar::default() }).unwrap();
    assert!((devices.step_us - STEP).abs() < 1e-12);
    let row = size / 2;
    let one: Vec<f64> = (0..size).map(|i| if i == row { VOLTS } else { 0.0 }).collect();
    for (j, got) in solve(ngspice, &g, wires, &one).into_iter().enumerate() {
        let steps = got / VOLTS / STEP;
        let code = f64::from(devices.nearest_code(effective[[row, j]]));
        assert!((steps - code).abs() <= 1.0, "{size}, column {j}: {steps} steps, code {code}");
    }
    worst
}

fn segments(ohm: f64) -> Wires {
    Wires { word_line_ohm: ohm, bit_line_ohm: ohm, driver_ohm: 50.0, sense_ohm: 20.0, ..Wires::default() }
}

fn agrees(size: usize, ohms: &[f64], kinds: &[bool]) {
    let Some(ngspice) = found() else { return };
    for &ohm in ohms {
        for &noisy in kinds {
            let worst = compare(&ngspice.path, size, noisy, &segments(ohm));
            println!("{size} x {size}, {ohm} ohm, noisy {noisy}: relative error {worst:.1e}");
            assert!(worst < 1e-6, "{size} x {size}, {ohm} ohm, noisy {noisy}: {worst:e}");
        }
    }
}

#[test]
fn small_tiles_are_the_circuits_they_stand_for() {
    agrees(16, &[0.1, 1.0, 10.0], &[false, true]);
}

#[test]
fn middling_tiles_are_the_circuits_they_stand_for() {
    agrees(64, &[0.1, 1.0, 10.0], &[false, true]);
}

/// Takes ngspice minutes.
#[test]
#[ignore = "make test-all: ngspice needs minutes for each solution of 128 x 128 cells"]
fn whole_tiles_are_the_circuits_they_stand_for() {
    agrees(128, &[1.0], &[true]);
}

#[test]
fn every_kind_of_array_is_the_circuit_it_stands_for() {
    let Some(ngspice) = found() else { return };
    for drive in [Drive::OneSided, Drive::TwoSided] {
        for array in [ArrayKind::OneTransistor, ArrayKind::Passive] {
            for (word, bit, driver, sense) in
                [(1.0, 1.0, 0.0, 0.0), (0.0, 2.0, 0.0, 5.0), (2.0, 0.0, 5.0, 0.0), (0.0, 0.0, 5.0, 5.0)]
            {
                let wires = Wires {
                    word_line_ohm: word,
                    bit_line_ohm: bit,
                    driver_ohm: driver,
                    sense_ohm: sense,
                    transistor_ohm: 1000.0,
                    drive,
                    array,
                };
                let worst = compare(&ngspice.path, 9, true, &wires);
                assert!(worst < 1e-6, "{wires:?}: {worst:e}");
            }
        }
    }
}
