//! Small random descriptions, so that what holds of them holds of any network.

use hvae_mnn::config::{CellKind, LatentSteps};
use hvae_mnn::model::{
    Activation, Block, BlockId, Combination, Edge, Loop, LoopId, Network, Op, Over, Random,
};

/// Words of the networks that read or write them.
pub const WORDS: usize = 9;

/// A network of 1 to 3 loops, drawn by `seed`.
pub fn random_network(seed: u64) -> Network {
    let mut random = Random::keyed(&[seed, 0x4e45]);
    for _ in 0..200 {
        let mut draw = Draw::new(&mut random);
        draw.describe();
        let Draw { loops, blocks, words, .. } = draw;
        if let Ok(network) = Network::new("custom", if words { WORDS } else { 0 }, loops, blocks) {
            return network;
        }
    }
    panic!("no network in 200 attempts with seed {seed}");
}

/// The same network with frames of `bits` bits for words, if it writes some and that is a network.
pub fn with_frames(network: &Network, bits: usize) -> Option<Network> {
    network.vocabulary_block()?;
    let mut blocks = network.blocks.clone();
    for block in &mut blocks {
        block.tied = None;
        match &mut block.op {
            Op::Embedding { .. } => block.op = Op::Input { size: bits },
            Op::Vocabulary { inputs } => block.op = Op::Bits { size: bits, inputs: inputs.clone() },
            _ => {}
        }
    }
    Network::new("custom", 0, network.loops.clone(), blocks).ok()
}

/// The same network with a latent at every step in the place of a linear block of what it writes, if it has one and that is
/// a network: its posterior reads what the block has read and, where there is one, a level that has read what comes, its
/// prior, where it has one, what the block has read.
pub fn with_draws(network: &Network, seed: u64) -> Option<Network> {
    let mut random = Random::keyed(&[seed, 0x4457]);
    let is_linear = |&id: &BlockId| {
        matches!(network.blocks[id].op, Op::Linear { .. }) && network.over(id) == Over::Written
    };
    let linear: Vec<BlockId> = (0..network.blocks.len()).filter(is_linear).collect();
    let at = *linear.get(random.below(linear.len().max(1)))?;
    let is_level =
        |b: &&Block| matches!(b.op, Op::Cell { .. }) && network.loops[b.within].over == Over::Backwards;
    let ahead = network.blocks.iter().find(is_level).map(|b| format!(", \"{}\"", b.name));
    let named = format!("name = \"{}\"\n", network.blocks[at].name);
    let mut described = String::new();
    for (n, part) in network.to_text().split("[[block]]").enumerate() {
        if n > 0 && part.contains(&named) {
            let line = |key: &str| part.lines().find(|line| line.starts_with(key)).unwrap_or_default();
            let (within, inputs) = (line("loop = "), line("inputs = "));
            let size = 2 + random.below(3);
            let more = inputs.replacen(']', &(ahead.clone().unwrap_or_default() + "]"), 1);
            // The list may hold tables: its own bracket is the last one.
            let more = if inputs.matches(']').count() == 1 { more } else { inputs.to_string() };
            let moments = |name: &str, inputs: &str| {
                format!(
                    "[[block]]\nname = \"{name}\"\n{within}\nop = \"moments\"\nsize = {size}\n{inputs}\nclamp = 8.0\n\n"
                )
            };
            described += &moments("post", &more);
            let prior = random.below(3) > 0;
            if prior {
                described += &moments("prior", inputs);
            }
            let of_prior = if prior { "prior = \"prior\"\n" } else { "" };
            described +=
                &format!("[[block]]\n{named}{within}\nop = \"draw\"\nposterior = \"post\"\n{of_prior}\n");
            continue;
        }
        described += &if n == 0 { part.to_string() } else { format!("[[block]]{part}") };
    }
    Network::from_text("drawn.toml", &described, network.vocabulary).ok()
}

/// What a block will be, before it is known what it reads.
#[derive(Clone, Copy, PartialEq)]
enum Sort {
    Embedding,
    Input,
    Cell,
    Linear,
    Elementwise,
    Slice,
    Join,
    Accumulate,
    Moments,
    Latent,
    Head,
}

