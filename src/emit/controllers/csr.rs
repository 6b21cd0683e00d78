//! The register table for others: a C header and a page.

use std::fmt::Write;

use super::registers::{Access, ID, REGISTERS, VERSION};

/// `csr.h`: offsets, resets, the mask and shift of every field, and its named values.
pub fn header() -> String {
    let mut text = String::from(
        "/* SPDX-License-Identifier: Apache-2.0 */\n\
         /* Registers of the accelerator (AXI4-Lite, 32 bit); see csr.md. */\n\
         #ifndef HVAE_CSR_H\n#define HVAE_CSR_H\n",
    );
    let mut define = |name: String, value: String| {
        writeln!(text, "#define {name:<36} {value}").expect("a string takes all");
    };
    for register in REGISTERS {
        let name = format!("HVAE_{}", register.name);
        define(format!("{name}_OFFSET"), format!("0x{:02X}u", register.offset));
        if matches!(register.access, Access::ReadWrite | Access::AnyTime) {
            define(format!("{name}_RESET"), format!("{}u", register.reset));
        }
        for field in register.fields {
            let name = match field.name == register.name {
                true => name.clone(),
                false => format!("{name}_{}", field.name),
            };
            define(format!("{name}_MASK"), format!("0x{:08X}u", field.mask()));
            define(format!("{name}_SHIFT"), field.low.to_string());
            for (value, number) in field.values {
                define(format!("{name}_{value}"), format!("{number}u"));
            }
        }
    }
    define("HVAE_ID_VALUE".into(), format!("0x{ID:08X}u"));
    define("HVAE_VERSION_VALUE".into(), format!("0x{VERSION:08X}u"));
    text + "#endif\n"
}

/// `csr.md`: one row a field.
pub fn page() -> String {
    let mut text = String::from(
        "# Registers\n\n\
         AXI4-Lite, 32 bit; byte strobes are honoured and address bits 1:0 ignored. SLVERR \
         answers an address\nbeyond the table, a write to a register that is `ro`, and a write to \
         one that is `rw` while BUSY;\nnothing is written then. `rw any time` may be written while \
         BUSY as well; of `w1c`, what is written as 1\nbecomes 0. The output `irq` is high while \
         IRQ_STATUS & IRQ_ENABLE is not 0.\n\n\
         ABORT: the job ends as soon as the stages that work have ended (DONE, ABORTED). Of its \
         input packet\neverything is dropped, up to TLAST, even what comes later; a packet of \
         which nothing has come yet is the\nnext job's. If a part of its answer has been written, \
         the answer is ended with one more beat, 0xFFFFFFFF with TLAST.\n\n\
         SCORE answers with ln p of every token of its packet but the first, signed, 16 fraction bits. Where the \
         network draws\na latent at every step, each comes behind three words for every dimension of the latent: \
         {log-variance, mean} of the\nposterior, the same of the prior, 16 bits each, and z with its sign extended. \
         SAMPLE_Z draws it; z and the seed make up an\nimportance-weighted bound over several jobs. RECONSTRUCT draws it \
         from the posterior as long as its packet has a token for\nthe step, then from the prior; GENERATE draws it from \
         the prior always.\n\n\
         Where frames of bits are written instead of tokens, a frame is words of 16 bits, the first bit lowest, in packets and answers\nalike: ceil(bits / 16) of them, and ERR_TOKEN answers a word with a bit that no frame has. A packet begins with the silent\nframe that stands before the first one, as a sentence does with its first token; SCORE answers with ln p of every frame behind it.\nThe first written frame follows silence, nothing ends a piece but MAX_TOKENS, and TOKENS counts frames.\n\n\
         LABEL and VALUES read a sequence: tokens, or frames of signed words in the format of states, position by\nposition. \
         LABEL answers with a class a position, VALUES with {log-variance, mean}, 16 bits each, of every\nnumber of every \
         position, or of the whole sequence alone where the network asks once. TOKENS counts\nlabels, or steps.\n\n\
         | offset | register | access | reset | bits | field | meaning |\n\
         |--:|---|---|--:|--:|---|---|\n",
    );
    for register in REGISTERS {
        let (access, reset) = match register.access {
            Access::ReadOnly => ("ro", String::new()),
            Access::ReadWrite => ("rw", register.reset.to_string()),
            Access::AnyTime => ("rw any time", register.reset.to_string()),
            Access::OneToClear => ("w1c", register.reset.to_string()),
            Access::WriteOnly => ("wo", String::new()),
        };
        for (index, field) in register.fields.iter().enumerate() {
            let head = match index {
                0 => format!("0x{:02X} | {} | {access} | {reset}", register.offset, register.name),
                _ => " | | | ".into(),
            };
            let bits = match field.width {
                1 => field.low.to_string(),
                width => format!("{}:{}", field.low + width - 1, field.low),
            };
            writeln!(text, "| {head} | {bits} | {} | {} |", field.name, field.meaning())
                .expect("a string takes all");
        }
    }
    text
}

#[cfg(test)]
mod tests;
