//! `hvae_axil_regs`: a bus master that takes its time at random, against a
//! shadow of the table.

use super::bench::{Bench, Random};
use hvae_mnn::emit::controllers::axil_regs::AxilRegs;
use hvae_mnn::emit::controllers::registers::{Access, REGISTERS, offset};

const OKAY: u64 = 0;
const SLVERR: u64 = 2;

fn bench() -> Bench<AxilRegs> {
    let mut bench = Bench::new();
    let fixed = ["cycles_i", "adc_clips_i", "saturations_i", "tokens_i", "tile_samples_i"];
    let tied = ["version_i", "design_i", "vocabulary_i", "latent_i"];
    for (index, name) in fixed.iter().chain(&tied).enumerate() {
        bench.set(name, 0x1111_1111 * (index as u64 + 1));
    }
    bench
}

/// Address and data each after its delay, the answer taken after another.
fn write(bench: &mut Bench<AxilRegs>, address: u64, data: u64, strobe: u64, delays: [u64; 3]) -> u64 {
    let (mut address_done, mut data_done, mut answered) = (None, None, 0);
    for cycle in 0.. {
        let (send_address, send_data) =
            (cycle >= delays[0] && address_done.is_none(), cycle >= delays[1] && data_done.is_none());
        bench.set("s_axil_awvalid_i", u64::from(send_address));
        bench.set("s_axil_awaddr_i", if send_address { address } else { 0x55 });
        bench.set("s_axil_wvalid_i", u64::from(send_data));
        bench.set("s_axil_wdata_i", if send_data { data } else { 0x5555_5555 });
        bench.set("s_axil_wstrb_i", if send_data { strobe } else { 5 });
        let valid = bench.get("s_axil_bvalid_o") == 1;
        let taken = address_done.max(data_done).filter(|_| address_done.is_some() && data_done.is_some());
        assert_eq!(valid, taken.is_some_and(|taken| cycle >= taken + 2), "BVALID in c+2, held");
        answered += u64::from(valid);
        let ready = answered > delays[2];
        bench.set("s_axil_bready_i", u64::from(ready));
        let response = bench.get("s_axil_bresp_o");
        if send_address && bench.get("s_axil_awready_o") == 1 {
            address_done = Some(cycle);
        }
        if send_data && bench.get("s_axil_wready_o") == 1 {
            data_done = Some(cycle);
        }
        bench.edge();
        if valid && ready {
            bench.set("s_axil_bready_i", 0);
            assert_eq!(bench.get("s_axil_bvalid_o"), 0);
            assert_eq!((bench.get("s_axil_awready_o"), bench.get("s_axil_wready_o")), (1, 1));
            return response;
        }
        assert!(cycle < 100, "no answer to a write");
    }
    unreachable!()
}

fn read(bench: &mut Bench<AxilRegs>, address: u64, delay: u64) -> (u64, u64) {
    bench.set("s_axil_arvalid_i", 1);
    bench.set("s_axil_araddr_i", address);
    assert_eq!(bench.get("s_axil_arready_o"), 1);
    bench.edge();
    bench.set("s_axil_arvalid_i", 0);
    bench.set("s_axil_araddr_i", 0x55);
    assert_eq!((bench.get("s_axil_arready_o"), bench.get("s_axil_rvalid_o")), (0, 0));
    bench.edge();
    let answer = (bench.get("s_axil_rdata_o"), bench.get("s_axil_rresp_o"));
    for cycle in 0..=delay {
        assert_eq!(bench.get("s_axil_rvalid_o"), 1, "RVALID in c+2, held");
        assert_eq!((bench.get("s_axil_rdata_o"), bench.get("s_axil_rresp_o")), answer);
        bench.set("s_axil_rready_i", u64::from(cycle == delay));
        bench.edge();
    }
    bench.set("s_axil_rready_i", 0);
    assert_eq!(bench.get("s_axil_rvalid_o"), 0);
    answer
}

