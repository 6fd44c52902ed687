//! Mixed precision (Micikevicius et al. 2018): weights are kept and stepped in `f32`, and computed with in a half-precision
//! type, under a loss that is scaled so that small gradients do not vanish in `f16`.
//!
//! [`TruncatedBptt`](crate::TruncatedBptt) trains so where its configuration says so. In a loop of your own, four things
//! make a step of training one in mixed precision:
//!
//! 1. [`cast_weights`] makes a copy of the model in the smaller type, whose gradients reach the weights it was made of;
//!    states and masks follow the copy's number type;
//! 2. the losses of this crate's models are computed in `f32` whatever the type of the logits;
//! 3. the loss is multiplied by [`LossScaler::scale`] before the backward pass;
//! 4. `step_scaled` of an [`Optimizer`](crate::Optimizer) divides the gradients by that scale before it clips them, and
//!    leaves everything as it is where they are not finite, which [`LossScaler::update`] is then told.
//!
//! ```
//! # use burn::{optim::GradientsParams, tensor::Device};
//! # use recurra_cells::{GruConfig, RecurrentConfig, SeededRng};
//! # use recurra_train::{LanguageModelConfig, OptimizerKind, TokenWindow};
//! use recurra_train::{LossScaler, LossScalerConfig, Precision, cast_weights};
//!
//! # let (device, mut rng) = (Device::default().autodiff(), SeededRng::new(1));
//! # let model = LanguageModelConfig::new(9, 4, RecurrentConfig::new(GruConfig::new(4))).init(&device, &mut rng);
//! # let window = TokenWindow::new(vec![1, 2, 3, 4], vec![2, 3, 4, 5], [2, 2]);
//! # let mut optimizer = OptimizerKind::Adam.build(1.0, 0.0)?;
//! Precision::F16.check(&device)?;
//! let mut scaler = LossScaler::new(LossScalerConfig::default())?;
//!
//! let half = cast_weights(model.clone(), Precision::F16);
//! let (logits, _) = half.forward(window.inputs(&device), None);
//! let loss = half.loss(logits, window.targets(&device), None) * scaler.scale();
//! let mut gradients = GradientsParams::from_grads(loss.backward(), &model);
//! drop(half);
//! let (model, norm) = optimizer.step_scaled(1e-3, model, &mut gradients, scaler.scale());
//! scaler.update(!norm.is_finite());
//! # assert_eq!((scaler.scale(), scaler.skipped_steps()), (65536.0, 0));
//! # Ok::<(), recurra_train::Error>(())
//! ```

mod cast;
mod scaler;

pub(crate) use cast::at_least_single;
pub use cast::{Precision, cast_weights};
pub use scaler::{LossScaler, LossScalerConfig, LossScalerState};
