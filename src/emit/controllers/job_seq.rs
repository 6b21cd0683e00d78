//! `hvae_job_seq`: the rows of a program, one after the other.
//!
//! ```text
#![doc = include_str!("job_seq.txt")]
//! ```

use rust_hdl_core::prelude::*;

use super::dff::{Dff, comment, constants, dff_setup, places};
use super::print::Source;

/// Bits of a row, and of its number.
pub const ROW_BITS: usize = 19;
/// Bits of the number of a row.
pub const PC_BITS: usize = 6;

// The fields of a row, as the contract has them.
places! {
    5: ROW_FIRST = 0, ROW_DEPTHS = 5, ROW_WAVE = 9, ROW_COUNT = 10, ROW_BACKWARDS = 12, ROW_DRAW = 13,
    ROW_SENDS = 15, ROW_LAST = 18,
}

constants! {
    COUNT_UNTIL: 2 = 1;
    COUNT_LENGTH: 2 = 2;
    COUNT_BUT_ONE: 2 = 3;
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
    Start,
    Run,
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
    pub entry_i: Signal<In, Bits<PC_BITS>>,
    pub packet_i: Signal<In, Bit>,
    pub row_i: Signal<In, Bits<ROW_BITS>>,
    pub input_ready_i: Signal<In, Bit>,
    pub input_error_i: Signal<In, Bit>,
    pub length_i: Signal<In, Bits<16>>,
    pub output_empty_i: Signal<In, Bit>,
    pub busy_i: Signal<In, Bit>,
    pub token_eos_i: Signal<In, Bit>,
    pub max_tokens_i: Signal<In, Bits<16>>,
    pub token_capacity_i: Signal<In, Bits<16>>,
    pub flush_last_i: Signal<In, Bits<8>>,
    pub clear_o: Signal<Out, Bit>,
    pub key_start_o: Signal<Out, Bit>,
    pub pc_o: Signal<Out, Bits<PC_BITS>>,
    pub fetch_o: Signal<Out, Bit>,
    pub start_o: Signal<Out, Bits<32>>,
    pub step_o: Signal<Out, Bits<16>>,
    pub position_o: Signal<Out, Bits<16>>,
    pub reading_o: Signal<Out, Bit>,
    pub draw_o: Signal<Out, Bits<2>>,
    pub sends_o: Signal<Out, Bits<3>>,
    pub first_o: Signal<Out, Bit>,
    pub push_o: Signal<Out, Bit>,
    pub last_o: Signal<Out, Bit>,
    pub release_input_o: Signal<Out, Bit>,
    pub busy_o: Signal<Out, Bit>,
    pub counting_o: Signal<Out, Bit>,
    pub done_o: Signal<Out, Bit>,
    pub error_o: Signal<Out, Bit>,
    pub aborted_o: Signal<Out, Bit>,
    state: Dff<State>,
    packet: Dff<Bit>,
    pc: Dff<Bits<PC_BITS>>,
    row: Dff<Bits<ROW_BITS>>,
    timer: Dff<Bits<8>>,
    step: Dff<Bits<16>>,
    position: Dff<Bits<16>>,
    wave: Dff<Bits<8>>,
    more: Dff<Bit>,
    first: Dff<Bit>,
    last: Dff<Bit>,
    counting: Dff<Bit>,
    error: Dff<Bit>,
    aborted: Dff<Bit>,
    start: Dff<Bits<32>>,
    push: Dff<Bit>,
    count: Signal<Local, Bits<2>>,
    reads: Signal<Local, Bit>,
    coming: Signal<Local, Bits<2>>,
    coming_reads: Signal<Local, Bit>,
    coming_start: Signal<Local, Bits<32>>,
    steps: Signal<Local, Bits<16>>,
    next_step: Signal<Local, Bits<16>>,
    next_position: Signal<Local, Bits<16>>,
    another: Signal<Local, Bit>,
    deeper: Signal<Local, Bits<8>>,
    onward: Signal<Local, Bits<8>>,
    onward_start: Signal<Local, Bits<32>>,
    row_ends: Signal<Local, Bit>,
    takes_row: Signal<Local, Bit>,
    ending: Signal<Local, Bit>,
}