#[test]
fn random_traffic_agrees_with_the_table() {
    let mut bench = bench();
    let mut random = Random(7);
    let mut shadow: Vec<u64> = REGISTERS.iter().map(|r| u64::from(r.reset)).collect();
    for (index, name) in ["CYCLES", "ADC_CLIPS", "SATURATIONS", "TOKENS", "TILE_SAMPLES"].iter().enumerate() {
        shadow[offset(name) as usize / 4] = 0x1111_1111 * (index as u64 + 1);
    }
    for (index, name) in ["VERSION", "DESIGN", "VOCABULARY", "LATENT"].iter().enumerate() {
        shadow[offset(name) as usize / 4] = 0x1111_1111 * (index as u64 + 6);
    }
    for _ in 0..3000 {
        let busy = random.below(4) == 0;
        bench.set("busy_i", u64::from(busy));
        let address = if random.below(8) == 0 { random.below(256) } else { random.below(80) };
        let register = REGISTERS.get(address as usize / 4);
        let delays = [random.below(4), random.below(4), random.below(4)];
        if random.below(2) == 0 {
            let (data, strobe) = (random.below(1 << 32), random.below(16));
            let response = write(&mut bench, address, data, strobe, delays);
            let good = match register.map(|r| r.access) {
                Some(Access::WriteOnly | Access::AnyTime | Access::OneToClear) => true,
                Some(Access::ReadWrite) => !busy,
                Some(Access::ReadOnly) | None => false,
            };
            assert_eq!(response, if good { OKAY } else { SLVERR }, "{address:#x}");
            if let (true, Some(Access::ReadWrite | Access::AnyTime)) = (good, register.map(|r| r.access)) {
                let lanes: u64 = (0..4).filter(|b| strobe >> b & 1 == 1).map(|b| 0xFF << (8 * b)).sum();
                let word = &mut shadow[address as usize / 4];
                *word = (*word & !lanes | data & lanes) & u64::from(register.unwrap().mask());
            }
        } else {
            let expected = match register.map(|r| r.name) {
                Some("STATUS") => (u64::from(busy), OKAY),
                Some(_) => (shadow[address as usize / 4], OKAY),
                None => (0, SLVERR),
            };
            assert_eq!(read(&mut bench, address, delays[2]), expected, "{address:#x}");
        }
        let word = |name: &str| shadow[offset(name) as usize / 4];
        assert_eq!(bench.get("job_o"), word("JOB") & 7);
        assert_eq!(bench.get("sample_z_o"), word("JOB") >> 8 & 1);
        assert_eq!(bench.get("sample_tokens_o"), word("JOB") >> 9 & 1);
        assert_eq!(bench.get("fresh_o"), word("JOB") >> 10 & 1);
        assert_eq!(bench.get("say_unknown_o"), word("JOB") >> 11 & 1);
        assert_eq!(bench.get("seed_lo_o"), word("SEED_LO"));
        assert_eq!(bench.get("seed_hi_o"), word("SEED_HI"));
        assert_eq!(bench.get("inverse_temperature_o"), word("INVERSE_TEMPERATURE"));
        assert_eq!(bench.get("max_tokens_o"), word("MAX_TOKENS"));
    }
}

/// Writes CONTROL and counts the start pulses.
fn start(bench: &mut Bench<AxilRegs>, data: u64, strobe: u64) -> u64 {
    let control = u64::from(offset("CONTROL"));
    bench.set("s_axil_awaddr_i", control);
    bench.set("s_axil_wdata_i", data);
    bench.set("s_axil_wstrb_i", strobe);
    bench.set("s_axil_bready_i", 1);
    let mut pulses = 0;
    for cycle in 0..5 {
        bench.set("s_axil_awvalid_i", u64::from(cycle == 0));
        bench.set("s_axil_wvalid_i", u64::from(cycle == 0));
        if bench.get("start_o") == 1 {
            pulses += 1;
            assert_eq!((cycle, bench.get("s_axil_bvalid_o")), (2, 1), "start_o with BVALID");
        }
        bench.edge();
    }
    bench.set("s_axil_bready_i", 0);
    pulses
}

