//! What the attributes of an ONNX node mean for each cell.

use super::{ONNX, OnnxNode, OnnxOperator};
use crate::interop::HostTensor;
use crate::interop::pytorch::PytorchCell;
use crate::{
    CellConfig, Direction, Error, GruCell, GruConfig, InputGate, LstmCell, LstmConfig,
    Nonlinearity, PeepholeLstmCell, PeepholeLstmConfig, Peepholes, RecurrentCell, Reset, RnnCell,
    RnnConfig,
};

/// ONNX's activations of an LSTM and of a GRU, which are the only ones that our cells have.
const LSTM_ACTIVATIONS: [&str; 3] = ["Sigmoid", "Tanh", "Tanh"];
const GRU_ACTIVATIONS: [&str; 2] = ["Sigmoid", "Tanh"];

/// A cell that ONNX has an operator for.
pub trait OnnxCell: PytorchCell {
    /// What the cell is built from.
    type Config: CellConfig<Cell = Self>;

    /// The configuration that the attributes of `node` ask for.
    ///
    /// # Errors
    /// If the node is another operator, or the cell has no counterpart of an attribute.
    fn config_from_onnx(node: &OnnxNode) -> Result<Self::Config, Error>;

    /// A node with the attributes of this cell: one direction, forward, its tensors still empty.
    ///
    /// # Errors
    /// If ONNX has no counterpart of one of the cell's options.
    fn to_onnx_attributes(&self) -> Result<OnnxNode, Error>;
}

impl OnnxCell for RnnCell {
    type Config = RnnConfig;

    fn config_from_onnx(node: &OnnxNode) -> Result<RnnConfig, Error> {
        let OnnxOperator::Rnn = node.operator else {
            return Err(wrong_operator(node, "an RNN cell"));
        };
        refuse_clip(node, "an RNN cell")?;
        let nonlinearity = if node.activations.is_empty() || node.activations_are(&["Tanh"]) {
            Nonlinearity::Tanh
        } else if node.activations_are(&["Relu"]) {
            Nonlinearity::Relu
        } else {
            return Err(other_activations(node, "an RNN cell"));
        };
        Ok(RnnConfig::new(node.hidden_size)
            .with_bias(node.b.is_some())
            .with_nonlinearity(nonlinearity))
    }

    fn to_onnx_attributes(&self) -> Result<OnnxNode, Error> {
        let activation = match self.nonlinearity() {
            Nonlinearity::Tanh => "Tanh",
            Nonlinearity::Relu => "Relu",
        };
        attributes(OnnxOperator::Rnn, self.hidden_size(), None, &[activation])
    }
}

impl OnnxCell for LstmCell {
    type Config = LstmConfig;

    fn config_from_onnx(node: &OnnxNode) -> Result<LstmConfig, Error> {
        let OnnxOperator::Lstm { input_forget } = node.operator else {
            return Err(wrong_operator(node, "an LSTM cell"));
        };
        if node.p.is_some() {
            return Err(Error::no_counterpart("P", "an LSTM cell without peepholes"));
        }
        require_activations(node, &LSTM_ACTIVATIONS, "an LSTM cell")?;
        let input_gate = match input_forget {
            true => InputGate::Coupled,
            false => InputGate::Independent,
        };
        let config = LstmConfig::new(node.hidden_size)
            .with_bias(node.b.is_some())
            .with_input_gate(input_gate);
        Ok(LstmConfig {
            gate_clip: node.clip,
            ..config
        })
    }

    fn to_onnx_attributes(&self) -> Result<OnnxNode, Error> {
        if self.weight_hr.is_some() {
            return Err(Error::no_counterpart("a projection", ONNX));
        }
        if let Some(clip) = self.cell_clip() {
            return Err(Error::no_counterpart(format!("cell_clip {clip}"), ONNX));
        }
        let operator = OnnxOperator::Lstm {
            input_forget: self.input_gate() == InputGate::Coupled,
        };
        attributes(
            operator,
            self.hidden_size(),
            self.gate_clip(),
            &LSTM_ACTIVATIONS,
        )
    }
}

