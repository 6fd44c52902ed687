//! ONNX Runtime's outputs and final states, from ONNX's weights.

#[path = "support/close.rs"]
mod close;
#[path = "support/goldens.rs"]
mod goldens;

use burn::tensor::{Device, Tensor};
use close::{assert_close, values};
use goldens::{GoldenState, network_state};
use recurra_cells::interop::StateDict;
use recurra_cells::interop::onnx::{OnnxCell, OnnxNode, OnnxOperator};
use recurra_cells::*;

/// The node of a golden file.
fn node(golden: &StateDict) -> OnnxNode {
    let attribute = |name: &str| golden.metadata()[name].as_str();
    let operator = match attribute("op") {
        "RNN" => OnnxOperator::Rnn,
        "LSTM" => OnnxOperator::Lstm {
            input_forget: attribute("input_forget") == "1",
        },
        "GRU" => OnnxOperator::Gru {
            linear_before_reset: attribute("linear_before_reset") == "1",
        },
        other => panic!("no golden file is a {other}"),
    };
    let direction = match attribute("direction") {
        "forward" => Direction::Forward,
        "reverse" => Direction::Backward,
        _ => Direction::Both,
    };
    OnnxNode {
        operator,
        direction,
        hidden_size: attribute("hidden_size").parse().expect("a number"),
        clip: attribute("clip").parse().ok(),
        activations: attribute("activations")
            .split(',')
            .map(str::to_owned)
            .collect(),
        w: golden.get("W").expect("every node has W").clone(),
        r: golden.get("R").expect("every node has R").clone(),
        b: golden.get("B").cloned(),
        p: golden.get("P").cloned(),
    }
}

/// A network's results in ONNX's shapes.
struct Results {
    /// `Y [T, dirs, B, H]`.
    y: Tensor<4>,
    /// `Y_h [dirs, B, H]`.
    hidden: Tensor<3>,
    /// `Y_c [dirs, B, H]`.
    cell: Option<Tensor<3>>,
}

/// Runs `network` over a golden file's inputs.
fn run<C: RecurrentCell<State: GoldenState>>(
    golden: &StateDict,
    network: &Recurrent<C>,
    device: &Device,
) -> Results {
    let read = |name: &str| goldens::tensor::<3>(golden, name, device);
    let inputs = read("X").expect("a golden file has inputs").swap_dims(0, 1);
    let [batch, steps, _] = inputs.dims();
    let lengths = goldens::lengths(golden, "sequence_lens")
        .map(|valid| Lengths::new(valid, steps).expect("they fit"));
    let state =
        read("initial_h").map(|hidden| network_state(network, &hidden, read("initial_c").as_ref()));
    let output = network.forward(
        NetworkInput::new(inputs)
            .with_state(state)
            .with_lengths(lengths),
    );
    let states = output.state;
    let cells: Vec<Tensor<2>> = states.states().filter_map(GoldenState::cell).collect();
    let hidden = network.hidden_size();
    let directions = network.output_size() / hidden;
    Results {
        y: output
            .outputs
            .reshape([batch, steps, directions, hidden])
            .permute([1, 2, 0, 3]),
        hidden: Tensor::stack(states.states().map(RecurrentState::hidden).collect(), 0),
        cell: (!cells.is_empty()).then(|| Tensor::stack(cells, 0)),
    }
}

/// Compares a golden file's results with its node's network, and its network with that of the node that it becomes.
fn check<C: OnnxCell<State: GoldenState>>(name: &str, device: &Device) {
    let golden = goldens::read(&format!("onnx/{name}"));
    let network = Recurrent::<C>::from_onnx(&node(&golden), device).expect("the cell has it all");
    let results = run(&golden, &network, device);
    let expected = |what: &str| {
        golden
            .get(what)
            .expect("a golden file has the results")
            .values()
            .to_vec()
    };
    assert_close(&format!("{name} Y"), &values(&results.y), &expected("Y"));
    assert_close(
        &format!("{name} Y_h"),
        &values(&results.hidden),
        &expected("Y_h"),
    );
    if let Some(cell) = results.cell {
        assert_close(&format!("{name} Y_c"), &values(&cell), &expected("Y_c"));
    }
    check_way_back(&node(&golden), &network, device);
}

fn check_way_back<C: OnnxCell>(node: &OnnxNode, network: &Recurrent<C>, device: &Device) {
    let back = network.to_onnx().expect("it came from there");
    assert_eq!(
        (back.operator, back.direction, back.clip),
        (node.operator, node.direction, node.clip)
    );
    assert_eq!(back.activations, node.activations);
    let again = Recurrent::<C>::from_onnx(&back, device).expect("what was written is read");
    assert_eq!(again.to_pytorch(""), network.to_pytorch(""));
}

fn rnn_equals_onnx_runtime(device: &Device) {
    for name in ["rnn_tanh_forward", "rnn_relu_bidirectional"] {
        check::<RnnCell>(name, device);
    }
}

fn lstm_equals_onnx_runtime(device: &Device) {
    for name in [
        "lstm_forward",
        "lstm_reverse",
        "lstm_clip",
        "lstm_input_forget",
    ] {
        check::<LstmCell>(name, device);
    }
}

