//! Reading the golden files. Their README says what is in them.

use std::path::PathBuf;

use burn::tensor::{Device, Tensor, TensorData};
use recurra_cells::interop::{HostTensor, StateDict};
use recurra_cells::{LstmState, NetworkState, Recurrent, RecurrentCell, RecurrentState};

/// The path of a golden file, `"pytorch/lstm_l1.safetensors"`.
pub fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/goldens")
        .join(name)
}

/// A golden file, without its extension.
pub fn read(name: &str) -> StateDict {
    StateDict::read_safetensors(path(&format!("{name}.safetensors")))
        .expect("the golden file is there")
}

/// The tensor `name` of a golden file.
pub fn tensor<const D: usize>(dict: &StateDict, name: &str, device: &Device) -> Option<Tensor<D>> {
    let upload =
        |tensor: &HostTensor| TensorData::new(tensor.values().to_vec(), tensor.shape().to_vec());
    dict.get(name)
        .map(|tensor| Tensor::from_data(upload(tensor), device))
}

/// The valid steps of each row.
pub fn lengths(dict: &StateDict, name: &str) -> Option<Vec<usize>> {
    dict.get(name).map(|tensor| {
        tensor
            .values()
            .iter()
            .map(|&length| length as usize)
            .collect()
    })
}

/// A state that can be taken from a golden file.
pub trait GoldenState: RecurrentState {
    fn new(hidden: Tensor<2>, cell: Option<Tensor<2>>) -> Self;
    fn cell(&self) -> Option<Tensor<2>>;
}

impl GoldenState for Tensor<2> {
    fn new(hidden: Tensor<2>, _cell: Option<Tensor<2>>) -> Self {
        hidden
    }

    fn cell(&self) -> Option<Tensor<2>> {
        None
    }
}

impl GoldenState for LstmState {
    fn new(hidden: Tensor<2>, cell: Option<Tensor<2>>) -> Self {
        LstmState {
            hidden,
            cell: cell.expect("an LSTM's state has a cell"),
        }
    }

    fn cell(&self) -> Option<Tensor<2>> {
        Some(self.cell.clone())
    }
}

/// The state that `hidden` and `cell` `[L*dirs, B, _]` hold for a network, layer by layer, forward first.
pub fn network_state<C: RecurrentCell<State: GoldenState>>(
    network: &Recurrent<C>,
    hidden: &Tensor<3>,
    cell: Option<&Tensor<3>>,
) -> NetworkState<C::State> {
    let [_, batch, _] = hidden.dims();
    let mut index = 0;
    network.initial_state(batch, &hidden.device()).map(|_| {
        let part = |states: &Tensor<3>| states.clone().narrow(0, index, 1).squeeze_dim(0);
        let state = GoldenState::new(part(hidden), cell.map(part));
        index += 1;
        state
    })
}
