//! What makes a log one run's own: it begins and ends with that run's number.

use crate::files::sha256;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Sixteen hex digits that no other run has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal(String);

/// Why a log is not what this run wrote.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum SealError {
    #[error(
        "expected a log that begins with this run's number, `B {expected}`, found {found}; the simulator did not write it"
    )]
    Begin { expected: String, found: String },
    #[error(
        "expected a log that ends with this run's number, `E {expected}`, found {found}; the simulation was ended before, or the disk is full"
    )]
    End { expected: String, found: String },
}

impl Seal {
    /// A new one.
    pub fn new() -> Seal {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos());
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let own = format!("{now} {} {count}", std::process::id());
        Seal(sha256(own.as_bytes())[..16].into())
    }

    /// The testbench's argument.
    pub fn argument(&self) -> String {
        format!("+run={}", self.0)
    }

    /// What a log of this run holds between its two records.
    pub fn open<'a>(&self, log: &'a str) -> Result<&'a str, SealError> {
        let (begin, end) = (format!("B {}\n", self.0), format!("E {}\n", self.0));
        let rest = log
            .strip_prefix(&begin)
            .ok_or_else(|| SealError::Begin { expected: self.0.clone(), found: shown(log.lines().next()) })?;
        let sealed = rest.strip_suffix(&end).filter(|records| records.is_empty() || records.ends_with('\n'));
        sealed.ok_or_else(|| SealError::End { expected: self.0.clone(), found: shown(rest.lines().last()) })
    }
}

fn shown(line: Option<&str>) -> String {
    line.map_or("nothing".into(), |line| format!("{:?}", line.chars().take(60).collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_log_of_this_run_is_opened() {
        let (seal, other) = (Seal::new(), Seal::new());
        assert_ne!(seal, other);
        let log = |begin: &Seal, end: &Seal| format!("B {}\nJ 0\nO 00000003 1\nE {}\n", begin.0, end.0);
        let whole = log(&seal, &seal);
        assert_eq!(seal.open(&whole), Ok("J 0\nO 00000003 1\n"));
        // Cut off anywhere, of another run, or begun by one and ended by another.
        for cut in 0..whole.len() {
            assert!(seal.open(&whole[..cut]).is_err(), "{cut}");
        }
        assert!(matches!(seal.open(&log(&other, &other)), Err(SealError::Begin { .. })));
        assert!(matches!(seal.open(&log(&seal, &other)), Err(SealError::End { .. })));
        assert!(seal.open(&(whole.clone() + "O 00000004 1\n")).is_err());
        assert!(seal.open(&whole.replace("\nE ", " E ")).is_err());
    }
}