struct Draw<'a> {
    random: &'a mut Random,
    loops: Vec<Loop>,
    /// Sort, loop and width of every block.
    sorts: Vec<(Sort, LoopId, usize)>,
    blocks: Vec<Block>,
    words: bool,
    /// Widths that blocks like to have.
    widths: [usize; 2],
    frame: usize,
    /// At which steps z is taken.
    steps: LatentSteps,
}

impl<'a> Draw<'a> {
    fn new(random: &'a mut Random) -> Self {
        let widths = [2 + random.below(5), 2 + random.below(5)];
        let frame = 1 + random.below(3);
        let words = !random.bits().is_multiple_of(4);
        let steps =
            [LatentSteps::Last, LatentSteps::Last, LatentSteps::Mean, LatentSteps::Sum][random.below(4)];
        Draw { random, loops: Vec::new(), sorts: Vec::new(), blocks: Vec::new(), words, widths, frame, steps }
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.random.below(100) < percent
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.random.below(of.len())]
    }

    fn describe(&mut self) {
        let last = match self.words && self.chance(55) {
            true => Over::Written,
            false => self.one(&[Over::Positions, Over::Backwards, Over::Once]),
        };
        let first = match self.chance(40) && last != Over::Once {
            true => Vec::new(),
            false => vec![self.one(&[Over::Positions, Over::Backwards])],
        };
        let between = match first.is_empty() {
            true => Vec::new(),
            false if last == Over::Written || self.chance(40) => vec![Over::Once],
            false if self.chance(60) => vec![self.one(&[Over::Positions, Over::Backwards])],
            false => Vec::new(),
        };
        for over in first.into_iter().chain(between).chain([last]) {
            let name = format!("loop{}", self.loops.len());
            self.loops.push(Loop { name, over });
        }
        for id in 0..self.loops.len() {
            self.sorts_of(id);
        }
        self.sorts.push((Sort::Head, self.loops.len() - 1, 2 + self.random.below(3)));
        for id in 0..self.sorts.len() {
            self.block(id);
        }
    }

    fn sorts_of(&mut self, id: LoopId) {
        let over = self.loops[id].over;
        if !over.is_once() && (id == 0 || self.chance(75)) {
            let sort = if self.words { Sort::Embedding } else { Sort::Input };
            let width = if self.words { self.one(&self.widths.clone()) } else { self.frame };
            self.sorts.push((sort, id, width));
        }
        let moments = self.sorts.iter().any(|s| s.0 == Sort::Moments);
        for _ in 0..1 + self.random.below(4) {
            let sorts: &[Sort] = match over {
                Over::Once if moments => {
                    &[Sort::Latent, Sort::Linear, Sort::Elementwise, Sort::Latent, Sort::Slice, Sort::Latent]
                }
                Over::Once | Over::Turns | Over::Heard => {
                    &[Sort::Linear, Sort::Linear, Sort::Elementwise, Sort::Moments, Sort::Moments]
                }
                Over::Written => {
                    &[Sort::Cell, Sort::Cell, Sort::Linear, Sort::Elementwise, Sort::Slice, Sort::Join]
                }
                Over::Positions | Over::Backwards => &[
                    Sort::Cell,
                    Sort::Cell,
                    Sort::Linear,
                    Sort::Elementwise,
                    Sort::Moments,
                    Sort::Slice,
                    Sort::Moments,
                    Sort::Join,
                    Sort::Accumulate,
                ],
            };
            let sort = self.one(sorts);
            let width = self.one(&self.widths.clone());
            self.sorts.push((sort, id, width));
        }
    }

    /// What block `id` can read, widths aside.
    fn sources(&self, id: BlockId) -> Vec<Edge> {
        let (_, within, _) = self.sorts[id];
        let (mine, once) = (self.loops[within].over, self.loops[within].over.is_once());
        let mut edges = Vec::new();
        for (source, &(sort, theirs, _)) in self.sorts.iter().enumerate() {
            if matches!(sort, Sort::Moments | Sort::Head) {
                continue;
            }
            let here = theirs == within;
            let made = self.loops[theirs].over;
            let later = theirs < within && (once || made.is_once() || (mine.is_read() && made.is_read()));
            if (here && source < id) || later {
                edges.push(Edge::from(source));
            }
            if here && !once {
                edges.push(Edge::before(source));
            }
        }
        edges
    }

    fn inputs(&mut self, id: BlockId, most: usize) -> Vec<Edge> {
        let sources = self.sources(id);
        let fresh: Vec<Edge> = sources.iter().copied().filter(|e| !e.before).collect();
        let first = if fresh.is_empty() { &sources } else { &fresh };
        if first.is_empty() {
            return Vec::new();
        }
        let mut inputs = vec![self.one(first)];
        for _ in 1..1 + self.random.below(most) {
            let more = self.one(&sources);
            inputs.push(more);
        }
        if self.chance(15) {
            inputs.reverse();
        }
        inputs
    }

    fn block(&mut self, id: BlockId) {
        let (sort, within, width) = self.sorts[id];
        let linear = |inputs, activation, bias| Op::Linear { outputs: width, inputs, bias, activation };
        let mut tied = None;
        let op = match sort {
            Sort::Embedding => {
                let same = |b: &BlockId| self.sorts[*b].0 == Sort::Embedding && self.sorts[*b].2 == width;
                tied = (0..id).find(same).filter(|_| self.random.below(3) > 0);
                Op::Embedding { size: width }
            }
            Sort::Input => Op::Input { size: width },
            Sort::Cell => {
                let starts: Vec<BlockId> = (0..id).filter(|&b| self.starts(b, within, width)).collect();
                let init = (!starts.is_empty() && self.chance(70)).then(|| self.one(&starts));
                let (kind, inputs) = (self.one(&CellKind::ALL), self.inputs(id, 3));
                // Of the few that start from something, more LSTMs: their c starts in one of two ways.
                let more = init.is_some() && kind == CellKind::Gru && id.is_multiple_of(4);
                let kind = if more { CellKind::Lstm } else { kind };
                let zero_c = kind == CellKind::Lstm && init.is_some() && id % 2 == 1;
                Op::Cell { kind, hidden: width, inputs, init, zero_c }
            }
            Sort::Linear => {
                let activation = self.one(&[
                    Activation::None,
                    Activation::Tanh,
                    Activation::Sigmoid,
                    Activation::LeakyRelu,
                ]);
                linear(self.inputs(id, 3), activation, self.chance(75))
            }
            Sort::Elementwise => self.elementwise(id).unwrap_or_else(|| {
                let bias = true;
                linear(self.inputs(id, 2), Activation::Tanh, bias)
            }),
            Sort::Slice => {
                self.slice(id).unwrap_or_else(|| linear(self.inputs(id, 2), Activation::None, true))
            }
            Sort::Join => self.join(id).unwrap_or_else(|| linear(self.inputs(id, 2), Activation::None, true)),
            Sort::Accumulate => {
                let input = self.alone(id);
                let steps = self.one(&[LatentSteps::Mean, LatentSteps::Mean, LatentSteps::Sum]);
                match input {
                    Some(input) => {
                        self.sorts[id].2 = self.sorts[input.block].2;
                        Op::Accumulate { input, steps }
                    }
                    None => linear(self.inputs(id, 2), Activation::Tanh, true),
                }
            }
            Sort::Moments => Op::Moments {
                size: 1 + width / 3,
                inputs: self.inputs(id, 2),
                kl_weight: self.one(&[1.0, 0.5]),
                clamp: None,
            },
            Sort::Latent => {
                self.latent().unwrap_or_else(|| linear(self.inputs(id, 2), Activation::Tanh, true))
            }
            Sort::Head => {
                let (inputs, label) = (self.inputs(id, 3), self.chance(50));
                match self.loops[within].over {
                    Over::Written => Op::Vocabulary { inputs },
                    _ if label => Op::Label { classes: width, inputs },
                    _ => Op::Values { size: width, inputs },
                }
            }
        };
        if let Op::Latent { moments, .. } = &op {
            // As wide as what it draws, for those who want one width.
            self.sorts[id].2 = moments.iter().map(|&m| self.size(m)).sum();
        }
        self.blocks.push(Block { name: format!("b{id}"), within, tied, only_train: false, op });
    }

    fn size(&self, moments: BlockId) -> usize {
        match self.blocks[moments].op {
            Op::Moments { size, .. } => size,
            _ => 0,
        }
    }

    /// Block `b` can start a cell of loop `within`.
    fn starts(&self, b: BlockId, within: LoopId, width: usize) -> bool {
        let made = &self.blocks[b];
        made.within < within
            && self.loops[made.within].over.is_once()
            && matches!(made.op, Op::Linear { outputs, .. } if outputs == width)
    }

    /// A latent of all moments so far, of which one can be left to a later one; none where there is nothing new.
    fn latent(&mut self) -> Option<Op> {
        let drawn: Vec<BlockId> = self
            .blocks
            .iter()
            .rev()
            .find_map(|b| match &b.op {
                Op::Latent { moments, .. } => Some(moments.clone()),
                _ => None,
            })
            .unwrap_or_default();
        let is_moments = |b: &BlockId| matches!(self.blocks[*b].op, Op::Moments { .. });
        let mut fresh: Vec<BlockId> =
            (0..self.blocks.len()).filter(|b| is_moments(b) && !drawn.contains(b)).collect();
        if fresh.len() > 1 && self.chance(75) {
            fresh.truncate(1);
        }
        let (new, steps) = (!fresh.is_empty(), self.steps);
        new.then(|| Op::Latent { moments: fresh.into_iter().chain(drawn).collect(), steps })
    }

    /// A part of a vector of the same loop and step that stands above it.
    fn slice(&mut self, id: BlockId) -> Option<Op> {
        let within = self.sorts[id].1;
        let made = |b: &BlockId| {
            let (sort, theirs, _) = self.sorts[*b];
            theirs == within && !matches!(sort, Sort::Embedding | Sort::Join | Sort::Moments | Sort::Head)
        };
        let sources: Vec<BlockId> = (0..id).filter(made).collect();
        if sources.is_empty() {
            return None;
        }
        let source = self.one(&sources);
        let whole = self.sorts[source].2;
        let size = 1 + self.random.below(whole);
        let from = self.random.below(whole - size + 1);
        self.sorts[id].2 = size;
        Some(Op::Slice { input: source.into(), from, size })
    }

    /// One to three vectors of the same loop and step that stand above it.
    fn join(&mut self, id: BlockId) -> Option<Op> {
        let within = self.sorts[id].1;
        let made = |b: &BlockId| {
            self.sorts[*b].1 == within && !matches!(self.sorts[*b].0, Sort::Moments | Sort::Head)
        };
        let sources: Vec<BlockId> = (0..id).filter(made).collect();
        if sources.is_empty() {
            return None;
        }
        let inputs: Vec<Edge> = (0..1 + self.random.below(3)).map(|_| self.one(&sources).into()).collect();
        self.sorts[id].2 = inputs.iter().map(|edge| self.sorts[edge.block].2).sum();
        Some(Op::Join { inputs })
    }

    /// A vector that one block makes.
    fn alone(&mut self, id: BlockId) -> Option<Edge> {
        let sources = self.sources(id);
        let sources: Vec<Edge> =
            sources.into_iter().filter(|e| self.sorts[e.block].0 != Sort::Join).collect();
        (!sources.is_empty()).then(|| self.one(&sources))
    }

    fn elementwise(&mut self, id: BlockId) -> Option<Op> {
        let width = self.sorts[id].2;
        let fits = |e: &Edge| self.sorts[e.block].2 == width && self.sorts[e.block].0 != Sort::Join;
        let sources: Vec<Edge> = self.sources(id).into_iter().filter(fits).collect();
        if sources.is_empty() {
            return None;
        }
        let (function, count) = self.one(&[
            (Combination::Add, 2),
            (Combination::Add, 3),
            (Combination::Subtract, 2),
            (Combination::Multiply, 2),
            (Combination::Blend, 3),
        ]);
        let inputs = (0..count).map(|_| self.one(&sources)).collect();
        Some(Op::Elementwise { function, inputs })
    }
}
