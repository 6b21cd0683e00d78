//! Where training stands.

use super::models::small;
use super::{Answer, Form, Target, said};
use hvae_mnn::model::FloatNet;
use hvae_mnn::train::{Adam, Losses, Position, checkpoint_bytes, parse_checkpoint};

pub const CHECKPOINT: Target = Target {
    name: "checkpoint",
    form: Form::Safetensors,
    few: 300,
    seconds: 10,
    seeds: || {
        let (_, network, weights) = small();
        let net = FloatNet::new(network, weights).unwrap();
        let adam = Adam::new(network, net.tensors());
        let losses = Losses { reconstruction: 3.5, sentences: 2, ..Losses::default() };
        let position = Position {
            request: REQUEST.into(),
            epoch: 2,
            batch: 3,
            updates: 23,
            losses,
            best: Some((4.25, 1)),
            clipped: 2,
            metrics: "{\"epoch\":1}\n".into(),
            lagging: None,
        };
        vec![checkpoint_bytes(&net, &adam, &position)]
    },
    read: checkpoint,
};

const REQUEST: &str = "00ff";

fn checkpoint(input: &[u8]) -> Answer {
    let (_, network, _) = small();
    let (net, adam, position) = said(parse_checkpoint("checkpoint.safetensors", input, network, REQUEST))?;
    let written = checkpoint_bytes(&net, &adam, &position);
    let (net, adam, again) = said(parse_checkpoint("again", &written, network, REQUEST))
        .unwrap_or_else(|e| panic!("what was accepted does not read back: {e}"));
    assert_eq!(again, position, "what was accepted reads back");
    assert_eq!(checkpoint_bytes(&net, &adam, &again), written);
    let _ = position.fits(3, 10);
    Ok(())
}
