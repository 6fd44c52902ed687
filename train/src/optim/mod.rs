//! Steps of the weights: optimisers behind clipping by the global norm, averages of the weights,
//! and weights drawn anew.

mod adam;
mod averaging;
mod choice;
pub(crate) mod clip;
mod host;
pub(crate) mod param;
mod redraw;
mod sgd;

pub use adam::{AdamMoments, ClippedAdam, ClippedAdamConfig};
pub use averaging::{NonMonotonicTrigger, WeightAverage};
pub use choice::{Optimizer, OptimizerKind};
pub use clip::{clip_grad_norm, clip_grad_value, unscale_gradients};
pub use redraw::redraw_uniform;
pub use sgd::{ClippedSgd, ClippedSgdConfig};
