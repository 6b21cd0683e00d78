//! Small random networks that hold a conversation.

use super::random_network::WORDS;
use hvae_mnn::model::{Network, Random};

/// A network over turns as it works when it has been trained, drawn by `seed`.
pub fn random_conversation(seed: u64) -> Network {
    let mut random = Random::keyed(&[seed, 0x5455]);
    let mut why = String::new();
    for _ in 0..100 {
        let mut draw = Draw { random: &mut random, text: String::new() };
        draw.describe();
        match Network::from_text("turns.toml", &draw.text, WORDS) {
            Ok(network) => return network.deployed(),
            Err(error) => why = error.to_string(),
        }
    }
    panic!("no conversation in 100 attempts with seed {seed}: {why}");
}

struct Draw<'a> {
    random: &'a mut Random,
    text: String,
}

impl Draw<'_> {
    fn chance(&mut self, percent: usize) -> bool {
        self.random.below(100) < percent
    }

    fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.random.below(of.len())]
    }

    fn size(&mut self) -> usize {
        2 + self.random.below(5)
    }

    fn block(&mut self, name: &str, within: &str, op: &str, keys: String) {
        self.text += &format!("[[block]]\nname = \"{name}\"\nloop = \"{within}\"\nop = \"{op}\"\n{keys}\n");
    }

    fn linear(&mut self, name: &str, within: &str, size: usize, inputs: &[String]) {
        let activation = self.one(&["none", "tanh", "sigmoid", "leaky_relu"]);
        let keys = format!("size = {size}\ninputs = [{}]\nactivation = \"{activation}\"", inputs.join(", "));
        self.block(name, within, "linear", keys);
    }

    fn cell(&mut self, name: &str, within: &str, size: usize, inputs: &[String], init: Option<&str>) {
        let kind = self.one(&["rnn", "gru", "lstm"]);
        let init = init.map_or(String::new(), |init| format!("\ninit = \"{init}\""));
        let keys = format!("kind = \"{kind}\"\nsize = {size}\ninputs = [{}]{init}", inputs.join(", "));
        self.block(name, within, "cell", keys);
    }

    fn describe(&mut self) {
        let (both_ways, drawn, heard) = (self.chance(50), self.chance(70), self.chance(60));
        let mut loops = vec![("words", "positions")];
        loops.extend(both_ways.then_some(("back", "backwards")));
        loops.push(("turns", "turns"));
        loops.extend(drawn.then_some(("asked", if heard { "heard" } else { "once" })));
        loops.extend([("sentence", "once"), ("said", "written")]);
        for (name, over) in loops {
            self.text += &format!("[[loop]]\nname = \"{name}\"\nover = \"{over}\"\n\n");
        }
        let named = |name: &str| format!("\"{name}\"");
        let before = |name: &str| format!("{{ before = \"{name}\" }}");
        let embedding = self.size();

        self.block("embed", "words", "embedding", format!("size = {embedding}"));
        let size = self.size();
        self.cell("reader", "words", size, &[named("embed")], None);
        let mut read = vec![named("reader")];
        if self.chance(50) {
            let steps = self.one(&["mean", "sum"]);
            let of = self.one(&["reader", "embed"]);
            self.block("all", "words", "accumulate", format!("input = \"{of}\"\nsteps = \"{steps}\""));
            read.push(named("all"));
        }
        if both_ways {
            self.block("embed_back", "back", "embedding", format!("size = {embedding}\ntied = \"embed\""));
            let size = self.size();
            self.cell("reader_back", "back", size, &[named("embed_back")], None);
            read.push(named("reader_back"));
        }

        let kept = self.size();
        let mut below = read.clone();
        if self.chance(60) {
            let size = self.size();
            self.linear("gist", "turns", size, &below);
            below = vec![named("gist")];
        }
        self.cell("memory", "turns", kept, &below, None);
        let mut context = vec![before("memory")];
        if self.chance(50) {
            below.insert(0, named("memory"));
            self.cell("mood", "turns", kept, &below, None);
            context.push(before("mood"));
        }

        let mut known = context.clone();
        if drawn {
            let size = self.size();
            let asked =
                |inputs: &[String]| format!("size = {size}\ninputs = [{}]\nclamp = 8.0", inputs.join(", "));
            let prior = self.chance(70);
            if prior {
                self.block("p", "asked", "moments", asked(&context));
            }
            self.block("q", "asked", "moments", asked(&[read.clone(), context.clone()].concat()));
            let of_prior = if prior { "\nprior = \"p\"" } else { "" };
            self.block("z", "sentence", "draw", format!("posterior = \"q\"{of_prior}"));
            known.push(named("z"));
        }
        if context.len() == 2 && self.chance(60) {
            let function = self.one(&["add", "subtract", "multiply"]);
            let inputs = context.join(", ");
            self.block(
                "mixed",
                "sentence",
                "elementwise",
                format!("function = \"{function}\"\ninputs = [{inputs}]"),
            );
            known.push(named("mixed"));
        }
        if self.chance(40) {
            let size = self.size();
            self.linear("hidden", "sentence", size, &known);
            known = vec![named("hidden")];
        }
        let size = self.size();
        let starts = self.chance(70);
        if starts {
            let keys = format!("size = {size}\ninputs = [{}]", known.join(", "));
            self.block("start", "sentence", "linear", keys);
        }
        self.block("again", "said", "embedding", format!("size = {embedding}\ntied = \"embed\""));
        let mut inputs = vec![named("again")];
        if !starts || self.chance(40) {
            inputs.extend(known.clone());
        }
        self.cell("speaker", "said", size, &inputs, starts.then_some("start"));
        self.block("next_word", "said", "vocabulary", "inputs = [\"speaker\"]".into());
    }
}
