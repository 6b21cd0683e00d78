//! Jobs as the testbench reads them.

use crate::golden::Job;
use std::fmt::Write;

/// One 32-bit word a line: per job its registers, the length of its packet, the packet.
pub fn stimulus(jobs: &[Job]) -> String {
    let mut text = String::new();
    let mut word = |w: u32| writeln!(text, "{w:08x}").expect("writing to a string");
    for job in jobs {
        word(job.word());
        word(job.seed as u32);
        word((job.seed >> 32) as u32);
        word(job.inverse_temperature.into());
        word(job.max_tokens.into());
        word(job.input.len() as u32);
        job.input.iter().for_each(|&x| word(x as u32));
    }
    text
}