impl Logic for JobSeq {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clk_i, state, packet, pc, row, timer, step, position, wave, more, first, last, counting,
            error, aborted, start, push
        );

        comment!("Starts are a register of their own, set with the state: they go far.");
        self.start.d.next = 0.into();
        self.push.d.next = false;

        comment!("The row at work, and the one that comes: it is read ahead, so none waits for it.");
        self.count.next = self.row.q.val().get_bits::<2>(ROW_COUNT);
        self.reads.next = self.count.val() == COUNT_LENGTH || self.count.val() == COUNT_BUT_ONE;
        self.coming.next = self.row_i.val().get_bits::<2>(ROW_COUNT);
        self.coming_reads.next = self.coming.val() == COUNT_LENGTH || self.coming.val() == COUNT_BUT_ONE;
        self.coming_start.next = bits::<32>(1) << self.row_i.val().get_bits::<5>(ROW_FIRST);

        self.steps.next = self.length_i.val();
        if self.count.val() == COUNT_BUT_ONE {
            self.steps.next = self.length_i.val() - 1;
        }
        self.next_step.next = self.step.q.val() + 1;
        self.another.next = self.next_step.val() < self.steps.val();
        self.next_position.next = self.position.q.val() + 1;
        if self.row.q.val().get_bit(ROW_BACKWARDS) {
            self.next_position.next = self.position.q.val() - 1;
        }

        comment!("wave_q: the depths that have a step. Its next value is one depth deeper, less what fell");
        comment!("off the end; where a step begins, and there is one, the first depth has it.");
        self.deeper.next =
            (self.wave.q.val() << 1) & ((bits::<8>(1) << self.row.q.val().get_bits::<4>(ROW_DEPTHS)) - 1);
        self.onward.next = self.deeper.val();
        if self.more.q.val() && self.state.q.val() != State::Run {
            self.onward.next = self.deeper.val() | 1;
        }
        self.onward_start.next =
            bit_cast::<32, 8>(self.onward.val()) << self.row.q.val().get_bits::<5>(ROW_FIRST);

        self.row_ends.next = false;
        self.takes_row.next = false;
        match self.state.q.val() {
            State::Idle => {
                if self.start_i.val() {
                    self.pc.d.next = self.entry_i.val();
                    self.packet.d.next = self.packet_i.val();
                    self.timer.d.next = 0.into();
                    self.first.d.next = true;
                    self.error.d.next = false;
                    self.aborted.d.next = false;
                    self.state.d.next = State::Clear;
                }
            }
            State::Clear => {
                if self.packet.q.val() {
                    self.state.d.next = State::WaitInput;
                } else {
                    self.state.d.next = State::WaitOutput;
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
                    self.takes_row.next = true;
                }
            }
            State::Fetch => {
                self.wave.d.next = self.onward.val();
                self.start.d.next = self.onward_start.val();
                self.state.d.next = State::Start;
            }
            State::Start => {
                self.state.d.next = State::Run;
            }
            State::Run => {
                if !self.busy_i.val() {
                    if !self.row.q.val().get_bit(ROW_WAVE) && self.deeper.val().any() {
                        self.wave.d.next = self.onward.val();
                        self.start.d.next = self.onward_start.val();
                        self.state.d.next = State::Start;
                    } else if self.count.val() == COUNT_UNTIL {
                        self.push.d.next = true;
                        self.last.d.next = self.token_eos_i.val()
                            || (self.next_step.val() >= self.max_tokens_i.val())
                            || (self.next_step.val() >= self.token_capacity_i.val());
                        self.state.d.next = State::Push;
                    } else if self.reads.val() && (self.another.val() || self.deeper.val().any()) {
                        comment!("a wave runs on until its last step has passed every depth");
                        self.more.d.next = self.another.val();
                        self.step.d.next = self.next_step.val();
                        self.position.d.next = self.next_position.val();
                        self.state.d.next = State::Fetch;
                    } else {
                        self.row_ends.next = true;
                    }
                }
            }
            State::Push => {
                self.first.d.next = false;
                if self.last.q.val() {
                    self.row_ends.next = true;
                } else {
                    self.step.d.next = self.next_step.val();
                    self.position.d.next = self.next_position.val();
                    self.wave.d.next = self.onward.val();
                    self.start.d.next = self.onward_start.val();
                    self.state.d.next = State::Start;
                }
            }
            State::Stop => {
                if !self.busy_i.val() {
                    self.row.d.next = 0.into();
                    self.step.d.next = 0.into();
                    self.position.d.next = 0.into();
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

        if self.row_ends.val() {
            self.row.d.next = 0.into();
            self.step.d.next = 0.into();
            self.position.d.next = 0.into();
            self.state.d.next = State::Flush;
        }

        if self.takes_row.val() || (self.row_ends.val() && !self.row.q.val().get_bit(ROW_LAST)) {
            self.pc.d.next = self.pc.q.val() + 1;
            self.row.d.next = self.row_i.val();
            self.first.d.next = true;
            self.more.d.next = true;
            if self.coming_reads.val() {
                self.wave.d.next = 0.into();
                if self.row_i.val().get_bit(ROW_BACKWARDS) {
                    self.position.d.next = self.length_i.val() - 1;
                }
                self.state.d.next = State::Fetch;
            } else {
                self.wave.d.next = 1.into();
                self.start.d.next = self.coming_start.val();
                self.state.d.next = State::Start;
            }
        }

        comment!("No more starts; what works comes to its end, in the row and with the step it works on.");
        comment!("Too late where the answer is whole.");
        self.ending.next = self.state.q.val() == State::Stop
            || self.state.q.val() == State::Flush
            || self.state.q.val() == State::Done;
        if self.abort_i.val() && self.state.q.val() != State::Idle && !self.ending.val() {
            self.aborted.d.next = true;
            self.error.d.next = false;
            self.timer.d.next = 0.into();
            self.row.d.next = self.row.q.val();
            self.step.d.next = self.step.q.val();
            self.position.d.next = self.position.q.val();
            self.start.d.next = 0.into();
            self.push.d.next = false;
            self.state.d.next = State::Stop;
        }

        if self.rst_i.val() {
            self.state.d.next = State::Idle;
            self.pc.d.next = 0.into();
            self.row.d.next = 0.into();
            self.step.d.next = 0.into();
            self.position.d.next = 0.into();
            self.first.d.next = false;
            self.counting.d.next = false;
            self.start.d.next = 0.into();
            self.push.d.next = false;
        }

        self.clear_o.next = self.state.q.val() == State::Clear;
        self.key_start_o.next = self.state.q.val() == State::Clear;
        self.pc_o.next = self.pc.q.val();
        self.fetch_o.next = self.state.q.val() == State::Fetch;
        self.start_o.next = self.start.q.val();
        self.step_o.next = self.step.q.val();
        self.position_o.next = self.position.q.val();
        self.reading_o.next = self.reads.val();
        self.draw_o.next = self.row.q.val().get_bits::<2>(ROW_DRAW);
        self.sends_o.next = self.row.q.val().get_bits::<3>(ROW_SENDS);
        self.first_o.next = self.first.q.val();
        self.push_o.next = self.push.q.val();
        self.last_o.next = self.push.q.val() && self.last.q.val();
        self.release_input_o.next = (self.state.q.val() == State::Done) && self.packet.q.val();
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
    constants: &[PLACES, CONSTANTS],
    waivers: &[],
};
