//! Rows and groups of a program, by hand.

use super::*;
use crate::config::{CellKind, Config};

fn program(score: bool) -> (Network, Program) {
    let mut config = Config::default();
    config.model.cells = vec![CellKind::Gru, CellKind::Lstm];
    let network = Network::hsr_vae(&config.model, 1.0);
    let schedule = Schedule::new(&network);
    let program = Program::new(&network, &schedule, score);
    (network, program)
}

#[test]
fn every_job_is_its_plan_and_ends_once() {
    let (_, program) = program(true);
    let entries: Vec<usize> = program.jobs.iter().map(|job| job.2).collect();
    assert_eq!(entries, [0, 2, 6, 9, 12]);
    let ends: Vec<usize> = (0..program.rows.len()).filter(|&r| program.rows[r].last == LAST).collect();
    assert_eq!(ends, [1, 5, 8, 11, 15], "before the next job, and at the end");
    let packets: Vec<Code> = program.jobs.iter().map(|job| job.1).collect();
    assert_eq!(packets, [PACKET_TOKENS, PACKET_TOKENS, PACKET_Z, PACKET_NONE, PACKET_PAIRS]);
    let draws = [1, 3, 6, 9, 13].map(|row| program.rows[row].draw);
    assert_eq!(draws, [POSTERIOR, POSTERIOR, GIVEN, PRIOR, POSTERIOR]);
    let sent = [1, 5, 8, 11, 15].map(|row| program.rows[row].sends);
    assert_eq!(sent, [STATISTICS, TOKENS, TOKENS, TOKENS, SCORES]);
    assert_eq!(program.rows.iter().filter(|row| row.sends != NOTHING).count(), 5);
}

#[test]
fn a_stage_has_one_group_and_a_loop_has_groups_side_by_side() {
    let (network, program) = program(true);
    let place = |name: &str| program.start(network.find(name).unwrap());
    assert_eq!(place("enc1"), "start[0]");
    assert_eq!(place("enc2"), "start[1]");
    // A head works when nothing comes behind it.
    assert_eq!(place("q1"), "start[1] && start[0:0] == 1'd0");
    assert_eq!(place("q2"), "start[2] && start[1:0] == 2'd0");
    assert_eq!(place("enc_embed"), place("enc1"));
    assert_eq!(place("z"), "start[3]");
    assert_eq!((place("init1"), place("init2")), ("start[4]".into(), "start[4]".into()));
    assert_eq!(place("vocab"), "start[7]");
    assert_eq!(place("dec_embed"), "start[5]");
    assert_eq!(program.groups.len(), 8);
    let all: usize = program.groups.iter().map(Vec::len).sum();
    let lookups = 2;
    assert_eq!(all + lookups, network.blocks.len(), "no block stands in two groups");
}

#[test]
fn without_score_its_job_is_not_there_and_nothing_else_changes() {
    let ((network, with), (_, without)) = (program(true), program(false));
    assert_eq!(without.jobs[..], with.jobs[..4]);
    assert_eq!(without.rows[..], with.rows[..12]);
    (0..network.blocks.len()).for_each(|id| assert_eq!(with.start(id), without.start(id)));
}
