//! Gradients and figures of sentences that follow on each other.

use super::*;
use crate::model::{Drawn, Turns, flattened};

fn model(cells: Vec<CellKind>, context_kl: bool, skip: bool) -> Model {
    Model {
        family: Family::Dialogue,
        cells,
        context_kl,
        skip,
        embedding: 5,
        hidden: 6,
        latent: 3,
        dense: 4,
        vocabulary: 9,
        ..Model::default()
    }
}

fn conversations() -> Vec<Example> {
    let conversation = |turns: &[&[u32]]| Example::conversation(turns.iter().map(|t| t.to_vec()).collect());
    vec![
        conversation(&[&[2, 5, 3], &[2, 6, 7, 8, 3], &[2, 4, 4, 3], &[2, 8, 3]]),
        conversation(&[&[2, 8, 7, 6, 5, 3]]),
        conversation(&[&[2, 4, 3], &[2, 5, 5, 6, 3]]),
    ]
}

/// One level and two, every cell, KL over the context and of the answer alone.
#[test]
fn gradients_of_conversations_are_slopes_too() {
    let all = conversations();
    let all: Vec<&Example> = all.iter().collect();
    let train = Train {
        mask_pads: true,
        embedding_dropout: 0.3,
        level_dropout: 0.3,
        output_dropout: 0.3,
        start_penalty: 0.5,
        start_limit: 0.1,
        ..Train::default()
    };
    for (cells, context_kl, skip) in [
        (vec![CellKind::Gru], true, false),
        (vec![CellKind::Gru], false, true),
        (vec![CellKind::Lstm, CellKind::Gru], true, true),
        (vec![CellKind::Rnn, CellKind::Lstm], false, false),
    ] {
        let network = Network::dialogue(&model(cells, context_kl, skip));
        let batch = Batch::of(&network, &all, &train, &mut Random::keyed(&[7]));
        check_batch(&network, &train, &batch, 4e-3);
    }
}

/// The loss of a training pass without dropout is what is measured: with the KL of an answer's own turn the bound itself, with
/// that of the context the mean over the turns, of which the last is the one of the bound.
#[test]
fn what_is_learned_of_a_conversation_is_what_is_measured() {
    let all = conversations();
    let examples: Vec<&Example> = all.iter().collect();
    let train = Train {
        mask_pads: true,
        embedding_dropout: 0.0,
        level_dropout: 0.0,
        output_dropout: 0.0,
        ..Train::default()
    };
    let by_hand = |net: &FloatNet, at_all_turns: bool| {
        // Every sentence as if it were said at every turn up to its own.
        let mut sum = 0.0;
        for conversation in &all {
            for (turn, sentence) in conversation.turns.iter().enumerate() {
                let turns = if at_all_turns { 0..=turn } else { turn..=turn };
                let count = turns.clone().count() as f64;
                for said_at in turns {
                    let so_far = [&conversation.turns[..said_at], std::slice::from_ref(sentence)].concat();
                    let drawn = net.deployed().drawn_conversations(&[&Example::conversation(so_far)], None);
                    sum += drawn[0][said_at].kl[0] / count;
                }
            }
        }
        sum
    };
    for context_kl in [true, false] {
        let network = Network::dialogue(&model(vec![CellKind::Gru, CellKind::Lstm], context_kl, true));
        let net = FloatNet::with_tensors(&network, initial(&network, 3));
        let batch = Batch::of(&network, &examples, &train, &mut Random::keyed(&[7]));
        let weights = TermWeights::of_kl(1.0);
        let (losses, _) = loss_and_gradients(&net, &batch, &train, weights, Random::keyed(&[8]));
        assert_eq!((losses.sentences, losses.tokens), (7, 22));
        let expected = by_hand(&net, context_kl);
        assert!((losses.draw_kl - expected).abs() < 1e-5, "{}, {expected}", losses.draw_kl);
        assert!((expected - by_hand(&net, !context_kl)).abs() > 1e-3, "the two are told apart");
    }
}

