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

impl Module {
    fn new(kind: &'static str) -> Self {
        Self {
            kind,
            projection_size: 0,
            bias: true,
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: export_pytorch DIR")?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let (rnn, lstm, gru) = (
        RnnConfig::pytorch(HIDDEN),
        LstmConfig::pytorch(HIDDEN),
        GruConfig::pytorch(HIDDEN),
    );
    let relu = rnn.clone().with_nonlinearity(Nonlinearity::Relu);
    let no_bias = |kind| Module {
        bias: false,
        ..Module::new(kind)
    };

    export(
        &folder.join("rnn_tanh"),
        &Module::new("rnn_tanh"),
        rnn.clone(),
    )?;
    export(
        &folder.join("rnn_tanh_no_bias"),
        &no_bias("rnn_tanh"),
        rnn.with_bias(false),
    )?;
    export(&folder.join("rnn_relu"), &Module::new("rnn_relu"), relu)?;
    export(&folder.join("lstm"), &Module::new("lstm"), lstm.clone())?;
    export(
        &folder.join("lstm_no_bias"),
        &no_bias("lstm"),
        lstm.clone().with_bias(false),
    )?;
    let projected = Module {
        projection_size: 2,
        ..Module::new("lstm")
    };
    export(
        &folder.join("lstm_proj"),
        &projected,
        lstm.with_projection_size(projected.projection_size),
    )?;
    export(&folder.join("gru"), &Module::new("gru"), gru.clone())?;
    export(
        &folder.join("gru_no_bias"),
        &no_bias("gru"),
        gru.with_bias(false),
    )
}

/// Writes `stem_l1.safetensors`, one layer forward, and `stem_l2_bi.safetensors`, two layers both ways, padded.
fn export<C: CellConfig<Cell: PytorchCell>>(
    stem: &Path,
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
        let path = format!("{}_{suffix}.safetensors", stem.display());
        state_dict(module, &config, lengths)?.write_safetensors(&path)?;
        println!("{path}");
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
    let mut dict = network.to_pytorch("")?;

    let values: Vec<f32> = (0..BATCH * STEPS * INPUT)
        .map(|_| rng.normal() as f32)
        .collect();
    dict.insert("__check__.inputs", [BATCH, STEPS, INPUT], values.clone())?;
    if let Some(lengths) = &lengths {
        let valid: Vec<f32> = lengths
            .as_slice()
            .iter()
            .map(|&length| length as f32)
            .collect();
        dict.insert("__check__.lengths", [BATCH], valid)?;
    }
    let inputs: Tensor<3> =
        Tensor::from_data(TensorData::new(values, [BATCH, STEPS, INPUT]), &device);
    let outputs = network
        .forward(NetworkInput::new(inputs).with_lengths(lengths))
        .outputs;
    let shape = outputs.dims();
    dict.insert(
        "__check__.outputs",
        shape,
        outputs.into_data().iter::<f32>().collect(),
    )?;

    Ok(dict
        .with_metadata("kind", module.kind)
        .with_metadata("num_layers", config.num_layers)
        .with_metadata("bidirectional", config.direction == Direction::Both)
        .with_metadata("input_size", INPUT)
        .with_metadata("hidden_size", HIDDEN)
        .with_metadata("proj_size", module.projection_size)
        .with_metadata("bias", module.bias))
}