#[test]
fn start_pulses_once_and_status_tells_the_story() {
    let mut bench = bench();
    let status = u64::from(offset("STATUS"));
    assert_eq!(start(&mut bench, 0, 15), 0);
    assert_eq!(start(&mut bench, 1, 14), 0);
    assert_eq!(start(&mut bench, 1, 1), 1);
    for (error, length, token, job, flags) in [
        (0, 0, 0, 0, 0),
        (1, 1, 0, 0, 4),
        (1, 0, 1, 0, 8),
        (1, 0, 0, 1, 16),
        (0, 1, 1, 1, 0),
        (1, 1, 1, 1, 28),
    ] {
        let z = u64::from(flags == 28);
        assert_eq!(start(&mut bench, 1, 15), 1);
        bench.set("busy_i", 1);
        assert_eq!(start(&mut bench, 1, 15), 0, "ignored while busy");
        assert_eq!(read(&mut bench, status, 0), (1, OKAY), "START cleared the rest");
        bench.set("error_i", error);
        bench.set("error_length_i", length);
        bench.set("error_token_i", token);
        bench.set("error_job_i", job);
        bench.set("error_z_i", z);
        bench.set("done_i", 1);
        bench.edge();
        bench.set("done_i", 0);
        bench.set("error_i", 0);
        bench.set("busy_i", 0);
        assert_eq!(read(&mut bench, status, 2), (2 | flags | z << 5, OKAY));
    }
}

/// A job's end, as the core tells it.
fn end(bench: &mut Bench<AxilRegs>, error: u64, aborted: u64) {
    bench.set("error_i", error);
    bench.set("aborted_i", aborted);
    bench.set("answer_i", aborted);
    bench.set("done_i", 1);
    bench.edge();
    for name in ["error_i", "aborted_i", "answer_i", "done_i", "busy_i"] {
        bench.set(name, 0);
    }
}

#[test]
fn an_abort_is_passed_on_once_while_busy_and_seen_in_status() {
    let mut bench = bench();
    let (control, status) = (u64::from(offset("CONTROL")), u64::from(offset("STATUS")));
    for (busy, data, strobe, pulses) in
        [(0, 2, 15, 0), (1, 2, 15, 1), (1, 1, 15, 0), (1, 2, 14, 0), (1, 3, 1, 1)]
    {
        bench.set("busy_i", busy);
        bench.set("s_axil_awaddr_i", control);
        bench.set("s_axil_wdata_i", data);
        bench.set("s_axil_wstrb_i", strobe);
        bench.set("s_axil_bready_i", 1);
        let mut seen = 0;
        for cycle in 0..5 {
            bench.set("s_axil_awvalid_i", u64::from(cycle == 0));
            bench.set("s_axil_wvalid_i", u64::from(cycle == 0));
            seen += bench.get("abort_o");
            assert_eq!(bench.get("start_o"), 0);
            bench.edge();
        }
        bench.set("s_axil_bready_i", 0);
        assert_eq!(seen, pulses, "busy {busy}, {data} with strobes {strobe}");
    }
    end(&mut bench, 0, 1);
    assert_eq!(read(&mut bench, status, 0), (2 | 64 | 128, OKAY));
    assert_eq!(start(&mut bench, 1, 15), 1);
    assert_eq!(read(&mut bench, status, 0), (0, OKAY), "START clears ABORTED and ANSWER");
}

