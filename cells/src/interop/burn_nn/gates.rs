//! One direction's gates, in burn's layout and in PyTorch's.

use burn::module::Param;
use burn::nn::{GateController, Linear};
use burn::tensor::{Device, Tensor, TensorData};

use crate::Error;
use crate::interop::host_tensor::host_values;
use crate::interop::{HostTensor, StateDict};

/// A gate of a burn module, with the sign that its weights have in our cell.
pub(super) struct Gate<'a> {
    pub(super) controller: &'a GateController,
    sign: f32,
}

impl<'a> Gate<'a> {
    /// The gate as it is.
    pub(super) fn new(controller: &'a GateController) -> Self {
        Self {
            controller,
            sign: 1.0,
        }
    }

    /// One minus the gate: since `1 - sigmoid(a) = sigmoid(-a)`, that is its weights negated.
    pub(super) fn complement(controller: &'a GateController) -> Self {
        Self {
            controller,
            sign: -1.0,
        }
    }

    /// The values of a tensor of this gate, with its sign.
    fn values<const D: usize>(&self, tensor: &Tensor<D>) -> Vec<f32> {
        host_values(tensor)
            .into_iter()
            .map(|value| self.sign * value)
            .collect()
    }

    /// A bias `[H]`; zeros where burn has none.
    fn bias(&self, linear: &Linear) -> Vec<f32> {
        let [_, hidden] = linear.weight.dims();
        match &linear.bias {
            Some(bias) => self.values(&bias.val()),
            None => vec![0.0; hidden],
        }
    }

    pub(super) fn has_bias(&self) -> bool {
        self.controller.input_transform.bias.is_some()
            || self.controller.hidden_transform.bias.is_some()
    }
}

/// Adds the gates of one direction, in our order, under PyTorch's names.
pub(super) fn read_gates(
    gates: &[Gate<'_>],
    suffix: &str,
    dict: &mut StateDict,
) -> Result<(), Error> {
    let input: fn(&GateController) -> &Linear = |gate| &gate.input_transform;
    let recurrent: fn(&GateController) -> &Linear = |gate| &gate.hidden_transform;
    for (side, linear) in [("ih", input), ("hh", recurrent)] {
        let [columns, hidden] = linear(gates[0].controller).weight.dims();
        let rows = gates.len() * hidden;
        let transposed =
            |gate: &Gate<'_>| gate.values(&linear(gate.controller).weight.val().transpose());
        let weights = gates.iter().flat_map(transposed).collect();
        dict.insert(&format!("weight_{side}{suffix}"), [rows, columns], weights)?;
        if gates.iter().any(Gate::has_bias) {
            let biases = gates
                .iter()
                .flat_map(|gate| gate.bias(linear(gate.controller)));
            dict.insert(&format!("bias_{side}{suffix}"), [rows], biases.collect())?;
        }
    }
    Ok(())
}

/// One direction's weights, gates in our order, to be cut into burn's.
pub(super) struct GateRows {
    /// `[G*H, D]` and `[G*H]`.
    input: (HostTensor, Option<HostTensor>),
    /// `[G*H, H]` and `[G*H]`.
    recurrent: (HostTensor, Option<HostTensor>),
    device: Device,
}

impl GateRows {
    /// Takes the weights whose names end in `suffix`.
    pub(super) fn take(dict: &mut StateDict, suffix: &str, device: &Device) -> Self {
        let mut take = |name: &str| dict.remove(&format!("{name}{suffix}"));
        let mut weight = |name| take(name).expect("a network has its weights");
        let weights = [weight("weight_ih"), weight("weight_hh")];
        let biases = [take("bias_ih"), take("bias_hh")];
        let ([input_weight, recurrent_weight], [input_bias, recurrent_bias]) = (weights, biases);
        Self {
            input: (input_weight, input_bias),
            recurrent: (recurrent_weight, recurrent_bias),
            device: device.clone(),
        }
    }

    /// The gate `index`.
    pub(super) fn gate(&self, index: usize) -> GateController {
        self.signed_gate(index, 1.0)
    }

    /// One minus the gate `index`.
    pub(super) fn complement(&self, index: usize) -> GateController {
        self.signed_gate(index, -1.0)
    }

    fn signed_gate(&self, index: usize, sign: f32) -> GateController {
        let linear = |(weight, bias): &(HostTensor, Option<HostTensor>)| {
            let bias: Option<Tensor<1>> = bias.as_ref().map(|bias| self.rows(bias, index, sign));
            // A cell that PyTorch has no module for has one bias; burn has two wherever it has one.
            let zeros = || {
                self.input
                    .1
                    .as_ref()
                    .map(|bias| self.rows(bias, index, sign).zeros_like())
            };
            Linear {
                weight: Param::from_tensor(self.rows::<2>(weight, index, sign).transpose()),
                bias: bias.or_else(zeros).map(Param::from_tensor),
            }
        };
        GateController {
            input_transform: linear(&self.input),
            hidden_transform: linear(&self.recurrent),
        }
    }

    /// The rows of one gate, times `sign`.
    fn rows<const D: usize>(&self, tensor: &HostTensor, index: usize, sign: f32) -> Tensor<D> {
        let hidden = self.recurrent.0.shape()[1];
        let mut shape = tensor.shape().to_vec();
        shape[0] = hidden;
        let size = shape.iter().product::<usize>();
        let values: Vec<f32> = tensor.values()[index * size..][..size]
            .iter()
            .map(|value| sign * value)
            .collect();
        Tensor::from_data(TensorData::new(values, shape), &self.device)
    }
}
