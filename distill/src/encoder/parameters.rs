//! Where the parameters of an encoder come from: a folder's tensors, or draws.

use burn::module::Param;
use burn::nn::{Embedding, LayerNorm, LayerNormConfig, Linear};
use burn::tensor::{Device, Tensor, TensorData};
use recurra_cells::SeededRng;

use super::tensors::StoredTensors;
use crate::Error;

/// What a parameter starts from where it is drawn.
#[derive(Clone, Copy)]
pub(super) enum Start {
    Normal,
    Zeros,
    Ones,
}

/// Makes parameters by their names in a BERT's state dict, without the prefix of the layout.
pub(super) trait ParameterSource {
    /// The values of a tensor in row-major order.
    fn values(&mut self, name: &str, shape: &[usize], start: Start) -> Result<Vec<f32>, Error>;

    fn device(&self) -> &Device;

    fn param<const D: usize>(
        &mut self,
        name: &str,
        shape: [usize; D],
        start: Start,
    ) -> Result<Param<Tensor<D>>, Error> {
        let values = self.values(name, &shape, start)?;
        Ok(upload(values, shape, self.device()))
    }

    /// A table of `rows` vectors.
    fn embedding(&mut self, name: &str, rows: usize, width: usize) -> Result<Embedding, Error> {
        let weight = self.param(&format!("{name}.weight"), [rows, width], Start::Normal)?;
        Ok(Embedding { weight })
    }

    /// A layer whose stored weight is `[outputs, inputs]`.
    fn linear(&mut self, name: &str, inputs: usize, outputs: usize) -> Result<Linear, Error> {
        let shape = [outputs, inputs];
        let stored = self.values(&format!("{name}.weight"), &shape, Start::Normal)?;
        // burn's layers want the weight as `[inputs, outputs]`; a view would cost every product its strides.
        let transposed = (0..inputs).flat_map(|input| {
            let column = stored.iter().skip(input).step_by(inputs);
            column.copied()
        });
        let transposed = transposed.collect();
        Ok(Linear {
            weight: upload(transposed, [inputs, outputs], self.device()),
            bias: Some(self.param(&format!("{name}.bias"), [outputs], Start::Zeros)?),
        })
    }

    fn layer_norm(&mut self, name: &str, width: usize, eps: f64) -> Result<LayerNorm, Error> {
        let config = LayerNormConfig::new(width).with_epsilon(eps);
        let mut norm = config.init(self.device());
        norm.gamma = self.param(&format!("{name}.weight"), [width], Start::Ones)?;
        norm.beta = Some(self.param(&format!("{name}.bias"), [width], Start::Zeros)?);
        Ok(norm)
    }
}

fn upload<const D: usize>(
    values: Vec<f32>,
    shape: [usize; D],
    device: &Device,
) -> Param<Tensor<D>> {
    Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), device))
}

/// Parameters out of a folder.
pub(super) struct Stored<'a> {
    pub tensors: &'a StoredTensors,
    pub device: &'a Device,
}

impl ParameterSource for Stored<'_> {
    fn values(&mut self, name: &str, shape: &[usize], _: Start) -> Result<Vec<f32>, Error> {
        self.tensors.values(name, shape)
    }

    fn device(&self) -> &Device {
        self.device
    }
}

/// Parameters drawn on the host, as BERT's authors draw them.
pub(super) struct Drawn<'a> {
    std: f64,
    device: &'a Device,
    rng: &'a mut SeededRng,
}

impl<'a> Drawn<'a> {
    /// Weights are `N(0, std^2)`.
    pub fn new(std: f64, device: &'a Device, rng: &'a mut SeededRng) -> Self {
        Self { std, device, rng }
    }
}

impl ParameterSource for Drawn<'_> {
    fn values(&mut self, _: &str, shape: &[usize], start: Start) -> Result<Vec<f32>, Error> {
        let count = shape.iter().product();
        Ok(match start {
            Start::Normal => (0..count)
                .map(|_| (self.std * self.rng.normal()) as f32)
                .collect(),
            Start::Zeros => vec![0.0; count],
            Start::Ones => vec![1.0; count],
        })
    }

    fn device(&self) -> &Device {
        self.device
    }
}
