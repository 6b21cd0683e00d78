//! `[target] board`: boards for which a whole design is made, with pins, clock and a serial line.

/// A board.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Board {
    /// As `[target] board` has it.
    pub name: &'static str,
    /// The parts that it is sold with; the first is meant where `[target] part` names none.
    pub parts: &'static [&'static str],
    /// Of the clock that comes in at a pin.
    pub oscillator_mhz: f64,
}

/// Every board. ULX3S: <https://github.com/emard/ulx3s>, sold with three sizes of the same package.
pub const BOARDS: &[Board] =
    &[Board { name: "ulx3s", parts: &["lfe5u-85f", "lfe5u-45f", "lfe5u-25f"], oscillator_mhz: 25.0 }];

/// Divisors of a PLL of an ECP5 (EHXPLLL) whose feedback is its first output: clock = input clock / `input` *
/// `feedback`, oscillator = clock * `output`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pll {
    /// CLKI_DIV.
    pub input: u32,
    /// CLKFB_DIV.
    pub feedback: u32,
    /// CLKOP_DIV.
    pub output: u32,
}

/// Frequencies in MHz, least and most: outputs, comparisons of the phase, and the PLL's oscillator (Project Trellis,
/// `ecppll`, after FPGA-DS-02012, sysCLOCK PLL timing).
const OUTPUT: (f64, f64) = (10.0, 400.0);
const PHASE: (f64, f64) = (3.125, 400.0);
const OSCILLATOR: (f64, f64) = (400.0, 800.0);
/// Most of `input` and of `output`; `feedback` is 80 at most.
const DIVISORS: u32 = 128;
const FEEDBACK: u32 = 80;

fn within(range: (f64, f64), mhz: f64) -> bool {
    (range.0..=range.1).contains(&mhz)
}

impl Board {
    /// The board of that name.
    pub fn find(name: &str) -> Option<&'static Board> {
        BOARDS.iter().find(|board| board.name == name)
    }

    /// Whether it is sold with a part, named as `[target] part` does.
    pub fn has(&self, part: &str) -> bool {
        let part = part.to_lowercase();
        self.parts.iter().any(|known| {
            part.strip_prefix(known)
                .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
        })
    }

    /// How its PLL makes a clock of so many MHz, with the fastest comparison of phases and the slowest oscillator.
    ///
    /// # Errors
    ///
    /// It makes none within a millionth: the nearest below and above that it makes, 0 where there is none.
    pub fn pll(&self, clock_mhz: f64) -> Result<Pll, (f64, f64)> {
        let mut nearest = (0.0, 0.0);
        for input in 1..=DIVISORS {
            for feedback in 1..=FEEDBACK {
                let (phase, clock) = (
                    self.oscillator_mhz / f64::from(input),
                    self.oscillator_mhz / f64::from(input) * f64::from(feedback),
                );
                let output = (1..=DIVISORS).find(|&n| within(OSCILLATOR, clock * f64::from(n)));
                let Some(output) = output.filter(|_| within(PHASE, phase) && within(OUTPUT, clock)) else {
                    continue;
                };
                if (clock / clock_mhz - 1.0).abs() < 1e-6 {
                    return Ok(Pll { input, feedback, output });
                }
                if clock < clock_mhz && clock > nearest.0 {
                    nearest.0 = clock;
                }
                if clock > clock_mhz && (clock < nearest.1 || nearest.1 == 0.0) {
                    nearest.1 = clock;
                }
            }
        }
        Err(nearest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pll_makes_clocks_within_its_limits() {
        let board = Board::find("ulx3s").unwrap();
        for mhz in [10.0, 12.5, 25.0, 40.0, 50.0, 62.5, 80.0, 100.0, 400.0] {
            let Pll { input, feedback, output } = board.pll(mhz).unwrap();
            let phase = 25.0 / f64::from(input);
            assert!((phase * f64::from(feedback) - mhz).abs() < 1e-4, "{mhz}");
            assert!((3.125..=400.0).contains(&phase) && (400.0..=800.0).contains(&(mhz * f64::from(output))));
        }
        assert_eq!(board.pll(80.0), Ok(Pll { input: 5, feedback: 16, output: 5 }));
        assert_eq!(board.pll(50.0), Ok(Pll { input: 1, feedback: 2, output: 8 }));
        assert_eq!(board.pll(5.0), Err((0.0, 10.0)));
        assert_eq!(board.pll(401.0), Err((400.0, 0.0)));
        // Comparisons of at least 3.125 MHz leave steps of 1/8 of the oscillator.
        assert_eq!(board.pll(48.1), Err((46.875, 50.0)));
    }

    #[test]
    fn a_part_is_on_the_board_or_not() {
        let board = Board::find("ulx3s").unwrap();
        assert!(board.has("LFE5U-85F-6BG381C") && board.has("lfe5u-25f"));
        assert!(!board.has("lfe5u-85fx") && !board.has("xc7a35t") && !board.has(""));
        assert_eq!(Board::find("ulx4s"), None);
    }
}
