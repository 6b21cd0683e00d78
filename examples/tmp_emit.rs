#[path = "../tests/common/mod.rs"]
mod common;
use hvae_mnn::config::CellKind;
fn main() {
    let k = |s: &str| match s { "rnn" => CellKind::Rnn, "gru" => CellKind::Gru, _ => CellKind::Lstm };
    let a: Vec<String> = std::env::args().collect();
    let config = common::tiny(&[k(&a[2]), k(&a[3])]);
    let (net, _) = common::mapped(&config, 1);
    common::build(&net, &config, std::path::Path::new(&a[1]));
}
