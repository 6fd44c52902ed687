//! Truncated backpropagation in burn-train's learner (feature `learner`).
//!
//! burn-train brings metrics, a dashboard, a summary, checkpoints after each epoch, early stopping and interruption; the
//! [`TruncatedBpttStrategy`] brings the state that flows from window to window, gradients that are clipped by their global
//! norm, and regularisation. A [`SequenceModel`](crate::SequenceModel) needs nothing more than to be made [`Learnable`].
//!
//! ```
//! use burn::optim::SgdConfig;
//! use burn_train::metric::{LossMetric, PerplexityMetric};
//! use burn_train::{Learner, SupervisedTraining};
//! use recurra_train::learner::{Learnable, StrategyConfig, TruncatedBpttStrategy, window_loader};
//! use recurra_train::{ScheduledRate, schedule::Schedule};
//!
//! # use burn::tensor::Device;
//! # use recurra_cells::{LstmConfig, RecurrentConfig, SeededRng};
//! # use recurra_train::{LanguageModelConfig, TokenWindow};
//! # let config = LanguageModelConfig::new(5, 4, RecurrentConfig::new(LstmConfig::new(8)));
//! # let model = config.init(&Device::default(), &mut SeededRng::new(1));
//! # let train = vec![TokenWindow::new(vec![0, 1, 2], vec![1, 2, 3], [1, 3])];
//! # let valid = train.clone();
//! # let folder = tempfile::tempdir().expect("a temporary folder");
//! # let folder = folder.path();
//! let config = StrategyConfig { max_norm: 0.25, ..StrategyConfig::default() };
//! let rate = ScheduledRate::new(Schedule::Constant, 20.0)?;
//! let result = SupervisedTraining::new(folder, window_loader(train), window_loader(valid))
//!     .metrics((LossMetric::new(), PerplexityMetric::new()))
//!     .num_epochs(2)
//!     .with_default_checkpointers()
//!     .with_training_strategy(TruncatedBpttStrategy::new(config, 1)?.into())
//! #   .with_application_logger(None)
//!     .launch(Learner::new(Learnable::new(model), SgdConfig::new().init(), rate));
//! let model = result.model.into_inner();
//! # Ok::<(), recurra_train::Error>(())
//! ```
//!
//! The loader's items are windows in order, each the continuation of the one before, in every epoch from the first on:
//! nothing may shuffle them or hand them out from several threads. [`window_loader`] makes such a loader of a list. An epoch
//! begins with the initial state, in training and in validation; full backpropagation is the same with windows as long as
//! the sequences.

#![cfg(feature = "learner")]

mod learnable;
mod loader;
mod output;
mod run;
mod strategy;
mod trainer;

pub use learnable::{Learnable, SequenceLearner};
pub use loader::window_loader;
pub use output::WindowOutput;
pub use strategy::{StrategyConfig, TruncatedBpttStrategy};
