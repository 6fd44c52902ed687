//! Weight drop: dropout of recurrent weights.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::Tensor;
use recurra_cells::SeededRng;

use super::dropout_mask;

/// `module` with recurrent weights dropped: each number of each parameter whose name begins with `weight_hh` is 0 with
/// this probability and multiplied by `1 / (1 - probability)` elsewhere (DropConnect, Wan et al. 2013, on recurrent weights,
/// as in AWD-LSTM, Merity et al. 2018).
///
/// The result is for the forward passes of one window of training. A masked weight is computed from the parameter and has
/// its identity: gradients flow through the mask to the parameter of the module that was given, which is the one to
/// collect gradients for, to step and to evaluate.
///
/// ```
/// # use burn::{optim::GradientsParams, tensor::{Device, Tensor}};
/// # use recurra_cells::{NetworkInput, RecurrentConfig, RnnConfig, SeededRng};
/// # let (device, mut rng) = (Device::default().autodiff(), SeededRng::new(1));
/// # let model = RecurrentConfig::new(RnnConfig::new(3)).init(2, &device, &mut rng);
/// # let input = NetworkInput::new(Tensor::ones([1, 4, 2], &device));
/// let dropped = recurra_train::drop_recurrent_weights(model.clone(), 0.5, &mut rng);
/// let loss = dropped.forward(input).outputs.sum();
/// let gradients = GradientsParams::from_grads(loss.backward(), &model);
/// # assert_eq!(gradients.len(), 3);
/// ```
///
/// A probability of 0 gives the module itself and draws nothing.
///
/// # Panics
///
/// If `probability` is outside `[0, 1)`.
pub fn drop_recurrent_weights<M: Module>(module: M, probability: f64, rng: &mut SeededRng) -> M {
    if probability == 0.0 {
        return module;
    }
    module.map(&mut Drop {
        probability,
        rng,
        names: Vec::new(),
    })
}

/// Masks recurrent weights.
struct Drop<'a> {
    probability: f64,
    rng: &'a mut SeededRng,
    /// Those of the modules around a parameter, its own last.
    names: Vec<String>,
}

impl ModuleMapper for Drop<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.names.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.names.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = self.names.last();
        if !name.is_some_and(|name| name.starts_with("weight_hh")) {
            return param;
        }
        let (id, weight, mapper) = param.consume();
        let shape = weight.shape();
        let options = (&weight.device(), weight.dtype());
        let mask = dropout_mask(
            [1, shape.num_elements()],
            self.probability,
            options,
            self.rng,
        );
        Param::from_mapped_value(id, weight * mask.reshape(shape), mapper)
    }
}
