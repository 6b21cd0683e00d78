//! `hvae_stage_seq`: one controller for every stage of the design.
//!
//! ```text
#![doc = include_str!("stage_seq.txt")]
//! ```

use rust_hdl_core::prelude::*;

use super::dff::{Dff, dff_setup};
use super::print::Source;

/// What the stage is doing.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum State {
    /// Waiting for `start_i`.
    Idle,
    /// One conversion a cycle.
    Sample,
    /// The last conversions are on their way to the accumulators.
    Wait,
    /// One group of outputs a cycle.
    Scan,
    /// The last outputs are on their way to their registers.
    Drain,
}

/// The circuit; ports as in the printed contract.
#[allow(missing_docs)]
#[derive(LogicBlock, Default)]
pub struct StageSeq {
    pub clk_i: Signal<In, Clock>,
    pub rst_i: Signal<In, Bit>,
    pub start_i: Signal<In, Bit>,
    pub mvm_i: Signal<In, Bit>,
    pub rounds_last_i: Signal<In, Bits<8>>,
    pub phases_last_i: Signal<In, Bits<8>>,
    pub slots_last_i: Signal<In, Bits<8>>,
    pub wait_last_i: Signal<In, Bits<8>>,
    pub scan_last_i: Signal<In, Bits<18>>,
    pub drain_last_i: Signal<In, Bits<8>>,
    pub busy_o: Signal<Out, Bit>,
    pub sample_o: Signal<Out, Bit>,
    pub round_o: Signal<Out, Bits<8>>,
    pub phase_o: Signal<Out, Bits<8>>,
    pub first_phase_o: Signal<Out, Bit>,
    pub slot_o: Signal<Out, Bits<8>>,
    pub scan_o: Signal<Out, Bit>,
    pub scan_index_o: Signal<Out, Bits<18>>,
    state: Dff<State>,
    round: Dff<Bits<8>>,
    phase: Dff<Bits<8>>,
    slot: Dff<Bits<8>>,
    index: Dff<Bits<18>>,
    timer: Dff<Bits<8>>,
}

impl Logic for StageSeq {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk_i, state, round, phase, slot, index, timer);

        match self.state.q.val() {
            State::Idle => {
                if self.start_i.val() {
                    if self.mvm_i.val() {
                        self.state.d.next = State::Sample;
                    } else {
                        self.state.d.next = State::Scan;
                    }
                }
            }
            State::Sample => {
                self.slot.d.next = self.slot.q.val() + 1;
                if self.slot.q.val() == self.slots_last_i.val() {
                    self.slot.d.next = 0.into();
                    self.phase.d.next = self.phase.q.val() + 1;
                    if self.phase.q.val() == self.phases_last_i.val() {
                        self.phase.d.next = 0.into();
                        self.round.d.next = self.round.q.val() + 1;
                        if self.round.q.val() == self.rounds_last_i.val() {
                            self.round.d.next = 0.into();
                            self.state.d.next = State::Wait;
                        }
                    }
                }
            }
            State::Wait => {
                self.timer.d.next = self.timer.q.val() + 1;
                if self.timer.q.val() == self.wait_last_i.val() {
                    self.timer.d.next = 0.into();
                    self.state.d.next = State::Scan;
                }
            }
            State::Scan => {
                self.index.d.next = self.index.q.val() + 1;
                if self.index.q.val() == self.scan_last_i.val() {
                    self.index.d.next = 0.into();
                    self.state.d.next = State::Drain;
                }
            }
            State::Drain => {
                self.timer.d.next = self.timer.q.val() + 1;
                if self.timer.q.val() == self.drain_last_i.val() {
                    self.timer.d.next = 0.into();
                    self.state.d.next = State::Idle;
                }
            }
        }

        if self.rst_i.val() {
            self.state.d.next = State::Idle;
            self.round.d.next = 0.into();
            self.phase.d.next = 0.into();
            self.slot.d.next = 0.into();
            self.index.d.next = 0.into();
            self.timer.d.next = 0.into();
        }

        self.busy_o.next = self.state.q.val() != State::Idle;
        self.sample_o.next = self.state.q.val() == State::Sample;
        self.round_o.next = self.round.q.val();
        self.phase_o.next = self.phase.q.val();
        self.first_phase_o.next = self.phase.q.val() == 0;
        self.slot_o.next = self.slot.q.val();
        self.scan_o.next = self.state.q.val() == State::Scan;
        self.scan_index_o.next = self.index.q.val();
    }
}

/// The source that is printed as `hvae_stage_seq.sv`.
pub(super) const SOURCE: Source =
    Source { name: "hvae_stage_seq", contract: include_str!("stage_seq.txt"), constants: &[], waivers: &[] };
