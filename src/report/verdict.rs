//! What came of the co-simulation, in a sentence.

use super::number::{ratio, thousands};
use crate::cosim::{CosimReport, Difference};

/// Whether the simulated hardware does what the golden model says.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// `None`: nothing was simulated.
    pub agrees: Option<bool>,
    /// With the figures.
    pub text: String,
    /// Where they first differ, and what to do; empty where they do not.
    pub more: String,
}

impl Verdict {
    /// Of everything that was simulated.
    pub fn of(reports: &[CosimReport]) -> Verdict {
        let sum = |of: fn(&CosimReport) -> u64| reports.iter().map(of).sum::<u64>();
        let (bits, wrong) = (sum(|r| r.bits_compared), sum(|r| r.mismatches));
        let (cycles, expected, floor) =
            (sum(|r| r.cycles), sum(|r| r.cycles_expected), sum(|r| r.cycles_floor));
        let first: Option<&Difference> = reports.iter().find_map(|r| r.first_difference.as_ref());
        if bits == 0 && first.is_none() {
            return Verdict {
                agrees: None,
                text: "Nothing was simulated for this page: whether the Verilog agrees with the golden model is not known.".into(),
                more: "Simulate some jobs with --generate N or --data FILE.".into(),
            };
        }
        let jobs = sum(|r| r.sentences as u64);
        let jobs = if jobs == 1 { "1 job".into() } else { format!("{} jobs", thousands(jobs)) };
        let Some(first) = first else {
            let text = format!(
                "The simulated Verilog agrees with the golden model: {} bits of {jobs} compared, {} differ; {} cycles, as \
                 predicted, {} x the floor.",
                thousands(bits),
                thousands(wrong),
                thousands(cycles),
                ratio(cycles as f64, floor as f64),
            );
            return Verdict { agrees: Some(true), text, more: String::new() };
        };
        let timing = match cycles == expected {
            true => format!("its {} cycles are as predicted", thousands(cycles)),
            false => format!("it took {} cycles, {} were predicted", thousands(cycles), thousands(expected)),
        };
        Verdict {
            agrees: Some(false),
            text: format!(
                "The simulated Verilog does not agree with the golden model: {} numbers differ in {} bits of {jobs}; {timing}.",
                thousands(wrong),
                thousands(bits),
            ),
            more: format!(
                "They differ first at {first}. Neither this design nor the figures below are to be trusted; \
                 hvae cosim BUILD --trace differ.fst shows the wave forms."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> CosimReport {
        let mut report = CosimReport::default();
        (report.sentences, report.bits_compared) = (2, 1_234_567);
        (report.cycles, report.cycles_expected, report.cycles_floor) = (1040, 1040, 1000);
        report
    }

    #[test]
    fn agreement_is_said_with_its_figures() {
        let verdict = Verdict::of(&[report(), report()]);
        assert_eq!(verdict.agrees, Some(true));
        assert_eq!(
            verdict.text,
            "The simulated Verilog agrees with the golden model: 2,469,134 bits of 4 jobs compared, 0 differ; 2,080 cycles, as \
             predicted, 1.04 x the floor."
        );
    }

    #[test]
    fn a_difference_is_said_first_whatever_else_agrees() {
        let first = Difference {
            sentence: 1,
            step: 2,
            cycle: 3,
            signal: "dec0.h[4]".into(),
            expected: "5".into(),
            got: "6".into(),
        };
        let mut wrong = report();
        (wrong.mismatches, wrong.first_difference, wrong.cycles) = (7, Some(first), 1041);
        let verdict = Verdict::of(&[report(), wrong]);
        assert_eq!(verdict.agrees, Some(false));
        assert!(
            verdict.text.contains("does not agree") && verdict.text.contains("7 numbers differ"),
            "{verdict:?}"
        );
        assert!(verdict.text.contains("2,081 cycles, 2,080 were predicted"), "{verdict:?}");
        assert!(verdict.more.contains("dec0.h[4]: expected 5, got 6"), "{verdict:?}");
        assert_eq!(Verdict::of(&[]).agrees, None);
        assert_eq!(Verdict::of(&[CosimReport::default()]).agrees, None);
    }
}
