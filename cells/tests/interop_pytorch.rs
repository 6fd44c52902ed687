//! PyTorch's outputs, final states and gradients, from PyTorch's weights.

#[path = "support/close.rs"]
mod close;
#[path = "support/goldens.rs"]
mod goldens;

use burn::module::{Module, ModuleDisplay, ModuleMapper, Param};
use burn::tensor::{Device, FloatDType, Gradients, Tensor};
use close::{F32_TOLERANCE, assert_close, values};
use goldens::{GoldenState, network_state};
use recurra_cells::interop::StateDict;
use recurra_cells::interop::pytorch::{InferCell, PytorchCell};
use recurra_cells::*;

/// Replaces every parameter by its gradient.
struct ToGradients<'a>(&'a Gradients);

impl ModuleMapper for ToGradients<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let gradient = param
            .val()
            .grad(self.0)
            .expect("every parameter has a gradient");
        Param::initialized(param.id, gradient)
    }
}

/// The module's weights in a golden file. Peepholes have no layer in their name there.
fn weights(golden: &StateDict) -> StateDict {
    let mut weights = StateDict::new();
    for (name, tensor) in golden.iter() {
        if name.starts_with("peephole_") {
            weights.insert_tensor(&format!("{name}_l0"), tensor.clone());
        } else if name.starts_with("weight_") || name.starts_with("bias_") {
            weights.insert_tensor(name, tensor.clone());
        }
    }
    weights
}

/// Runs a golden file's network forward and backward, and compares everything that the file holds.
fn check<C: PytorchCell<State: GoldenState> + ModuleDisplay>(
    name: &str,
    network: &Recurrent<C>,
    device: &Device,
) {
    let golden = goldens::read(&format!("pytorch/{name}"));
    let read = |name: &str| goldens::tensor::<3>(&golden, name, device);
    let inputs = read("inputs")
        .expect("a golden file has inputs")
        .require_grad();
    let hidden = read("state.hidden").map(Tensor::require_grad);
    let cell = read("state.cell").map(Tensor::require_grad);
    let [_, steps, _] = inputs.dims();
    let lengths = goldens::lengths(&golden, "lengths")
        .map(|valid| Lengths::new(valid, steps).expect("they fit"));
    let state = hidden
        .as_ref()
        .map(|hidden| network_state(network, hidden, cell.as_ref()));
    let output = network.forward(
        NetworkInput::new(inputs.clone())
            .with_state(state)
            .with_lengths(lengths),
    );

    let final_hidden: Tensor<3> = Tensor::stack(
        output.state.states().map(RecurrentState::hidden).collect(),
        0,
    );
    let cells: Vec<Tensor<2>> = output
        .state
        .states()
        .filter_map(GoldenState::cell)
        .collect();
    let mut loss = Tensor::<1>::zeros([1], device);
    let mut compare = |what: &str, weight: &str, got: Tensor<3>| {
        let expected = golden.get(what).expect("a golden file has the results");
        assert_close(&format!("{name} {what}"), &values(&got), expected.values());
        loss = loss.clone() + (got * read(weight).expect("and their weights")).sum();
    };
    compare("outputs", "loss.outputs", output.outputs);
    compare("final.hidden", "loss.hidden", final_hidden);
    if !cells.is_empty() {
        compare("final.cell", "loss.cell", Tensor::stack(cells, 0));
    }

    let gradients = loss.backward();
    check_parameter_gradients(name, &golden, network, &gradients);
    for (of, tensor) in [
        ("inputs", Some(inputs)),
        ("state.hidden", hidden),
        ("state.cell", cell),
    ] {
        if let Some(tensor) = tensor {
            let expected = golden
                .get(&format!("grad.{of}"))
                .expect("a golden file has the gradients");
            let got = tensor.grad(&gradients).expect("it was asked for");
            assert_close(
                &format!("{name} grad.{of}"),
                &values(&got),
                expected.values(),
            );
        }
    }
}

/// A folded bias has the gradient of `bias_ih`, to which `bias_hh` was added; the GRU's candidate has both.
fn check_parameter_gradients<C: PytorchCell + ModuleDisplay>(
    name: &str,
    golden: &StateDict,
    network: &Recurrent<C>,
    gradients: &Gradients,
) {
    let gradients = network
        .clone()
        .map(&mut ToGradients(gradients))
        .to_pytorch("")
        .expect("they are finite");
    for (parameter, got) in gradients.iter() {
        let stored = parameter
            .strip_suffix("_l0")
            .filter(|stem| stem.starts_with("peephole_"))
            .unwrap_or(parameter);
        let expected = golden
            .get(&format!("grad.{stored}"))
            .expect("a golden file has the gradients");
        let (mut got, mut expected) = (got.values(), expected.values());
        if parameter.starts_with("bias_hh") {
            let reset_after = name.starts_with("gru") && !name.contains("before");
            let candidate = if reset_after {
                got.len() / 3 * 2
            } else {
                got.len()
            };
            (got, expected) = (&got[candidate..], &expected[candidate..]);
        }
        assert_close(&format!("{name} grad.{parameter}"), got, expected);
    }
}

/// As [`check`], with the network that the names and shapes tell.
fn check_inferred<C: InferCell<State: GoldenState> + ModuleDisplay>(name: &str, device: &Device) {
    let device = device.clone().autodiff();
    let golden = goldens::read(&format!("pytorch/{name}"));
    let network =
        Recurrent::<C>::from_pytorch(&weights(&golden), "", &device).expect("the weights fit");
    check(name, &network, &device);
}

