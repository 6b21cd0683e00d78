//! `hvae_axil_regs`: the registers behind AXI4-Lite.
//!
//! ```text
#![doc = include_str!("axil_regs.txt")]
//! ```

use rust_hdl_core::prelude::*;

use super::axil_constants::*;
use super::dff::{Dff, comment, dff_setup};
use super::print::Source;

/// The circuit; ports as in the printed contract.
#[allow(missing_docs)]
#[derive(LogicBlock, Default)]
pub struct AxilRegs {
    pub clk_i: Signal<In, Clock>,
    pub rst_i: Signal<In, Bit>,
    pub s_axil_awvalid_i: Signal<In, Bit>,
    pub s_axil_awready_o: Signal<Out, Bit>,
    pub s_axil_awaddr_i: Signal<In, Bits<8>>,
    pub s_axil_wvalid_i: Signal<In, Bit>,
    pub s_axil_wready_o: Signal<Out, Bit>,
    pub s_axil_wdata_i: Signal<In, Bits<32>>,
    pub s_axil_wstrb_i: Signal<In, Bits<4>>,
    pub s_axil_bvalid_o: Signal<Out, Bit>,
    pub s_axil_bready_i: Signal<In, Bit>,
    pub s_axil_bresp_o: Signal<Out, Bits<2>>,
    pub s_axil_arvalid_i: Signal<In, Bit>,
    pub s_axil_arready_o: Signal<Out, Bit>,
    pub s_axil_araddr_i: Signal<In, Bits<8>>,
    pub s_axil_rvalid_o: Signal<Out, Bit>,
    pub s_axil_rready_i: Signal<In, Bit>,
    pub s_axil_rdata_o: Signal<Out, Bits<32>>,
    pub s_axil_rresp_o: Signal<Out, Bits<2>>,
    pub busy_i: Signal<In, Bit>,
    pub done_i: Signal<In, Bit>,
    pub error_i: Signal<In, Bit>,
    pub error_length_i: Signal<In, Bit>,
    pub error_token_i: Signal<In, Bit>,
    pub error_job_i: Signal<In, Bit>,
    pub error_z_i: Signal<In, Bit>,
    pub aborted_i: Signal<In, Bit>,
    pub answer_i: Signal<In, Bit>,
    pub cycles_i: Signal<In, Bits<32>>,
    pub adc_clips_i: Signal<In, Bits<32>>,
    pub saturations_i: Signal<In, Bits<32>>,
    pub tokens_i: Signal<In, Bits<32>>,
    pub tile_samples_i: Signal<In, Bits<32>>,
    pub version_i: Signal<In, Bits<32>>,
    pub design_i: Signal<In, Bits<32>>,
    pub vocabulary_i: Signal<In, Bits<32>>,
    pub latent_i: Signal<In, Bits<32>>,
    pub irq_o: Signal<Out, Bit>,
    pub start_o: Signal<Out, Bit>,
    pub abort_o: Signal<Out, Bit>,
    pub job_o: Signal<Out, Bits<3>>,
    pub sample_z_o: Signal<Out, Bit>,
    pub sample_tokens_o: Signal<Out, Bit>,
    pub fresh_o: Signal<Out, Bit>,
    pub say_unknown_o: Signal<Out, Bit>,
    pub seed_lo_o: Signal<Out, Bits<32>>,
    pub seed_hi_o: Signal<Out, Bits<32>>,
    pub inverse_temperature_o: Signal<Out, Bits<16>>,
    pub max_tokens_o: Signal<Out, Bits<16>>,
    aw_full: Dff<Bit>,
    aw_word: Dff<Bits<6>>,
    w_full: Dff<Bit>,
    w_data: Dff<Bits<32>>,
    w_strobe: Dff<Bits<4>>,
    b_valid: Dff<Bit>,
    b_response: Dff<Bits<2>>,
    ar_full: Dff<Bit>,
    ar_word: Dff<Bits<6>>,
    r_valid: Dff<Bit>,
    r_data: Dff<Bits<32>>,
    r_response: Dff<Bits<2>>,
    start: Dff<Bit>,
    abort: Dff<Bit>,
    done: Dff<Bit>,
    err_length: Dff<Bit>,
    err_token: Dff<Bit>,
    err_job: Dff<Bit>,
    err_z: Dff<Bit>,
    aborted: Dff<Bit>,
    answer: Dff<Bit>,
    irq_enable: Dff<Bits<32>>,
    irq_status: Dff<Bits<32>>,
    irq: Dff<Bit>,
    job: Dff<Bits<32>>,
    seed_lo: Dff<Bits<32>>,
    seed_hi: Dff<Bits<32>>,
    inverse_temperature: Dff<Bits<32>>,
    max_tokens: Dff<Bits<32>>,
    strobed: Signal<Local, Bits<32>>,
    keep: Signal<Local, Bits<32>>,
    put: Signal<Local, Bits<32>>,
    status: Signal<Local, Bits<32>>,
    busy: Signal<Local, Bit>,
    enabled: Signal<Local, Bits<32>>,
    pending: Signal<Local, Bits<32>>,
}

