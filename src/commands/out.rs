//! What commands say: results on the standard output, which must take all of them, and remarks on the standard
//! error, where nobody need listen.

use super::Failure;
use std::fmt;
use std::io::{self, Write};

/// A line of the result; `Err` where the standard output does not take it.
macro_rules! say {
    ($($text:tt)*) => { $crate::commands::out::line(format_args!($($text)*)) };
}

/// A line for the person who waits.
macro_rules! remark {
    ($($text:tt)*) => { $crate::commands::out::aside(format_args!($($text)*)) };
}

pub(crate) use {remark, say};

pub fn line(text: fmt::Arguments) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_fmt(text).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()).map_err(full)
}

pub fn aside(text: fmt::Arguments) {
    let mut out = io::stderr().lock();
    let _ = out.write_fmt(text).and_then(|()| out.write_all(b"\n"));
}

/// So many of something: `1 job`, `2 jobs`.
pub fn counted(count: usize, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}

/// The standard output took no more.
pub fn full(error: io::Error) -> Failure {
    Failure::input(format!(
        "standard output: {error}; expected a place for the whole report; files that are named in it are whole"
    ))
}
