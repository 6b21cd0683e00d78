//! A board: the top around `hvae_top`, its pins, and the strings of its terminal.

use super::files::put;
use crate::config::{Board, Config, Pll, Tokenizer};
use crate::crossbar::CrossbarNet;
use crate::model::{JobKind, Network, Schedule, Vocabulary};
use askama::Template;
use std::collections::BTreeMap;

/// Of the serial line.
const BAUD: f64 = 115_200.0;

/// Why a design has no terminal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BoardError {
    /// Nothing to print.
    #[error(
        "[target] board = \"{board}\": expected a network that writes words, found one of family {family}; leave the board out"
    )]
    NoWords {
        /// Its name.
        board: String,
        /// Of the network.
        family: String,
    },
    /// A serial line and a terminal agree on ASCII alone.
    #[error(
        "vocab.txt: line {line}: expected printable ASCII for [target] board = \"{board}\", found `{word}`; train with words of ASCII, or leave the board out"
    )]
    Word {
        /// Its name.
        board: String,
        /// From 1.
        line: usize,
        /// That line.
        word: String,
    },
}

/// What a sentence that is typed is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reads {
    /// The network reads nothing.
    Nothing = 0,
    /// It is written again.
    Sentences = 1,
    /// It is answered.
    Conversations = 2,
}

/// A design's terminal: what `hvae_terminal` is told.
#[derive(Debug, Clone)]
pub(super) struct Terminal {
    board: &'static Board,
    pll: Pll,
    reads: Reads,
    word_punct: bool,
    words: Option<Vec<String>>,
}

#[derive(Template)]
#[template(path = "ulx3s.sv", escape = "none")]
struct Ulx3s<'a> {
    banner: &'a str,
    baud: f64,
    clock_mhz: f64,
    pll: Pll,
    pll_oscillator: f64,
    divisor: u64,
    vocabulary: usize,
    dictionary: u8,
    dictionary_at: usize,
    rom_bytes: usize,
    max_tokens: usize,
    reads: u8,
    word_punct: u8,
    sampled: u8,
}

#[derive(Template)]
#[template(path = "hvae_ulx3s.lpf", escape = "none", ext = "txt")]
struct Pins<'a> {
    banner: &'a str,
    clock_mhz: f64,
}

impl Terminal {
    /// Of a network on the board that the configuration names, if it names one; without words they are numbers.
    ///
    /// # Errors
    ///
    /// The network writes no words, or a word is not of printable ASCII.
    pub fn new(
        network: &Network,
        config: &Config,
        words: Option<&Vocabulary>,
    ) -> Result<Option<Terminal>, BoardError> {
        let Some(board) = config.target.board() else { return Ok(None) };
        // A configuration whose clock the board has not is refused when it is read.
        let Ok(pll) = board.pll(config.accelerator.clock_mhz) else { return Ok(None) };
        let has = |kind| Schedule::new(network).jobs().any(|job| job == kind);
        let writes = network.vocabulary_block().is_some() && network.frame_width().is_none();
        if !writes || !has(JobKind::Generate) {
            let (board, family) = (board.name.into(), network.family.to_string());
            return Err(BoardError::NoWords { board, family });
        }
        let reads = match network.converses() {
            true => Reads::Conversations,
            false if has(JobKind::Reconstruct) => Reads::Sentences,
            false => Reads::Nothing,
        };
        let word_punct = words.is_some_and(|words| words.tokenizer() == Tokenizer::WordPunct);
        let words = words.map(|words| printable(words, board)).transpose()?;
        Ok(Some(Terminal { board, pll, reads, word_punct, words }))
    }

