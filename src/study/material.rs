//! The figures of a row: a pure function of its configuration.

use super::{Choice, Figures, Row, Study};
use crate::config::Config;
use crate::failure::Failure;
use crate::files::silently;
use crate::golden::{Golden, GoldenEngine};
use crate::model::{Effort, Protocol, Split, TrainedModel, evaluate};
use crate::pipeline::{balanced, map, own_sentences, read_model, read_words};

/// What all rows read.
pub(super) struct Material {
    model: TrainedModel,
    sentences: Vec<Vec<u32>>,
    calibration: Vec<Vec<u32>>,
}

impl Material {
    pub fn read(study: &Study) -> Result<Material, Failure> {
        let (model, _) = read_model(&study.model, Config::default())?;
        if model.network.vocabulary_block().is_none() {
            return Err(Failure::input(format!(
                "{}: expected a model that writes words, found one of family {}; `hvae eval` measures it",
                study.model.display(),
                model.network.family
            )));
        }
        let mut sentences =
            read_words(&study.data, Split::Test, (&model.vocabulary, &model.network), &silently)?;
        if study.sentences > 0 {
            sentences.truncate(study.sentences);
        }
        let calibration = own_sentences(&model.float_net(), 64, 1);
        Ok(Material { model, sentences, calibration })
    }

    /// The row `choice`; a configuration that cannot be built is a row as well.
    pub fn row(&self, study: &Study, file: &str, choice: Choice) -> Row {
        match self.measure(study, file, &choice) {
            Ok(figures) => Row { choice, figures: Some(figures), error: None },
            Err(failure) => Row { choice, figures: None, error: Some(failure.message) },
        }
    }

    fn measure(&self, study: &Study, file: &str, choice: &Choice) -> Result<Figures, Failure> {
        let model = &self.model;
        let config = study.config(file, choice).map_err(|e| Failure::input(e.to_string()))?;
        let shape = (model.description.model.clone(), model.description.train.clone());
        let config = balanced(Config { model: shape.0, train: shape.1, ..config })?;
        let net = map(&model.network, &model.weights, &config, &self.calibration)?;
        let golden = Golden::tiled(&net, &config.accelerator);
        let mut engine = GoldenEngine::new(&golden);
        let found = evaluate(&mut engine, &self.sentences, Protocol::Honest, &Effort::default());
        if !(found.ppl.is_finite() && found.kl.is_finite()) {
            return Err(Failure::check("the network's perplexity is not a finite number".to_string()));
        }
        let conversions = engine.tile_samples * net.geometry.weight_adcs() as u64;
        Ok(Figures {
            ppl: found.ppl,
            nll: found.nll,
            kl: found.kl,
            accuracy: found.token_accuracy,
            overlap: found.word_overlap,
            exact: found.exact,
            clip_rate: engine.adc_clips as f64 / conversions.max(1) as f64,
            adc_clips: engine.adc_clips,
            saturations: engine.saturations,
        })
    }
}
