//! `hvae cosim --soak`

use super::Failure;
use super::out::say;
use hvae_mnn::soak::Soak;

/// Says what every design showed, and at the end what all of the log did.
pub fn run(soak: &Soak) -> Result<(), Failure> {
    let total = soak.run(&mut |told| say!("{told}"))?;
    say!(
        "{} designs, {} runs, {} jobs, {} cycles: {} bits compared, {} mismatches; log: {}",
        total.designs,
        total.runs,
        total.jobs,
        total.cycles,
        total.bits,
        total.mismatches,
        total.log.display()
    )?;
    match total.failures {
        0 => Ok(()),
        n => Err(Failure::check(format!(
            "{n} designs failed; each is kept in {}, with the command that shows it again in replay.txt",
            soak.out.display()
        ))),
    }
}