/// A sentence is measured given those before it and never those behind it; a word of it changes its own figures and later ones.
#[test]
fn a_sentence_hears_those_before_it_alone() {
    let all = conversations();
    let network = Network::dialogue(&model(vec![CellKind::Gru], true, false));
    let net = FloatNet::with_tensors(&network, initial(&network, 3)).deployed();
    let measured = |conversation: &Example| -> Vec<Drawn> {
        net.drawn_conversations(&[&all[1], conversation, &all[2]], Some(5)).swap_remove(1)
    };
    let whole = measured(&all[0]);
    for changed in 0..4 {
        let mut other = all[0].clone();
        other.turns[changed][1] = 4 + (other.turns[changed][1] + 1) % 4;
        let now = measured(&other);
        for turn in 0..4 {
            assert_eq!(
                now[turn] == whole[turn],
                turn < changed,
                "turn {turn}, word of turn {changed} changed"
            );
        }
    }
    // Whoever else is in the batch.
    let alone = net.drawn_conversations(&[&all[0]], Some(5)).remove(0);
    for (a, b) in alone.iter().zip(&whole) {
        assert!((a.log_weight() - b.log_weight()).abs() < 1e-4);
    }
}

/// An answer to a context is what the prior path writes there: the same state, fed its own words, gives it as most probable.
#[test]
fn an_answer_is_that_of_the_prior_after_its_context() {
    let all = conversations();
    let network = Network::dialogue(&model(vec![CellKind::Gru, CellKind::Rnn], true, true));
    let mut net = FloatNet::with_tensors(&network, initial(&network, 3)).deployed();
    net.tensors_mut().iter_mut().for_each(|tensor| *tensor *= 3.0);
    // The posterior is the prior where its weights are: zero both.
    for name in ["post.mean", "post.log_variance", "prior.mean", "prior.log_variance"] {
        for suffix in ["weight", "bias"] {
            let of = format!("{name}.{suffix}");
            let at = network.deployed().tensors().iter().position(|(tensor, _)| *tensor == of).unwrap();
            net.tensors_mut()[at].fill(0.0);
        }
    }
    let contexts: Vec<&[Vec<u32>]> = vec![&all[0].turns, &[], &all[2].turns[..1], &all[0].turns[..2]];
    // Without noise: z is 0, as the mean of the posterior.
    let heard = net.heard(&contexts);
    let answers = net.answers_heard(heard, &Array2::zeros((4, 6)), 7);
    for (context, answer) in contexts.iter().zip(&answers) {
        let mut said = vec![2];
        said.extend(answer);
        let conversation = Example::conversation([context, &[said][..]].concat());
        let drawn = net.drawn_conversations(&[&conversation], None).remove(0);
        let best: Vec<u32> = drawn.last().unwrap().scores.iter().map(|score| score.best).collect();
        assert_eq!(best, *answer);
    }
    assert_ne!(answers[0], answers[2], "contexts differ");
    let ten = net.answers_to(&contexts, (10, 3), 7);
    assert_eq!(ten.iter().map(Vec::len).collect::<Vec<_>>(), [10; 4]);
    assert_eq!(ten, net.answers_to(&contexts, (10, 3), 7));
}

#[test]
fn flattened_sentences_know_their_conversation() {
    let all = conversations();
    let (sentences, followers) = flattened(&all.iter().collect::<Vec<_>>());
    assert!(sentences.is_sorted_by_key(|s| std::cmp::Reverse(s.len())));
    for (conversation, followers) in all.iter().zip(&followers) {
        let said: Vec<&[u32]> = followers.iter().map(|&s| sentences[s]).collect();
        assert_eq!(said, conversation.turns.iter().map(Vec::as_slice).collect::<Vec<_>>());
    }
    assert_eq!(Turns::new(7, &followers).layout().batch(), 3);
}
