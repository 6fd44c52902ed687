//! What is said of a wrong configuration, and of shapes that do not fit.

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::tensor::{Device, Tensor};
use recurra_cells::{
    AnyCellConfig, CellConfig, Direction, GruConfig, Init, LayerMasks, Lengths, Lstm, LstmConfig,
    Merge, NetworkInput, PeepholeLstmConfig, RecurrentConfig, RnnConfig, SeededRng, WeightInit,
};

fn said<C: CellConfig>(config: &C) -> String {
    let error = config.validate().expect_err("the configuration is wrong");
    error.to_string()
}

#[test]
fn a_wrong_field_is_named_with_its_value_and_range() {
    assert_eq!(
        said(&RnnConfig::new(0)),
        "hidden_size must be at least 1, got 0"
    );
    assert_eq!(
        said(&LstmConfig::new(4).with_projection_size(4)),
        "projection_size must be at least 1 and below the hidden size 4, got 4"
    );
    assert_eq!(
        said(&LstmConfig::new(4).with_cell_clip(-1.0)),
        "cell_clip must be positive and finite, got -1"
    );
    assert_eq!(
        said(&PeepholeLstmConfig::new(4).with_gate_clip(f64::NAN)),
        "gate_clip must be positive and finite, got NaN"
    );
    assert_eq!(
        said(&LstmConfig::new(4).with_forget_bias(f64::INFINITY)),
        "forget_bias must be finite, got inf"
    );
    let chronos = [
        said(&LstmConfig::new(4).with_chrono(1)),
        said(&PeepholeLstmConfig::new(4).with_chrono(1)),
        said(&GruConfig::new(4).with_chrono(1)),
    ];
    assert_eq!(chronos, ["chrono must be at least 2, got 1"; 3]);
    let init = WeightInit {
        bias: Init::Normal { std: -1.0 },
        ..WeightInit::default()
    };
    assert_eq!(
        said(&GruConfig::new(4).with_init(init)),
        "std must be finite and at least 0, got -1"
    );
    let network = RecurrentConfig::new(GruConfig::new(4)).with_num_layers(2);
    let error = network.with_residual_from(2).validate().unwrap_err();
    assert_eq!(
        error.to_string(),
        "residual_from must be below the 2 layers, got 2"
    );
}

#[test]
fn an_unknown_key_of_a_file_is_named_with_those_that_exist() {
    let text = r#"{"cell": "lstm", "hidden_size": 4, "forget_bais": 0.0}"#;
    let error = serde_json::from_str::<AnyCellConfig>(text).unwrap_err();
    assert!(error.to_string().contains("`forget_bais`"), "{error}");
    assert!(error.to_string().contains("`forget_bias`"), "{error}");
    let text = r#"{"cell": {"hidden_size": 4}, "num_layer": 2}"#;
    let error = serde_json::from_str::<RecurrentConfig<GruConfig>>(text).unwrap_err();
    assert!(error.to_string().contains("`num_layers`"), "{error}");
}

#[test]
fn a_length_beyond_the_sequence_is_named_with_its_row() {
    let error = Lengths::new(vec![2, 4], 3).unwrap_err();
    assert_eq!(
        error.to_string(),
        "length 4 of row 1 is beyond the 3 steps of the sequence"
    );
}

#[test]
fn a_bidirectional_network_refuses_to_stream() {
    let device = Device::flex();
    let config = RecurrentConfig::new(LstmConfig::new(4)).with_direction(Direction::Both);
    let network = config.init(3, &device, &mut SeededRng::new(1));
    let state = network.initial_state(2, &device);
    let error = network.step(Tensor::zeros([2, 3], &device), state);
    assert_eq!(
        error.unwrap_err().to_string(),
        "a bidirectional network cannot be streamed: its backward direction starts at the last step of the sequence"
    );
}

/// The message of the panic that `run` ends in.
fn panic_of(run: impl FnOnce(&Lstm)) -> String {
    let config = RecurrentConfig::new(LstmConfig::new(4));
    let network = config.init(3, &Device::flex(), &mut SeededRng::new(1));
    let payload = catch_unwind(AssertUnwindSafe(|| run(&network))).expect_err("the shapes differ");
    *payload.downcast::<String>().expect("a panic with a text")
}

#[test]
fn shapes_that_do_not_fit_are_both_named() {
    let device = Device::flex();
    let inputs = |width| NetworkInput::new(Tensor::zeros([2, 5, width], &device));
    let width = panic_of(|network| drop(network.forward(inputs(7))));
    assert!(
        width.contains("[2, 5, 7]") && width.contains("[B, T, 3]"),
        "{width}"
    );

    let state = panic_of(|network| {
        let state = network.initial_state(3, &device);
        drop(network.forward(inputs(3).with_state(state)));
    });
    assert!(
        state.contains("[3, 4]") && state.contains("[2, 4]"),
        "{state}"
    );

    let memory = panic_of(|network| {
        let mut state = network.initial_state(2, &device);
        let lstm = state.layers[0].forward.as_mut().expect("it runs forward");
        lstm.cell = Tensor::zeros([2, 1], &device);
        drop(network.forward(inputs(3).with_state(state)));
    });
    assert!(
        memory.contains("[2, 1]") && memory.contains("[2, 4]"),
        "{memory}"
    );

    let lengths = panic_of(|network| {
        let lengths = Lengths::new(vec![3], 5).expect("within the steps");
        drop(network.forward(inputs(3).with_lengths(lengths)));
    });
    assert!(
        lengths.contains("[1, 5]") && lengths.contains("[2, 5"),
        "{lengths}"
    );

    let mask = panic_of(|network| {
        let masks = LayerMasks {
            forward_recurrent: Some(Tensor::zeros([2, 9], &device)),
            ..LayerMasks::default()
        };
        drop(network.forward(inputs(3).with_masks(vec![masks])));
    });
    assert!(mask.contains("[2, 9]") && mask.contains("[2, 4]"), "{mask}");
}

#[test]
fn a_network_that_is_more_than_a_layer_is_not_exported_as_one() {
    let device = Device::flex();
    let message = |config: &RecurrentConfig<LstmConfig>| {
        let network = config.init(4, &device, &mut SeededRng::new(1));
        let onnx = network.to_onnx().map(drop).unwrap_err().to_string();
        let burn = burn::nn::BiLstm::try_from(&network).map(drop);
        assert!(burn.is_err(), "burn has no {config:?}");
        onnx
    };
    let both = RecurrentConfig::new(LstmConfig::new(4)).with_direction(Direction::Both);
    let residual = both.clone().with_merge(Merge::Sum).with_residual_from(0);
    assert!(message(&residual).contains("residual connection"));
    assert!(message(&both.clone().with_merge(Merge::Sum)).contains("merge Sum"));
    assert!(message(&both.with_num_layers(2)).contains("2 layers"));
}

#[test]
fn weights_start_as_the_configuration_says() {
    let device = Device::flex();
    let irnn = RnnConfig::irnn(3).init(2, &device, &mut SeededRng::new(1));
    let values = |tensor: Tensor<2>| tensor.try_into_vec_as::<f32>().expect("floats");
    let identity = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
    assert_eq!(values(irnn.weight_hh.val()), identity);
    assert!(values(irnn.weight_ih.val()).iter().all(|w| w.abs() < 0.01));

    let lstm = LstmConfig::new(2).init(2, &device, &mut SeededRng::new(1));
    let bias = lstm.bias.expect("on by default").val();
    let bias = bias.try_into_vec_as::<f32>().expect("floats");
    assert_eq!(bias, [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
}
