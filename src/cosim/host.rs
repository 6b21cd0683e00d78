//! What the host does in each job, step by step, and what it is to see of the registers.

use super::registers::{OKAY, Registers, Value};
use crate::emit::controllers::registers::{Access, REGISTERS, find, offset};
use crate::emit::{Step, script};
use crate::golden::{Abort, Job, Shape};

/// Something that the testbench logs of the registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// A write and how it was answered.
    Write { address: u8, response: u8 },
    /// A read and what it gave.
    Read { address: u8, response: u8, value: Value },
    /// The interrupt line.
    Interrupt { pending: Value },
}

/// A job as the host plays it.
#[derive(Debug, Clone, Default)]
pub struct Play {
    /// What the host does.
    pub steps: Vec<Step>,
    /// What the testbench must have seen of the registers.
    pub seen: Vec<Seen>,
}

/// How the jobs of a run are played.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Of the design, as its register says.
    pub id: u32,
    /// What the accelerator takes.
    pub shape: Shape,
    /// Packets come after START.
    pub packet_last: bool,
    /// Each job may be broken off by a reset and begun again, so that none may lean on another.
    pub resets: bool,
    /// Nothing inside can be seen, so nobody would know when an ABORT came.
    pub blind: bool,
}

impl Style {
    /// Every job of a run, one after the other.
    pub fn plays(&self, jobs: &[Job]) -> Vec<Play> {
        let mut registers = Registers::new(self.id, &self.shape);
        let play = |at: usize| {
            let near = Near {
                sent: self.ahead(jobs, at),
                eager: self.eager(jobs, at),
                holds: self.eager(jobs, at + 1),
                next: jobs.get(at + 1).filter(|_| self.ahead(jobs, at + 1)).and_then(|job| self.packet(job)),
            };
            let mut host =
                Host { style: self, job: &jobs[at], registers: &mut registers, play: Play::default() };
            host.play(at == 0, near);
            host.play
        };
        (0..jobs.len()).map(play).collect()
    }

    /// The packet of job `at` is sent while the one before runs.
    fn ahead(&self, jobs: &[Job], at: usize) -> bool {
        let asked = |job: &Job| job.manner.ahead && self.packet(job).is_some();
        at > 0 && !self.resets && jobs.get(at).is_some_and(asked)
    }

    /// Job `at` is started before the answer to the one before is taken.
    pub fn eager(&self, jobs: &[Job], at: usize) -> bool {
        at > 0 && !self.resets && jobs.get(at).is_some_and(|job| job.manner.eager)
    }

    /// A job that is refused ends by itself, too soon to be broken off.
    fn abort(&self, job: &Job) -> Option<Abort> {
        job.manner.abort.filter(|_| !self.blind && job.refusal(&self.shape).is_none())
    }

    /// The whole packet, where one is sent.
    fn packet(&self, job: &Job) -> Option<Step> {
        (job.kind.reads_packet() && self.cut(job).is_none())
            .then(|| Step::Send { words: words(&job.input), last: true })
    }

    /// What comes of the packet of a job before the ABORT for which it waits, and what after it.
    fn cut<'a>(&self, job: &'a Job) -> Option<(&'a [i32], &'a [i32])> {
        let before = self.abort(job)?.words?;
        job.kind.reads_packet().then(|| job.input.split_at((before as usize).min(job.input.len() - 1)))
    }
}

fn words(input: &[i32]) -> Vec<u32> {
    input.iter().map(|&x| x as u32).collect()
}

/// The stimulus of jobs: what a testbench reads.
pub fn stimulus(plays: &[Play]) -> String {
    plays.iter().map(|play| script(&play.steps)).collect()
}

/// What a job has to do with the ones before and after it.
struct Near {
    /// Its packet has been sent while the job before ran.
    sent: bool,
    /// The answer of the job before has not been taken.
    eager: bool,
    /// Its answer is not taken until the next job waits.
    holds: bool,
    /// The next job's packet, to be sent meanwhile.
    next: Option<Step>,
}

struct Host<'a> {
    style: &'a Style,
    job: &'a Job,
    registers: &'a mut Registers,
    play: Play,
}

