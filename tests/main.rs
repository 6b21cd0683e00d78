//! Every integration test, in one program: linked once, and run from one pool of threads.

mod common;

mod answers;
mod bad_requests;
mod board;
mod budget;
mod build_folder;
mod calibration;
mod clipped_bias;
mod codes;
mod configs;
mod controllers;
mod cosim_bits;
mod cosim_dialogue;
mod cosim_draws;
mod cosim_faults;
mod cosim_matrix;
mod cosim_networks;
mod cosim_ops;
mod cosim_physics;
mod cosim_random;
mod cosim_reset;
mod coverage;
mod crossbar_kernels;
mod crossbar_product;
mod descriptions;
mod devices;
mod dialogue;
mod docs;
mod drawn;
mod emit_deterministic;
mod examples;
mod exports;
mod first_steps;
mod flows;
mod fuzz;
mod golden_model;
mod import_check;
mod integers;
mod interop;
mod interrupt;
#[cfg(feature = "train")]
mod learning;
mod lint;
mod losses;
mod model_bad_input;
mod model_committed;
mod model_engine;
mod model_pytorch;
mod mutation;
mod netlist;
mod outputs;
mod packaging;
mod prove;
#[cfg(feature = "train")]
mod random_float;
mod random_golden;
mod reads;
mod release;
mod report;
mod report_browser;
mod rooms;
mod runs;
mod shared_tiles;
mod spice;
mod streams;
mod study;
mod suite;
mod synth;
mod texts;
#[cfg(feature = "train")]
mod train_run;
mod waveform;
mod wires;
#[cfg(feature = "train")]
mod z_forcing_pytorch;