impl OnnxCell for PeepholeLstmCell {
    type Config = PeepholeLstmConfig;

    fn config_from_onnx(node: &OnnxNode) -> Result<PeepholeLstmConfig, Error> {
        let OnnxOperator::Lstm { input_forget } = node.operator else {
            return Err(wrong_operator(node, "a peephole LSTM cell"));
        };
        if input_forget {
            return Err(Error::no_counterpart(
                "input_forget",
                "a peephole LSTM cell",
            ));
        }
        require_activations(node, &LSTM_ACTIVATIONS, "a peephole LSTM cell")?;
        let open = node.p.is_some();
        let config = PeepholeLstmConfig::new(node.hidden_size).with_bias(node.b.is_some());
        let config = config.with_peepholes(Peepholes {
            input: open,
            forget: open,
            output: open,
        });
        Ok(PeepholeLstmConfig {
            gate_clip: node.clip,
            ..config
        })
    }

    fn to_onnx_attributes(&self) -> Result<OnnxNode, Error> {
        let operator = OnnxOperator::Lstm {
            input_forget: false,
        };
        attributes(
            operator,
            self.hidden_size(),
            self.gate_clip(),
            &LSTM_ACTIVATIONS,
        )
    }
}

impl OnnxCell for GruCell {
    type Config = GruConfig;

    fn config_from_onnx(node: &OnnxNode) -> Result<GruConfig, Error> {
        let OnnxOperator::Gru {
            linear_before_reset,
        } = node.operator
        else {
            return Err(wrong_operator(node, "a GRU cell"));
        };
        refuse_clip(node, "a GRU cell")?;
        require_activations(node, &GRU_ACTIVATIONS, "a GRU cell")?;
        let reset = match linear_before_reset {
            true => Reset::After,
            false => Reset::Before,
        };
        Ok(GruConfig::new(node.hidden_size)
            .with_bias(node.b.is_some())
            .with_reset(reset))
    }

    fn to_onnx_attributes(&self) -> Result<OnnxNode, Error> {
        let operator = OnnxOperator::Gru {
            linear_before_reset: self.reset() == Reset::After,
        };
        attributes(operator, self.hidden_size(), None, &GRU_ACTIVATIONS)
    }
}

/// A forward node without weights yet.
fn attributes(
    operator: OnnxOperator,
    hidden_size: usize,
    clip: Option<f64>,
    activations: &[&str],
) -> Result<OnnxNode, Error> {
    let empty = HostTensor::new("an empty tensor", [0], Vec::new())?;
    Ok(OnnxNode {
        operator,
        direction: Direction::Forward,
        hidden_size,
        clip,
        activations: activations.iter().map(|name| (*name).to_owned()).collect(),
        w: empty.clone(),
        r: empty,
        b: None,
        p: None,
    })
}

fn wrong_operator(node: &OnnxNode, cell: &'static str) -> Error {
    Error::no_counterpart(format!("operator {}", node.operator.name()), cell)
}

fn other_activations(node: &OnnxNode, cell: &'static str) -> Error {
    Error::no_counterpart(format!("activations {}", node.activations.join(",")), cell)
}

fn require_activations(
    node: &OnnxNode,
    expected: &[&str],
    cell: &'static str,
) -> Result<(), Error> {
    match node.activations.is_empty() || node.activations_are(expected) {
        true => Ok(()),
        false => Err(other_activations(node, cell)),
    }
}

/// Our RNN and GRU clip nothing.
fn refuse_clip(node: &OnnxNode, cell: &'static str) -> Result<(), Error> {
    match node.clip {
        Some(clip) => Err(Error::no_counterpart(format!("clip {clip}"), cell)),
        None => Ok(()),
    }
}
