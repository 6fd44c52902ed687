//! `burn::nn`'s recurrent modules compute what the networks made of them compute, and the other way round.

#[path = "support/close.rs"]
mod close;

use burn::module::{Module, ModuleMapper, Param};
use burn::nn;
use burn::nn::activation::ActivationConfig;
use burn::tensor::{Device, Tensor, TensorData};
use close::{assert_close, values};
use recurra_cells::*;

/// `B, T, D, H`, none like another.
const BATCH: usize = 3;
const STEPS: usize = 5;
const INPUT: usize = 4;
const HIDDEN: usize = 6;

/// Draws every parameter, biases too, from a seed: burn's own generator is one for all tests.
struct Draw(SeededRng);

impl ModuleMapper for Draw {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|old| {
            let values: Vec<f64> = (0..old.shape().num_elements())
                .map(|_| self.0.uniform(-0.6, 0.6))
                .collect();
            Tensor::from_data(TensorData::new(values, old.shape()), &old.device())
        })
    }
}

fn drawn<M: Module>(module: M) -> M {
    module.map(&mut Draw(SeededRng::new(3)))
}

fn inputs(device: &Device) -> Tensor<3> {
    let mut rng = SeededRng::new(7);
    let values: Vec<f32> = (0..BATCH * STEPS * INPUT)
        .map(|_| rng.normal() as f32)
        .collect();
    Tensor::from_data(TensorData::new(values, [BATCH, STEPS, INPUT]), device)
}

/// Compares a module's outputs with those of the network that it becomes.
fn assert_same<C: RecurrentCell>(what: &str, burn: Tensor<3>, network: &Recurrent<C>) {
    let outputs = network
        .forward(NetworkInput::new(inputs(&burn.device())))
        .outputs;
    assert_close(what, &values(&outputs), &values(&burn));
}

fn lstm_equals_burn(device: &Device) {
    let config = nn::LstmConfig::new(INPUT, HIDDEN, true);
    for (what, config) in [
        ("lstm", config.clone()),
        (
            "lstm without bias",
            nn::LstmConfig::new(INPUT, HIDDEN, false),
        ),
        ("lstm, reverse", config.clone().with_reverse(true)),
        ("lstm, coupled", config.clone().with_input_forget(true)),
        ("lstm, clipped", config.clone().with_clip(Some(0.2))),
    ] {
        let module = drawn(config.init(device));
        let network = Lstm::try_from(&module).expect("it has it all");
        assert_same(what, module.forward(inputs(device), None).0, &network);
        let back = nn::Lstm::try_from(&network).expect("it came from there");
        assert_same(
            &format!("{what}, back"),
            back.forward(inputs(device), None).0,
            &network,
        );
    }
}

fn bidirectional_lstm_equals_burn(device: &Device) {
    let config = nn::BiLstmConfig::new(INPUT, HIDDEN, true);
    for (what, config) in [
        ("bilstm", config.clone()),
        (
            "bilstm, coupled and clipped",
            config.with_input_forget(true).with_clip(Some(0.2)),
        ),
    ] {
        let module = drawn(config.init(device));
        let network = Lstm::try_from(&module).expect("it has it all");
        assert_same(what, module.forward(inputs(device), None).0, &network);
        let back = nn::BiLstm::try_from(&network).expect("it came from there");
        assert_same(
            &format!("{what}, back"),
            back.forward(inputs(device), None).0,
            &network,
        );
    }
}

fn gru_equals_burn(device: &Device) {
    for reset_after in [true, false] {
        let config = nn::GruConfig::new(INPUT, HIDDEN, true).with_reset_after(reset_after);
        let module = drawn(config.init(device));
        let network = Gru::try_from(&module).expect("it has it all");
        assert_same("gru", module.forward(inputs(device), None), &network);
        let back = nn::Gru::try_from(&network).expect("it came from there");
        assert_same("gru, back", back.forward(inputs(device), None), &network);

        let config = nn::BiGruConfig::new(INPUT, HIDDEN, true).with_reset_after(reset_after);
        let module = drawn(config.init(device));
        let network = Gru::try_from(&module).expect("it has it all");
        assert_same("bigru", module.forward(inputs(device), None).0, &network);
        let back = nn::BiGru::try_from(&network).expect("it came from there");
        assert_same(
            "bigru, back",
            back.forward(inputs(device), None).0,
            &network,
        );
    }
}

