//! The tensors and attributes of ONNX's `RNN`, `LSTM` and `GRU` operators; whoever reads the graph hands them over.
//!
//! Gates come in another order there (`i o f c`, `z r h`, peepholes `i o f`), each direction's tensors are stacked, and
//! `X` is `[T, B, D]` where a network takes `[B, T, D]`. ONNX's `clip` is an LSTM's `gate_clip`. A row of length 0 returns
//! its initial state here; ONNX Runtime returns zeros.
//!
//! ```
//! use burn::tensor::Device;
//! use recurra_cells::{Gru, GruConfig, RecurrentConfig, SeededRng};
//!
//! let device = Device::default();
//! let network = RecurrentConfig::new(GruConfig::new(8)).init(4, &device, &mut SeededRng::new(1));
//! let node = network.to_onnx()?;
//! assert_eq!(node.w.shape(), [1, 24, 4]);
//! assert_eq!(Gru::from_onnx(&node, &device)?.to_pytorch("")?, network.to_pytorch("")?);
//! # Ok::<(), recurra_cells::Error>(())
//! ```

mod cells;
mod gates;
mod node;

pub use cells::OnnxCell;
pub use node::{OnnxNode, OnnxOperator};

use burn::tensor::Device;

use super::{HostTensor, StateDict};
use crate::{Error, Recurrent, RecurrentConfig};
use node::columns;

/// The name of the other side in messages.
const ONNX: &str = "ONNX";

/// PyTorch's names of the peepholes, in the order of `P`.
const PEEPHOLES: [&str; 3] = ["peephole_i", "peephole_o", "peephole_f"];

impl<C: OnnxCell> Recurrent<C> {
    /// The one-layer network that computes what `node` computes.
    ///
    /// # Errors
    /// If a tensor is not of the shape that the attributes ask for, or the cell has no counterpart of an attribute.
    pub fn from_onnx(node: &OnnxNode, device: &Device) -> Result<Self, Error> {
        node.validate()?;
        let config =
            RecurrentConfig::new(C::config_from_onnx(node)?).with_direction(node.direction);
        config.load_pytorch(&to_pytorch(node)?, "", device)
    }

    /// The node that computes what this network computes.
    ///
    /// # Errors
    /// If the network has more than one layer, a residual connection, directions that are not side by side, or a cell with
    /// an option that ONNX has no counterpart of.
    pub fn to_onnx(&self) -> Result<OnnxNode, Error> {
        self.assert_plain_layer("one ONNX node")?;
        let cell = self.layers[0]
            .cells()
            .next()
            .expect("a layer has at least one direction");
        let mut node = cell.to_onnx_attributes()?;
        node.direction = self.direction();
        node.activations = vec![node.activations.clone(); node.suffixes().len()].concat();
        from_pytorch(node, &self.to_pytorch("")?)
    }
}

/// The tensors of `node` under PyTorch's names, in PyTorch's gate order.
fn to_pytorch(node: &OnnxNode) -> Result<StateDict, Error> {
    let order = node.operator.gate_order();
    let (hidden, input) = (node.hidden_size, columns(&node.w));
    let rows = order.ours.len() * hidden;
    let mut dict = StateDict::new();
    for (index, suffix) in node.suffixes().iter().enumerate() {
        let name = |weight: &str| format!("{weight}{suffix}");
        let part = |tensor: &HostTensor| nth(tensor, index, node.suffixes().len());
        dict.insert(
            &name("weight_ih"),
            [rows, input],
            order.to_ours(&part(&node.w)),
        )?;
        dict.insert(
            &name("weight_hh"),
            [rows, hidden],
            order.to_ours(&part(&node.r)),
        )?;
        if let Some(biases) = node.b.as_ref().map(part) {
            let (input, recurrent) = biases.split_at(biases.len() / 2);
            dict.insert(&name("bias_ih"), [rows], order.to_ours(input))?;
            dict.insert(&name("bias_hh"), [rows], order.to_ours(recurrent))?;
        }
        if let Some(peepholes) = node.p.as_ref().map(part) {
            for (weight, values) in PEEPHOLES.iter().zip(peepholes.chunks(hidden)) {
                dict.insert(&name(weight), [hidden], values.to_vec())?;
            }
        }
    }
    Ok(dict)
}

/// `node` with the tensors of a state dict of its network.
fn from_pytorch(mut node: OnnxNode, dict: &StateDict) -> Result<OnnxNode, Error> {
    let (order, hidden) = (node.operator.gate_order(), node.hidden_size);
    let suffixes = node.suffixes();
    let (directions, rows) = (suffixes.len(), order.onnx_gates * hidden);
    let gates = |name: &str, suffix: &str| {
        let tensor = dict.get(&format!("{name}{suffix}"))?;
        Some(order.to_onnx(tensor.values()))
    };
    let stack = |part: &dyn Fn(&str) -> Option<Vec<f32>>| -> Option<Vec<f32>> {
        let parts: Option<Vec<_>> = suffixes.iter().map(|suffix| part(suffix)).collect();
        Some(parts?.concat())
    };
    let w = stack(&|suffix| gates("weight_ih", suffix)).expect("a network has its weights");
    let r = stack(&|suffix| gates("weight_hh", suffix)).expect("a network has its weights");
    let b = stack(&|suffix| {
        let input = gates("bias_ih", suffix)?;
        // A cell that PyTorch has no module for has one bias; ONNX always has two.
        let recurrent = gates("bias_hh", suffix).unwrap_or_else(|| vec![0.0; rows]);
        Some([input, recurrent].concat())
    });
    let p = stack(&|suffix| peepholes(dict, suffix, hidden));
    node.w = HostTensor::new("W", [directions, rows, w.len() / (directions * rows)], w)?;
    node.r = HostTensor::new("R", [directions, rows, hidden], r)?;
    node.b = b
        .map(|b| HostTensor::new("B", [directions, 2 * rows], b))
        .transpose()?;
    node.p = p
        .map(|p| HostTensor::new("P", [directions, PEEPHOLES.len() * hidden], p))
        .transpose()?;
    Ok(node)
}

/// One direction of `P`, zeros for a peephole that the cell has not; nothing where it has none.
fn peepholes(dict: &StateDict, suffix: &str, hidden: usize) -> Option<Vec<f32>> {
    let tensors = PEEPHOLES.map(|name| dict.get(&format!("{name}{suffix}")));
    let closed = vec![0.0; hidden];
    let open = tensors.iter().any(Option::is_some);
    let values = tensors
        .iter()
        .flat_map(|tensor| tensor.map_or(closed.as_slice(), HostTensor::values));
    open.then(|| values.copied().collect())
}

/// The values of direction `index` of `count`.
fn nth(tensor: &HostTensor, index: usize, count: usize) -> Vec<f32> {
    let size = tensor.values().len() / count;
    tensor.values()[index * size..][..size].to_vec()
}
