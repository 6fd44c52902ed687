//! A look into a network in training: how far its gradients reach, whether its gates open and close, and how much a step
//! changes its weights.
//!
//! | question | function | paper |
//! | --- | --- | --- |
//! | does the gradient vanish or explode over time? | [`state_gradients`] | Bengio et al. 1994; Pascanu et al. 2013 |
//! | are gates stuck, open or shut? | [`gate_activity`] | Karpathy et al. 2015 |
//! | is the learning rate of the right size? | [`parameter_updates`] | |
//!
//! They run a network one step at a time and read numbers back from the device, which takes longer than training does: for
//! a batch now and then.

mod gates;
mod gradients;
mod norm;
mod parameters;

pub use gates::{GateActivity, gate_activity};
pub use gradients::{StateGradients, state_gradients};
pub use parameters::{ParameterUpdate, parameter_updates};
