//! The training step under measure, the same for every network of tensors, and the same as PyTorch's in `peers.py`.

use burn::module::Module;
use burn::nn::loss::{MseLoss, Reduction};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use recurra_train::{ClippedAdam, ClippedAdamConfig};

use super::networks::random;

const LEARNING_RATE: f64 = 1e-4;
const MAX_NORM: f64 = 1.0;
/// The scale of the random targets.
const TARGET_SCALE: f64 = 0.1;

/// A network in training on one batch.
pub struct Training<M> {
    /// There but for the moment of an update, which takes it by value.
    network: Option<M>,
    optimizer: ClippedAdam,
    inputs: Tensor<3>,
    target: Tensor<3>,
}

impl<M: Module> Training<M> {
    /// Trains `network`, whose weights are on `device` with gradients, from `inputs` of this shape to random targets of
    /// width `outputs`.
    pub fn new(
        network: M,
        [batch, steps, width]: [usize; 3],
        outputs: usize,
        device: &Device,
    ) -> Self {
        Self {
            network: Some(network),
            optimizer: ClippedAdam::new(ClippedAdamConfig::new(MAX_NORM))
                .expect("the default settings are in their ranges"),
            inputs: random([batch, steps, width], device),
            target: random([batch, steps, outputs], device) * TARGET_SCALE,
        }
    }

    /// Forward, mean squared error over all outputs, backward, clipping by the global norm, Adam.
    pub fn step(&mut self, forward: impl Fn(&M, Tensor<3>) -> Tensor<3>) {
        let network = self.network.take().expect("every step puts it back");
        let gradients = self.gradients(forward(&network, self.inputs.clone()), &network);
        let (network, _norm) = self.optimizer.step(LEARNING_RATE, network, gradients);
        self.network = Some(network);
    }

    /// Leaves nothing behind that would hold on to the weights, which are then updated in place.
    fn gradients(&self, outputs: Tensor<3>, network: &M) -> GradientsParams {
        let loss = MseLoss::new().forward(outputs, self.target.clone(), Reduction::Mean);
        GradientsParams::from_grads(loss.backward(), network)
    }
}

#[cfg(test)]
mod tests {
    use burn::nn::LinearConfig;

    use super::*;

    #[test]
    fn a_step_moves_every_weight() {
        let device = Device::default().autodiff();
        let network = LinearConfig::new(3, 2).init(&device);
        let mut training = Training::new(network.clone(), [4, 5, 3], 2, &device);
        training.step(|network, inputs| network.forward(inputs));
        let moved = training.network.expect("it is put back").weight.val() - network.weight.val();
        assert!(moved.abs().min().into_scalar::<f32>() > 0.0);
    }
}
