#!/usr/bin/env python3
"""Proves the stream stages, the bus slave and the controllers, and that each proof can fail.

A proof adds promises (formal/MODULE.svh) to a copy of the module, so that the design itself
stays as it is. They are checked from reset (bounded), by induction (for ever), and for being
reachable (cover). Then each planted bug must be caught by a trace from reset.

usage: prove.py DESIGN OUT [NAME...]     DESIGN: a build folder of `hvae generate`
       prove.py --first DESIGN OUT [NAME...]  what guards every change: induction, its beginning from reset, one bug a module
       prove.py --traces DESIGN OUT NAME...   only traces from reset of the design as it is: what mutants are held to

Exit status: 0 all as expected, 1 something is not, 2 nothing could be said.
"""

import concurrent.futures
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent

# module, parameters, cycles from reset, cycles of induction, bugs: name, text, what it becomes (and of
# which module, where several are read)
# A wait that would only make traces longer is cut in those from reset; induction sees it whole.
SHORTER = {"hvae_job_seq": [("localparam [7:0] KEY_LAST = 8'd23;", "localparam [7:0] KEY_LAST = 8'd1;")]}
# Proofs of a module in company, with promises of their own beside the module's: here whole jobs of a design.
TOPS = {"hvae_program": "hvae_job_seq"}
# What is read beside a module; the core is a stand-in of this folder.
BESIDE = {"hvae_program": ["hvae_program"], "hvae_top": ["hvae_reset_sync", "hvae_axil_regs", "hvae_skid", "hvae_input_buffer", "hvae_fifo"]}
STAND_INS = {"hvae_top": ["hvae_core.sv"]}
PROOFS = [
    ("hvae_fifo", {"Depth": 4}, 12, 4, [
        ("offers_twice", "wire pop = count_q != {(INDEX_BITS+1){1'b0}} && (!valid_q || m_axis_tready_i);",
         "wire pop = count_q != {(INDEX_BITS+1){1'b0}};"),
        ("forgets_to_wrap", "if (push_i) write_q <= write_q == LAST ? {INDEX_BITS{1'b0}} : write_q + 1'b1;",
         "if (push_i) write_q <= write_q == LAST - 1'b1 ? {INDEX_BITS{1'b0}} : write_q + 1'b1;"),
        ("drops_valid", "else if (m_axis_tready_i) valid_q <= 1'b0;", "else valid_q <= 1'b0;"),
        ("offers_in_reset", "assign m_axis_tvalid_o = valid_q && !rst_i;", "assign m_axis_tvalid_o = valid_q;"),
    ]),
    ("hvae_skid", {"Bits": 4}, 10, 4, [
        ("loses_the_kept", "m_data_o <= kept_valid_q ? kept_q : s_data_i;", "m_data_o <= s_data_i;"),
        ("overwrites", "assign s_ready_o = !kept_valid_q && !rst_i;", "assign s_ready_o = !rst_i;"),
        ("takes_in_reset", "assign s_ready_o = !kept_valid_q && !rst_i;", "assign s_ready_o = !kept_valid_q;"),
        ("offers_in_reset", "assign m_valid_o = valid_q && !rst_i;", "assign m_valid_o = valid_q;"),
        ("offers_twice", "kept_valid_q <= 1'b0;\n    end else if (s_valid_i)", "end else if (s_valid_i)"),
    ]),
    ("hvae_input_buffer", {"Depth": 4, "Vocabulary": 5, "ZBits": 3, "Frame": 3, "LastBits": 2}, 12, 4, [
        ("frame_too_long", "assign whole = within_q == 16'(Frame - 1);", "assign whole = within_q == 16'(Frame);"),
        ("last_word_too_wide", "(s_axis_tdata_i >> LastBits) != 32'd0", "(s_axis_tdata_i >> LastBits) > 32'd1"),
        ("counts_what_is_dropped", "else if (take && room && !dropping_q) begin", "else if (take && room) begin"),
        ("one_word_too_many", "wire room = {16'd0, length_o} < Depth;", "wire room = {16'd0, length_o} <= Depth;"),
        ("takes_a_second_packet", "assign s_axis_tready_o = !full_o && !rst_i;", "assign s_axis_tready_o = !rst_i;"),
        ("takes_in_reset", "assign s_axis_tready_o = !full_o && !rst_i;", "assign s_axis_tready_o = !full_o;"),
        ("keeps_the_rest", "(take ? !s_axis_tlast_i : begun);", "(take ? 1'b0 : begun);"),
        ("drops_too_much", "dropping_q <= !s_axis_tlast_i;", "dropping_q <= 1'b1;"),
        ("z_one_bit_too_wide", "s_axis_tdata_i[31:ZBits-1] != {(33 - ZBits){s_axis_tdata_i[31]}}", "s_axis_tdata_i[31:ZBits] != {(32 - ZBits){s_axis_tdata_i[31]}}"),
        ("token_at_the_edge", "if (s_axis_tdata_i >= Vocabulary || too_wide)", "if (s_axis_tdata_i > Vocabulary || too_wide)"),
    ]),
    ("hvae_axil_regs", {}, 8, 4, [
        ("answers_without_data", "if (aw_full_q && w_full_q && !b_valid_q)", "if (aw_full_q && !b_valid_q)"),
        ("starts_while_busy", "if ((|(put & CONTROL_START)) && !busy)", "if (|(put & CONTROL_START))"),
        ("changes_under_a_job", "end else if (busy) begin", "end else if (1'b0) begin"),
        ("forgets_an_answer", "if (r_valid_q && s_axil_rready_i)", "if (r_valid_q)"),
        ("takes_in_reset", "assign s_axil_arready_o = !ar_full_q && !rst_i;", "assign s_axil_arready_o = !ar_full_q;"),
        ("answers_in_reset", "assign s_axil_bvalid_o = b_valid_q && !rst_i;", "assign s_axil_bvalid_o = b_valid_q;"),
        ("aborts_an_idle_core", "abort_d = (|(put & CONTROL_ABORT)) && busy;", "abort_d = |(put & CONTROL_ABORT);"),
        ("loses_an_interrupt", "pending = pending | IRQ_DONE;", "pending = irq_status_q | IRQ_DONE;"),
    ]),
    ("hvae_stage_seq", {}, 14, 4, [
        ("slot_runs_over", "if (slot_q == slots_last_i)", "if (slot_q > slots_last_i)"),
        ("never_idle", "if (timer_q == drain_last_i) begin\n          timer_d = 8'd0;\n          state_d = STATE_IDLE;",
         "if (timer_q == drain_last_i) begin\n          timer_d = 8'd0;\n          state_d = STATE_SCAN;"),
        ("round_left_standing", "round_d = 8'd0;\n              state_d = STATE_WAIT;", "state_d = STATE_WAIT;"),
    ]),
    ("hvae_job_seq", {}, 16, 4, [
        ("a_token_too_many", "(next_step >= token_capacity_i);", "(next_step > token_capacity_i);"),
        ("a_beat_too_many", "another = next_step < steps;", "another = next_step <= steps;"),
        ("timer_left_standing", "if (timer_q == KEY_LAST) begin\n          timer_d = 8'd0;", "if (timer_q == KEY_LAST) begin"),
        ("waits_for_ever", "STATE_RUN: begin\n        if (!busy_i) begin", "STATE_RUN: begin\n        if (!busy_i && token_eos_i) begin"),
        ("starts_while_busy", "STATE_RUN: begin\n        if (!busy_i) begin", "STATE_RUN: begin\n        if (!busy_i || row_q[ROW_LAST]) begin"),
        ("starts_after_an_abort", "position_d = position_q;\n      start_d = 32'd0;", "position_d = position_q;"),
        ("works_on_another_step", "step_d = step_q;\n      position_d = position_q;\n      start_d", "step_d = 16'd0;\n      position_d = position_q;\n      start_d"),
        ("an_abort_waits", "if (abort_i && (state_q != STATE_IDLE) && !ending)", "if (abort_i && (state_q != STATE_IDLE) && !ending && !busy_i)"),
        ("two_depths_at_once", "deeper = (wave_q << 1) &", "deeper = (wave_q << 1 | wave_q) &"),
        ("a_depth_too_many", "((8'd1 << row_q[ROW_DEPTHS+:4]) - 8'd1)", "((8'd2 << row_q[ROW_DEPTHS+:4]) - 8'd1)"),
        ("done_twice", "STATE_DONE: begin\n        state_d = STATE_IDLE;", "STATE_DONE: begin\n        state_d = packet_q && !error_q ? STATE_FLUSH : STATE_IDLE;\n        packet_d = 1'b0;"),
        ("skips_a_row", "pc_d = pc_q + 6'd1;", "pc_d = pc_q + (row_q[ROW_WAVE] ? 6'd2 : 6'd1);"),
        ("runs_on_behind_the_last", "(row_ends && !row_q[ROW_LAST])", "(row_ends && !(row_q[ROW_LAST] && row_q[ROW_WAVE]))"),
        ("backwards_from_outside", "position_d = length_i - 16'd1;", "position_d = length_i;"),
        ("turns_round", "next_position = position_q - 16'd1;", "next_position = position_q + 16'd1;"),
    ]),
    ("hvae_program", {}, 9, 4, [
        ("no_end", "{LAST, STATISTICS,", "{MORE, STATISTICS,", "hvae_program"),
        ("no_end_at_all", "{LAST, SCORES,", "{MORE, SCORES,", "hvae_program"),
        ("enters_another_job", "PACKET_NONE,   6'd9};", "PACKET_NONE,   6'd8};", "hvae_program"),
        ("one_word_is_enough", "PACKET_PAIRS,  6'd12};", "PACKET_TOKENS, 6'd12};", "hvae_program"),
        ("reads_what_it_does_not_take", "PACKET_Z,      6'd6};", "PACKET_NONE,   6'd6};", "hvae_program"),
        ("answers_twice", "6'd13:   row_o = {MORE, NOTHING,", "6'd13:   row_o = {MORE, STATISTICS,", "hvae_program"),
        ("no_depth", "BUT_ONE, 1'b1, 4'd3,", "BUT_ONE, 1'b1, 4'd0,", "hvae_program"),
        ("a_wave_of_what_is_written", "6'd8:    row_o = {LAST, TOKENS,     POSTERIOR, 1'b0, UNTIL,   1'b0,", "6'd8:    row_o = {LAST, TOKENS,     POSTERIOR, 1'b0, UNTIL,   1'b1,", "hvae_program"),
    ]),
    ("hvae_top", {}, 14, 4, [
        ("packet_into_a_reset", "assign s_ready_o = !kept_valid_q && !rst_i;", "assign s_ready_o = !kept_valid_q;", "hvae_skid"),
        ("request_into_a_reset", "assign s_axil_arready_o = !ar_full_q && !rst_i;", "assign s_axil_arready_o = !ar_full_q;", "hvae_axil_regs"),
        ("answer_in_a_reset", "assign m_axis_tvalid_o = valid_q && !rst_i;", "assign m_axis_tvalid_o = valid_q;", "hvae_fifo"),
        ("never_wakes", "else sync_q <= {sync_q[0], 1'b0};", "else sync_q <= sync_q;", "hvae_reset_sync"),
    ]),
]

