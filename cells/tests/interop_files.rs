//! Saving and loading: round trips, through files too, and what is wrong with a file.

use std::fs;

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use proptest::prelude::*;
use recurra_cells::interop::StateDict;
use recurra_cells::interop::pytorch::{PytorchCell, WeightReader, WeightWriter};
use recurra_cells::*;

/// What a network is built from, apart from its cell.
type Sizes = (usize, usize, Direction, u64);

fn sizes() -> impl Strategy<Value = Sizes> {
    let direction = prop_oneof![
        Just(Direction::Forward),
        Just(Direction::Backward),
        Just(Direction::Both)
    ];
    (1usize..5, 1usize..4, direction, any::<u64>())
}

/// A projection size below the hidden size, where there is room for one.
fn lstm() -> impl Strategy<Value = LstmConfig> {
    (2usize..7, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(hidden, bias, projected, coupled)| LstmConfig {
            projection_size: projected.then_some(hidden / 2),
            input_gate: if coupled {
                InputGate::Coupled
            } else {
                InputGate::Independent
            },
            ..LstmConfig::new(hidden).with_bias(bias)
        },
    )
}

fn cell() -> impl Strategy<Value = AnyCellConfig> {
    let gru = (1usize..7, any::<bool>(), any::<bool>()).prop_map(|(hidden, bias, before)| {
        let reset = if before { Reset::Before } else { Reset::After };
        AnyCellConfig::Gru(GruConfig::new(hidden).with_bias(bias).with_reset(reset))
    });
    let peephole = (1usize..7, any::<bool>(), any::<[bool; 3]>()).prop_map(
        |(hidden, bias, [input, forget, output])| {
            let peepholes = Peepholes {
                input,
                forget,
                output,
            };
            AnyCellConfig::Peephole(
                PeepholeLstmConfig::new(hidden)
                    .with_bias(bias)
                    .with_peepholes(peepholes),
            )
        },
    );
    let rnn = (1usize..7, any::<bool>());
    let rnn =
        rnn.prop_map(|(hidden, bias)| AnyCellConfig::Rnn(RnnConfig::new(hidden).with_bias(bias)));
    prop_oneof![rnn, gru, peephole, lstm().prop_map(AnyCellConfig::Lstm)]
}

/// Every weight drawn, biases too: those that start as zeros would hide a mistake.
fn drawn(mut cell: AnyCellConfig) -> AnyCellConfig {
    let init = WeightInit::pytorch();
    match &mut cell {
        AnyCellConfig::Rnn(config) => config.init = init,
        AnyCellConfig::Lstm(config) => config.init = init,
        AnyCellConfig::Peephole(config) => config.init = init,
        AnyCellConfig::Gru(config) => config.init = init,
    }
    cell
}

fn a_saved_network_is_loaded_as_it_was(device: &Device) {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let path = folder.path().join("network.safetensors");
    let config = ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(cell in cell(), (input, layers, direction, seed) in sizes())| {
        let config = RecurrentConfig::new(drawn(cell)).with_num_layers(layers).with_direction(direction);
        let network = config.init(input, device, &mut SeededRng::new(seed));
        let saved = network.to_pytorch("rnn.").expect("weights are finite");
        saved.write_safetensors(&path).expect("the folder is there");
        let read = StateDict::read_safetensors(&path).expect("the file is there");
        prop_assert_eq!(&read, &saved);
        let other = config.init(input, device, &mut SeededRng::new(seed ^ 1));
        let loaded = other.load_pytorch(&read, "rnn.").expect("the weights fit");
        prop_assert_eq!(loaded.to_pytorch("rnn."), Ok(saved.clone()));
        let built = config.load_pytorch(&saved, "rnn.", device).expect("the weights fit");
        prop_assert_eq!(built.to_pytorch("rnn."), Ok(saved));
    });
}

fn small_lstm(device: &Device) -> Lstm {
    RecurrentConfig::new(LstmConfig::pytorch(3)).init(2, device, &mut SeededRng::new(1))
}

