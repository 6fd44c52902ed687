//! Networks of any cell that learn the adding problem or to copy, for the claims on memories.

use recurra_cells::{AnyCellConfig, RecurrentConfig, SeededRng};
use recurra_train::{Course, Error as TrainError, TrainingConfig};

use super::Measuring;
use super::config::MAX_NORM;
use crate::cells::{CellKind, GateBiases};
use crate::error::Error;
use crate::memory;
use crate::memory::adding::{INPUTS, Sums, adder};
use crate::memory::copying::{Symbols, copier};
use crate::memory::trial::{Learned, Of, learn};
use crate::training::streams::WEIGHTS;

/// Adam's learning rate at its highest, where symbols are copied.
const COPYING_RATE: f64 = 1e-2;

/// How the updates are made, and at which learning rate.
pub type Told = (TrainingConfig, f64);

impl Measuring<'_, '_> {
    /// Adam behind clipping, which all claims on memories share unless they are about it.
    pub fn clipped(&self) -> Told {
        let clipped = TrainingConfig {
            max_norm: MAX_NORM,
            ..TrainingConfig::default()
        };
        (clipped, self.config.learning_rate)
    }

    /// The hidden size at which a cell that adds has as many parameters as the settings' LSTM.
    pub fn hidden_size(&self, kind: CellKind) -> usize {
        kind.hidden_size_like_lstm(INPUTS, self.config.hidden_size)
    }

    /// The most updates where symbols are copied.
    pub fn copying_updates(&self) -> usize {
        3 * self.config.updates / 2
    }

    /// A cell learns to add over a distance. One whose training diverges has solved nothing, and has no error.
    pub fn add(
        &mut self,
        (name, cell): (&str, AnyCellConfig),
        distance: usize,
        (told, learning_rate): Told,
    ) -> Result<Learned, Error> {
        let device = self.trainer.device().clone().autodiff();
        let rng = &mut SeededRng::for_stream(self.seed, WEIGHTS);
        let model = adder(RecurrentConfig::new(cell), &device, rng);
        let of = Of {
            name,
            seed: self.seed,
            distance,
        };
        let config = memory::Config {
            learning_rate,
            ..self.config.adding()
        };
        diverged_or(learn::<Sums>(&config, (model, told), of, self.trainer))
    }

    /// A cell learns to repeat symbols after a silence, with chrono biases and a falling learning rate; until no more than
    /// `wrong` of them are told wrongly.
    pub fn copy(
        &mut self,
        (name, cell): (&str, AnyCellConfig),
        distance: usize,
        wrong: f64,
    ) -> Result<Learned, Error> {
        let device = self.trainer.device().clone().autodiff();
        let rng = &mut SeededRng::for_stream(self.seed, WEIGHTS);
        let network = RecurrentConfig::new(GateBiases::Chrono.of(cell, distance));
        let model = copier(network, &device, rng);
        let of = Of {
            name: &format!("{name}-copy"),
            seed: self.seed,
            distance,
        };
        let config = memory::Config {
            learning_rate: COPYING_RATE,
            schedule: Course::Cosine,
            updates: self.copying_updates(),
            solved_below: wrong,
            ..self.config.adding()
        };
        let (told, _) = self.clipped();
        diverged_or(learn::<Symbols>(&config, (model, told), of, self.trainer))
    }
}

/// What was learned; an error that is infinite if the training diverged.
pub fn diverged_or<M>(learned: Result<(Learned, M), Error>) -> Result<Learned, Error> {
    match learned {
        Err(Error::Train(TrainError::Diverged { step, .. })) => Ok(Learned {
            judgements: vec![(step, f64::INFINITY)],
            largest_norm: f64::INFINITY,
            ..Learned::default()
        }),
        learned => Ok(learned?.0),
    }
}
