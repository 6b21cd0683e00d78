//! Drives a circuit cycle by cycle in rust-hdl's simulator.

use hvae_mnn::emit::controllers::axil_regs::AxilRegs;
use hvae_mnn::emit::controllers::job_seq::JobSeq;
use hvae_mnn::emit::controllers::stage_seq::StageSeq;
use rust_hdl_core::prelude::*;

/// A number on an input.
pub trait Drive {
    fn drive(&mut self, value: u64);
}

/// A number from an output.
pub trait Sense {
    fn sense(&self) -> u64;
}

impl Drive for Signal<In, Bit> {
    fn drive(&mut self, value: u64) {
        self.next = value & 1 == 1;
    }
}

impl<const N: usize> Drive for Signal<In, Bits<N>> {
    fn drive(&mut self, value: u64) {
        self.next = (value & Bits::<N>::mask().to_u64()).into();
    }
}

impl Sense for Signal<Out, Bit> {
    fn sense(&self) -> u64 {
        u64::from(self.val())
    }
}

impl<const N: usize> Sense for Signal<Out, Bits<N>> {
    fn sense(&self) -> u64 {
        self.val().to_u64()
    }
}

/// A circuit whose ports are reached by name.
pub trait Circuit: Block + Default {
    const INPUTS: &'static [&'static str];
    const OUTPUTS: &'static [&'static str];
    fn clock(&mut self) -> &mut Signal<In, Clock>;
    fn input(&mut self, name: &str) -> &mut dyn Drive;
    fn output(&self, name: &str) -> u64;
}

macro_rules! circuit {
    ($circuit:ty, [$($input:ident)*], [$($output:ident)*]) => {
        impl Circuit for $circuit {
            const INPUTS: &'static [&'static str] = &[$(stringify!($input)),*];
            const OUTPUTS: &'static [&'static str] = &[$(stringify!($output)),*];
            fn clock(&mut self) -> &mut Signal<In, Clock> {
                &mut self.clk_i
            }
            fn input(&mut self, name: &str) -> &mut dyn Drive {
                match name {
                    $(stringify!($input) => &mut self.$input,)*
                    _ => panic!("no input {name}"),
                }
            }
            fn output(&self, name: &str) -> u64 {
                match name {
                    $(stringify!($output) => self.$output.sense(),)*
                    _ => panic!("no output {name}"),
                }
            }
        }
    };
}

circuit!(
    StageSeq,
    [rst_i start_i mvm_i rounds_last_i phases_last_i slots_last_i wait_last_i scan_last_i drain_last_i],
    [busy_o sample_o round_o phase_o first_phase_o slot_o scan_o scan_index_o]
);

circuit!(
    JobSeq,
    [rst_i start_i abort_i entry_i packet_i row_i input_ready_i input_error_i length_i output_empty_i busy_i
     token_eos_i max_tokens_i token_capacity_i flush_last_i],
    [clear_o key_start_o pc_o fetch_o start_o step_o position_o reading_o draw_o sends_o first_o push_o last_o
     release_input_o busy_o counting_o done_o error_o aborted_o]
);

circuit!(
    AxilRegs,
    [rst_i s_axil_awvalid_i s_axil_awaddr_i s_axil_wvalid_i s_axil_wdata_i s_axil_wstrb_i
     s_axil_bready_i s_axil_arvalid_i s_axil_araddr_i s_axil_rready_i busy_i done_i error_i
     error_length_i error_token_i error_job_i error_z_i aborted_i answer_i cycles_i adc_clips_i saturations_i tokens_i
     tile_samples_i version_i design_i
     vocabulary_i latent_i],
    [s_axil_awready_o s_axil_wready_o s_axil_bvalid_o s_axil_bresp_o s_axil_arready_o
     s_axil_rvalid_o s_axil_rdata_o s_axil_rresp_o irq_o start_o abort_o job_o sample_z_o sample_tokens_o fresh_o say_unknown_o
     seed_lo_o seed_hi_o inverse_temperature_o max_tokens_o]
);

/// A circuit on the bench. Set inputs, read outputs, then [`Bench::edge`].
pub struct Bench<C> {
    pub circuit: C,
}

impl<C: Circuit> Bench<C> {
    /// Checked by rust-hdl and reset.
    pub fn new() -> Self {
        let mut bench = Self::unreset();
        bench.set("rst_i", 1);
        bench.edge();
        bench.set("rst_i", 0);
        bench
    }

    /// Checked by rust-hdl, in the state of power-up.
    pub fn unreset() -> Self {
        let mut circuit = C::default();
        circuit.connect_all();
        check_all(&circuit).expect("rust-hdl's own checks");
        let mut bench = Self { circuit };
        bench.settle();
        bench
    }

    fn settle(&mut self) {
        assert!(simulate(&mut self.circuit, 100), "does not settle");
    }

    /// Reset is the one input that outputs follow in its own cycle: ready and valid fall.
    pub fn set(&mut self, name: &str, value: u64) {
        self.circuit.input(name).drive(value);
        if name == "rst_i" {
            self.settle();
        }
    }

    /// An output in the present cycle.
    pub fn get(&self, name: &str) -> u64 {
        self.circuit.output(name)
    }

    /// Every output in the present cycle.
    pub fn outputs(&self) -> Vec<u64> {
        C::OUTPUTS.iter().map(|name| self.get(name)).collect()
    }

    /// Ends the cycle. Outputs may not follow inputs before the edge does.
    pub fn edge(&mut self) {
        let before = self.outputs();
        self.settle();
        assert_eq!(before, self.outputs(), "a path from an input to an output");
        self.circuit.clock().next = true.into();
        self.settle();
        self.circuit.clock().next = false.into();
        self.settle();
    }
}

/// A small generator, the same numbers every time.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let mixed = self.0 ^ (self.0 >> 29);
        mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 16
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}
