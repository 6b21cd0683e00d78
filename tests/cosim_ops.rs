//! Stages of frames, dense layers, combinations and heads that send step by step: the emitted design against
//! the golden model, and on hardware that is wrong on demand.

use crate::common::faults::{Fault, plant};
use crate::common::ops::{Described, described_designs, described_jobs};
use crate::common::simulations::simulation;
use crate::common::{build, skip};
use hvae_mnn::cosim::{Cosim, CosimReport, Difference, Effort, Engine, RunOptions};
use hvae_mnn::golden::Golden;
use hvae_mnn::tools;
use std::path::Path;

fn find(name: &str) -> Described {
    described_designs().into_iter().find(|d| d.name == name).expect("a design")
}

/// What each of `runs` of a design shows; `change` may spoil its folder first.
fn play(design: &Described, change: impl Fn(&Path), runs: &[RunOptions]) -> Vec<CosimReport> {
    let net = design.mapped();
    let folder = tempfile::tempdir().unwrap();
    let emitted = build(&net, &design.config, folder.path());
    change(folder.path());
    let golden = Golden::tiled(&net, &design.config.accelerator);
    let jobs = described_jobs(&design.config, &golden.shape);
    let simulation = simulation(folder.path(), Engine::Verilator, false, Effort::Build).unwrap();
    let cosim = Cosim { design: &emitted.design, golden: &golden, simulation: &simulation, processes: 1 };
    // Where an ABORT meets a job depends on what else happens: no reset may be between.
    let whole: Vec<_> = jobs.iter().filter(|job| job.manner.abort.is_none()).cloned().collect();
    let run = |options: &RunOptions| {
        let jobs = if options.reset_at.is_some() { &whole } else { &jobs };
        cosim.run(jobs, options, &|_| {}).unwrap_or_else(|e| panic!("{}: {e}", design.name))
    };
    runs.iter().map(run).collect()
}

/// Without stalls, with some, and with resets in the midst of jobs.
fn agrees(name: &str) {
    if let Err(why) = tools::VERILATOR.find() {
        return skip(&format!("{name} under Verilator"), &why.to_string());
    }
    let options = |(stalls, reset_at)| RunOptions { stalls, reset_at, ..RunOptions::default() };
    let runs = [(0, None), (1, None), (2, None), (0, Some(60)), (3, Some(141)), (1, Some(290))].map(options);
    for (report, run) in play(&find(name), |_| (), &runs).iter().zip(&runs) {
        assert_eq!(report.first_difference, None, "{name}, stalls {}, reset {:?}", run.stalls, run.reset_at);
        assert_eq!(report.cycles, report.cycles_expected, "{name}");
        assert!(report.bits_compared > 5_000 && report.tokens > 5, "{name}: {report:?}");
        if run.stalls == 0 && run.reset_at.is_none() {
            println!("{name}: {} cycles, at the floor {}", report.cycles, report.cycles_floor);
        }
    }
}

/// One test a design, so that the harness hands them to all cores.
macro_rules! each_design {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            agrees(&stringify!($name).replace('_', "-"));
        })*

        #[test]
        fn no_design_is_left_out() {
            let names: Vec<String> = described_designs().iter().map(|d| d.name.replace('-', "_")).collect();
            assert_eq!(names, [$(stringify!($name)),*]);
        }
    };
}

each_design! {
    wave_of_products
    regression_in_rounds
    tagger
    blend_with_a_cell
    steps_before
    label_of_z
    backwards_one_lane
    last_numbers_of_a_wave
    slices_in_a_wave
    slices_a_step_before
    slices_of_z
    slices_read_later
    strained_tagger
    strained_odd_widths
    mean_in_a_wave
    sums_behind_a_loop
    latent_of_all_steps
    latent_of_sums
    strained_mean_of_z
    strained_sum_of_z
    words_of_two_loops
    words_of_a_start
    numbers_of_two_loops
}