fn peephole_lstm_equals_onnx_runtime(device: &Device) {
    for name in [
        "lstm_peephole_forward",
        "lstm_peephole_bidirectional",
        "lstm_peephole_clip",
    ] {
        check::<PeepholeLstmCell>(name, device);
    }
    // Without P, it is an LSTM whose peepholes are all closed.
    check::<PeepholeLstmCell>("lstm_forward", device);
}

fn gru_equals_onnx_runtime(device: &Device) {
    for name in [
        "gru_lbr0_forward",
        "gru_lbr0_reverse",
        "gru_lbr1_forward",
        "gru_lbr1_bidirectional",
    ] {
        check::<GruCell>(name, device);
    }
}

/// Where a row has no step at all, ONNX Runtime returns zeros. Here it returns its initial state: a sequence may then
/// be cut anywhere, even where nothing is left of a row, and its state is carried on.
fn a_row_of_length_zero_keeps_its_state(device: &Device) {
    let golden = goldens::read("onnx/lstm_zero_length");
    let network = Lstm::from_onnx(&node(&golden), device).expect("the cell has it all");
    let results = run(&golden, &network, device);
    let lengths = goldens::lengths(&golden, "sequence_lens").expect("it has lengths");
    assert!(lengths.contains(&0), "{lengths:?}");
    assert_close(
        "lstm_zero_length Y",
        &values(&results.y),
        golden.get("Y").expect("it has outputs").values(),
    );
    let cell = results.cell.expect("an LSTM has a cell");
    for (got, ours, runtime) in [
        (results.hidden, "initial_h", "Y_h"),
        (cell, "initial_c", "Y_c"),
    ] {
        for (row, &length) in lengths.iter().enumerate() {
            let name = if length == 0 { ours } else { runtime };
            let expected = goldens::tensor::<3>(&golden, name, device)
                .expect("it has states")
                .narrow(1, row, 1);
            assert_close(
                &format!("{name} of row {row}"),
                &values(&got.clone().narrow(1, row, 1)),
                &values(&expected),
            );
        }
    }
}

/// The message with which a golden file's node is refused.
fn refusal<C: OnnxCell>(name: &str, device: &Device) -> String {
    let golden = goldens::read(&format!("onnx/{name}"));
    Recurrent::<C>::from_onnx(&node(&golden), device)
        .expect_err("it has no counterpart")
        .to_string()
}

fn what_has_no_counterpart_is_refused(device: &Device) {
    assert_eq!(
        refusal::<RnnCell>("rnn_clip", device),
        "clip 0.3 has no counterpart in an RNN cell"
    );
    assert_eq!(
        refusal::<GruCell>("gru_lbr0_clip", device),
        "clip 0.3 has no counterpart in a GRU cell"
    );
    assert_eq!(
        refusal::<GruCell>("gru_lbr1_clip", device),
        "clip 0.3 has no counterpart in a GRU cell"
    );
    assert_eq!(
        refusal::<PeepholeLstmCell>("lstm_peephole_input_forget", device),
        "input_forget has no counterpart in a peephole LSTM cell"
    );
    assert_eq!(
        refusal::<LstmCell>("lstm_peephole_forward", device),
        "P has no counterpart in an LSTM cell without peepholes"
    );
    assert_eq!(
        refusal::<GruCell>("lstm_forward", device),
        "operator LSTM has no counterpart in a GRU cell"
    );

    let golden = goldens::read("onnx/gru_lbr1_forward");
    let softsign = vec!["Softsign".to_owned(), "Tanh".to_owned()];
    let error = Gru::from_onnx(
        &OnnxNode {
            activations: softsign,
            ..node(&golden)
        },
        device,
    )
    .expect_err("not ours");
    assert_eq!(
        error.to_string(),
        "activations Softsign,Tanh has no counterpart in a GRU cell"
    );
    let error = Gru::from_onnx(
        &OnnxNode {
            hidden_size: 8,
            ..node(&golden)
        },
        device,
    )
    .expect_err("it is 7");
    assert_eq!(error.to_string(), "W must be [1, 24, 4], got [1, 21, 4]");
}

fn what_onnx_lacks_is_refused(device: &Device) {
    let message = |config: RecurrentConfig<LstmConfig>| {
        let network = config.init(2, device, &mut SeededRng::new(1));
        network
            .to_onnx()
            .expect_err("it has no counterpart")
            .to_string()
    };
    let config = RecurrentConfig::new(LstmConfig::new(4));
    assert_eq!(
        message(config.clone().with_num_layers(2)),
        "a network of 2 layers has no counterpart in one ONNX node"
    );
    let clipped = config.cell.clone().with_cell_clip(3.0);
    assert_eq!(
        message(config.clone().with_cell(clipped)),
        "cell_clip 3 has no counterpart in ONNX"
    );
    let projected = config.cell.clone().with_projection_size(2);
    assert_eq!(
        message(config.with_cell(projected)),
        "a projection has no counterpart in ONNX"
    );
}

device_tests!(
    rnn_equals_onnx_runtime,
    lstm_equals_onnx_runtime,
    peephole_lstm_equals_onnx_runtime,
    gru_equals_onnx_runtime,
    a_row_of_length_zero_keeps_its_state,
    what_has_no_counterpart_is_refused,
    what_onnx_lacks_is_refused,
);
