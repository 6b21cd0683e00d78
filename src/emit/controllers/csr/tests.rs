//! Offsets, fields, and what header and page say of them.

use super::*;
use crate::emit::controllers::registers::{find, offset};

#[test]
fn offsets_are_words_in_order_and_names_are_unique() {
    for (index, register) in REGISTERS.iter().enumerate() {
        assert_eq!(register.offset as usize, 4 * index, "{}", register.name);
        assert_eq!(offset(register.name), register.offset, "{}", register.name);
    }
}

#[test]
fn fields_do_not_overlap_and_hold_their_reset() {
    for register in REGISTERS {
        let widths: u32 = register.fields.iter().map(|field| field.width).sum();
        assert_eq!(widths, register.mask().count_ones(), "{}", register.name);
        assert_eq!(register.reset & !register.mask(), 0, "{}", register.name);
        for field in register.fields {
            let fit = |v: &u32| v << field.low & !field.mask() == 0;
            assert!(field.values.iter().all(|(_, v)| fit(v)), "{}", field.name);
        }
    }
}

#[test]
fn header_and_page_say_what_the_table_says() {
    let (header, page) = (header(), page());
    assert!(header.contains("#define HVAE_CYCLES_OFFSET                   0x24u\n"));
    assert!(header.contains("#define HVAE_JOB_SAMPLE_TOKENS_MASK          0x00000200u\n"));
    assert!(header.contains("#define HVAE_JOB_GENERATE                    3u\n"));
    assert!(page.contains(", 3 GENERATE"));
    assert!(page.contains("| 0x1C | INVERSE_TEMPERATURE | rw | 4096 | 15:0 |"));
    for register in REGISTERS {
        assert!(header.contains(&format!("HVAE_{}_OFFSET", register.name)));
        assert!(page.contains(&format!("| {} |", register.name)));
    }
    assert!(page.contains("| 0x48 | IRQ_STATUS | w1c | 0 | 0 | DONE |"));
    assert!(header.contains("#define HVAE_IRQ_ENABLE_ERROR_MASK           0x00000002u\n"));
    assert_eq!(find("STATUS").field("ERR_TOKEN").mask(), 8);
}
