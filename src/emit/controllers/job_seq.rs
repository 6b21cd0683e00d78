//! `hvae_job_seq`: the order of the stages within a job.
//!
//! ```text
#![doc = include_str!("job_seq.txt")]
//! ```

use rust_hdl_core::prelude::*;

use super::dff::{Dff, comment, constants, dff_setup};
use super::print::Source;

constants! {
    JOB_ENCODE: 3 = 0;
    JOB_GENERATE: 3 = 3;
    JOB_SCORE: 3 = 4;
    // The key schedule takes 22 cycles from key_start_o.
    KEY_LAST: 8 = 23;
}

/// Where the job is.
#[allow(missing_docs)]
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum State {
    Idle,
    Clear,
    WaitInput,
    WaitOutput,
    Key,
    Fetch,
    WaveStart,
    WaveRun,
    LatentStart,
    LatentRun,
    BridgeStart,
    BridgeRun,
    DecodeStart,
    DecodeRun,
    Push,
    Stop,
    Flush,
    Done,
}

/// The circuit; ports as in the printed contract.
#[allow(missing_docs)]
#[derive(LogicBlock, Default)]
pub struct JobSeq {
    pub clk_i: Signal<In, Clock>,
    pub rst_i: Signal<In, Bit>,
    pub start_i: Signal<In, Bit>,
    pub abort_i: Signal<In, Bit>,
    pub job_i: Signal<In, Bits<3>>,
    pub input_ready_i: Signal<In, Bit>,
    pub input_error_i: Signal<In, Bit>,
    pub length_i: Signal<In, Bits<16>>,
    pub output_empty_i: Signal<In, Bit>,
    pub busy_i: Signal<In, Bit>,
    pub token_eos_i: Signal<In, Bit>,
    pub max_tokens_i: Signal<In, Bits<16>>,
    pub token_capacity_i: Signal<In, Bits<16>>,
    pub encode_depths_i: Signal<In, Bits<4>>,
    pub decode_depths_i: Signal<In, Bits<4>>,
    pub flush_last_i: Signal<In, Bits<8>>,
    pub clear_o: Signal<Out, Bit>,
    pub key_start_o: Signal<Out, Bit>,
    pub fetch_o: Signal<Out, Bit>,
    pub encode_start_o: Signal<Out, Bits<8>>,
    pub encode_embed_o: Signal<Out, Bit>,
    pub wave_running_o: Signal<Out, Bit>,
    pub step_o: Signal<Out, Bits<16>>,
    pub latent_start_o: Signal<Out, Bit>,
    pub bridge_start_o: Signal<Out, Bit>,
    pub decode_start_o: Signal<Out, Bits<8>>,
    pub decode_embed_o: Signal<Out, Bit>,
    pub token_is_first_o: Signal<Out, Bit>,
    pub token_push_o: Signal<Out, Bit>,
    pub token_last_o: Signal<Out, Bit>,
    pub release_input_o: Signal<Out, Bit>,
    pub busy_o: Signal<Out, Bit>,
    pub counting_o: Signal<Out, Bit>,
    pub done_o: Signal<Out, Bit>,
    pub error_o: Signal<Out, Bit>,
    pub aborted_o: Signal<Out, Bit>,
    state: Dff<State>,
    job: Dff<Bits<3>>,
    timer: Dff<Bits<8>>,
    step: Dff<Bits<16>>,
    wave: Dff<Bits<8>>,
    more: Dff<Bit>,
    waving: Dff<Bit>,
    scoring: Dff<Bit>,
    first: Dff<Bit>,
    last: Dff<Bit>,
    counting: Dff<Bit>,
    error: Dff<Bit>,
    aborted: Dff<Bit>,
    encode_start: Dff<Bits<8>>,
    decode_start: Dff<Bits<8>>,
    latent_start: Dff<Bit>,
    bridge_start: Dff<Bit>,
    push: Dff<Bit>,
    next_step: Signal<Local, Bits<16>>,
    wave_depths: Signal<Local, Bits<4>>,
    wave_length: Signal<Local, Bits<16>>,
    wave_next: Signal<Local, Bits<8>>,
    wave_here: Signal<Local, Bits<8>>,
    decode_next: Signal<Local, Bits<8>>,
    ending: Signal<Local, Bit>,
}