    /// Adds the board's top, its constraints and the image of the terminal.
    pub fn add(
        &self,
        net: &CrossbarNet,
        config: &Config,
        banner: &str,
        files: &mut BTreeMap<String, String>,
    ) {
        let accelerator = &config.accelerator;
        let vocabulary = net.quant.network.vocabulary;
        let messages = self.messages(vocabulary, accelerator.max_tokens, accelerator.clock_mhz);
        let mut strings: Vec<u8> = messages.iter().flat_map(|text| ended(text)).collect();
        let dictionary_at = strings.len();
        strings.extend(self.words.iter().flatten().flat_map(|word| ended(word)));
        let top = Ulx3s {
            banner,
            baud: BAUD,
            clock_mhz: accelerator.clock_mhz,
            pll: self.pll,
            pll_oscillator: accelerator.clock_mhz * f64::from(self.pll.output),
            divisor: (accelerator.clock_mhz * 1e6 / BAUD).round() as u64,
            vocabulary,
            dictionary: u8::from(self.words.is_some()),
            dictionary_at,
            rom_bytes: strings.len(),
            max_tokens: accelerator.max_tokens,
            reads: self.reads as u8,
            word_punct: u8::from(self.word_punct),
            sampled: u8::from(self.reads == Reads::Nothing),
        };
        put(files, &format!("rtl/{}.sv", top_of(self.board)), &top);
        files.insert("rom/terminal.hex".into(), strings.iter().map(|byte| format!("{byte:02x}\n")).collect());
        let pins = Pins { banner, clock_mhz: accelerator.clock_mhz };
        put(files, &format!("constraints/{}.lpf", top_of(self.board)), &pins);
    }

    /// The messages of `hvae_terminal`, in the order of its constants.
    fn messages(&self, vocabulary: usize, max_tokens: usize, clock_mhz: f64) -> [String; MESSAGES.len()] {
        let words = if self.words.is_some() { "words" } else { "words, which are numbers such as #17" };
        let (what, help) = match self.reads {
            Reads::Nothing => ("/g writes a sentence, /? helps", ""),
            Reads::Sentences => (
                "Type a sentence, or /? for help",
                "a sentence  is written again, from what the network keeps of it\r\n",
            ),
            Reads::Conversations => (
                "Say something, or /? for help",
                "a sentence  is answered\r\n/n          another conversation\r\n",
            ),
        };
        let most = max_tokens - 2;
        MESSAGES.map(|(_, text)| {
            text.replace("{vocabulary}", &vocabulary.to_string())
                .replace("{words}", words)
                .replace("{what}", what)
                .replace("{help}", help)
                .replace("{most}", &most.to_string())
                .replace("{clock}", &clock_mhz.to_string())
        })
    }
}

/// Name and text of every message.
const MESSAGES: [(&str, &str); 26] = [
    ("HELLO", "\r\nhvae-mnn, {vocabulary} {words}. {what}.\r\n"),
    ("PROMPT", "> "),
    ("NEWLINE", "\r\n"),
    ("ERASE", "\x08 \x08"),
    (
        "HELP",
        "{help}/g [SEED]   writes a sentence; each has the next seed\r\n\
         /t T        words are drawn at temperature T, 0.07 to 81.91; 0: the likeliest\r\n\
         /s          shows seed and cycles, or hides them\r\n\
         Control-C   ends what runs\r\n",
    ),
    ("UNKNOWN", "unknown word, read as <unk0>: "),
    ("LINE", "\r\nline too long: expected 255 characters at most\r\n"),
    ("SENTENCE", "sentence too long: expected {most} words at most\r\n"),
    ("COMMAND", "no such command: /? shows all\r\n"),
    ("NUMBER", "expected /g and a whole number up to 655359, or /t and 0 or 0.07 to 81.91\r\n"),
    ("READS", "this network reads no sentences: /g writes one\r\n"),
    ("SHOWN", "seed and cycles are shown\r\n"),
    ("HIDDEN", "seed and cycles are hidden\r\n"),
    ("SET", "done\r\n"),
    ("SEED", "[seed "),
    ("CYCLES", ", "),
    ("CLOCK", " cycles at {clock} MHz]\r\n"),
    ("FRAMING", "\r\nno stop bit (framing error): expected 115200 baud, 8 bits, no parity, 1 stop bit\r\n"),
    ("LOST", "\r\ntyped too far ahead: characters are lost\r\n"),
    ("LENGTH", "\r\nerror: the packet had too few or too many words (ERR_LENGTH)\r\n"),
    ("TOKEN", "\r\nerror: a token beyond the vocabulary (ERR_TOKEN)\r\n"),
    ("JOB", "\r\nerror: this design has no such job (ERR_JOB)\r\n"),
    ("Z", "\r\nerror: a number that does not fit (ERR_Z)\r\n"),
    ("ABORTED", "\r\naborted\r\n"),
    ("LATE", "\r\nno answer in time: aborted\r\n"),
    ("DEAD", "\r\nthe core does not answer: press PWR\r\n"),
];