/// As [`check`], with a network of this cell.
fn check_configured<C>(name: &str, cell: C, device: &Device)
where
    C: CellConfig<Cell: PytorchCell<State: GoldenState> + ModuleDisplay>,
{
    let device = device.clone().autodiff();
    let golden = goldens::read(&format!("pytorch/{name}"));
    let layers = golden.metadata()["num_layers"].parse().expect("a number");
    let direction = match golden.metadata()["bidirectional"].as_str() {
        "true" => Direction::Both,
        _ => Direction::Forward,
    };
    let config = RecurrentConfig::new(cell)
        .with_num_layers(layers)
        .with_direction(direction);
    let network = config
        .load_pytorch(&weights(&golden), "", &device)
        .expect("the weights fit");
    check(name, &network, &device);
}

/// `H` of every golden file.
const HIDDEN: usize = 7;

fn rnn_equals_pytorch(device: &Device) {
    for name in ["rnn_tanh_l1", "rnn_tanh_l1_no_bias", "rnn_tanh_l2_bi"] {
        check_inferred::<RnnCell>(name, device);
    }
    for name in ["rnn_relu_l1", "rnn_relu_l2_bi"] {
        check_configured(
            name,
            RnnConfig::new(HIDDEN).with_nonlinearity(Nonlinearity::Relu),
            device,
        );
    }
}

fn lstm_equals_pytorch(device: &Device) {
    for name in [
        "lstm_l1",
        "lstm_l1_no_bias",
        "lstm_l2_bi",
        "lstm_proj_l1",
        "lstm_proj_l2_bi",
    ] {
        check_inferred::<LstmCell>(name, device);
    }
    check_configured(
        "lstm_coupled_l1",
        LstmConfig::new(HIDDEN).with_input_gate(InputGate::Coupled),
        device,
    );
    check_inferred::<PeepholeLstmCell>("lstm_peephole_l1", device);
}

fn gru_equals_pytorch(device: &Device) {
    for name in ["gru_l1", "gru_l1_no_bias", "gru_l2_bi"] {
        check_inferred::<GruCell>(name, device);
    }
    check_configured(
        "gru_reset_before_l1",
        GruConfig::new(HIDDEN).with_reset(Reset::Before),
        device,
    );
}

fn a_cell_chosen_at_run_time_takes_the_same_weights(device: &Device) {
    let weights = weights(&goldens::read("pytorch/gru_l2_bi"));
    let config =
        RecurrentConfig::new(AnyCellConfig::Gru(GruConfig::new(HIDDEN))).with_num_layers(2);
    let any = config
        .with_direction(Direction::Both)
        .load_pytorch(&weights, "", device)
        .expect("the weights fit");
    let gru = Gru::from_pytorch(&weights, "", device).expect("the weights fit");
    assert_eq!(any.to_pytorch(""), gru.to_pytorch(""));
}

fn swapped_gates_are_noticed(device: &Device) {
    let golden = goldens::read("pytorch/lstm_l1");
    let mut swapped = weights(&golden);
    let weight = swapped.remove("weight_ih_l0").expect("it has one");
    let mut rows: Vec<&[f32]> = weight.values().chunks(weight.values().len() / 4).collect();
    rows.swap(0, 1);
    swapped
        .insert("weight_ih_l0", weight.shape(), rows.concat())
        .expect("they are finite");
    let network = Lstm::from_pytorch(&swapped, "", device).expect("the shapes are the same");
    let inputs = goldens::tensor(&golden, "inputs", device).expect("it has inputs");
    let outputs = network.forward(NetworkInput::new(inputs)).outputs;
    let error = close::relative_error(
        &values(&outputs),
        golden.get("outputs").expect("and outputs").values(),
    );
    assert!(
        error > 100.0 * F32_TOLERANCE,
        "i and f were swapped, and the outputs are off by only {error:.1e}"
    );
}

/// Casts every parameter.
struct Cast(FloatDType);

impl ModuleMapper for Cast {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| tensor.cast(self.0).detach().require_grad())
    }
}

fn loading_keeps_number_type_and_gradients(device: &Device) {
    let half = format!("{device:?}").to_lowercase().contains("ndarray");
    let dtype = if half {
        FloatDType::F64
    } else {
        FloatDType::F16
    };
    let device = device.clone().autodiff();
    let network = RecurrentConfig::new(GruConfig::new(3)).init(2, &device, &mut SeededRng::new(1));
    let weights = network.to_pytorch("").expect("they are finite");
    let network = network
        .map(&mut Cast(dtype))
        .load_pytorch(&weights, "")
        .expect("they fit");
    let inputs = Tensor::<3>::ones([2, 3, 2], &device).cast(dtype);
    let outputs = network.forward(NetworkInput::new(inputs)).outputs;
    assert_eq!(outputs.dtype(), dtype.into());
    // The mapper panics where a gradient is missing.
    let _gradients = network
        .clone()
        .map(&mut ToGradients(&outputs.sum().backward()));
}

#[test]
fn pt_files_hold_what_the_safetensors_files_hold() {
    for (pt, safetensors) in [
        ("rnn_l1", "rnn_tanh_l1"),
        ("lstm_l2_bi", "lstm_l2_bi"),
        ("gru_l2_bi", "gru_l2_bi"),
    ] {
        let read = StateDict::read_pt(goldens::path(&format!("pytorch/{pt}.pt")))
            .expect("the file is there");
        let expected = weights(&goldens::read(&format!("pytorch/{safetensors}")));
        assert_eq!(read, expected, "{pt}");
    }
}

device_tests!(
    rnn_equals_pytorch,
    lstm_equals_pytorch,
    gru_equals_pytorch,
    a_cell_chosen_at_run_time_takes_the_same_weights,
    swapped_gates_are_noticed,
    loading_keeps_number_type_and_gradients,
);