PRELUDE = """
  // The past, and a reset to begin with.
  reg f_past = 0;
  always @(posedge clk_i) f_past <= 1;
  initial assume (rst_i);
"""


def give_up(why):
    print(f"prove.py: {why}", file=sys.stderr)
    os._exit(2)  # also from a thread of the pool


def run(arguments, log):
    with open(log, "w") as out:
        return subprocess.run(arguments, stdout=out, stderr=subprocess.STDOUT, cwd=log.parent).returncode


def changed(module, text, was, becomes):
    if text.count(was) != 1:
        give_up(f"{module}: expected this text once, found it {text.count(was)} times:\n{was}")
    return text.replace(was, becomes)


def model(design, folder, proof, parameters, changes, from_reset):
    """The module with its promises (and its changes) as an SMT problem."""
    folder.mkdir(parents=True, exist_ok=True)
    top = TOPS.get(proof, proof)
    sources = {name: (HERE / name).read_text() for name in STAND_INS.get(proof, [])}
    for name in [top, *BESIDE.get(proof, [])]:
        text = (design / "rtl" / f"{name}.sv").read_text()
        for was, becomes, *where in changes:
            if name == (where[0] if where else top):
                text = changed(name, text, was, becomes)
        if name == top:
            promises = "".join((HERE / f"{it}.svh").read_text() for it in dict.fromkeys([top, proof]))
            prelude = PRELUDE if "f_past" in promises else ""
            body, end, rest = text.rpartition("endmodule")
            text = body + prelude + promises + end + rest
        sources[f"{name}.sv"] = text
    for name, text in sources.items():
        (folder / name).write_text(text)
    chparam = "".join(f"chparam -set {name} {value} {top}; " for name, value in parameters.items())
    define = ("-DHVAE_FROM_RESET " if from_reset else "") + (f"-D{proof.upper()} " if proof in TOPS else "")
    script = (f"read_verilog -formal -sv -defer {define}{' '.join(sources)}; {chparam}"
              f"prep -top {top} -flatten -nordff; memory_map; async2sync; dffunmap; opt_clean; write_smt2 -wires model.smt2")
    # What is proved is what this run made.
    (folder / "model.smt2").unlink(missing_ok=True)
    if run(["yosys", "-q", "-p", script], folder / "yosys.log") or not (folder / "model.smt2").exists():
        give_up(f"{proof}: yosys failed:\n{(folder / 'yosys.log').read_text()}")