/// The module, and the name of the files, of a board.
pub fn top_of(board: &Board) -> String {
    format!("hvae_{}", board.name)
}

fn ended(text: &str) -> impl Iterator<Item = u8> + '_ {
    text.bytes().chain([0])
}

/// All words, each of printable ASCII.
fn printable(words: &Vocabulary, board: &Board) -> Result<Vec<String>, BoardError> {
    let word = |id: usize| words.word(id as u32).unwrap_or_default();
    let all = (0..words.len()).map(|id| match word(id) {
        word if word.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(word.to_string()),
        word => Err(BoardError::Word { board: board.name.into(), line: id + 1, word: word.into() }),
    });
    all.collect()
}

#[cfg(test)]
mod tests {
    use super::super::controllers::registers;
    use super::*;

    const TERMINAL: &str = include_str!("../../rtl/hvae_terminal.sv");

    /// Name and value of the constants of that width and start.
    fn constants(width: &str, start: &str) -> Vec<(&'static str, u32)> {
        let line = |line: &'static str| {
            let rest = line.trim().strip_prefix("localparam ")?.strip_prefix(width)?.trim_start();
            let (name, value) = rest.strip_prefix(start)?.split_once('=')?;
            let value = value.trim().split(';').next()?.split_once('\'')?.1;
            let (radix, digits) = value.strip_prefix('h').map_or((10, &value[1..]), |digits| (16, digits));
            Some((name.trim(), u32::from_str_radix(digits, radix).unwrap()))
        };
        TERMINAL.lines().filter_map(line).collect()
    }

    #[test]
    fn the_terminal_counts_messages_as_they_stand() {
        let named: Vec<(&str, u32)> =
            MESSAGES.iter().enumerate().map(|(at, (name, _))| (*name, at as u32)).collect();
        assert_eq!(constants("[15:0]", "SAY_"), named);
        assert!(MESSAGES.iter().all(|(_, text)| !text.contains('\0') && text.is_ascii()));
    }

    #[test]
    fn the_terminal_knows_the_registers_and_the_jobs() {
        let found = constants("[7:0]", "");
        let registers: Vec<&(&str, u32)> =
            found.iter().filter(|(name, _)| registers::REGISTERS.iter().any(|r| r.name == *name)).collect();
        assert_eq!(registers.len(), 7);
        for (name, offset) in registers {
            assert_eq!(*offset, registers::offset(name), "{name}");
        }
        let jobs = constants("[2:0]", "");
        assert_eq!(jobs.len(), 3);
        for (name, number) in jobs {
            assert_eq!(number, registers::find("JOB").field("JOB").value(name), "{name}");
        }
        let special = [crate::model::PAD, crate::model::UNK, crate::model::SOS, crate::model::EOS];
        let tokens = constants("[15:0]", "").into_iter().filter(|(name, _)| !name.starts_with("SAY_"));
        assert_eq!(tokens.map(|(_, token)| token).collect::<Vec<_>>(), special);
    }

    #[test]
    fn the_limit_of_a_line_is_the_memory_of_the_terminal() {
        let line = MESSAGES.iter().find(|(name, _)| *name == "LINE").unwrap().1;
        assert!(line.contains("255") && TERMINAL.contains("line_length_q == 8'hff"));
    }
}
