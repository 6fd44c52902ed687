//! Gradients of several windows, whose mean is one over all valid steps.

use burn::module::Module;
use burn::optim::{GradientsAccumulator, GradientsParams};

/// A sum of gradients over windows. The first window counts as 1 and the others by their valid steps, so that windows of
/// one length need no multiplication.
pub(crate) struct GradientSum<M> {
    sum: GradientsAccumulator<M>,
    windows: usize,
    /// The valid steps of the first window.
    first: usize,
    /// Those of all windows.
    steps: usize,
    /// The sum over valid steps.
    loss: f64,
}

/// What windows come to.
pub(crate) struct Summed {
    /// `weight` times the mean over all valid steps.
    pub gradients: GradientsParams,
    /// See `gradients`.
    pub weight: f64,
    /// The mean loss of a valid step.
    pub loss: f64,
}

impl<M: Module> GradientSum<M> {
    /// Of no window.
    pub fn new() -> Self {
        Self {
            sum: GradientsAccumulator::new(),
            windows: 0,
            first: 0,
            steps: 0,
            loss: 0.0,
        }
    }

    /// How many windows it is of.
    pub fn windows(&self) -> usize {
        self.windows
    }

    /// What the gradients of the next window, which has `valid` steps, are to be multiplied by.
    pub fn next_weight(&self, valid: usize) -> f64 {
        match self.windows {
            0 => 1.0,
            _ => valid as f64 / self.first as f64,
        }
    }

    /// Adds a window: its valid steps, the mean loss of one, and the multiplied gradients.
    pub fn add(&mut self, model: &M, valid: usize, loss: f64, gradients: GradientsParams) {
        if self.windows == 0 {
            self.first = valid;
        }
        self.sum.accumulate(model, gradients);
        self.windows += 1;
        self.steps += valid;
        self.loss += loss * valid as f64;
    }

    /// The sum of at least one window.
    pub fn finish(mut self) -> Summed {
        Summed {
            gradients: self.sum.grads(),
            weight: self.steps as f64 / self.first as f64,
            loss: self.loss / self.steps as f64,
        }
    }
}
