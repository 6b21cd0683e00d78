//! What the testbench (`templates/tb.sv`) is told to do: steps as 32-bit words.

/// One thing that the testbench does, after the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Writes a register; logged with the response.
    Write {
        /// Offset of the register.
        address: u8,
        /// Which of its bytes.
        strobes: u8,
        /// What is written.
        data: u32,
    },
    /// Reads a register; logged with response and data.
    Read {
        /// Offset of the register.
        address: u8,
    },
    /// Writes ABORT; logged with the job cycle that it met.
    Abort,
    /// Sends words, beside what follows; `last`: the packet ends with them.
    Send {
        /// What is sent.
        words: Vec<u32>,
        /// The packet ends with them.
        last: bool,
    },
    /// Waits until everything has been sent.
    Sent,
    /// Waits for so many cycles.
    Pause(u32),
    /// Reads STATUS until a job has ended.
    Done,
    /// Waits until no answer is offered any more.
    Quiet,
    /// From now on no answer is taken.
    Hold,
    /// From now on answers are taken.
    Take,
    /// Logs the interrupt line.
    Interrupt,
}

macro_rules! codes {
    ($($name:ident = $number:literal),* $(,)?) => {
        $(const $name: u32 = $number;)*
        /// Names and numbers, as the testbench has them.
        pub(super) const CODES: &[(&str, u32)] = &[$((stringify!($name), $number)),*];
    };
}

codes! {
    WRITE = 1,
    READ = 2,
    ABORT = 3,
    SEND = 4,
    SENT = 5,
    PAUSE = 6,
    DONE = 7,
    QUIET = 8,
    HOLD = 9,
    TAKE = 10,
    INTERRUPT = 11,
}

impl Step {
    /// The code in bits 31:24, an argument below it, then what does not fit there.
    fn words(&self) -> Vec<u32> {
        let word = |code: u32, argument: u32| code << 24 | argument & 0x00ff_ffff;
        match self {
            Step::Write { address, strobes, data } => {
                vec![word(WRITE, u32::from(*strobes) << 8 | u32::from(*address)), *data]
            }
            Step::Read { address } => vec![word(READ, (*address).into())],
            Step::Abort => vec![word(ABORT, 0)],
            Step::Send { words, last } => {
                let head = word(SEND, u32::from(*last) << 20 | words.len() as u32);
                std::iter::once(head).chain(words.iter().copied()).collect()
            }
            Step::Sent => vec![word(SENT, 0)],
            Step::Pause(cycles) => vec![word(PAUSE, *cycles)],
            Step::Done => vec![word(DONE, 0)],
            Step::Quiet => vec![word(QUIET, 0)],
            Step::Hold => vec![word(HOLD, 0)],
            Step::Take => vec![word(TAKE, 0)],
            Step::Interrupt => vec![word(INTERRUPT, 0)],
        }
    }
}

/// A job as the testbench reads it: how many words, then its steps; one word a line.
pub fn script(steps: &[Step]) -> String {
    let words: Vec<u32> = steps.iter().flat_map(Step::words).collect();
    let all = std::iter::once(words.len() as u32).chain(words);
    all.map(|w| format!("{w:08x}\n")).collect()
}
