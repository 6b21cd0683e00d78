//! The registers of the accelerator as one table, from which come the numbers of
//! `hvae_axil_regs`, the C header, the page for people and the driver's offsets.

use rust_hdl_core::prelude::LiteralType;

use Access::{AnyTime, OneToClear, ReadOnly, ReadWrite, WriteOnly};

/// What a bus master may do with a register.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Access {
    /// Writing is refused (SLVERR).
    ReadOnly,
    /// Writing is refused (SLVERR) while a job runs.
    ReadWrite,
    /// Writing is never refused.
    AnyTime,
    /// What is written as 1 becomes 0; never refused.
    OneToClear,
    /// Reads as 0.
    WriteOnly,
}

/// Some bits of a register.
#[derive(Copy, Clone, Debug)]
pub struct Field {
    /// In capitals; the register's own name where there is only one field.
    pub name: &'static str,
    /// Lowest bit.
    pub low: u32,
    /// In bits.
    pub width: u32,
    /// What it says, for people.
    pub doc: &'static str,
    /// Its values by name; none where it is a number.
    pub values: &'static [(&'static str, u32)],
}

/// A 32-bit register.
#[derive(Copy, Clone, Debug)]
pub struct Register {
    /// In bytes from the base.
    pub offset: u32,
    /// In capitals.
    pub name: &'static str,
    /// Who may do what.
    pub access: Access,
    /// The value after reset; 0 where the design gives the value.
    pub reset: u32,
    /// Lowest bit first; bits of no field read as 0.
    pub fields: &'static [Field],
}

const fn field(name: &'static str, low: u32, width: u32, doc: &'static str) -> Field {
    Field { name, low, width, doc, values: &[] }
}

const fn choice(
    name: &'static str,
    low: u32,
    width: u32,
    doc: &'static str,
    values: &'static [(&'static str, u32)],
) -> Field {
    Field { name, low, width, doc, values }
}

const fn register(
    offset: u32,
    name: &'static str,
    access: Access,
    reset: u32,
    fields: &'static [Field],
) -> Register {
    Register { offset, name, access, reset, fields }
}

/// `HVAE` in ASCII, so that a driver knows what it talks to.
pub const ID: u32 = 0x4856_4145;

/// Version of the register map, in the VERSION register: what a driver was written for.
pub const VERSION: u32 = 0x0000_0301;

/// Every register, by offset.
#[rustfmt::skip]
pub const REGISTERS: &[Register] = &[
    register(0x00, "ID", ReadOnly, ID, &[
        field("ID", 0, 32, "always 0x48564145, \"HVAE\" in ASCII"),
    ]),
    register(0x04, "VERSION", ReadOnly, VERSION, &[
        field("VERSION", 0, 32, "version of the register map"),
    ]),
    register(0x08, "CONTROL", WriteOnly, 0, &[
        field("START", 0, 1, "write 1 to start the job; ignored while BUSY"),
        field("ABORT", 1, 1, "write 1 to end the job that waits or runs, as soon as no stage works; ignored while not BUSY"),
    ]),
    register(0x0C, "JOB", ReadWrite, 0, &[
        choice("JOB", 0, 3, "which job", &[
            ("ENCODE", 0), ("RECONSTRUCT", 1), ("DECODE", 2), ("GENERATE", 3), ("SCORE", 4),
            ("LABEL", 5), ("VALUES", 6), ("LISTEN", 7),
        ]),
        field("SAMPLE_Z", 8, 1, "sample z from the posterior (0: its mean)"),
        field("SAMPLE_TOKENS", 9, 1, "sample the tokens (0: the most likely one)"),
        field("FRESH", 10, 1, "a conversation begins: what was heard before the job is forgotten"),
        field("SAY_UNKNOWN", 11, 1, "the unknown word (token 1) may be written (0: the next best word instead)"),
    ]),
    register(0x10, "STATUS", ReadOnly, 0, &[
        field("BUSY", 0, 1, "a job runs"),
        field("DONE", 1, 1, "a job has ended; cleared by START"),
        field("ERR_LENGTH", 2, 1, "the packet had too few or too many words for the job; cleared by START"),
        field("ERR_TOKEN", 3, 1, "the input named a token beyond the vocabulary; cleared by START"),
        field("ERR_JOB", 4, 1, "this design has no such job; cleared by START"),
        field("ERR_Z", 5, 1, "a word of z or of a frame does not fit the format of states; cleared by START"),
        field("ABORTED", 6, 1, "the job was ended by ABORT; cleared by START"),
        field("ANSWER", 7, 1, "the job that has ended wrote an answer, or a part of it; cleared by START"),
    ]),
    register(0x14, "SEED_LO", ReadWrite, 0, &[
        field("SEED_LO", 0, 32, "seed of everything random, bits 31:0"),
    ]),
    register(0x18, "SEED_HI", ReadWrite, 0, &[
        field("SEED_HI", 0, 32, "seed of everything random, bits 63:32"),
    ]),
    register(0x1C, "INVERSE_TEMPERATURE", ReadWrite, 4096, &[
        field("INVERSE_TEMPERATURE", 0, 16, "1 / temperature of token sampling, Q4.12"),
    ]),
    register(0x20, "MAX_TOKENS", ReadWrite, 32, &[
        field("MAX_TOKENS", 0, 16, "most tokens to produce, 0 as 1; the design has its own limit"),
    ]),
    register(0x24, "CYCLES", ReadOnly, 0, &[
        field("CYCLES", 0, 32, "cycles of the last or running job, waiting for streams left out"),
    ]),
    register(0x28, "ADC_CLIPS", ReadOnly, 0, &[
        field("ADC_CLIPS", 0, 32, "conversions of this job that were clipped"),
    ]),
    register(0x2C, "SATURATIONS", ReadOnly, 0, &[
        field("SATURATIONS", 0, 32, "roundings and additions of this job that saturated"),
    ]),
    register(0x30, "TOKENS", ReadOnly, 0, &[
        field("TOKENS", 0, 32, "tokens that this job has produced"),
    ]),
    register(0x34, "DESIGN", ReadOnly, 0, &[
        field("DESIGN", 0, 32, "first 32 bits of the hash in design.json"),
    ]),
    register(0x38, "VOCABULARY", ReadOnly, 0, &[
        field("VOCABULARY", 0, 32, "tokens in the vocabulary"),
    ]),
    register(0x3C, "LATENT", ReadOnly, 0, &[
        field("LATENT", 0, 32, "dimensions of z, of a sentence or of every step"),
    ]),
    register(0x40, "TILE_SAMPLES", ReadOnly, 0, &[
        field("TILE_SAMPLES", 0, 32, "cycles of this job in which tiles converted, summed over tiles; modulo 2^32"),
    ]),
    register(0x44, "IRQ_ENABLE", AnyTime, 0, &[
        field("DONE", 0, 1, "irq is high while IRQ_STATUS has DONE"),
        field("ERROR", 1, 1, "irq is high while IRQ_STATUS has ERROR"),
    ]),
    register(0x48, "IRQ_STATUS", OneToClear, 0, &[
        field("DONE", 0, 1, "a job has ended, in whatever way; write 1 to clear"),
        field("ERROR", 1, 1, "a job was refused (an ERR bit of STATUS); write 1 to clear"),
    ]),
];

