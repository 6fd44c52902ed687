//! Classifiers of generated reviews, in which the order of the words decides.

use std::fs;

use recurra_cells::{AnyCellConfig, Direction, RecurrentConfig};
use recurra_train::{Course, DropoutRates};

use super::Measuring;
use super::claim::Claim;
use crate::cells::CellKind;
use crate::error::Error;
use crate::sentiment::{config::Config, data::Data, lesson, model::model_config};
use crate::training::{Recipe, Trainer};

/// By how many points of accuracy two classifiers differ for certain: two standard errors of a difference on the 2000 reviews
/// that test are 2 points where four of five are told rightly.
pub const MARGIN: f64 = 2.0;

/// `E`.
pub const EMBEDDING: usize = 64;
/// `H` of the network that others have as many parameters as.
pub const HIDDEN: usize = 48;

/// One of the classifiers that a claim compares.
pub struct Arm<'a> {
    pub claim: Claim,
    pub name: &'a str,
    pub kind: CellKind,
    /// Its own network instead of one forward layer of [`HIDDEN`] units.
    pub network: Option<RecurrentConfig<AnyCellConfig>>,
    pub texts: usize,
    pub epochs: usize,
    pub schedule: Course,
}

impl<'a> Arm<'a> {
    /// An LSTM on all reviews of the settings.
    pub fn new(with: &Measuring<'_, '_>, claim: Claim, name: &'a str) -> Self {
        Self {
            claim,
            name,
            kind: CellKind::Lstm,
            network: None,
            texts: with.config.texts,
            epochs: with.config.epochs,
            schedule: Course::Cosine,
        }
    }

    fn config(&self) -> Config {
        Config {
            embedding_size: EMBEDDING,
            hidden_size: HIDDEN,
            direction: Direction::Forward,
            generated_texts: self.texts,
            training: Recipe {
                epochs: self.epochs,
                updates: 0,
                batch_size: 32,
                validations: 2,
                learning_rate: 4e-3,
                schedule: self.schedule,
                max_norm: 1.0,
                dropout: DropoutRates {
                    input: 0.2,
                    output: 0.2,
                    ..DropoutRates::NONE
                },
            },
            ..Config::quick()
        }
    }

    /// How many of a hundred test reviews it tells rightly, with the weights of the best validation, and its parameters.
    pub fn train(self, with: &mut Measuring<'_, '_>) -> Result<(f64, f64), Error> {
        let config = self.config();
        let data = Data::read(None, &config, with.seed)?;
        let sizes = (data.reader.vocabulary.len(), data.classes.len());
        let mut model = model_config(&config, self.kind, sizes);
        if let Some(network) = self.network {
            model.network = network;
        }
        // A folder of its own, because checkpoints go by cell and seed.
        let name = format!("{}-{}", self.claim.name(), self.name);
        let folder = with.trainer.folder().join(name);
        fs::create_dir_all(&folder).map_err(|cause| Error::Write {
            path: folder.clone(),
            cause,
        })?;
        let device = with.trainer.device().clone();
        let mut trainer = Trainer::new(device, &folder, with.trainer.display())?;
        let of = (self.kind, with.seed);
        let outcome = lesson::train_model((&config, model), &data, of, &mut trainer)?;
        Ok((
            outcome.confusion.accuracy(),
            outcome.trained.parameters as f64,
        ))
    }
}