impl Logic for JobSeq {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clk_i,
            state,
            job,
            timer,
            step,
            wave,
            more,
            waving,
            scoring,
            first,
            last,
            counting,
            error,
            aborted,
            encode_start,
            decode_start,
            latent_start,
            bridge_start,
            push
        );

        comment!("Starts are registers of their own, set with the state: they go far.");
        self.encode_start.d.next = 0.into();
        self.decode_start.d.next = 0.into();
        self.latent_start.d.next = false;
        self.bridge_start.d.next = false;
        self.push.d.next = false;

        comment!("wave_q: the depths that have a token in this beat (decoder: the depth, one hot).");
        comment!("Its next value is one depth further, less what fell off the end.");
        self.next_step.next = self.step.q.val() + 1;
        comment!("SCORE runs the decoder as a wave: a token is read beside the one that it is to predict.");
        self.wave_depths.next = self.encode_depths_i.val();
        self.wave_length.next = self.length_i.val();
        if self.scoring.q.val() {
            self.wave_depths.next = self.decode_depths_i.val();
            self.wave_length.next = self.length_i.val() - 1;
        }
        self.wave_next.next = (self.wave.q.val() << 1) & ((bits::<8>(1) << self.wave_depths.val()) - 1);
        self.wave_here.next = self.wave_next.val();
        if self.more.q.val() {
            self.wave_here.next = self.wave_next.val() | 1;
        }
        self.decode_next.next = (self.wave.q.val() << 1) & ((bits::<8>(1) << self.decode_depths_i.val()) - 1);

        match self.state.q.val() {
            State::Idle => {
                if self.start_i.val() {
                    self.job.d.next = self.job_i.val();
                    self.timer.d.next = 0.into();
                    self.wave.d.next = 0.into();
                    self.first.d.next = true;
                    self.error.d.next = false;
                    self.aborted.d.next = false;
                    self.state.d.next = State::Clear;
                }
            }
            State::Clear => {
                if self.job.q.val() == JOB_GENERATE {
                    self.state.d.next = State::WaitOutput;
                } else {
                    self.state.d.next = State::WaitInput;
                }
            }
            State::WaitInput => {
                if self.input_ready_i.val() {
                    self.error.d.next = self.input_error_i.val();
                    if self.input_error_i.val() {
                        self.state.d.next = State::Flush;
                    } else {
                        self.state.d.next = State::WaitOutput;
                    }
                }
            }
            State::WaitOutput => {
                if self.output_empty_i.val() {
                    self.counting.d.next = true;
                    self.state.d.next = State::Key;
                }
            }
            State::Key => {
                self.timer.d.next = self.timer.q.val() + 1;
                if self.timer.q.val() == KEY_LAST {
                    self.timer.d.next = 0.into();
                    comment!("jobs 2 and 3 read no sentence");
                    if self.job.q.val().get_bit(1) {
                        self.latent_start.d.next = true;
                        self.state.d.next = State::LatentStart;
                    } else {
                        self.more.d.next = true;
                        self.waving.d.next = true;
                        self.state.d.next = State::Fetch;
                    }
                }
            }
            State::Fetch => {
                self.wave.d.next = self.wave_here.val();
                if self.scoring.q.val() {
                    self.decode_start.d.next = self.wave_here.val();
                } else {
                    self.encode_start.d.next = self.wave_here.val();
                }
                self.state.d.next = State::WaveStart;
            }
            State::WaveStart => {
                self.state.d.next = State::WaveRun;
            }
            State::WaveRun => {
                if !self.busy_i.val() {
                    self.more.d.next = self.next_step.val() < self.wave_length.val();
                    if (self.next_step.val() < self.wave_length.val()) || self.wave_next.val().any() {
                        self.step.d.next = self.next_step.val();
                        self.state.d.next = State::Fetch;
                    } else {
                        self.step.d.next = 0.into();
                        self.waving.d.next = false;
                        self.scoring.d.next = false;
                        if self.scoring.q.val() {
                            self.state.d.next = State::Flush;
                        } else {
                            self.latent_start.d.next = true;
                            self.state.d.next = State::LatentStart;
                        }
                    }
                }
            }
            State::LatentStart => {
                self.state.d.next = State::LatentRun;
            }
            State::LatentRun => {
                if !self.busy_i.val() {
                    if self.job.q.val() == JOB_ENCODE {
                        self.state.d.next = State::Flush;
                    } else {
                        self.bridge_start.d.next = true;
                        self.state.d.next = State::BridgeStart;
                    }
                }
            }
            State::BridgeStart => {
                self.state.d.next = State::BridgeRun;
            }
            State::BridgeRun => {
                if !self.busy_i.val() {
                    if self.job.q.val() == JOB_SCORE {
                        self.wave.d.next = 0.into();
                        self.more.d.next = true;
                        self.waving.d.next = true;
                        self.scoring.d.next = true;
                        self.state.d.next = State::Fetch;
                    } else {
                        self.wave.d.next = 1.into();
                        self.decode_start.d.next = 1.into();
                        self.state.d.next = State::DecodeStart;
                    }
                }
            }
            State::DecodeStart => {
                self.state.d.next = State::DecodeRun;
            }
            State::DecodeRun => {
                if !self.busy_i.val() {
                    self.wave.d.next = self.decode_next.val();
                    self.decode_start.d.next = self.decode_next.val();
                    self.state.d.next = State::DecodeStart;
                    if !self.decode_next.val().any() {
                        self.push.d.next = true;
                        self.last.d.next = self.token_eos_i.val()
                            || (self.next_step.val() >= self.max_tokens_i.val())
                            || (self.next_step.val() >= self.token_capacity_i.val());
                        self.state.d.next = State::Push;
                    }
                }
            }
            State::Push => {
                self.first.d.next = false;
                self.step.d.next = self.next_step.val();
                if self.last.q.val() {
                    self.step.d.next = 0.into();
                    self.state.d.next = State::Flush;
                } else {
                    self.wave.d.next = 1.into();
                    self.decode_start.d.next = 1.into();
                    self.state.d.next = State::DecodeStart;
                }
            }
            State::Stop => {
                if !self.busy_i.val() {
                    self.step.d.next = 0.into();
                    self.waving.d.next = false;
                    self.scoring.d.next = false;
                    self.state.d.next = State::Flush;
                }
            }
            State::Flush => {
                self.timer.d.next = self.timer.q.val() + 1;
                if self.timer.q.val() == self.flush_last_i.val() {
                    self.counting.d.next = false;
                    self.state.d.next = State::Done;
                }
            }
            State::Done => {
                self.state.d.next = State::Idle;
            }
        }

        comment!("No more starts; what works comes to its end, with the step it works on.");
        comment!("Too late where the answer is whole.");
        self.ending.next = self.state.q.val() == State::Stop
            || self.state.q.val() == State::Flush
            || self.state.q.val() == State::Done;
        if self.abort_i.val() && self.state.q.val() != State::Idle && !self.ending.val() {
            self.aborted.d.next = true;
            self.error.d.next = false;
            self.timer.d.next = 0.into();
            self.step.d.next = self.step.q.val();
            self.waving.d.next = self.waving.q.val();
            self.scoring.d.next = self.scoring.q.val();
            self.encode_start.d.next = 0.into();
            self.decode_start.d.next = 0.into();
            self.latent_start.d.next = false;
            self.bridge_start.d.next = false;
            self.push.d.next = false;
            self.state.d.next = State::Stop;
        }

        if self.rst_i.val() {
            self.state.d.next = State::Idle;
            self.step.d.next = 0.into();
            self.waving.d.next = false;
            self.scoring.d.next = false;
            self.first.d.next = false;
            self.counting.d.next = false;
            self.encode_start.d.next = 0.into();
            self.decode_start.d.next = 0.into();
            self.latent_start.d.next = false;
            self.bridge_start.d.next = false;
            self.push.d.next = false;
        }

        self.clear_o.next = self.state.q.val() == State::Clear;
        self.key_start_o.next = self.state.q.val() == State::Clear;
        self.fetch_o.next = self.state.q.val() == State::Fetch;
        self.encode_start_o.next = self.encode_start.q.val();
        self.encode_embed_o.next = self.encode_start.q.val().get_bit(0);
        self.wave_running_o.next = self.waving.q.val();
        self.step_o.next = self.step.q.val();
        self.latent_start_o.next = self.latent_start.q.val();
        self.bridge_start_o.next = self.bridge_start.q.val();
        self.decode_start_o.next = self.decode_start.q.val();
        self.decode_embed_o.next = self.decode_start.q.val().get_bit(0);
        self.token_is_first_o.next = self.first.q.val();
        self.token_push_o.next = self.push.q.val();
        self.token_last_o.next = self.push.q.val() && self.last.q.val();
        self.release_input_o.next = (self.state.q.val() == State::Done) && (self.job.q.val() != JOB_GENERATE);
        self.busy_o.next = self.state.q.val() != State::Idle;
        self.counting_o.next = self.counting.q.val();
        self.done_o.next = self.state.q.val() == State::Done;
        self.error_o.next = (self.state.q.val() == State::Done) && self.error.q.val();
        self.aborted_o.next = (self.state.q.val() == State::Done) && self.aborted.q.val();
    }
}

/// The source that is printed as `hvae_job_seq.sv`.
pub(super) const SOURCE: Source = Source {
    name: "hvae_job_seq",
    contract: include_str!("job_seq.txt"),
    constants: CONSTANTS,
    waivers: &[],
};