fn rnn_equals_burn(device: &Device) {
    for activation in [ActivationConfig::Tanh, ActivationConfig::Relu] {
        for reverse in [false, true] {
            let config = nn::RnnConfig::new(INPUT, HIDDEN, true).with_reverse(reverse);
            let module = drawn(
                config
                    .with_hidden_activation(activation.clone())
                    .init(device),
            );
            let network = Rnn::try_from(&module).expect("it has it all");
            assert_same("rnn", module.forward(inputs(device), None).0, &network);
            let back = nn::Rnn::try_from(&network).expect("it came from there");
            assert_same("rnn, back", back.forward(inputs(device), None).0, &network);
        }
        let config = nn::BiRnnConfig::new(INPUT, HIDDEN, true);
        let module = drawn(config.with_hidden_activation(activation).init(device));
        let network = Rnn::try_from(&module).expect("it has it all");
        assert_same("birnn", module.forward(inputs(device), None).0, &network);
        let back = nn::BiRnn::try_from(&network).expect("it came from there");
        assert_same(
            "birnn, back",
            back.forward(inputs(device), None).0,
            &network,
        );
    }
}

fn what_has_no_counterpart_is_refused(device: &Device) {
    let lstm = nn::LstmConfig::new(INPUT, HIDDEN, true)
        .with_cell_activation(ActivationConfig::Relu)
        .init(device);
    let message = Lstm::try_from(&lstm)
        .expect_err("the cell is tanh")
        .to_string();
    assert!(
        message.starts_with("activation Relu") && message.ends_with("in this cell"),
        "{message}"
    );
    let gru = nn::GruConfig::new(INPUT, HIDDEN, true)
        .with_clip(Some(2.0))
        .init(device);
    let message = Gru::try_from(&gru).expect_err("it has no clip").to_string();
    assert_eq!(message, "clip 2 has no counterpart in a GRU cell");
    let rnn = nn::RnnConfig::new(INPUT, HIDDEN, true)
        .with_clip(Some(2.0))
        .init(device);
    assert!(Rnn::try_from(&rnn).is_err());

    let mut bilstm = nn::BiLstmConfig::new(INPUT, HIDDEN, true).init(device);
    bilstm.reverse.clip = Some(1.0);
    assert!(Lstm::try_from(&bilstm).is_err());
}

fn what_burn_lacks_is_refused(device: &Device) {
    let network = |cell: LstmConfig, layers, direction| {
        let config = RecurrentConfig::new(cell)
            .with_num_layers(layers)
            .with_direction(direction);
        config.init(INPUT, device, &mut SeededRng::new(1))
    };
    let plain = LstmConfig::new(HIDDEN);
    for refused in [
        network(plain.clone(), 2, Direction::Forward),
        network(plain.clone(), 1, Direction::Both),
        network(plain.clone().with_projection_size(2), 1, Direction::Forward),
        network(plain.clone().with_gate_clip(1.0), 1, Direction::Forward),
    ] {
        assert!(matches!(
            nn::Lstm::try_from(&refused),
            Err(Error::NoCounterpart { .. })
        ));
    }
    assert!(nn::BiLstm::try_from(&network(plain, 1, Direction::Both)).is_ok());
    let backward = RecurrentConfig::new(GruConfig::new(HIDDEN)).with_direction(Direction::Backward);
    assert!(nn::Gru::try_from(&backward.init(INPUT, device, &mut SeededRng::new(1))).is_err());
}

device_tests!(
    lstm_equals_burn,
    bidirectional_lstm_equals_burn,
    gru_equals_burn,
    rnn_equals_burn,
    what_has_no_counterpart_is_refused,
    what_burn_lacks_is_refused,
);
