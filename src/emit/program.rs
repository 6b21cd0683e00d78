//! What the job sequencer executes: groups of stages that start together, and for each job rows of a
//! program, derived from the plans of the schedule.

use super::controllers::job_seq::{
    PC_BITS, ROW_BACKWARDS, ROW_BITS, ROW_COUNT, ROW_DEPTHS, ROW_DRAW, ROW_FIRST, ROW_LAST, ROW_SENDS,
    ROW_WAVE,
};
use super::templates::{Program as Text, ProgramJob, ProgramRow};
use crate::model::{BlockId, Body, JobKind, Network, Op, Origin, Over, Schedule, Step};

/// A name in the printed program with its code in `bits` bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    pub name: &'static str,
    pub bits: usize,
    pub value: u32,
}

macro_rules! codes {
    ($($bits:literal: $($name:ident = $value:literal),+;)*) => {
        $($(pub(super) const $name: Code = Code { name: stringify!($name), bits: $bits, value: $value };)+)*
        /// In the order in which they are printed.
        const CODES: &[Code] = &[$($($name),+),*];
    };
}

codes! {
    // Of jobs: the packet that they take.
    // (A design reads tokens or frames, never both.)
    2: PACKET_NONE = 0, PACKET_Z = 1, PACKET_TOKENS = 2, PACKET_FRAMES = 2, PACKET_PAIRS = 3;
    // Of rows.
    1: MORE = 0, LAST = 1;
    3: NOTHING = 0, STATISTICS = 1, TOKENS = 2, SCORES = 3, LABELS = 4, VALUES = 5;
    2: POSTERIOR = 0, PRIOR = 2, GIVEN = 3;
    2: ONCE = 0, UNTIL = 1, LENGTH = 2, BUT_ONE = 3;
}

// The printed rows are the fields one after the other, the last one lowest.
const _: () = assert!(
    ROW_FIRST == 0
        && ROW_DEPTHS == ROW_FIRST + 5
        && ROW_WAVE == ROW_DEPTHS + 4
        && ROW_COUNT == ROW_WAVE + 1
        && ROW_BACKWARDS == ROW_COUNT + 2
        && ROW_DRAW == ROW_BACKWARDS + 1
        && ROW_SENDS == ROW_DRAW + 2
        && ROW_LAST == ROW_SENDS + 3
        && ROW_BITS == ROW_LAST + 1
);

/// A loop as the sequencer runs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Row {
    first: usize,
    depths: usize,
    wave: bool,
    count: Code,
    backwards: bool,
    draw: Code,
    sends: Code,
    last: Code,
}

/// Where a stage stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The group of its loop's first depth, and its own depth.
    pub first: usize,
    pub depth: usize,
    works: Works,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Works {
    Always,
    /// Of a wave: in the step that no other one comes behind.
    AtLast,
    /// Of a loop over what is read, one depth after the other.
    AtLastRead,
    Never,
}

impl Place {
    /// The pulse that starts the stage.
    pub fn start(self) -> String {
        let Place { first, depth, works } = self;
        let group = first + depth;
        match works {
            Works::Never => "1'b0".into(),
            Works::Always => format!("start[{group}]"),
            Works::AtLastRead => format!("start[{group}] && last_step"),
            // No step comes behind this one.
            Works::AtLast => format!("start[{group}] && start[{}:{first}] == {depth}'d0", group - 1),
        }
    }
}

/// Groups, rows and jobs of a design.
pub struct Program {
    /// Stages that start together, depth by depth of each loop.
    groups: Vec<Vec<BlockId>>,
    rows: Vec<Row>,
    /// Job, what it takes, its first row.
    jobs: Vec<(JobKind, Code, usize)>,
    /// Of every block: where it stands; what runs once may stand with others in other jobs.
    places: Vec<Vec<Place>>,
}

/// Groups that the sequencer can start.
const GROUPS: usize = 32;

impl Program {
    /// `score`: the design has that job.
    ///
    /// # Panics
    /// If the sequencer has too few groups, depths or rows for the network.
    pub fn new(network: &Network, schedule: &Schedule, score: bool) -> Program {
        let places = vec![Vec::new(); network.blocks.len()];
        let frames = network.blocks.iter().any(|block| matches!(block.op, Op::Input { .. }));
        let mut program = Program { groups: Vec::new(), rows: Vec::new(), jobs: Vec::new(), places };
        for kind in JobKind::ALL {
            let plan = schedule.plan(kind);
            // Groups have the same numbers in every design of a network.
            let rows = program.rows(network, schedule, plan, kind);
            if !rows.is_empty() && (score || kind != JobKind::Score) {
                program.jobs.push((kind, packet(&rows, frames), program.rows.len()));
                program.rows.extend(rows);
            }
        }
        let limit = |what: &str, found: usize, most: usize| {
            assert!(
                found <= most,
                "job sequencer: {what}: expected at most {most}, found {found}; take fewer levels"
            );
        };
        limit("groups of stages", program.groups.len(), GROUPS);
        limit("rows", program.rows.len(), 1 << PC_BITS);
        program.rows.iter().for_each(|row| limit("depths of a loop", row.depths, 8));
        program
    }