fn everything_that_does_not_fit_is_named_at_once(device: &Device) {
    let network = small_lstm(device);
    let mut dict = network.to_pytorch("rnn.").expect("weights are finite");
    dict.remove("rnn.bias_hh_l0");
    dict.insert("rnn.weight_ih_l1", [1], vec![0.0])
        .expect("it is finite");
    dict.insert("rnn.weight_ih_l0", [9, 2], vec![0.0; 18])
        .expect("they are finite");
    dict.insert("decoder.weight", [1], vec![0.0])
        .expect("what is not under the prefix is of no concern");
    let message = network
        .load_pytorch(&dict, "rnn.")
        .expect_err("three things are wrong")
        .to_string();
    assert_eq!(
        message,
        "the weights do not fit the network: missing rnn.bias_hh_l0; unexpected rnn.weight_ih_l1; \
         rnn.weight_ih_l0 must be [12, 2], got [9, 2]"
    );
}

fn another_cells_weights_are_refused(device: &Device) {
    let dict = small_lstm(device)
        .to_pytorch("")
        .expect("weights are finite");
    let message = Gru::from_pytorch(&dict, "", device)
        .expect_err("it has four gates")
        .to_string();
    assert_eq!(message, "weight_ih_l0 must be [9, 2], got [12, 2]");
    let message = Lstm::from_pytorch(&dict, "encoder.", device)
        .expect_err("there is no such prefix")
        .to_string();
    assert_eq!(
        message,
        "the weights do not fit the network: missing encoder.weight_ih_l0"
    );
}

fn a_network_with_a_residual_projection_has_no_names(device: &Device) {
    let config = RecurrentConfig::new(RnnConfig::new(3)).with_residual_from(0);
    let message = config
        .init(2, device, &mut SeededRng::new(1))
        .to_pytorch("")
        .expect_err("it has one")
        .to_string();
    assert_eq!(
        message,
        "the residual projection of layer 0 has no counterpart in PyTorch"
    );
}

fn a_diverged_network_is_not_saved(device: &Device) {
    let mut network = small_lstm(device);
    let cell = network.layers[0].forward.as_mut().expect("it runs forward");
    cell.weight_hh = cell.weight_hh.clone().map(|weight| weight / 0.0);
    let message = network
        .to_pytorch("")
        .expect_err("its weights are infinite")
        .to_string();
    assert!(message.starts_with("weight_hh_l0 has "), "{message}");
}

/// A cell that keeps a trace of its inputs: `h_t = decay * h_{t-1} + x_t`.
#[derive(Module, Debug)]
struct Trace {
    weight_hh_decay: Param<Tensor<1>>,
}

impl RecurrentCell for Trace {
    type State = Tensor<2>;

    fn input_size(&self) -> usize {
        self.weight_hh_decay.dims()[0]
    }

    fn hidden_size(&self) -> usize {
        self.weight_hh_decay.dims()[0]
    }

    fn initial_state(&self, batch_size: usize, device: &Device) -> Tensor<2> {
        Tensor::zeros([batch_size, self.hidden_size()], device)
    }

    fn step(&self, projected: Tensor<2>, recurrent: Tensor<2>, _state: Tensor<2>) -> Tensor<2> {
        projected + recurrent * self.weight_hh_decay.val().unsqueeze()
    }
}

impl PytorchCell for Trace {
    fn read_weights(mut self, weights: &mut WeightReader<'_>) -> Self {
        self.weight_hh_decay = weights.fill("decay", self.weight_hh_decay);
        self
    }

    fn write_weights(&self, weights: &mut WeightWriter<'_>) -> Result<(), Error> {
        weights.write("decay", &self.weight_hh_decay)
    }
}

#[derive(Clone, Debug)]
struct TraceConfig;

impl CellConfig for TraceConfig {
    type Cell = Trace;

    fn validate(&self) -> Result<(), Error> {
        Ok(())
    }

    fn hidden_size(&self) -> usize {
        3
    }

