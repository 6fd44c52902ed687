//! Steps of the weights: optimisers behind clipping by the global norm, and averages of the weights.

mod adam;
mod averaging;
mod clip;
mod host;
mod param;
mod sgd;

pub use adam::{AdamMoments, ClippedAdam, ClippedAdamConfig};
pub use averaging::{NonMonotonicTrigger, WeightAverage};
pub use clip::clip_grad_norm;
pub use sgd::{ClippedSgd, ClippedSgdConfig};