impl Logic for AxilRegs {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clk_i,
            aw_full,
            aw_word,
            w_full,
            w_data,
            w_strobe,
            b_valid,
            b_response,
            ar_full,
            ar_word,
            r_valid,
            r_data,
            r_response,
            start,
            abort,
            done,
            err_length,
            err_token,
            err_job,
            err_z,
            aborted,
            answer,
            irq_enable,
            irq_status,
            irq,
            job,
            seed_lo,
            seed_hi,
            inverse_temperature,
            max_tokens
        );

        self.busy.next = self.busy_i.val() || self.start.q.val();
        self.status.next = 0.into();
        if self.busy.val() {
            self.status.next = self.status.val() | STATUS_BUSY;
        }
        if self.done.q.val() {
            self.status.next = self.status.val() | STATUS_DONE;
        }
        if self.err_length.q.val() {
            self.status.next = self.status.val() | STATUS_ERR_LENGTH;
        }
        if self.err_token.q.val() {
            self.status.next = self.status.val() | STATUS_ERR_TOKEN;
        }
        if self.err_job.q.val() {
            self.status.next = self.status.val() | STATUS_ERR_JOB;
        }
        if self.err_z.q.val() {
            self.status.next = self.status.val() | STATUS_ERR_Z;
        }
        if self.aborted.q.val() {
            self.status.next = self.status.val() | STATUS_ABORTED;
        }
        if self.answer.q.val() {
            self.status.next = self.status.val() | STATUS_ANSWER;
        }
        if self.done_i.val() {
            self.done.d.next = true;
            self.aborted.d.next = self.aborted_i.val();
            self.answer.d.next = self.answer_i.val();
            self.err_length.d.next = self.error_i.val() && self.error_length_i.val();
            self.err_token.d.next = self.error_i.val() && self.error_token_i.val();
            self.err_job.d.next = self.error_i.val() && self.error_job_i.val();
            self.err_z.d.next = self.error_i.val() && self.error_z_i.val();
        }

        comment!("keep: the bits of a register that the strobes leave alone");
        self.strobed.next = 0.into();
        if self.w_strobe.q.val().get_bit(0) {
            self.strobed.next = self.strobed.val() | BYTE_0;
        }
        if self.w_strobe.q.val().get_bit(1) {
            self.strobed.next = self.strobed.val() | BYTE_1;
        }
        if self.w_strobe.q.val().get_bit(2) {
            self.strobed.next = self.strobed.val() | BYTE_2;
        }
        if self.w_strobe.q.val().get_bit(3) {
            self.strobed.next = self.strobed.val() | BYTE_3;
        }
        self.keep.next = !self.strobed.val();
        self.put.next = self.w_data.q.val() & self.strobed.val();

        comment!("write: take address and data, answer, start over");
        if self.s_axil_awvalid_i.val() && !self.aw_full.q.val() {
            self.aw_full.d.next = true;
            self.aw_word.d.next = self.s_axil_awaddr_i.val().get_bits::<6>(2);
        }
        if self.s_axil_wvalid_i.val() && !self.w_full.q.val() {
            self.w_full.d.next = true;
            self.w_data.d.next = self.s_axil_wdata_i.val();
            self.w_strobe.d.next = self.s_axil_wstrb_i.val();
        }
        if self.b_valid.q.val() && self.s_axil_bready_i.val() {
            self.b_valid.d.next = false;
            self.aw_full.d.next = false;
            self.w_full.d.next = false;
        }
        self.start.d.next = false;
        self.abort.d.next = false;
        self.enabled.next = self.irq_enable.q.val();
        self.pending.next = self.irq_status.q.val();
        if self.aw_full.q.val() && self.w_full.q.val() && !self.b_valid.q.val() {
            self.b_valid.d.next = true;
            self.b_response.d.next = RESPONSE_OKAY.into();
            if self.aw_word.q.val() == WORD_CONTROL {
                if (self.put.val() & CONTROL_START).any() && !self.busy.val() {
                    self.start.d.next = true;
                    self.done.d.next = false;
                    self.err_length.d.next = false;
                    self.err_token.d.next = false;
                    self.err_job.d.next = false;
                    self.err_z.d.next = false;
                    self.aborted.d.next = false;
                    self.answer.d.next = false;
                }
                self.abort.d.next = (self.put.val() & CONTROL_ABORT).any() && self.busy.val();
            } else if self.aw_word.q.val() == WORD_IRQ_ENABLE {
                self.enabled.next =
                    ((self.irq_enable.q.val() & self.keep.val()) | self.put.val()) & MASK_IRQ_ENABLE;
            } else if self.aw_word.q.val() == WORD_IRQ_STATUS {
                self.pending.next = self.irq_status.q.val() & !self.put.val();
            } else if self.busy.val() {
                self.b_response.d.next = RESPONSE_SLVERR.into();
            } else if self.aw_word.q.val() == WORD_JOB {
                self.job.d.next = ((self.job.q.val() & self.keep.val()) | self.put.val()) & MASK_JOB;
            } else if self.aw_word.q.val() == WORD_SEED_LO {
                self.seed_lo.d.next = (self.seed_lo.q.val() & self.keep.val()) | self.put.val();
            } else if self.aw_word.q.val() == WORD_SEED_HI {
                self.seed_hi.d.next = (self.seed_hi.q.val() & self.keep.val()) | self.put.val();
            } else if self.aw_word.q.val() == WORD_INVERSE_TEMPERATURE {
                self.inverse_temperature.d.next = ((self.inverse_temperature.q.val() & self.keep.val())
                    | self.put.val())
                    & MASK_INVERSE_TEMPERATURE;
            } else if self.aw_word.q.val() == WORD_MAX_TOKENS {
                self.max_tokens.d.next =
                    ((self.max_tokens.q.val() & self.keep.val()) | self.put.val()) & MASK_MAX_TOKENS;
            } else {
                self.b_response.d.next = RESPONSE_SLVERR.into();
            }
        }

        comment!("irq follows its registers at once; what happens in the cycle of a clear stays");
        if self.done_i.val() {
            self.pending.next = self.pending.val() | IRQ_DONE;
        }
        if self.done_i.val() && self.error_i.val() {
            self.pending.next = self.pending.val() | IRQ_ERROR;
        }
        self.irq_enable.d.next = self.enabled.val();
        self.irq_status.d.next = self.pending.val();
        self.irq.d.next = (self.enabled.val() & self.pending.val()).any();

        comment!("read: take the address, answer, start over");
        if self.s_axil_arvalid_i.val() && !self.ar_full.q.val() {
            self.ar_full.d.next = true;
            self.ar_word.d.next = self.s_axil_araddr_i.val().get_bits::<6>(2);
        }
        if self.r_valid.q.val() && self.s_axil_rready_i.val() {
            self.r_valid.d.next = false;
            self.ar_full.d.next = false;
        }
        if self.ar_full.q.val() && !self.r_valid.q.val() {
            self.r_valid.d.next = true;
            self.r_data.d.next = 0.into();
            self.r_response.d.next = RESPONSE_OKAY.into();
            if self.ar_word.q.val() == WORD_ID {
                self.r_data.d.next = VALUE_ID.into();
            } else if self.ar_word.q.val() == WORD_VERSION {
                self.r_data.d.next = self.version_i.val();
            } else if self.ar_word.q.val() == WORD_JOB {
                self.r_data.d.next = self.job.q.val();
            } else if self.ar_word.q.val() == WORD_STATUS {
                self.r_data.d.next = self.status.val();
            } else if self.ar_word.q.val() == WORD_SEED_LO {
                self.r_data.d.next = self.seed_lo.q.val();
            } else if self.ar_word.q.val() == WORD_SEED_HI {
                self.r_data.d.next = self.seed_hi.q.val();
            } else if self.ar_word.q.val() == WORD_INVERSE_TEMPERATURE {
                self.r_data.d.next = self.inverse_temperature.q.val();
            } else if self.ar_word.q.val() == WORD_MAX_TOKENS {
                self.r_data.d.next = self.max_tokens.q.val();
            } else if self.ar_word.q.val() == WORD_CYCLES {
                self.r_data.d.next = self.cycles_i.val();
            } else if self.ar_word.q.val() == WORD_ADC_CLIPS {
                self.r_data.d.next = self.adc_clips_i.val();
            } else if self.ar_word.q.val() == WORD_SATURATIONS {
                self.r_data.d.next = self.saturations_i.val();
            } else if self.ar_word.q.val() == WORD_TOKENS {
                self.r_data.d.next = self.tokens_i.val();
            } else if self.ar_word.q.val() == WORD_DESIGN {
                self.r_data.d.next = self.design_i.val();
            } else if self.ar_word.q.val() == WORD_VOCABULARY {
                self.r_data.d.next = self.vocabulary_i.val();
            } else if self.ar_word.q.val() == WORD_LATENT {
                self.r_data.d.next = self.latent_i.val();
            } else if self.ar_word.q.val() == WORD_TILE_SAMPLES {
                self.r_data.d.next = self.tile_samples_i.val();
            } else if self.ar_word.q.val() == WORD_IRQ_ENABLE {
                self.r_data.d.next = self.irq_enable.q.val();
            } else if self.ar_word.q.val() == WORD_IRQ_STATUS {
                self.r_data.d.next = self.irq_status.q.val();
            } else if self.ar_word.q.val() != WORD_CONTROL {
                self.r_response.d.next = RESPONSE_SLVERR.into();
            }
        }

        if self.rst_i.val() {
            self.aw_full.d.next = false;
            self.w_full.d.next = false;
            self.b_valid.d.next = false;
            self.ar_full.d.next = false;
            self.r_valid.d.next = false;
            self.start.d.next = false;
            self.abort.d.next = false;
            self.done.d.next = false;
            self.err_length.d.next = false;
            self.err_token.d.next = false;
            self.err_job.d.next = false;
            self.err_z.d.next = false;
            self.aborted.d.next = false;
            self.answer.d.next = false;
            self.irq_enable.d.next = 0.into();
            self.irq_status.d.next = 0.into();
            self.irq.d.next = false;
            self.job.d.next = 0.into();
            self.seed_lo.d.next = 0.into();
            self.seed_hi.d.next = 0.into();
            self.inverse_temperature.d.next = RESET_INVERSE_TEMPERATURE.into();
            self.max_tokens.d.next = RESET_MAX_TOKENS.into();
        }

        self.s_axil_awready_o.next = !self.aw_full.q.val() && !self.rst_i.val();
        self.s_axil_wready_o.next = !self.w_full.q.val() && !self.rst_i.val();
        self.s_axil_bvalid_o.next = self.b_valid.q.val() && !self.rst_i.val();
        self.s_axil_bresp_o.next = self.b_response.q.val();
        self.s_axil_arready_o.next = !self.ar_full.q.val() && !self.rst_i.val();
        self.s_axil_rvalid_o.next = self.r_valid.q.val() && !self.rst_i.val();
        self.s_axil_rdata_o.next = self.r_data.q.val();
        self.s_axil_rresp_o.next = self.r_response.q.val();
        self.irq_o.next = self.irq.q.val() && !self.rst_i.val();
        self.start_o.next = self.start.q.val();
        self.abort_o.next = self.abort.q.val();
        self.job_o.next = bit_cast::<3, 32>(self.job.q.val());
        self.sample_z_o.next = (self.job.q.val() & JOB_SAMPLE_Z).any();
        self.sample_tokens_o.next = (self.job.q.val() & JOB_SAMPLE_TOKENS).any();
        self.fresh_o.next = (self.job.q.val() & JOB_FRESH).any();
        self.say_unknown_o.next = (self.job.q.val() & JOB_SAY_UNKNOWN).any();
        self.seed_lo_o.next = self.seed_lo.q.val();
        self.seed_hi_o.next = self.seed_hi.q.val();
        self.inverse_temperature_o.next = bit_cast::<16, 32>(self.inverse_temperature.q.val());
        self.max_tokens_o.next = bit_cast::<16, 32>(self.max_tokens.q.val());
    }
}

const BYTE_OF_WORD: &str = "bits 1:0 choose a byte, which the strobes do as well";

/// The source that is printed as `hvae_axil_regs.sv`.
pub(super) const SOURCE: Source = Source {
    name: "hvae_axil_regs",
    contract: include_str!("axil_regs.txt"),
    constants: &[CONSTANTS],
    waivers: &[
        ("s_axil_awaddr_i", "UNUSEDSIGNAL", BYTE_OF_WORD),
        ("s_axil_araddr_i", "UNUSEDSIGNAL", BYTE_OF_WORD),
    ],
};
