//! Averaged weights, and when to begin with them: NT-ASGD (Merity et al. 2018).

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::param::map_value;

/// Says when validation has stalled: when a loss is worse than the best of those that are more than `patience` validations
/// old. Training then goes on with averaged weights (the non-monotonic trigger of NT-ASGD, whose authors take 5).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NonMonotonicTrigger {
    patience: usize,
    losses: Vec<f64>,
    fired: bool,
}

impl NonMonotonicTrigger {
    /// A trigger that has seen nothing.
    pub fn new(patience: usize) -> Self {
        Self {
            patience,
            losses: Vec::new(),
            fired: false,
        }
    }

    /// Takes the loss of a validation, and says whether it is time to average, now or since before.
    pub fn observe(&mut self, loss: f64) -> bool {
        let old = self.losses.len().saturating_sub(self.patience);
        let best = self.losses[..old]
            .iter()
            .copied()
            .fold(f64::INFINITY, f64::min);
        self.fired |= loss > best;
        self.losses.push(loss);
        self.fired
    }

    /// Whether validation has stalled.
    pub fn has_fired(&self) -> bool {
        self.fired
    }
}

/// The mean of a module's weights over the steps of training (Polyak and Juditsky 1992), as `torch.optim.ASGD` with `t0 = 0`
/// and `lambd = 0` keeps it: after `n` updates every average is the arithmetic mean of `n` values.
///
/// The weights in training are left alone; [`averaged`](Self::averaged) makes a module of the averages for validation.
#[derive(Clone, Debug, Default)]
pub struct WeightAverage {
    updates: usize,
    means: BTreeMap<ParamId, Tensor<1>>,
}

impl WeightAverage {
    /// An average of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on from what was saved: the number of updates, and each parameter's mean `[n]` in row-major order.
    pub fn restore(updates: usize, means: BTreeMap<ParamId, Tensor<1>>) -> Self {
        Self { updates, means }
    }

    /// How many values each mean is of.
    pub fn updates(&self) -> usize {
        self.updates
    }

    /// The mean of each parameter, `[n]` in row-major order.
    pub fn means(&self) -> &BTreeMap<ParamId, Tensor<1>> {
        &self.means
    }

    /// Adds the weights that `module` has now.
    pub fn update<M: Module>(&mut self, module: &M) {
        self.updates += 1;
        module.visit(&mut Add(self));
    }

    /// `module` with the averages for its weights, which stays as it is where there are none.
    pub fn averaged<M: Module>(&self, module: M) -> M {
        module.map(&mut Replace(self))
    }
}

/// Adds each weight to its mean.
struct Add<'a>(&'a mut WeightAverage);

impl ModuleVisitor for Add<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val().inner();
        let numbers = value.shape().num_elements();
        let value = value.reshape([numbers]);
        let average = &mut *self.0;
        let mean = match average.means.remove(&param.id) {
            Some(mean) => mean.clone() + (value - mean) / average.updates as f64,
            None => value,
        };
        average.means.insert(param.id, mean);
    }
}

/// Puts each mean in the place of its weight.
struct Replace<'a>(&'a WeightAverage);

impl ModuleMapper for Replace<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match self.0.means.get(&param.id) {
            Some(mean) => map_value(param, |_, value| mean.clone().reshape(value.shape())),
            None => param,
        }
    }
}
