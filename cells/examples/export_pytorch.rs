//! Writes small networks as safetensors files that PyTorch loads, with inputs and outputs to check them by.
//!
//! ```text
//! cargo run -p recurra-cells --features flex --example export_pytorch -- DIR
//! python cells/tests/goldens/load_in_pytorch.py DIR/*.safetensors
//! ```

use std::error::Error;
use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use recurra_cells::interop::StateDict;
use recurra_cells::interop::pytorch::PytorchCell;
use recurra_cells::{
    CellConfig, Direction, GruConfig, Lengths, LstmConfig, NetworkInput, Nonlinearity,
    RecurrentConfig, RnnConfig, SeededRng,
};

/// `B`, `T`, `D` and `H`.
const BATCH: usize = 3;
const STEPS: usize = 5;
const INPUT: usize = 4;
const HIDDEN: usize = 7;
/// How many steps of each row are valid in the bidirectional networks' batch.
const VALID: [usize; BATCH] = [5, 2, 3];

/// What PyTorch has to be told beside the weights.
struct Module {
    kind: &'static str,
    projection_size: usize,
    bias: bool,
}

/// A module with biases and no projection.
const fn plain(kind: &'static str) -> Module {
    Module {
        kind,
        projection_size: 0,
        bias: true,
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: export_pytorch DIR")?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let rnn = RnnConfig::pytorch(HIDDEN);
    let relu = rnn.clone().with_nonlinearity(Nonlinearity::Relu);
    let lstm = LstmConfig::pytorch(HIDDEN);
    let projected = Module {
        projection_size: 2,
        ..plain("lstm")
    };
    let with_projection = lstm.clone().with_projection_size(2);
    export(folder, "rnn_tanh", &plain("rnn_tanh"), rnn)?;
    export(folder, "rnn_relu", &plain("rnn_relu"), relu)?;
    export(folder, "lstm", &plain("lstm"), lstm)?;
    export(folder, "lstm_proj", &projected, with_projection)?;
    export(folder, "gru", &plain("gru"), GruConfig::pytorch(HIDDEN))?;
    export_without_bias(folder)
}

/// The same kinds without biases.
fn export_without_bias(folder: &Path) -> Result<(), Box<dyn Error>> {
    let module = |kind| Module {
        bias: false,
        ..plain(kind)
    };
    let rnn = RnnConfig::pytorch(HIDDEN).with_bias(false);
    let lstm = LstmConfig::pytorch(HIDDEN).with_bias(false);
    let gru = GruConfig::pytorch(HIDDEN).with_bias(false);
    export(folder, "rnn_tanh_no_bias", &module("rnn_tanh"), rnn)?;
    export(folder, "lstm_no_bias", &module("lstm"), lstm)?;
    export(folder, "gru_no_bias", &module("gru"), gru)
}

/// Writes `NAME_l1.safetensors`, one layer forward, and `NAME_l2_bi.safetensors`, two layers both ways, padded.
fn export<C: CellConfig<Cell: PytorchCell>>(
    folder: &Path,
    name: &str,
    module: &Module,
    cell: C,
) -> Result<(), Box<dyn Error>> {
    let one = RecurrentConfig::new(cell);
    let two = one
        .clone()
        .with_num_layers(2)
        .with_direction(Direction::Both);
    let lengths = Lengths::new(VALID.to_vec(), STEPS)?;
    for (suffix, config, lengths) in [("l1", one, None), ("l2_bi", two, Some(lengths))] {
        let path = folder.join(format!("{name}_{suffix}.safetensors"));
        state_dict(module, &config, lengths)?.write_safetensors(&path)?;
        println!("{}", path.display());
    }
    Ok(())
}

/// A network's weights, what they make of random inputs, and the options that PyTorch must build it with.
fn state_dict<C: CellConfig<Cell: PytorchCell>>(
    module: &Module,
    config: &RecurrentConfig<C>,
    lengths: Option<Lengths>,
) -> Result<StateDict, Box<dyn Error>> {
    let device = Device::default();
    let mut rng = SeededRng::new(1);
    let network = config.init(INPUT, &device, &mut rng);
    let shape = [BATCH, STEPS, INPUT];
    let values: Vec<f32> = (0..shape.iter().product())
        .map(|_| rng.normal() as f32)
        .collect();
    let inputs = Tensor::<3>::from_data(TensorData::new(values.clone(), shape), &device);
    let input = NetworkInput::new(inputs).with_lengths(lengths.clone());
    let outputs = network.forward(input).outputs;

    let mut dict = network.to_pytorch("")?;
    dict.insert("__check__.inputs", shape, values)?;
    if lengths.is_some() {
        let valid = VALID.iter().map(|&length| length as f32).collect();
        dict.insert("__check__.lengths", [BATCH], valid)?;
    }
    let shape = outputs.dims();
    dict.insert("__check__.outputs", shape, outputs.try_into_vec_as()?)?;
    Ok(dict
        .with_metadata("kind", module.kind)
        .with_metadata("num_layers", config.num_layers)
        .with_metadata("bidirectional", config.direction == Direction::Both)
        .with_metadata("input_size", INPUT)
        .with_metadata("hidden_size", HIDDEN)
        .with_metadata("proj_size", module.projection_size)
        .with_metadata("bias", module.bias))
}
