//! Walks over the parameters of a cell.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{DType, Device, Gradients, Tensor};

use super::trace::to_host;
use crate::SeededRng;

/// A parameter's path, and its gradient in row-major order, if it received one.
pub(super) type NamedGradient = (String, Option<Vec<f64>>);

/// The gradient of every parameter.
pub(super) fn gradients<M: Module>(module: &M, gradients: &Gradients) -> Vec<NamedGradient> {
    struct Collector<'a> {
        path: Vec<String>,
        source: &'a Gradients,
        found: Vec<NamedGradient>,
    }
    impl ModuleVisitor for Collector<'_> {
        fn enter_module(&mut self, name: &str, _container_type: &str) {
            self.path.push(name.to_owned());
        }

        fn exit_module(&mut self, _name: &str, _container_type: &str) {
            self.path.pop();
        }

        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let gradient = param.val().grad(self.source).map(to_host);
            self.found.push((self.path.join("."), gradient));
        }
    }
    let mut collector = Collector {
        path: vec![],
        source: gradients,
        found: vec![],
    };
    module.visit(&mut collector);
    collector.found
}

/// Where the parameters live and in which number type.
///
/// # Panics
/// If there is no parameter.
pub(super) fn home<M: Module>(module: &M) -> (Device, DType) {
    struct First(Option<(Device, DType)>);
    impl ModuleVisitor for First {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let tensor = param.val();
            self.0
                .get_or_insert_with(|| (tensor.device(), tensor.dtype()));
        }
    }
    let mut first = First(None);
    module.visit(&mut first);
    first
        .0
        .expect("a cell without parameters has no device to check its laws on")
}

/// The module with every parameter in double precision, and as trainable as before.
pub(super) fn in_double<M: Module>(module: M) -> M {
    map_parameters(module, &mut |values| values)
}

/// The module in double precision with every parameter moved by `scale` times a direction drawn from `seed`.
pub(super) fn moved<M: Module>(module: M, seed: u64, scale: f64) -> M {
    let mut rng = SeededRng::new(seed);
    map_parameters(module, &mut |mut values| {
        values
            .iter_mut()
            .for_each(|value| *value += scale * rng.normal());
        values
    })
}

/// The directional derivative along the direction of [`moved`]; the gradients are in the order of [`gradients`].
pub(super) fn along(gradients: &[NamedGradient], seed: u64) -> f64 {
    let mut rng = SeededRng::new(seed);
    let values = gradients
        .iter()
        .filter_map(|(_, gradient)| gradient.as_ref())
        .flatten();
    values.map(|value| value * rng.normal()).sum()
}

fn map_parameters<M: Module>(module: M, f: &mut dyn FnMut(Vec<f64>) -> Vec<f64>) -> M {
    struct Mapper<'a>(&'a mut dyn FnMut(Vec<f64>) -> Vec<f64>);
    impl ModuleMapper for Mapper<'_> {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let trained = param.is_require_grad();
            param.map(|tensor| {
                let (dims, device) = (tensor.dims(), tensor.device());
                let values = (self.0)(to_host(tensor));
                let data = burn::tensor::TensorData::new(values, dims);
                Tensor::from_data(data, (&device, DType::F64)).set_require_grad(trained)
            })
        }
    }
    module.map(&mut Mapper(f))
}