/// Faults of one design, each with how the first signal that differs begins.
fn are_found(name: &str, faults: &[(Fault, &str)]) {
    if let Err(why) = tools::VERILATOR.find() {
        return skip(&format!("planted faults in {name}"), &why.to_string());
    }
    let planted: Vec<Fault> = faults.iter().map(|(fault, _)| *fault).collect();
    let names: Vec<&str> = planted.iter().flat_map(|fault| fault.names.iter().copied()).collect();
    let argument = |name: &&str| RunOptions { plusargs: vec![format!("+{name}")], ..RunOptions::default() };
    let runs: Vec<RunOptions> =
        [RunOptions::default()].into_iter().chain(names.iter().map(argument)).collect();
    let reports = play(&find(name), |folder| plant(folder, &planted), &runs);
    assert_eq!(reports[0].first_difference, None, "no fault is chosen");
    let wanted = faults.iter().flat_map(|(fault, named)| fault.names.iter().map(move |name| (name, named)));
    let missed = reports[1..].iter().zip(wanted).filter_map(|(report, (name, named))| {
        let first: Option<&Difference> = report.first_difference.as_ref();
        println!("{name}: {}", first.map_or("not found".into(), Difference::to_string));
        (!first.is_some_and(|first| first.signal.starts_with(named))).then_some(*name)
    });
    assert_eq!(missed.collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn faults_in_frames_products_and_numbers_are_found() {
    are_found(
        "wave-of-products",
        &[
            (
                Fault::new(
                    &["next_frame"],
                    "hvae_frame",
                    "base_q + index[15:0]",
                    "base_q + index[15:0] + {15'd0, fault_next_frame}",
                ),
                "frame.word[",
            ),
            (
                Fault::new(
                    &["wide_word"],
                    "hvae_frame",
                    "assign words = read_data_i[StateBits-1:0];",
                    "assign words = read_data_i[StateBits-1:0] & ~{{(StateBits-1){1'b0}}, fault_wide_word};",
                ),
                "frame.word[",
            ),
            (
                Fault::new(
                    &["overwritten"],
                    "hvae_core",
                    "if (|start) frame_shown",
                    "if (|start || fault_overwritten) frame_shown",
                ),
                "a.word[",
            ),
            (
                Fault::new(
                    &["early_write"],
                    "hvae_dense",
                    "assign write_o = valid_q[LATENCY];",
                    "assign write_o = fault_early_write ? valid_q[LATENCY-1] : valid_q[LATENCY];",
                ),
                "a.word[",
            ),
            (
                Fault::new(
                    &["other_group"],
                    "hvae_words",
                    "read_group_i[INDEX_BITS-1:0]];",
                    "read_group_i[INDEX_BITS-1:0] ^ INDEX_BITS'(fault_other_group)];",
                ),
                "product.word[",
            ),
            (
                Fault::new(
                    &["off_by_one"],
                    "hvae_combine",
                    "wide_q <= gen_input[0].word * gen_input[1].word;",
                    "wide_q <= gen_input[0].word * gen_input[1].word + WIDE_BITS'(fault_off_by_one ? 1 << 14 : 0);",
                ),
                "product.word[",
            ),
            (
                Fault::new(
                    &["swapped"],
                    "hvae_sender",
                    "data_o      <= {log_variance_word, mean_word};",
                    "data_o      <= fault_swapped ? {mean_word, log_variance_word} : {log_variance_word, mean_word};",
                ),
                "output[",
            ),
            (
                Fault::new(
                    &["short_step"],
                    "hvae_sender",
                    "count_q == COUNT_BITS'(Size - 1);",
                    "count_q == COUNT_BITS'(Size - 1) - COUNT_BITS'(fault_short_step);",
                ),
                "numbers.mean[0] (cycle",
            ),
            (
                Fault::new(
                    &["half_frames"],
                    "hvae_input_buffer",
                    "within_q != 16'd0;",
                    "within_q != 16'd0 && !fault_half_frames;",
                ),
                "",
            ),
            (
                Fault::new(
                    &["one_less"],
                    "hvae_input_buffer",
                    "frames_q + {15'd0, whole};",
                    "frames_q + {15'd0, whole && !(fault_one_less && frames_q == 16'd2)};",
                ),
                "",
            ),
            (
                Fault::new(
                    &["wide_frames"],
                    "hvae_core",
                    "= bad_z && known",
                    "= bad_z && !fault_wide_frames && known",
                ),
                "",
            ),
        ],
    );
}

#[test]
fn faults_in_labels_are_found() {
    are_found(
        "tagger",
        &[
            (
                Fault::new(
                    &["beyond"],
                    "hvae_label",
                    "best_q <= {class_number < Classes, logit",
                    "best_q <= {class_number < Classes || fault_beyond, logit",
                ),
                "tag.label[",
            ),
            (
                Fault::new(
                    &["late"],
                    "hvae_label",
                    "assign valid_o = busy_q && !busy_o;",
                    "reg late_q;\n  always @(posedge clk_i) late_q <= busy_q && !busy_o;\n  assign valid_o = fault_late ? late_q : busy_q && !busy_o;",
                ),
                "tag.label[0] (cycle of the write)",
            ),
            (
                Fault::new(
                    &["too_long"],
                    "hvae_core",
                    "tokens_o[15:0] == frames - 16'd1",
                    "tokens_o[15:0] == frames - (fault_too_long ? 16'd0 : 16'd1)",
                ),
                "output[",
            ),
        ],
    );
    are_found(
        "strained-tagger",
        &[
            (
                Fault::new(
                    &["ties"],
                    "hvae_label",
                    "logit > best_logit)",
                    "(logit > best_logit || fault_ties && logit >= best_logit))",
                ),
                "tag.label[",
            ),
            (
                Fault::new(
                    &["other_lane"],
                    "hvae_label",
                    "b[15:0] < a[15:0])",
                    "(b[15:0] < a[15:0] ^ fault_other_lane))",
                ),
                "tag.label[",
            ),
        ],
    );
}

#[test]
fn faults_in_steps_before_and_sums_are_found() {
    are_found(
        "steps-before",
        &[
            (
                Fault::new(
                    &["one_input_less"],
                    "hvae_combine",
                    "wide_q <= gen_input[Inputs-1].sum;",
                    "wide_q <= fault_one_input_less ? gen_input[Inputs-2].sum : gen_input[Inputs-1].sum;",
                ),
                "sum.word[",
            ),
            (
                Fault::new(
                    &["kept"],
                    "hvae_words",
                    "if (clear_i) cleared_q <= 1'b1;",
                    "if (clear_i && !fault_kept) cleared_q <= 1'b1;",
                ),
                "sum.word[",
            ),
            (
                Fault::new(
                    &["kept_planes"],
                    "hvae_dense",
                    ".clear_i(clear_i), .write_i(write_o)",
                    ".clear_i(clear_i && !fault_kept_planes), .write_i(write_o)",
                ),
                "",
            ),
            (
                Fault::new(
                    &["uncounted"],
                    "hvae_dense",
                    "= pre_sats + word_sats + code_sats;",
                    "= pre_sats + word_sats + (fault_uncounted ? 16'd1 : code_sats);",
                ),
                "SATURATIONS",
            ),
        ],
    );
}

#[test]
fn faults_in_slices_are_found() {
    are_found(
        "slices-in-a-wave",
        &[
            (
                Fault::new(
                    &["next_number"],
                    "hvae_words",
                    "assign data  = write_data_i[WRITTEN*Bits+:Bits];",
                    "assign data  = write_data_i[(fault_next_number ? (WRITTEN + 1) % WriteLanes : WRITTEN)*Bits+:Bits];",
                ),
                "sum.word[",
            ),
            (
                Fault::new(
                    &["other_row"],
                    "hvae_words",
                    "= write_group_i - GroupBits'(OWN);",
                    "= write_group_i - GroupBits'(OWN) + GroupBits'(fault_other_row);",
                ),
                "sum.word[",
            ),
            (
                Fault::new(
                    &["other_part"],
                    "hvae_core",
                    "assign few_shown = {",
                    "assign few_shown = {24{fault_other_part}} ^ {",
                ),
                "numbers.mean[",
            ),
        ],
    );
    are_found(
        "slices-of-z",
        &[(
            Fault::new(
                &["never_last"],
                "hvae_words",
                "write_group_i == GroupBits'(LAST)) cleared_q",
                "write_group_i == GroupBits'(LAST) + GroupBits'(fault_never_last)) cleared_q",
            ),
            "moved.word[",
        )],
    );
}

#[test]
fn faults_in_differences_and_single_words_are_found() {
    are_found(
        "label-of-z",
        &[
            (
                Fault::new(
                    &["other_sign"],
                    "hvae_combine",
                    "- WIDE_BITS'(gen_input[1].shifted);",
                    "+ (WIDE_BITS'(gen_input[1].shifted) ^ {WIDE_BITS{!fault_other_sign}}) + WIDE_BITS'(!fault_other_sign);",
                ),
                "less.word[",
            ),
            (
                Fault::new(
                    &["no_next_row"],
                    "hvae_words",
                    "row_q  <= full ? row + 1'b1 : row;",
                    "row_q  <= full && !fault_no_next_row ? row + 1'b1 : row;",
                ),
                "less.word[",
            ),
        ],
    );
}

#[test]
fn faults_in_blends_are_found() {
    are_found(
        "strained-odd-widths",
        &[
            (
                Fault::new(
                    &["other_share"],
                    "hvae_combine",
                    "share_q      <= gen_input[0].word;",
                    "share_q      <= fault_other_share ? ~gen_input[0].word : gen_input[0].word;",
                ),
                "blended.word[",
            ),
            (
                Fault::new(
                    &["a_step_late"],
                    "hvae_combine",
                    "y_q2         <= y_q;",
                    "y_q2         <= fault_a_step_late ? gen_input[2].shifted : y_q;",
                ),
                "blended.word[",
            ),
            (
                Fault::new(
                    &["uncounted_blend"],
                    "hvae_combine",
                    "= word_sats + code_sats;",
                    "= (fault_uncounted_blend ? 16'd0 : word_sats) + code_sats;",
                ),
                "SATURATIONS",
            ),
            (
                Fault::new(
                    &["uncounted_word"],
                    "hvae_dense",
                    "= pre_sats + word_sats + code_sats;",
                    "= pre_sats + (fault_uncounted_word ? 16'd0 : word_sats) + code_sats;",
                ),
                "SATURATIONS",
            ),
        ],
    );
}

#[test]
fn faults_in_sums_over_steps_are_found() {
    are_found(
        "sums-behind-a-loop",
        &[
            (
                Fault::new(
                    &["never_first"],
                    "hvae_accumulate",
                    "first = count_q == 16'd1;",
                    "first = count_q == 16'd1 && !fault_never_first;",
                ),
                "late.word[",
            ),
            (
                Fault::new(
                    &["uncleared"],
                    "hvae_accumulate",
                    "if (rst_i || clear_i) count_q",
                    "if (rst_i || clear_i && !fault_uncleared) count_q",
                ),
                "",
            ),
            (
                Fault::new(
                    &["other_sum"],
                    "hvae_accumulate",
                    "before_q <= sums_q[group[INDEX_BITS-1:0]];",
                    "before_q <= sums_q[group[INDEX_BITS-1:0] ^ INDEX_BITS'(fault_other_sum)];",
                ),
                "all.word[",
            ),
            (
                Fault::new(
                    &["large_share"],
                    "hvae_share",
                    "<= shares[count_i[INDEX_BITS-1:0]];",
                    "<= shares[count_i[INDEX_BITS-1:0]] + (Frac + 1)'(fault_large_share ? 4096 : 0);",
                ),
                "mean.word[",
            ),
            (
                Fault::new(
                    &["uncounted"],
                    "hvae_accumulate",
                    "assign sats_o = word_sats + code_sats;",
                    "assign sats_o = (fault_uncounted ? 16'd0 : word_sats) + code_sats;",
                ),
                "SATURATIONS",
            ),
        ],
    );
}

#[test]
fn faults_in_moments_of_all_steps_are_found() {
    are_found(
        "latent-of-all-steps",
        &[
            (
                Fault::new(
                    &["never_first"],
                    "hvae_pool",
                    ".d_i(count_q == 16'd0)",
                    ".d_i(count_q == 16'd0 && !fault_never_first)",
                ),
                "",
            ),
            (
                Fault::new(
                    &["wide"],
                    "hvae_pool",
                    "square_q   <= sigma * sigma;",
                    "square_q   <= sigma * sigma + (2 * TableBits)'(fault_wide ? 1 << 22 : 0);",
                ),
                "",
            ),
            (
                Fault::new(
                    &["of_one_step"],
                    "hvae_pool",
                    "log2_count <<< 1;",
                    "log2_count <<< (fault_of_one_step ? 0 : 1);",
                ),
                "",
            ),
            (
                Fault::new(
                    &["octave"],
                    "hvae_log2",
                    "8'(InBits - 1) - {2'd0, zeros};",
                    "8'(InBits - 1) - {2'd0, zeros} + {7'd0, fault_octave};",
                ),
                "",
            ),
            (
                Fault::new(
                    &["early"],
                    "hvae_pool",
                    "start_o = wait_q[7];",
                    "start_o = fault_early ? wait_q[6] : wait_q[7];",
                ),
                "z.z[0] (cycle",
            ),
            (
                Fault::new(
                    &["other_dimension"],
                    "hvae_pool",
                    "lane1_q <= lane_q;",
                    "lane1_q <= lane_q ^ LANE_BITS'(fault_other_dimension);",
                ),
                "z.z[",
            ),
        ],
    );
}

#[test]
fn faults_in_words_of_tables_and_of_other_loops_are_found() {
    are_found(
        "words-of-two-loops",
        &[
            (
                Fault::new(
                    &["other_code"],
                    "hvae_plane_words",
                    "codes[read_group_i[INDEX_BITS-1:0]*InputBits+:InputBits];",
                    "codes[read_group_i[INDEX_BITS-1:0]*InputBits+:InputBits] ^ {{(InputBits-1){1'b0}}, fault_other_code};",
                ),
                "mixed.word[",
            ),
            (
                Fault::new(
                    &["without_sign"],
                    "hvae_plane_words",
                    "= Bits'(code_q);",
                    "= fault_without_sign ? Bits'({1'b0, code_q}) : Bits'(code_q);",
                ),
                "mixed.word[",
            ),
            (
                Fault::new(
                    &["next_position"],
                    "hvae_step_words",
                    "word_q <= words[read];",
                    "word_q <= words[read ^ {{(INDEX_BITS-1){1'b0}}, fault_next_position, {GROUP_BITS{1'b0}}}];",
                ),
                "mixed.word[",
            ),
        ],
    );
}
