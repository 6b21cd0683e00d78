#!/usr/bin/env python3
"""Proves the stream stages, the bus slave and the controllers, and that each proof can fail.

A proof adds promises (formal/MODULE.svh) to a copy of the module, so that the design itself
stays as it is. They are checked from reset (bounded), by induction (for ever), and for being
reachable (cover). Then each planted bug must be caught by a trace from reset.

usage: prove.py DESIGN OUT [NAME...]     DESIGN: a build folder of `hvae generate`
"""

import concurrent.futures
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent

# module, parameters, cycles from reset, cycles of induction, bugs: name, text, what it becomes
# A wait that would only make traces longer is cut in those from reset; induction sees it whole.
SHORTER = {"hvae_job_seq": [("localparam [7:0] KEY_LAST = 8'd23;", "localparam [7:0] KEY_LAST = 8'd1;")]}
PROOFS = [
    ("hvae_fifo", {"Depth": 4}, 12, 4, [
        ("offers_twice", "wire pop = count_q != {(INDEX_BITS+1){1'b0}} && (!m_axis_tvalid_o || m_axis_tready_i);",
         "wire pop = count_q != {(INDEX_BITS+1){1'b0}};"),
        ("forgets_to_wrap", "if (push_i) write_q <= write_q == LAST ? {INDEX_BITS{1'b0}} : write_q + 1'b1;",
         "if (push_i) write_q <= write_q == LAST - 1'b1 ? {INDEX_BITS{1'b0}} : write_q + 1'b1;"),
        ("drops_valid", "else if (m_axis_tready_i) m_axis_tvalid_o <= 1'b0;", "else m_axis_tvalid_o <= 1'b0;"),
    ]),
    ("hvae_skid", {"Bits": 4}, 10, 4, [
        ("loses_the_kept", "m_data_o <= kept_valid_q ? kept_q : s_data_i;", "m_data_o <= s_data_i;"),
        ("overwrites", "assign s_ready_o = !kept_valid_q;", "assign s_ready_o = 1'b1;"),
        ("offers_twice", "kept_valid_q <= 1'b0;\n    end else if (s_valid_i)", "end else if (s_valid_i)"),
    ]),
    ("hvae_input_buffer", {"Depth": 4, "Vocabulary": 5}, 12, 4, [
        ("one_word_too_many", "wire room = {16'd0, length_o} < Depth;", "wire room = {16'd0, length_o} <= Depth;"),
        ("takes_a_second_packet", "assign s_axis_tready_o = !full_o;", "assign s_axis_tready_o = 1'b1;"),
        ("token_at_the_edge", "if (s_axis_tdata_i >= Vocabulary)", "if (s_axis_tdata_i > Vocabulary)"),
    ]),
    ("hvae_axil_regs", {}, 8, 4, [
        ("answers_without_data", "if (aw_full_q && w_full_q && !b_valid_q)", "if (aw_full_q && !b_valid_q)"),
        ("starts_while_busy", "if ((|(put & CONTROL_START)) && !busy)", "if (|(put & CONTROL_START))"),
        ("changes_under_a_job", "end else if (busy) begin", "end else if (1'b0) begin"),
        ("forgets_an_answer", "if (r_valid_q && s_axil_rready_i)", "if (r_valid_q)"),
    ]),
    ("hvae_stage_seq", {}, 14, 4, [
        ("slot_runs_over", "if (slot_q == slots_last_i)", "if (slot_q > slots_last_i)"),
        ("never_idle", "if (timer_q == drain_last_i) begin\n          timer_d = 8'd0;\n          state_d = STATE_IDLE;",
         "if (timer_q == drain_last_i) begin\n          timer_d = 8'd0;\n          state_d = STATE_SCAN;"),
        ("round_left_standing", "round_d = 8'd0;\n              state_d = STATE_WAIT;", "state_d = STATE_WAIT;"),
    ]),
    ("hvae_job_seq", {}, 28, 4, [
        ("a_token_too_many", "(next_step >= token_capacity_i);", "(next_step > token_capacity_i);"),
        ("a_beat_too_many", "more_d = next_step < wave_length;", "more_d = next_step <= wave_length;"),
        ("timer_left_standing", "if (timer_q == KEY_LAST) begin\n          timer_d = 8'd0;", "if (timer_q == KEY_LAST) begin"),
        ("waits_for_ever", "STATE_LATENT_RUN: begin\n        if (!busy_i) begin", "STATE_LATENT_RUN: begin\n        if (!busy_i && token_eos_i) begin"),
        ("two_depths_at_once", "decode_next = (wave_q << 1) &", "decode_next = (wave_q << 1 | wave_q) &"),
    ]),
]

PRELUDE = """
  // The past, and a reset to begin with.
  reg f_past = 0;
  always @(posedge clk_i) f_past <= 1;
  initial assume (rst_i);
"""


def run(arguments, log):
    with open(log, "w") as out:
        return subprocess.run(arguments, stdout=out, stderr=subprocess.STDOUT, cwd=log.parent).returncode


def changed(module, text, was, becomes):
    if text.count(was) != 1:
        sys.exit(f"prove.py: {module}: expected this text once, found it {text.count(was)} times:\n{was}")
    return text.replace(was, becomes)


def model(design, folder, module, parameters, changes, from_reset):
    """The module with its promises (and its changes) as an SMT problem."""
    text = (design / "rtl" / f"{module}.sv").read_text()
    for was, becomes in changes:
        text = changed(module, text, was, becomes)
    promises = (HERE / f"{module}.svh").read_text()
    prelude = PRELUDE if "f_past" in promises else ""
    body, end, rest = text.rpartition("endmodule")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.sv").write_text(body + prelude + promises + end + rest)
    chparam = "".join(f"chparam -set {name} {value} {module}; " for name, value in parameters.items())
    define = "-DHVAE_FROM_RESET " if from_reset else ""
    script = (f"read_verilog -formal -sv -defer {define}model.sv; {chparam}prep -top {module} -nordff; "
              "memory_map; async2sync; dffunmap; opt_clean; write_smt2 -wires model.smt2")
    # What is proved is what this run made.
    (folder / "model.smt2").unlink(missing_ok=True)
    if run(["yosys", "-q", "-p", script], folder / "yosys.log") or not (folder / "model.smt2").exists():
        sys.exit(f"prove.py: {module}: yosys failed:\n{(folder / 'yosys.log').read_text()}")


def check(design, out, proof, task, bug):
    module, parameters, depth, induction, _ = proof
    name = module + "".join(f"-{value}" for value in parameters.values())
    folder = out / name / (bug[0] if bug else task)
    started = time.monotonic()
    changes = SHORTER.get(module, []) if task != "induction" else []
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
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    design, out, names = Path(sys.argv[1]), Path(sys.argv[2]).resolve(), sys.argv[3:]
    chosen = [p for p in PROOFS if not names or p[0] in names]
    if not chosen:
        sys.exit(f"prove.py: {', '.join(names)}: expected one of {', '.join(p[0] for p in PROOFS)}")
    jobs = []
    for proof in chosen:
        jobs += [(proof, task, None) for task in ("from reset", "induction", "cover")]
        jobs += [(proof, "from reset", bug) for bug in proof[4]]
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