impl Host<'_> {
    fn step(&mut self, step: Step) {
        self.play.steps.push(step);
    }

    fn write_bytes(&mut self, name: &str, strobes: u8, data: u32) {
        self.write_at(offset(name) as u8, strobes, data);
    }

    fn write_at(&mut self, address: u8, strobes: u8, data: u32) {
        self.step(Step::Write { address, strobes, data });
        let response = self.registers.write(address, strobes, data);
        self.play.seen.push(Seen::Write { address, response });
    }

    fn write(&mut self, name: &str, data: u32) {
        self.write_bytes(name, 0xf, data);
    }

    fn read(&mut self, name: &str) {
        self.read_at(offset(name) as u8);
    }

    fn read_at(&mut self, address: u8) {
        self.step(Step::Read { address });
        let (response, value) = self.registers.read(address);
        self.play.seen.push(Seen::Read { address, response, value });
    }

    fn interrupt(&mut self) {
        self.step(Step::Interrupt);
        self.play.seen.push(Seen::Interrupt { pending: self.registers.interrupt() });
    }

    fn play(&mut self, first: bool, near: Near) {
        let (job, style) = (self.job, self.style);
        let (abort, cut) = (style.abort(job), style.cut(job));
        let own = style.packet(job).filter(|_| !near.sent);
        let some = cut.map_or(&[][..], |(before, _)| before);
        let early = own.clone().filter(|_| !style.packet_last);
        self.play.steps.extend(early);
        self.send(some, false);
        if let Some(tour) = job.manner.tour {
            self.before(tour, first);
        }
        self.settings(job.manner.tour);
        if !style.packet_last && !near.sent {
            self.step(Step::Sent);
        }
        self.write("CONTROL", find("CONTROL").field("START").mask());
        self.registers.start();
        self.play.steps.extend(own.filter(|_| style.packet_last));
        // A job that waits for its packet would take the next one's.
        let mut next = near.next;
        if cut.is_none() {
            self.play.steps.extend(next.take());
        }
        if near.eager {
            match abort {
                Some(abort) => self.abort(abort),
                None => self.step(Step::Pause(40)),
            }
            self.step(Step::Take);
            self.step(Step::Quiet);
        }
        if near.holds {
            self.step(Step::Hold);
        }
        if let Some(abort) = abort.filter(|_| !near.eager) {
            self.abort(abort);
        }
        if let (Some(tour), None, None) = (job.manner.tour, job.refusal(&style.shape), abort) {
            self.beside(tour);
        }
        let rest = cut.filter(|_| !some.is_empty()).map_or(&[][..], |(_, rest)| rest);
        let late = abort.is_some_and(|abort| abort.after % 2 == 1);
        if !late {
            self.send(rest, true);
        }
        self.step(Step::Done);
        self.registers.end();
        if late {
            self.send(rest, true);
        }
        if !near.holds {
            self.step(Step::Quiet);
        }
        self.play.steps.extend(next);
        match job.manner.tour {
            Some(_) => self.after(),
            None => ENDED.iter().for_each(|name| self.read(name)),
        }
    }

    fn send(&mut self, part: &[i32], last: bool) {
        if !part.is_empty() {
            self.step(Step::Send { words: words(part), last });
        }
    }

    fn abort(&mut self, abort: Abort) {
        self.step(Step::Pause(abort.after.into()));
        self.step(Step::Abort);
        self.play.seen.push(Seen::Write { address: offset("CONTROL") as u8, response: OKAY });
    }

    /// The registers that a job's answer depends on; in a tour they are written byte by byte.
    fn settings(&mut self, tour: Option<u32>) {
        let job = self.job;
        for (name, value) in [
            ("JOB", job.word()),
            ("SEED_LO", job.seed as u32),
            ("SEED_HI", (job.seed >> 32) as u32),
            ("INVERSE_TEMPERATURE", job.inverse_temperature.into()),
            ("MAX_TOKENS", job.max_tokens.into()),
        ] {
            match tour {
                None => self.write(name, value),
                Some(tour) => {
                    // The other bytes are not for them.
                    let some = (1 + tour % 14) as u8;
                    for strobes in [some, !some & 0xf] {
                        let bytes =
                            (0..4).filter(|b| strobes >> b & 1 == 1).fold(0u32, |m, b| m | 0xff << (8 * b));
                        self.write_bytes(name, strobes, value ^ !bytes);
                    }
                }
            }
        }
    }

    /// Registers before a job: after reset, and some accesses that change nothing.
    fn before(&mut self, tour: u32, first: bool) {
        if first {
            REGISTERS.iter().for_each(|r| self.read_at(r.offset as u8));
        }
        let every = find("IRQ_STATUS").mask();
        self.write("IRQ_STATUS", every);
        self.write("IRQ_ENABLE", tour & every);
        self.interrupt();
        let read_only: Vec<u8> =
            REGISTERS.iter().filter(|r| r.access == Access::ReadOnly).map(|r| r.offset as u8).collect();
        self.write_at(read_only[tour as usize % read_only.len()], 0xf, !tour);
        // Beyond the table.
        let words = 64 - REGISTERS.len() as u32;
        let beyond = 4 * (REGISTERS.len() as u32 + tour % words * 7 % words) as u8 + (tour % 4) as u8;
        self.write_at(beyond, 0xf, u32::MAX);
        self.read_at(beyond);
        // Nothing runs that could be aborted; the byte of START is left out.
        self.write("CONTROL", find("CONTROL").field("ABORT").mask());
        self.write_bytes("CONTROL", 0xe, u32::MAX);
        self.write_bytes("SEED_LO", 0, !tour);
    }

    /// While a job runs.
    fn beside(&mut self, tour: u32) {
        self.write("CONTROL", find("CONTROL").field("START").mask());
        let settings = ["JOB", "SEED_LO", "SEED_HI", "INVERSE_TEMPERATURE", "MAX_TOKENS"];
        self.write(settings[tour as usize % settings.len()], tour ^ 0x5a5a_a5a5);
        self.read("STATUS");
    }

    /// Every register after a job, and the interrupt until it is cleared.
    fn after(&mut self) {
        self.interrupt();
        REGISTERS.iter().for_each(|r| self.read_at(r.offset as u8 + 1));
        for field in find("IRQ_STATUS").fields {
            self.write("IRQ_STATUS", field.mask());
            self.read("IRQ_STATUS");
            self.interrupt();
        }
    }
}

/// What is read after a job.
const ENDED: [&str; 6] = ["STATUS", "CYCLES", "ADC_CLIPS", "SATURATIONS", "TOKENS", "TILE_SAMPLES"];
