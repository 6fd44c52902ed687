//! How strongly a loss on the last step pulls at the state after each step before it.
//!
//! ```text
//! s_t     = step(x_t, s_{t-1})                   all that the cell carries: h_t, and an LSTM's memory cell
//! norm[k] = ||dL/ds_{T-1-k}||                    L reads h_{T-1} alone
//! dL/ds_t = (ds_{t+1}/ds_t)^T dL/ds_{t+1}        which a factor r a step makes c * r^k
//! ```

use burn::tensor::Tensor;
use recurra_cells::{NetworkState, Recurrent, RecurrentCell, RecurrentState};

use super::norm::euclidean;
use crate::Error;

/// The norm of a loss's gradient with respect to a state, against the distance from the last step.
#[derive(Clone, Debug, PartialEq)]
pub struct StateGradients {
    norms: Vec<f64>,
}

impl StateGradients {
    /// The norms by distance, `T` of them: `norms()[k]` is that of the state `k` steps before the last.
    pub fn norms(&self) -> &[f64] {
        &self.norms
    }

    /// The norms as shares of that at distance 0.
    pub fn relative(&self) -> Vec<f64> {
        self.norms.iter().map(|norm| norm / self.norms[0]).collect()
    }

    /// The factor `r` that the norm changes by with each step of distance, if it is `c * r^k`: the least-squares line
    /// through its logarithm. Below 1 gradients vanish, above 1 they explode.
    ///
    /// Distance 0 is left out, because the loss does not read all of the state there, and so is what has fallen to 0 in
    /// the weights' number type. NaN with fewer than two distances.
    pub fn decay_per_step(&self) -> f64 {
        let norms = self.norms.iter().enumerate().skip(1);
        let seen = norms.filter(|(_, norm)| **norm > 0.0);
        let points: Vec<(f64, f64)> = seen.map(|(k, norm)| (k as f64, norm.ln())).collect();
        slope(&points).exp()
    }
}

/// The slope of the least-squares line; NaN through fewer than two points.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / count;
    let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / count;
    let covariance: f64 = points
        .iter()
        .map(|(x, y)| (x - mean_x) * (y - mean_y))
        .sum();
    let variance: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    covariance / variance
}

/// Runs `network` over `inputs [B, T, D]` and measures how `loss`, a function of the last layer's last hidden state
/// `[B, H]`, depends on that layer's state after each step (Bengio et al. 1994; Pascanu et al. 2013).
///
/// The norm is the Euclidean one over the batch and over every tensor that the cell carries. What the next step can make
/// use of is the whole state: an LSTM's hidden state alone would miss the memory cell, which is what its gradients travel
/// on. The tensors count as coordinates of their own, so that the gradient of a memory cell is what flows through the next
/// step and not also what it did for its own step's hidden state.
///
/// ```
/// # use burn::tensor::{Device, Tensor};
/// # use recurra_cells::{LstmConfig, RecurrentConfig, SeededRng};
/// # let device = Device::default().autodiff();
/// # let network = RecurrentConfig::new(LstmConfig::new(4)).init(2, &device, &mut SeededRng::new(1));
/// let inputs = Tensor::<3>::ones([3, 20, 2], &device);
/// let gradients = recurra_train::diagnostics::state_gradients(&network, inputs, |hidden| hidden.sum())?;
/// assert_eq!(gradients.norms().len(), 20);
/// assert!(gradients.decay_per_step() < 1.0);
/// # Ok::<(), recurra_train::Error>(())
/// ```
///
/// # Errors
///
/// If the network does not run forward alone.
///
/// # Panics
///
/// If the inputs do not fit the network, have no step, or are not on an autodiff device.
pub fn state_gradients<C: RecurrentCell>(
    network: &Recurrent<C>,
    inputs: Tensor<3>,
    loss: impl FnOnce(Tensor<2>) -> Tensor<1>,
) -> Result<StateGradients, Error> {
    let [batch, steps, width] = inputs.dims();
    assert!(
        steps > 0,
        "gradients need at least one step, got inputs [{batch}, {steps}, {width}]"
    );
    // The gradient of a slice is a tensor of the full size, for each step, and nobody asks for it here.
    let inputs = inputs.detach();
    let mut state = network.initial_state(batch, &inputs.device());
    let mut probes = Vec::with_capacity(steps);
    for step in 0..steps {
        let input = inputs.clone().narrow(1, step, 1).squeeze_dim(1);
        state = network.step(input, state)?.1;
        probes.push(probe(&mut state));
    }
    let gradients = loss(last_state(&mut state).hidden()).backward();
    let norm = |probes: &Vec<Tensor<2>>| {
        let gradients = probes.iter().filter_map(|probe| probe.grad(&gradients));
        euclidean(gradients.flat_map(to_host))
    };
    let norms = probes.iter().rev().map(norm).collect();
    Ok(StateGradients { norms })
}

/// Adds a zero to each tensor of the last layer's state, whose gradient is then the state's own; gives the zeros.
fn probe<S: RecurrentState>(state: &mut NetworkState<S>) -> Vec<Tensor<2>> {
    let mut zeros = Vec::new();
    let last = last_state(state);
    *last = last.clone().map_tensors(&mut |tensor| {
        let zero = tensor.zeros_like().detach().require_grad();
        zeros.push(zero.clone());
        tensor + zero
    });
    zeros
}

fn last_state<S>(state: &mut NetworkState<S>) -> &mut S {
    let last = state
        .layers
        .last_mut()
        .and_then(|layer| layer.forward.as_mut());
    last.expect("a network that can step has layers that run forward")
}

fn to_host(tensor: Tensor<2>) -> Vec<f64> {
    tensor
        .try_into_vec_as()
        .expect("a tensor of numbers reads as f64")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_decay_of_a_geometric_series_is_its_factor(
            factor in 0.1_f64..1.5, scale in 1e-3_f64..1e3, first in 0.0_f64..10.0, steps in 3usize..100
        ) {
            let norms = (1..steps).map(|k| scale * factor.powi(k as i32));
            let gradients = StateGradients { norms: std::iter::once(first).chain(norms).collect() };
            prop_assert!((gradients.decay_per_step() / factor - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn what_has_fallen_to_zero_does_not_count() {
        let gradients = StateGradients {
            norms: vec![1.0, 0.5, 0.25, 0.0, 0.0],
        };
        assert!((gradients.decay_per_step() - 0.5).abs() < 1e-12);
        for norms in [vec![1.0], vec![1.0, 0.5], vec![1.0, 0.5, 0.0]] {
            assert!(StateGradients { norms }.decay_per_step().is_nan());
        }
    }

    #[test]
    fn relative_norms_begin_at_one() {
        let gradients = StateGradients {
            norms: vec![4.0, 2.0, 8.0],
        };
        assert_eq!(gradients.relative(), [1.0, 0.5, 2.0]);
    }
}