def check(design, out, proof, task, bug, base):
    module, parameters, depth, induction, _ = proof
    if base:  # what induction begins with, and no more: together they hold for ever
        depth = induction
    name = module + "".join(f"-{value}" for value in parameters.values())
    folder = out / name / (bug[0] if bug else task)
    started = time.monotonic()
    changes = SHORTER.get(TOPS.get(module, module), []) if task != "induction" else []
    model(design, folder, module, parameters, changes + ([bug[1:]] if bug else []), task != "induction")
    solver = ["yosys-smtbmc", "-s", os.environ.get("HVAE_SMT", "z3"), "--presat", "--unroll", "--noprogress"]
    steps = {"from reset": ["-t", str(depth)], "induction": ["-i", "-t", str(induction)], "cover": ["-c", "-t", str(depth)]}
    status = run(solver + steps[task] + ["model.smt2"], folder / f"{task.replace(' ', '_')}.log")
    expected = "caught" if bug else "pass"
    said = (folder / f"{task.replace(' ', '_')}.log").read_text()
    if "Status: PASSED" in said and status == 0:
        got = "not caught" if bug else "pass"
    elif "Status: FAILED" in said and "BMC failed" in said and bug:
        got = "caught"
    else:
        got = "fail"
    return name, f"bug {bug[0]}" if bug else task, expected, got, time.monotonic() - started, folder


