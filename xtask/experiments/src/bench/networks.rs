//! The networks under measure: ours, one step at a time, and burn's.

use burn::module::Module;
use burn::nn;
use burn::tensor::{Device, Tensor};
use recurra_cells::{
    CellConfig, Direction, GruConfig, LstmConfig, NetworkInput, PeepholeLstmConfig, Recurrent,
    RecurrentCell, RecurrentConfig, RnnConfig, SeededRng,
};

/// `[B, T, D, H]`.
pub type Shape = [usize; 4];

/// The cells of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Cell {
    Rnn,
    Lstm,
    Peephole,
    Gru,
    Bilstm,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Forward and backward over the whole sequence.
    Train,
    /// Forward alone, without a graph.
    Infer,
    /// One step of streaming, at `T = 1`.
    Step,
}

/// Something to time.
pub type Way = Box<dyn FnMut()>;

/// Our network, through the plain tensor API.
pub fn ours(cell: Cell, mode: Mode, shape: Shape, device: &Device) -> Way {
    let [_, _, _, hidden] = shape;
    match cell {
        Cell::Rnn => stepwise(
            RecurrentConfig::new(RnnConfig::new(hidden)),
            mode,
            shape,
            device,
        ),
        Cell::Lstm => stepwise(
            RecurrentConfig::new(LstmConfig::new(hidden)),
            mode,
            shape,
            device,
        ),
        Cell::Peephole => stepwise(
            RecurrentConfig::new(PeepholeLstmConfig::new(hidden)),
            mode,
            shape,
            device,
        ),
        Cell::Gru => stepwise(
            RecurrentConfig::new(GruConfig::new(hidden)),
            mode,
            shape,
            device,
        ),
        Cell::Bilstm => {
            let config =
                RecurrentConfig::new(LstmConfig::new(hidden)).with_direction(Direction::Both);
            stepwise(config, mode, shape, device)
        }
    }
}

fn stepwise<C: CellConfig>(
    config: RecurrentConfig<C>,
    mode: Mode,
    shape: Shape,
    device: &Device,
) -> Way {
    let input_size = shape[2];
    let network = config.init(
        input_size,
        &device.clone().autodiff(),
        &mut SeededRng::new(1),
    );
    match mode {
        Mode::Train => train(network, shape, device, run),
        Mode::Infer => infer(network, shape, device, run),
        Mode::Step => streaming(network.valid(), shape, device),
    }
}

fn run<C: RecurrentCell>(network: &Recurrent<C>, inputs: Tensor<3>) -> Tensor<3> {
    network.forward(NetworkInput::new(inputs)).outputs
}

/// One step a call, the state carried from call to call.
fn streaming<C: RecurrentCell>(network: Recurrent<C>, shape: Shape, device: &Device) -> Way {
    let [batch, _, width, _] = shape;
    let input = Tensor::<2>::ones([batch, width], device);
    let mut state = Some(network.initial_state(batch, device));
    Box::new(move || {
        let carried = state
            .take()
            .expect("the state is put back after every step");
        let (output, next) = network
            .step(input.clone(), carried)
            .expect("a forward network streams");
        read(output.sum());
        state = Some(next);
    })
}

/// burn's network, where it has one for this cell and mode.
pub fn burns(cell: Cell, mode: Mode, shape: Shape, device: &Device) -> Option<Way> {
    let [_, _, width, hidden] = shape;
    let home = device.clone().autodiff();
    match cell {
        Cell::Rnn => {
            let network = nn::RnnConfig::new(width, hidden, true).init(&home);
            whole(network, mode, shape, device, |network, inputs| {
                network.forward(inputs, None).0
            })
        }
        Cell::Lstm => {
            let network = nn::LstmConfig::new(width, hidden, true).init(&home);
            whole(network, mode, shape, device, |network, inputs| {
                network.forward(inputs, None).0
            })
        }
        Cell::Gru => {
            let network = nn::GruConfig::new(width, hidden, true).init(&home);
            whole(network, mode, shape, device, |network, inputs| {
                network.forward(inputs, None)
            })
        }
        Cell::Bilstm => {
            let network = nn::BiLstmConfig::new(width, hidden, true).init(&home);
            whole(network, mode, shape, device, |network, inputs| {
                network.forward(inputs, None).0
            })
        }
        Cell::Peephole => None,
    }
}

fn whole<M: Module + 'static>(
    network: M,
    mode: Mode,
    shape: Shape,
    device: &Device,
    forward: impl Fn(&M, Tensor<3>) -> Tensor<3> + 'static,
) -> Option<Way> {
    match mode {
        Mode::Train => Some(train(network, shape, device, forward)),
        Mode::Infer => Some(infer(network, shape, device, forward)),
        Mode::Step => None,
    }
}

fn train<M: Module + 'static>(
    network: M,
    [batch, steps, width, _]: Shape,
    device: &Device,
    forward: impl Fn(&M, Tensor<3>) -> Tensor<3> + 'static,
) -> Way {
    let device = device.clone().autodiff();
    let inputs = Tensor::<3>::ones([batch, steps, width], &device);
    Box::new(move || {
        let loss = forward(&network, inputs.clone()).sum();
        let gradients = burn::optim::GradientsParams::from_grads(loss.backward(), &network);
        assert!(!gradients.is_empty(), "a training step gives gradients");
        device.sync().expect("the device finishes its work");
    })
}

fn infer<M: Module + 'static>(
    network: M,
    [batch, steps, width, _]: Shape,
    device: &Device,
    forward: impl Fn(&M, Tensor<3>) -> Tensor<3> + 'static,
) -> Way {
    let (network, inputs) = (
        network.valid(),
        Tensor::<3>::ones([batch, steps, width], device),
    );
    Box::new(move || read(forward(&network, inputs.clone()).sum()))
}

/// Waits for a result.
fn read(result: Tensor<1>) {
    assert!(
        result.into_scalar::<f32>().is_finite(),
        "a measured network gives finite outputs"
    );
}