/// Equality that a constant can use.
const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut index = 0;
    while index < a.len() && index < b.len() && a[index] == b[index] {
        index += 1;
    }
    a.len() == b.len() && index == a.len()
}

/// The register of that name.
///
/// # Panics
/// If there is none; in a constant the compiler says so.
pub const fn find(name: &str) -> &'static Register {
    let mut index = 0;
    while index < REGISTERS.len() {
        if same(REGISTERS[index].name, name) {
            return &REGISTERS[index];
        }
        index += 1;
    }
    panic!("no register of that name");
}

/// The byte offset of the register of that name.
///
/// # Panics
/// As [`find`].
pub const fn offset(name: &str) -> u32 {
    find(name).offset
}

/// The number of a register for circuits, which tell registers apart by their word, not their byte.
pub(super) const fn word(name: &str) -> LiteralType {
    (offset(name) / 4) as LiteralType
}

/// The bits of all fields of a register.
pub(super) const fn mask(register: &Register) -> LiteralType {
    register.mask() as LiteralType
}

/// The bits of a field of a register.
pub(super) const fn bit(register: &str, field: &str) -> LiteralType {
    find(register).field(field).mask() as LiteralType
}

impl Field {
    /// The number of the value of that name.
    ///
    /// # Panics
    /// If there is none.
    pub fn value(&self, name: &str) -> u32 {
        self.values.iter().find(|v| v.0 == name).expect("a value of that name").1
    }

    /// What it says, with the names of its values.
    pub fn meaning(&self) -> String {
        let values = self.values.iter().map(|(name, value)| format!("{value} {name}"));
        match self.values {
            [] => self.doc.into(),
            _ => format!("{}: {}", self.doc, values.collect::<Vec<_>>().join(", ")),
        }
    }

    /// Its bits, in place.
    pub const fn mask(&self) -> u32 {
        (u32::MAX >> (32 - self.width)) << self.low
    }
}

impl Register {
    /// The bits of all its fields.
    pub const fn mask(&self) -> u32 {
        let (mut mask, mut index) = (0, 0);
        while index < self.fields.len() {
            mask |= self.fields[index].mask();
            index += 1;
        }
        mask
    }

    /// The field of that name.
    ///
    /// # Panics
    /// If there is none; in a constant the compiler says so.
    pub const fn field(&self, name: &str) -> &'static Field {
        let mut index = 0;
        while index < self.fields.len() {
            if same(self.fields[index].name, name) {
                return &self.fields[index];
            }
            index += 1;
        }
        panic!("no field of that name");
    }
}
