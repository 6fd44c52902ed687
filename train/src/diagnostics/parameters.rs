//! The size of the weights, and of what a step changed about them.

use std::collections::BTreeMap;

use burn::module::Module;
use burn::tensor::TensorData;

use super::norm::euclidean;
use crate::checkpoint::parameters;

/// What training has made of a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParameterUpdate {
    /// The Euclidean norm of the parameter before.
    pub weight_norm: f64,
    /// The Euclidean norm of the change since.
    pub update_norm: f64,
}

impl ParameterUpdate {
    /// The change relative to the parameter; infinite, or NaN, where the parameter was zero. With Adam, about 1e-3 a step is
    /// a learning rate of the right size.
    pub fn ratio(&self) -> f64 {
        self.update_norm / self.weight_norm
    }
}

/// How large each float parameter of `before` is, and how far `after`, the same module after one step of training or many,
/// has moved from it: by the parameter's path, such as `network.layers.0.forward.weight_hh`.
///
/// The weights of two modules are compared as they are stored, without a reparameterisation (weight drop). A clone of a
/// module is a module of before, at the price that the next step cannot change its weights in place.
///
/// # Panics
///
/// If the two are not modules of the same parameters; the message has the path.
pub fn parameter_updates<M: Module>(before: &M, after: &M) -> BTreeMap<String, ParameterUpdate> {
    let mut changed = parameters(after);
    let compare = |(path, old): (String, TensorData)| {
        let new = changed.remove(&path);
        let new = new.unwrap_or_else(|| panic!("parameter {path} is gone after the step"));
        let shapes = [old.shape(), new.shape()];
        assert_eq!(
            shapes[0], shapes[1],
            "parameter {path} was {:?} before the step, and is {:?} after it",
            shapes[0], shapes[1]
        );
        let change = old
            .iter::<f64>()
            .zip(new.iter::<f64>())
            .map(|(old, new)| new - old);
        let update = ParameterUpdate {
            weight_norm: euclidean(old.iter::<f64>()),
            update_norm: euclidean(change),
        };
        (path, update)
    };
    let updates = parameters(before).into_iter().map(compare).collect();
    if let Some(path) = changed.keys().next() {
        panic!("parameter {path} is new after the step");
    }
    updates
}
