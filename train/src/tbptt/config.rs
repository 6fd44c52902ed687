//! What a training is told besides its model.

use crate::{
    Error, LossScaler, LossScalerConfig, Optimizer, OptimizerKind, Precision, Regularization,
};

/// What a [`TruncatedBptt`](super::TruncatedBptt) is told besides its model.
///
/// ```
/// use recurra_train::{DropoutRates, TrainingConfig};
///
/// let config = TrainingConfig {
///     max_norm: 0.25,
///     regularization: DropoutRates::uniform(0.2).into(),
///     ..TrainingConfig::default()
/// };
/// assert!(config.validate().is_ok());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrainingConfig {
    /// What changes the weights; Adam by default.
    pub optimizer: OptimizerKind,
    /// Which share of a weight a step at learning rate 1 takes off it, at least 0 and finite; 0 by default.
    pub weight_decay: f64,
    /// The highest global norm of the gradients, above 0; infinite, which is the default, for no clipping.
    pub max_norm: f64,
    /// The highest absolute value of a gradient, above 0; infinite, which is the default, for no clipping. It is applied
    /// before `max_norm`.
    pub max_value: f64,
    /// What keeps the model from learning its text by heart; nothing by default.
    pub regularization: Regularization,
    /// After how many validations without progress the weights are averaged (NT-ASGD; Merity et al. 2018 take 5); never by
    /// default.
    pub averaging: Option<usize>,
    /// The number type of the passes; the weights are `f32` in any case. `f32` by default.
    pub precision: Precision,
    /// How losses are scaled where `precision` is `f16`.
    pub loss_scaler: LossScalerConfig,
    /// How many steps in a row may be skipped because something is not finite, before the training is given up; 20 by
    /// default. Where losses are scaled, the search for a scale takes up to 16.
    pub max_skipped: usize,
}

impl Default for TrainingConfig {
    fn default() -> Self {
        Self {
            optimizer: OptimizerKind::Adam,
            weight_decay: 0.0,
            max_norm: f64::INFINITY,
            max_value: f64::INFINITY,
            regularization: Regularization::NONE,
            averaging: None,
            precision: Precision::F32,
            loss_scaler: LossScalerConfig::default(),
            max_skipped: 20,
        }
    }
}

impl TrainingConfig {
    /// Says which field is out of its range, if one is.
    pub fn validate(&self) -> Result<(), Error> {
        self.optimizer()?;
        if self.max_value.is_nan() || self.max_value <= 0.0 {
            return Err(Error::config("max_value", "above 0", self.max_value));
        }
        self.loss_scaler.validate()?;
        self.regularization.validate()
    }

    pub(super) fn optimizer(&self) -> Result<Optimizer, Error> {
        self.optimizer.build(self.max_norm, self.weight_decay)
    }

    /// The scaler of the losses, for `f16` alone: other types have the range of `f32`.
    pub(super) fn scaler(&self) -> Result<Option<LossScaler>, Error> {
        match self.precision {
            Precision::F16 => LossScaler::new(self.loss_scaler).map(Some),
            Precision::F32 | Precision::BF16 => Ok(None),
        }
    }
}