    /// The pulse that starts a stage, or that a table is read with: with its loop's first depth. What no job needs never
    /// starts.
    pub fn start(&self, id: BlockId) -> String {
        let all: Vec<String> = self.places[id].iter().map(|place| place.start()).collect();
        match &all[..] {
            [] => Place { first: 0, depth: 0, works: Works::Never }.start(),
            [one] => one.clone(),
            several => format!("({})", several.join(" || ")),
        }
    }

    fn stands(&mut self, id: BlockId, place: Place) {
        let all = &mut self.places[id];
        match all.iter_mut().find(|known| (known.first, known.depth) == (place.first, place.depth)) {
            Some(known) => *known = place,
            None => all.push(place),
        }
    }

    fn rows(&mut self, network: &Network, schedule: &Schedule, plan: &[Step], kind: JobKind) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        for step in plan {
            let (first, depths) = match step {
                Step::Read(over) | Step::Predict(over) | Step::Write(over) => {
                    let body = schedule.body(*over);
                    (self.body(body), body.depths.len())
                }
                Step::Draw(stages) | Step::Once(stages) => (self.group(std::slice::from_ref(stages)), 1),
                // Cells take their first states while these are written.
                Step::Load(_) => continue,
                Step::Statistics(latent) => {
                    let first = self.group(std::slice::from_ref(&vec![*latent]));
                    let drawn = rows.iter_mut().rfind(|row| row.first == first);
                    drawn.expect("statistics are those of a draw").sends = STATISTICS;
                    continue;
                }
            };
            let stages = self.groups[first..first + depths].iter().flatten();
            // Other jobs of a network with a head may run its loop for something else.
            let heads = kind.sends_a_head();
            let sends = stages.map(|&id| head(network, id)).find(|sent| heads && *sent != NOTHING);
            let sends = sends.unwrap_or(NOTHING);
            let row = Row {
                first,
                depths,
                wave: false,
                count: ONCE,
                backwards: false,
                draw: POSTERIOR,
                sends,
                last: MORE,
            };
            // A flow shows what its latent was drawn from as long as somebody reads it.
            let drawn = rows.iter().rfind(|row| row.draw != POSTERIOR).filter(|_| network.flow().is_some());
            let draw = drawn.map_or(POSTERIOR, |row| row.draw);
            rows.push(match step {
                Step::Read(over) => {
                    let body = schedule.body(*over);
                    let backwards = body.over == Over::Backwards;
                    Row { wave: body.wave, count: LENGTH, backwards, ..row }
                }
                Step::Predict(over) => {
                    Row { wave: schedule.body(*over).wave, count: BUT_ONE, sends: SCORES, ..row }
                }
                // Latents of steps: nothing is known of what is written, where nothing has been read.
                Step::Write(_) if network.draw().is_some() && !rows.iter().any(Row::reads) => {
                    Row { count: UNTIL, sends: TOKENS, draw: PRIOR, ..row }
                }
                Step::Write(_) => Row { count: UNTIL, sends: TOKENS, draw, ..row },
                // What is read has a posterior; a packet that is not read holds z itself.
                Step::Draw(_) if rows.iter().any(Row::reads) => row,
                Step::Draw(_) => {
                    Row { draw: if kind.origin() == Origin::Packet { GIVEN } else { PRIOR }, ..row }
                }
                // A latent of a sentence of a conversation: its prior knows what has been heard.
                Step::Once(stages) if draws(network, stages) => {
                    let draw = if rows.iter().any(Row::reads) { POSTERIOR } else { PRIOR };
                    let sends = if kind == JobKind::Score { SCORES } else { NOTHING };
                    Row { draw, sends, ..row }
                }
                Step::Once(_) | Step::Load(_) | Step::Statistics(_) => Row { draw, ..row },
            });
        }
        rows.last_mut().into_iter().for_each(|row| row.last = LAST);
        rows
    }

    /// The group of a loop's first depth.
    fn body(&mut self, body: &Body) -> usize {
        let first = self.group(&body.depths);
        for &id in &body.lookups {
            self.stands(id, Place { first, depth: 0, works: Works::Always });
        }
        let works = |id| {
            if body.idle.contains(&id) {
                Works::Never
            } else if body.at_last.contains(&id) {
                if body.wave { Works::AtLast } else { Works::AtLastRead }
            } else {
                Works::Always
            }
        };
        for (depth, id) in body.staged() {
            self.stands(id, Place { first, depth, works: works(id) });
        }
        first
    }

    /// The number of the first of these groups, which are new or stand side by side.
    fn group(&mut self, depths: &[Vec<BlockId>]) -> usize {
        let known = self.groups.windows(depths.len()).position(|groups| groups == depths);
        known.unwrap_or_else(|| {
            let first = self.groups.len();
            self.groups.extend_from_slice(depths);
            for (depth, &id) in depths.iter().enumerate().flat_map(|(d, ids)| ids.iter().map(move |i| (d, i)))
            {
                self.stands(id, Place { first, depth, works: Works::Always });
            }
            first
        })
    }

    /// `hvae_program.sv`.
    pub fn text<'a>(&self, banner: &'a str, network: &Network) -> Text<'a> {
        let names = |groups: &[Vec<BlockId>]| {
            let group = |ids: &Vec<BlockId>| {
                let named = ids.iter().map(|&id| network.blocks[id].name.as_str());
                if ids.is_empty() { "nothing".into() } else { named.collect::<Vec<_>>().join(" ") }
            };
            groups.iter().map(group).collect::<Vec<_>>()
        };
        let numbered = names(&self.groups).into_iter().enumerate();
        let used = self.rows.iter().flat_map(|row| [row.count, row.draw, row.sends, row.last]);
        let packets = self.jobs.iter().map(|job| job.1).chain([PACKET_TOKENS]);
        let used: Vec<Code> = used.chain(packets).collect();
        let named = |(kind, packet, entry): &(JobKind, Code, usize)| ProgramJob {
            number: *kind as u32,
            name: format!("{kind:?}").to_lowercase(),
            packet: packet.name,
            entry: *entry,
        };
        let jobs: Vec<ProgramJob> = self.jobs.iter().map(named).collect();
        let rows = self.rows.iter().enumerate().map(|(pc, row)| {
            let stages = names(&self.groups[row.first..row.first + row.depths]);
            ProgramRow {
                pc,
                job: jobs.iter().find(|job| job.entry == pc).map(|job| job.name.clone()),
                first: row.first,
                depths: row.depths,
                wave: u8::from(row.wave),
                count: row.count.name,
                backwards: u8::from(row.backwards),
                draw: row.draw.name,
                sends: row.sends.name,
                last: row.last.name,
                says: row.says(&stages.join(if row.wave { " | " } else { ", then " })),
            }
        });
        Text {
            banner,
            groups: numbered.map(|(number, names)| format!("{number:>2} {names}")).collect(),
            codes: CODES.iter().copied().filter(|code| used.contains(code)).collect(),
            rows: rows.collect(),
            jobs,
            pc_bits: PC_BITS,
            row_bits: ROW_BITS,
        }
    }
}

