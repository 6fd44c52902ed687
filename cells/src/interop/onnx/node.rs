//! One node of an ONNX graph: its attributes and its weights.

use super::PEEPHOLES;
use super::gates::GateOrder;
use crate::interop::HostTensor;
use crate::interop::pytorch::first_layer_suffixes;
use crate::{Direction, Error, ops};

/// Which recurrent operator a node is, with the attributes that only it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnnxOperator {
    /// `RNN`.
    Rnn,
    /// `LSTM`.
    Lstm {
        /// Whether `f = 1 - i`, and the forget gate's rows are not read. ONNX's default: no.
        input_forget: bool,
    },
    /// `GRU`.
    Gru {
        /// Whether the reset gate acts after the recurrent product. ONNX's default: no.
        linear_before_reset: bool,
    },
}

/// A recurrent node, with `dirs` 1 or 2 directions.
#[derive(Clone, Debug, PartialEq)]
pub struct OnnxNode {
    /// Which operator it is.
    pub operator: OnnxOperator,
    /// `forward`, `reverse` or `bidirectional`.
    pub direction: Direction,
    /// `H`.
    pub hidden_size: usize,
    /// Clips what goes into the activations. ONNX's default: none.
    pub clip: Option<f64>,
    /// The activations' names, direction by direction; empty for ONNX's defaults.
    pub activations: Vec<String>,
    /// `W [dirs, G*H, D]`.
    pub w: HostTensor,
    /// `R [dirs, G*H, H]`.
    pub r: HostTensor,
    /// `B [dirs, 2*G*H]`, the input's half first.
    pub b: Option<HostTensor>,
    /// `P [dirs, 3*H]`, peepholes `i o f`.
    pub p: Option<HostTensor>,
}

impl OnnxOperator {
    pub(super) fn gate_order(self) -> GateOrder {
        match self {
            Self::Rnn => GateOrder::RNN,
            Self::Lstm {
                input_forget: false,
            } => GateOrder::LSTM,
            Self::Lstm { input_forget: true } => GateOrder::COUPLED_LSTM,
            Self::Gru { .. } => GateOrder::GRU,
        }
    }

    /// Its name in ONNX.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Rnn => "RNN",
            Self::Lstm { .. } => "LSTM",
            Self::Gru { .. } => "GRU",
        }
    }
}

impl OnnxNode {
    /// What PyTorch's names end in, a direction each.
    pub(super) fn suffixes(&self) -> Vec<String> {
        first_layer_suffixes(self.direction)
    }

    /// # Errors
    /// If a tensor is not of the shape that the attributes ask for.
    pub(super) fn validate(&self) -> Result<(), Error> {
        let (directions, hidden) = (self.suffixes().len(), self.hidden_size);
        ops::check_size("hidden_size", hidden)?;
        let rows = self.operator.gate_order().onnx_gates * hidden;
        check_shape("W", &self.w, &[directions, rows, columns(&self.w)])?;
        check_shape("R", &self.r, &[directions, rows, hidden])?;
        if let Some(b) = &self.b {
            check_shape("B", b, &[directions, 2 * rows])?;
        }
        if let Some(p) = &self.p {
            check_shape("P", p, &[directions, PEEPHOLES.len() * hidden])?;
        }
        Ok(())
    }

    /// Whether the activations of every direction are `expected`. ONNX ignores case, and lists none for its defaults.
    pub(super) fn activations_are(&self, expected: &[&str]) -> bool {
        let chunks = || self.activations.chunks(expected.len());
        let same = |chunk: &[String]| {
            chunk
                .iter()
                .zip(expected)
                .all(|(name, other)| name.eq_ignore_ascii_case(other))
        };
        self.activations.len() == self.suffixes().len() * expected.len() && chunks().all(same)
    }
}

/// The last extent of a tensor.
pub(super) fn columns(tensor: &HostTensor) -> usize {
    tensor.shape().last().copied().unwrap_or(0)
}

fn check_shape(name: &str, tensor: &HostTensor, expected: &[usize]) -> Result<(), Error> {
    match tensor.shape() == expected {
        true => Ok(()),
        false => Err(Error::tensor_shape(
            name,
            format!("{expected:?}"),
            tensor.shape(),
        )),
    }
}
