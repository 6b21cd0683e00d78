//! What the testbench wrote, read back.

use crate::emit::controllers::registers;

/// One job as it was observed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observed {
    /// What the probes showed.
    pub probes: Vec<Probed>,
    /// Output beats: data, last.
    pub output: Vec<(u32, bool)>,
    /// Accesses of registers, in order.
    pub accesses: Vec<Access>,
    /// Job cycle after an ABORT met it, and whether cycles were counted.
    pub abort: Option<(u64, bool)>,
    /// It did not end in time.
    pub timed_out: bool,
    /// Rules of AXI that were broken.
    pub violations: Vec<String>,
}

/// An answer of the register bus, or a look at the interrupt line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// A write was answered so.
    Write {
        /// Offset of the register.
        address: u8,
        /// The AXI response.
        response: u8,
    },
    /// A read was answered so.
    Read {
        /// Offset of the register.
        address: u8,
        /// The AXI response.
        response: u8,
        /// What was read.
        data: u32,
    },
    /// The interrupt line, high or low.
    Interrupt(bool),
}

/// Numbers written in one cycle on one channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Probed {
    /// Number of the probe.
    pub channel: usize,
    /// Job cycle.
    pub cycle: u64,
    /// Group of lanes.
    pub index: usize,
    /// All lanes, packed, as hex digits.
    pub data: String,
}

impl Observed {
    /// The last that the job's register CYCLES said.
    pub fn cycles(&self) -> u64 {
        let at = registers::offset("CYCLES");
        let read = |access: &Access| match *access {
            Access::Read { address, data, .. } if u32::from(address) & !3 == at => Some(data),
            _ => None,
        };
        self.accesses.iter().rev().find_map(read).unwrap_or(0).into()
    }
}

/// A line that is no record.
#[derive(Debug, thiserror::Error, PartialEq)]
#[error("simulation log, line {line}: expected a record of the testbench, found {found:?}")]
pub struct LogError {
    line: usize,
    found: String,
}

/// Whether the testbench came to its end, and what it saw until then.
///
/// # Errors
///
/// A line that the testbench does not write.
pub fn parse(text: &str) -> Result<(Vec<Observed>, bool), LogError> {
    let mut jobs: Vec<Observed> = Vec::new();
    let mut ended = false;
    for (n, line) in text.lines().enumerate() {
        let bad = || LogError { line: n + 1, found: line.to_string() };
        let mut words = line.split_whitespace();
        let read = match words.next() {
            // Jobs are counted, and behind the end there is nothing.
            _ if ended => None,
            Some("J") => {
                words.next().and_then(|n| n.parse::<usize>().ok()).filter(|n| *n == jobs.len()).map(|_| {
                    jobs.push(Observed::default());
                })
            }
            Some("E") => {
                ended = true;
                Some(())
            }
            Some(kind) => jobs.last_mut().and_then(|job| record(job, kind, &mut words)),
            None => None,
        };
        // Nor is there behind a record.
        read.filter(|()| words.next().is_none()).ok_or_else(bad)?;
    }
    Ok((jobs, ended))
}

/// What is not defined is not high.
fn high(word: &str) -> Option<bool> {
    ["0", "1", "x", "z"].contains(&word).then_some(word == "1")
}

fn record<'a>(job: &mut Observed, kind: &str, words: &mut impl Iterator<Item = &'a str>) -> Option<()> {
    match kind {
        "P" => job.probes.push(Probed {
            channel: words.next()?.parse().ok()?,
            cycle: words.next()?.parse().ok()?,
            index: words.next()?.parse().ok()?,
            data: words.next()?.to_string(),
        }),
        "O" => {
            let data = u32::from_str_radix(words.next()?, 16).ok()?;
            job.output.push((data, high(words.next()?)?));
        }
        "W" => {
            let address = u8::from_str_radix(words.next()?, 16).ok()?;
            job.accesses.push(Access::Write { address, response: words.next()?.parse().ok()? });
        }
        "R" => {
            let address = u8::from_str_radix(words.next()?, 16).ok()?;
            let response = words.next()?.parse().ok()?;
            let data = u32::from_str_radix(words.next()?, 16).ok()?;
            job.accesses.push(Access::Read { address, response, data });
        }
        "I" => job.accesses.push(Access::Interrupt(high(words.next()?)?)),
        "A" => job.abort = Some((words.next()?.parse().ok()?, high(words.next()?)?)),
        "T" => job.timed_out = true,
        // A reset broke the job off, and it begins again.
        "X" => *job = Observed { violations: std::mem::take(&mut job.violations), ..Observed::default() },
        "V" => job.violations.push(words.next()?.to_string()),
        _ => return None,
    }
    Some(())
}

/// Lane `lane` of `bits` signed bits of packed hex digits; `None` where the
/// simulator saw an undefined bit or the digits end too early.
pub fn lane(data: &str, lane: usize, bits: usize) -> Option<i32> {
    let digits = data.as_bytes();
    let mut value = 0i64;
    for b in 0..bits {
        let at = lane * bits + b;
        let digit = *digits.get(digits.len().checked_sub(1 + at / 4)?)?;
        let nibble = (digit as char).to_digit(16)?;
        value |= i64::from(nibble >> (at % 4) & 1) << b;
    }
    let unused = 64 - bits;
    Some((value << unused >> unused) as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_come_out_of_packed_digits() {
        assert_eq!(lane("8001ffff", 0, 16), Some(-1));
        assert_eq!(lane("8001ffff", 1, 16), Some(-32767));
        assert_eq!(lane("0b5", 1, 5), Some(5));
        assert_eq!(lane("xx", 0, 8), None);
        assert_eq!(lane("ff", 1, 8), None);
    }

    #[test]
    fn a_log_is_read_job_by_job() {
        let text = "J 0\nP 3 120 1 00ff\nO 00000003 1\nW 0c 2\nR 24 0 0000004d\nI 1\nJ 1\nA 9 0\nT\n";
        let (jobs, ended) = parse(text).unwrap();
        assert_eq!((jobs.len(), ended), (2, false));
        let read = Access::Read { address: 0x24, response: 0, data: 77 };
        let write = Access::Write { address: 0x0c, response: 2 };
        assert_eq!(jobs[0].accesses, [write, read, Access::Interrupt(true)]);
        assert_eq!(jobs[1].abort, Some((9, false)));
        assert_eq!(jobs[0].probes[0].cycle, 120);
        assert!(jobs[1].timed_out && jobs[0].output == [(3, true)]);
        let (jobs, _) = parse("J 0\nO 00000005 0\nV early\nX\nO 00000007 1\n").unwrap();
        assert!(jobs[0].output == [(7, true)] && jobs[0].violations == ["early"]);
        for (odd, line) in [
            ("J 0\nQ\n", 2),
            ("O 00000003 1\n", 1),
            ("J 0\nO 00000003 1 more\n", 2),
            ("J 0\nO 00000003 2\n", 2),
            ("J 0\nI\n", 2),
            ("J 0\nT\nJ 2\n", 3),
            ("J\n", 1),
            ("J 0\n\n", 2),
            ("J 0\nE\nT\n", 3),
        ] {
            let refused = parse(odd).unwrap_err().to_string();
            assert!(refused.starts_with(&format!("simulation log, line {line}: expected")), "{refused}");
        }
        // A simulator saw no value there.
        assert_eq!(parse("J 0\nI x\n").unwrap().0[0].accesses, [Access::Interrupt(false)]);
    }
}