impl Row {
    /// It goes over the words of the packet.
    fn reads(&self) -> bool {
        [LENGTH, BUT_ONE].contains(&self.count)
    }

    /// For people.
    fn says(&self, stages: &str) -> String {
        let how = match self.count {
            LENGTH => "over the packet",
            BUT_ONE => "over the packet but its last word",
            UNTIL => "until one is the end",
            _ => "once",
        };
        let wave = if self.wave { "wave " } else { "" };
        let backwards = if self.backwards { ", backwards" } else { "" };
        format!("{wave}{how}{backwards}: {stages}")
    }
}

/// One of these stages draws.
fn draws(network: &Network, stages: &[BlockId]) -> bool {
    stages.iter().any(|&id| matches!(network.blocks[id].op, Op::Draw { .. }))
}

/// What a stage sends of every step.
fn head(network: &Network, id: BlockId) -> Code {
    match network.blocks[id].op {
        Op::Label { .. } => LABELS,
        Op::Values { .. } => VALUES,
        _ => NOTHING,
    }
}

/// What a job of these rows takes.
fn packet(rows: &[Row], frames: bool) -> Code {
    let any = |wanted: fn(&Row) -> bool| rows.iter().any(wanted);
    if any(|row| row.count == BUT_ONE) {
        PACKET_PAIRS
    } else if any(Row::reads) && frames {
        PACKET_FRAMES
    } else if any(Row::reads) {
        PACKET_TOKENS
    } else if any(|row| row.draw == GIVEN) {
        PACKET_Z
    } else {
        PACKET_NONE
    }
}

#[cfg(test)]
mod tests;