#[test]
fn the_interrupt_is_high_while_a_bit_is_set_and_let_through() {
    let mut bench = bench();
    let (enable, status) = (u64::from(offset("IRQ_ENABLE")), u64::from(offset("IRQ_STATUS")));
    let put = |bench: &mut Bench<AxilRegs>, address, data| {
        assert_eq!(write(bench, address, data, 15, [0; 3]), OKAY)
    };
    for enabled in 0..4 {
        for error in 0..2 {
            // Both may be written while a job runs.
            bench.set("busy_i", 1);
            put(&mut bench, enable, enabled);
            assert_eq!(bench.get("irq_o"), 0);
            end(&mut bench, error, 0);
            let pending = 1 | error << 1;
            assert_eq!(bench.get("irq_o"), u64::from(pending & enabled != 0), "{enabled}, {error}");
            assert_eq!(read(&mut bench, status, 0), (pending, OKAY));
            // Clearing one bit leaves the other; a 0 leaves all.
            put(&mut bench, status, 0);
            assert_eq!(read(&mut bench, status, 0), (pending, OKAY));
            put(&mut bench, status, 1);
            assert_eq!(bench.get("irq_o"), u64::from(pending & enabled & 2 != 0), "{enabled}, {error}");
            put(&mut bench, status, 2);
            assert_eq!((bench.get("irq_o"), read(&mut bench, status, 0)), (0, (0, OKAY)));
        }
    }
    // What happens in the cycle of a clear is not lost; and the mask alone moves irq.
    for cycle in 0..4 {
        bench.set("s_axil_awaddr_i", status);
        bench.set("s_axil_wdata_i", 3);
        bench.set("s_axil_wstrb_i", 15);
        bench.set("s_axil_bready_i", 1);
        for now in 0..4 {
            bench.set("s_axil_awvalid_i", u64::from(now == 0));
            bench.set("s_axil_wvalid_i", u64::from(now == 0));
            bench.set("done_i", u64::from(now == cycle));
            bench.edge();
        }
        bench.set("s_axil_bready_i", 0);
        bench.set("done_i", 0);
        assert_eq!(bench.get("irq_o"), u64::from(cycle >= 1), "an end {cycle} cycles after the request");
        put(&mut bench, enable, 0);
        assert_eq!(bench.get("irq_o"), 0);
        put(&mut bench, enable, 3);
    }
}

#[test]
fn in_reset_nothing_is_taken_or_offered() {
    let mut bench = bench();
    let ready = ["s_axil_awready_o", "s_axil_wready_o", "s_axil_arready_o"];
    // An answer of each kind waits, and the interrupt is high.
    assert_eq!(write(&mut bench, u64::from(offset("IRQ_ENABLE")), 1, 15, [0; 3]), OKAY);
    bench.set("busy_i", 1);
    end(&mut bench, 0, 0);
    for name in ["s_axil_awvalid_i", "s_axil_wvalid_i", "s_axil_arvalid_i"] {
        bench.set(name, 1);
    }
    for _ in 0..3 {
        bench.edge();
    }
    let answers = ["s_axil_bvalid_o", "s_axil_rvalid_o", "irq_o"];
    answers.iter().for_each(|name| assert_eq!(bench.get(name), 1, "{name}"));
    for name in ["s_axil_bready_i", "s_axil_rready_i"] {
        bench.set(name, 1);
    }
    bench.edge();
    ready.iter().for_each(|name| assert_eq!(bench.get(name), 1, "{name}"));
    // At once, and as long as it lasts, whatever is asked.
    bench.set("rst_i", 1);
    for _ in 0..3 {
        ready.iter().chain(&answers).for_each(|name| assert_eq!(bench.get(name), 0, "{name}"));
        bench.edge();
    }
    // Requests that waited for its end are taken in its first cycle, and answered.
    bench.set("rst_i", 0);
    ready.iter().for_each(|name| assert_eq!(bench.get(name), 1, "{name}"));
    bench.edge();
    bench.edge();
    assert_eq!((bench.get("s_axil_bvalid_o"), bench.get("s_axil_rvalid_o")), (1, 1));
}
