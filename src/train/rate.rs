//! The learning rate over the updates of a run.

use crate::config::Train;

/// A half cosine from the first to the last learning rate, over the run or over each cycle, behind a straight rise.
/// `update` counts from 0, of `updates`.
pub fn learning_rate(train: &Train, update: u64, updates: u64) -> f32 {
    let progress = match train.restarts {
        false => update as f32 / updates as f32,
        true => of_cycle(train, update as f64, updates as f64),
    };
    let cosine = 0.5 + 0.5 * (std::f32::consts::PI * progress).cos();
    let rate = train.learning_rate * (train.final_learning_rate + (1.0 - train.final_learning_rate) * cosine);
    match train.warmup_updates {
        0 => rate,
        rising => rate * ((update + 1) as f32 / rising as f32).min(1.0),
    }
}

/// How much of its cycle is done; behind the last cycle, how much of what is left.
fn of_cycle(train: &Train, update: f64, updates: f64) -> f32 {
    let cycle = f64::from(train.kl_warmup_epochs) * updates / train.epochs as f64;
    let last = match train.kl_cycles {
        0 => f64::INFINITY,
        cycles => cycle * cycles as f64,
    };
    let progress = if update < last { update % cycle / cycle } else { (update - last) / (updates - last) };
    progress as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::KlSchedule;

    fn train() -> Train {
        Train { learning_rate: 1.0, final_learning_rate: 0.2, epochs: 10, ..Train::default() }
    }

    fn near(found: f32, expected: f32) {
        assert!((found - expected).abs() < 1e-6, "{found}, not {expected}");
    }

    #[test]
    fn it_falls_by_a_half_cosine() {
        let rate = |update| learning_rate(&train(), update, 1000);
        near(rate(0), 1.0);
        near(rate(500), 0.6);
        near(rate(250), 0.2 + 0.8 * (0.5 + 0.5 * 0.5f32.sqrt()));
        near(rate(1000), 0.2);
    }

    #[test]
    fn it_rises_first() {
        let train = Train { warmup_updates: 4, final_learning_rate: 1.0, ..train() };
        let rates: Vec<f32> = (0..6).map(|update| learning_rate(&train, update, 1000)).collect();
        assert_eq!(rates, [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]);
    }

    #[test]
    fn it_begins_anew_with_every_cycle() {
        let cyclical =
            Train { restarts: true, kl_schedule: KlSchedule::Cyclical, kl_warmup_epochs: 2.5, ..train() };
        let rate = |train: &Train, update| learning_rate(train, update, 1000);
        for start in [0, 250, 500, 750] {
            near(rate(&cyclical, start), 1.0);
            near(rate(&cyclical, start + 125), 0.6);
            assert!(rate(&cyclical, start + 249) < 0.201);
        }
        // Two cycles, then one fall over the other half.
        let two = Train { kl_cycles: 2, ..cyclical.clone() };
        near(rate(&two, 375), 0.6);
        near(rate(&two, 500), 1.0);
        near(rate(&two, 750), 0.6);
        near(rate(&two, 1000), 0.2);
        // More cycles than epochs for them.
        let many = Train { kl_cycles: 9, ..cyclical };
        near(rate(&many, 875), 0.6);
    }
}