def main():
    words = sys.argv[1:]
    traces, first = words[:1] == ["--traces"], words[:1] == ["--first"]
    words = words[traces or first:]
    if len(words) < 2:
        give_up(__doc__)
    design, out, names = Path(words[0]), Path(words[1]).resolve(), words[2:]
    chosen = [p for p in PROOFS if not names or p[0] in names]
    if not chosen:
        give_up(f"{', '.join(names)}: expected one of {', '.join(p[0] for p in PROOFS)}")
    jobs = []
    for proof in chosen:
        if traces:
            jobs.append((proof, "from reset", None, False))
            continue
        tasks = ("from reset", "induction") if first else ("from reset", "induction", "cover")
        jobs += [(proof, task, None, first) for task in tasks]
        jobs += [(proof, "from reset", bug, False) for bug in proof[4][:1 if first else None]]
    wrong = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for future in [pool.submit(check, design, out, *job) for job in jobs]:
            name, task, expected, got, seconds, folder = future.result()
            mark = "ok  " if got == expected else "FAIL"
            wrong += got != expected
            print(f"{mark} {name:<24} {task:<28} {got:<12} {seconds:6.1f} s" + ("" if got == expected else f"   {folder}"), flush=True)
    print(f"{len(jobs)} checks, {wrong} not as expected")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
