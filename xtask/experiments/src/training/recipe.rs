//! What a training in epochs is told.

use recurra_train::{Course, DropoutRates, TrainingConfig};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::settings::check;

/// The settings of a training in epochs, under `training` in the file of `--config`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// How often each example is seen, at least 1.
    pub epochs: usize,
    /// How many updates of the weights there are, at most; 0 for as many as the epochs have.
    pub updates: usize,
    /// `B`, at least 1.
    pub batch_size: usize,
    /// How often a model is validated in an epoch, at most; at least 1.
    pub validations: usize,
    /// Adam's learning rate at its highest, above 0 and finite.
    pub learning_rate: f64,
    /// How it falls over all steps.
    pub schedule: Course,
    /// The global norm that gradients are clipped to, above 0; infinite for no clipping.
    pub max_norm: f64,
    /// What is dropped in training.
    pub dropout: DropoutRates,
}

impl Recipe {
    /// Says which setting is out of its range, if one is.
    pub fn validate(&self) -> Result<(), Error> {
        for (key, size) in [
            ("training.epochs", self.epochs),
            ("training.batch_size", self.batch_size),
            ("training.validations", self.validations),
        ] {
            check(key, "at least 1", size as f64, |size| size >= 1.0)?;
        }
        let positive = |value: f64| value > 0.0 && value.is_finite();
        let (rate, key) = (self.learning_rate, "training.learning_rate");
        check(key, "above 0 and finite", rate, positive)?;
        check("training.max_norm", "above 0", self.max_norm, |it| it > 0.0)?;
        Ok(self.dropout.validate()?)
    }

    /// How many updates there are, where an epoch has so many.
    pub fn updates_of(&self, epoch: usize) -> usize {
        let all = self.epochs * epoch;
        match self.updates {
            0 => all,
            most => all.min(most),
        }
    }

    /// How often each example is read, for a sentence: `14 times each`.
    pub fn readings(&self) -> String {
        let most = match self.updates {
            0 => String::new(),
            most => format!(" in at most {most} updates"),
        };
        format!("{} times each{most}", self.epochs)
    }

    /// What the optimiser and the model are told.
    pub fn training(&self) -> TrainingConfig {
        TrainingConfig {
            max_norm: self.max_norm,
            regularization: self.dropout.into(),
            ..TrainingConfig::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_are_those_of_the_epochs_unless_there_are_to_be_fewer() {
        let mut recipe = Recipe {
            epochs: 3,
            updates: 0,
            batch_size: 2,
            validations: 1,
            learning_rate: 1e-3,
            schedule: Course::Constant,
            max_norm: 1.0,
            dropout: DropoutRates::NONE,
        };
        assert_eq!(recipe.updates_of(20), 60);
        assert_eq!(recipe.readings(), "3 times each");
        recipe.updates = 50;
        assert_eq!(recipe.updates_of(20), 50);
        assert_eq!(recipe.updates_of(10), 30);
        assert_eq!(recipe.readings(), "3 times each in at most 50 updates");
    }
}
