//! Networks of any cell that learn the adding problem, for the claims on memories.

use recurra_cells::{AnyCellConfig, RecurrentConfig, SeededRng};
use recurra_train::{Error as TrainError, TrainingConfig};

use super::Measuring;
use super::config::MAX_NORM;
use crate::cells::CellKind;
use crate::error::Error;
use crate::memory;
use crate::memory::adding::{INPUTS, Sums, adder};
use crate::memory::trial::{Learned, Of, learn};
use crate::training::streams::WEIGHTS;

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

    /// The hidden size at which a cell has as many parameters as the settings' LSTM.
    pub fn hidden_size(&self, kind: CellKind) -> usize {
        let target = CellKind::Lstm.parameters(INPUTS, self.config.hidden_size);
        CellKind::closest_hidden_size(target, |it| kind.parameters(INPUTS, it))
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
        match learn::<Sums>(&config, (model, told), of, self.trainer) {
            Err(Error::Train(TrainError::Diverged { step, .. })) => Ok(Learned {
                judgements: vec![(step, f64::INFINITY)],
                largest_norm: f64::INFINITY,
                ..Learned::default()
            }),
            learned => Ok(learned?.0),
        }
    }
}
