//! Ctrl-C: what is half written goes, what was there before stays.

use super::out::remark;
use hvae_mnn::files::interrupt;
use std::io;

/// Exit status of a program that was interrupted, as shells count it: 128 + SIGINT.
const STATUS: i32 = 130;

/// From here on Ctrl-C, SIGTERM and SIGHUP end the program cleanly. Programs that it runs end with it
/// (`hvae_mnn::tools::run`).
pub fn install() -> io::Result<()> {
    let handler = || {
        if interrupt::ends_by_itself() {
            return;
        }
        // Held until the end.
        let removed = interrupt::remove_unfinished();
        let done = if removed.replaced { "" } else { "; no output was replaced" };
        remark!(
            "\nhvae: interrupted{done}. The same command begins again; train, synth and study go on where they were"
        );
        std::process::exit(STATUS);
    };
    ctrlc::set_handler(handler).map_err(|error| match error {
        ctrlc::Error::System(error) => error,
        other => io::Error::other(other),
    })
}
