//! Numbers of `hvae_axil_regs`, by the names that its text calls them: where each register and each of its bits stands.

use super::dff::constants;
use super::registers::{ID, bit, find, mask, word};
use rust_hdl_core::prelude::*;

constants! {
    WORD_ID: 6 = word("ID");
    WORD_VERSION: 6 = word("VERSION");
    WORD_CONTROL: 6 = word("CONTROL");
    WORD_JOB: 6 = word("JOB");
    WORD_STATUS: 6 = word("STATUS");
    WORD_SEED_LO: 6 = word("SEED_LO");
    WORD_SEED_HI: 6 = word("SEED_HI");
    WORD_INVERSE_TEMPERATURE: 6 = word("INVERSE_TEMPERATURE");
    WORD_MAX_TOKENS: 6 = word("MAX_TOKENS");
    WORD_CYCLES: 6 = word("CYCLES");
    WORD_ADC_CLIPS: 6 = word("ADC_CLIPS");
    WORD_SATURATIONS: 6 = word("SATURATIONS");
    WORD_TOKENS: 6 = word("TOKENS");
    WORD_DESIGN: 6 = word("DESIGN");
    WORD_VOCABULARY: 6 = word("VOCABULARY");
    WORD_LATENT: 6 = word("LATENT");
    WORD_TILE_SAMPLES: 6 = word("TILE_SAMPLES");
    WORD_IRQ_ENABLE: 6 = word("IRQ_ENABLE");
    WORD_IRQ_STATUS: 6 = word("IRQ_STATUS");
    VALUE_ID: 32 = ID as LiteralType;
    MASK_JOB: 32 = mask(find("JOB"));
    MASK_INVERSE_TEMPERATURE: 32 = mask(find("INVERSE_TEMPERATURE"));
    MASK_MAX_TOKENS: 32 = mask(find("MAX_TOKENS"));
    MASK_IRQ_ENABLE: 32 = mask(find("IRQ_ENABLE"));
    RESET_INVERSE_TEMPERATURE: 32 = find("INVERSE_TEMPERATURE").reset as LiteralType;
    RESET_MAX_TOKENS: 32 = find("MAX_TOKENS").reset as LiteralType;
    CONTROL_START: 32 = bit("CONTROL", "START");
    CONTROL_ABORT: 32 = bit("CONTROL", "ABORT");
    JOB_SAMPLE_Z: 32 = bit("JOB", "SAMPLE_Z");
    JOB_SAMPLE_TOKENS: 32 = bit("JOB", "SAMPLE_TOKENS");
    JOB_FRESH: 32 = bit("JOB", "FRESH");
    JOB_SAY_UNKNOWN: 32 = bit("JOB", "SAY_UNKNOWN");
    STATUS_BUSY: 32 = bit("STATUS", "BUSY");
    STATUS_DONE: 32 = bit("STATUS", "DONE");
    STATUS_ERR_LENGTH: 32 = bit("STATUS", "ERR_LENGTH");
    STATUS_ERR_TOKEN: 32 = bit("STATUS", "ERR_TOKEN");
    STATUS_ERR_JOB: 32 = bit("STATUS", "ERR_JOB");
    STATUS_ERR_Z: 32 = bit("STATUS", "ERR_Z");
    STATUS_ABORTED: 32 = bit("STATUS", "ABORTED");
    STATUS_ANSWER: 32 = bit("STATUS", "ANSWER");
    IRQ_DONE: 32 = bit("IRQ_STATUS", "DONE");
    IRQ_ERROR: 32 = bit("IRQ_STATUS", "ERROR");
    BYTE_0: 32 = 0x0000_00FF;
    BYTE_1: 32 = 0x0000_FF00;
    BYTE_2: 32 = 0x00FF_0000;
    BYTE_3: 32 = 0xFF00_0000;
    RESPONSE_OKAY: 2 = 0;
    RESPONSE_SLVERR: 2 = 2;
}