    fn init(&self, _input_size: usize, device: &Device, rng: &mut SeededRng) -> Trace {
        let decay: [f64; 3] = std::array::from_fn(|_| rng.unit());
        Trace {
            weight_hh_decay: Param::from_tensor(Tensor::from_data(decay, device)),
        }
    }
}

fn a_users_cell_takes_part(device: &Device) {
    let config = RecurrentConfig::new(TraceConfig).with_num_layers(2);
    let network = |seed| config.init(3, device, &mut SeededRng::new(seed));
    let saved = network(1).to_pytorch("trace.").expect("weights are finite");
    assert_eq!(
        saved.names().collect::<Vec<_>>(),
        ["trace.decay_l0", "trace.decay_l1"]
    );
    let loaded = network(2)
        .load_pytorch(&saved, "trace.")
        .expect("the weights fit");
    assert_eq!(loaded.to_pytorch("trace."), Ok(saved));
}

#[test]
fn the_same_weights_give_the_same_bytes() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let bytes = |name: &str, keys: [&str; 3]| {
        let mut dict = StateDict::new();
        for key in keys {
            dict.insert(key, [2], vec![1.0, 2.0])
                .expect("they are finite");
            dict = dict.with_metadata(key, name.len());
        }
        let path = folder.path().join(name);
        dict.write_safetensors(&path).expect("the folder is there");
        fs::read(path).expect("it was written")
    };
    assert_eq!(bytes("a", ["x", "y", "z"]), bytes("b", ["z", "x", "y"]));
}

#[test]
fn a_broken_file_is_named() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let path = folder.path().join("broken.safetensors");
    let message = || {
        StateDict::read_safetensors(&path)
            .expect_err("the file is broken")
            .to_string()
    };
    assert!(
        message().starts_with(&format!("cannot read {}: ", path.display())),
        "{}",
        message()
    );

    let mut dict = StateDict::new();
    dict.insert("weight", [2], vec![1.0, 2.0])
        .expect("they are finite");
    dict.write_safetensors(&path).expect("the folder is there");
    let whole = fs::read(&path).expect("it was written");
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).expect("the folder is there");
        assert!(message().contains("broken.safetensors"), "{}", message());
    }

    let mut broken = whole.clone();
    broken[whole.len() - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    fs::write(&path, broken).expect("the folder is there");
    let expected = format!(
        "cannot read {}: weight has NaN at index 1, weights must be finite",
        path.display()
    );
    assert_eq!(message(), expected);
}

#[test]
fn a_broken_pt_file_is_named() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let path = folder.path().join("broken.pt");
    let whole = fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/goldens/pytorch/rnn_l1.pt"
    ))
    .expect("it is there");
    fs::write(&path, &whole[..whole.len() / 2]).expect("the folder is there");
    let message = StateDict::read_pt(&path)
        .expect_err("half of it is missing")
        .to_string();
    assert!(
        message.starts_with(&format!("cannot read {}: ", path.display())),
        "{message}"
    );
}

#[test]
fn a_failed_write_loses_nothing() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let dict = StateDict::new().with_metadata("kind", "lstm");
    let missing = folder.path().join("missing/network.safetensors");
    let message = dict
        .write_safetensors(&missing)
        .expect_err("there is no such folder")
        .to_string();
    assert!(
        message.starts_with(&format!("cannot write {}: ", missing.display())),
        "{message}"
    );

    // A folder cannot be replaced by a file: the rename fails, and nothing is left behind.
    let folder_in_the_way = folder.path().join("network.safetensors");
    fs::create_dir(&folder_in_the_way).expect("there is room for a folder");
    assert!(dict.write_safetensors(&folder_in_the_way).is_err());
    assert_eq!(fs::read_dir(folder.path()).expect("it is there").count(), 1);
}

device_tests!(
    a_saved_network_is_loaded_as_it_was,
    everything_that_does_not_fit_is_named_at_once,
    another_cells_weights_are_refused,
    a_network_with_a_residual_projection_has_no_names,
    a_diverged_network_is_not_saved,
    a_users_cell_takes_part,
);
