//! Modules, moments and states in checkpoints, on every device of this build.

#[expect(dead_code, reason = "other tests use the rest of it")]
mod corpus;

use std::collections::{BTreeMap, BTreeSet};

use burn::module::{Module, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::{DType, Device, Tensor, TensorData};
use corpus::{configs, model};
use recurra_cells::{
    AnyCell, AnyCellConfig, Direction, GruConfig, LstmConfig, NetworkInput, NetworkState,
    RecurrentConfig, RecurrentState, SeededRng,
};
use recurra_train::checkpoint::{
    Checkpoint, Tensors, adam_moments, adam_tensors, identified, named, network_state_tensors,
    parameters, set_network_state, set_parameters, set_state, state_tensors,
};
use recurra_train::{
    AdamMoments, ClippedAdam, ClippedAdamConfig, Error, LanguageModel, WeightAverage, save,
};

const LEARNING_RATE: f64 = 1e-2;

/// Quiet NaNs with a payload, both zeros, both infinities, subnormal numbers.
const ODD: [u32; 8] = [
    0x7fc0_1234,
    0xffc0_0001,
    0x8000_0000,
    0,
    0x7f80_0000,
    0xff80_0000,
    1,
    0x807f_ffff,
];

/// The same tensors after a file.
fn through_a_file(tensors: Tensors) -> Tensors {
    let mut checkpoint = Checkpoint::new(1);
    checkpoint
        .set_tensors("section", tensors)
        .expect("numbers can be stored");
    let mut bytes = Vec::new();
    checkpoint
        .write_to(&mut bytes)
        .expect("memory can be written");
    let read = Checkpoint::from_bytes(&bytes).expect("it is whole");
    read.tensors("section").expect("it is there").clone()
}

/// The same tensors with odd numbers among theirs.
fn with_odd_numbers(tensors: Tensors) -> Tensors {
    let odd = |(name, data): (String, TensorData)| {
        let mut values: Vec<f32> = data.iter().collect();
        for (value, odd) in values.iter_mut().zip(ODD) {
            *value = f32::from_bits(odd);
        }
        (name, TensorData::new(values, data.shape().clone()))
    };
    tensors.into_iter().map(odd).collect()
}

fn text(result: Result<impl Sized, Error>) -> String {
    match result {
        Ok(_) => "no error".to_owned(),
        Err(error) => error.to_string(),
    }
}

fn parameters_come_back_bit_for_bit(device: &Device) {
    for config in configs(5) {
        let stored = with_odd_numbers(parameters(&model(&config, device, 1)));
        let fresh = model(&config, device, 2);
        assert_ne!(parameters(&fresh), stored);
        let filled = set_parameters(fresh, &through_a_file(stored.clone())).expect("they fit");
        assert_eq!(parameters(&filled), stored);
    }
}

fn names_are_those_of_a_saved_model(device: &Device) {
    for config in configs(5) {
        let (folder, model) = (
            tempfile::tempdir().expect("there is room"),
            model(&config, device, 1),
        );
        save(folder.path(), &config, &model).expect("it can be written");
        let file = folder.path().join(recurra_train::WEIGHTS_FILE);
        let file = std::fs::read(file).expect("it is there");
        let file = safetensors::SafeTensors::deserialize(&file).expect("it is whole");
        let saved: BTreeSet<&str> = file.names().into_iter().collect();
        let ours = parameters(&model);
        assert_eq!(
            ours.keys().map(String::as_str).collect::<BTreeSet<_>>(),
            saved
        );
    }
}

fn a_filled_module_is_trained_as_before(device: &Device) {
    let device = device.clone().autodiff();
    let config = &configs(5)[0];
    let fresh = model(config, &device, 2);
    let ids = |model: &LanguageModel<AnyCell>| {
        [
            model.embedding.weight.id,
            model.output.weight.as_ref().expect("it is not tied").id,
        ]
    };
    let before = ids(&fresh);
    let stored = parameters(&model(config, &device, 1));
    let filled = set_parameters(fresh, &stored).expect("they fit");
    assert_eq!(ids(&filled), before);
    assert!(filled.embedding.weight.is_require_grad());
    let gradients = gradients(&filled);
    assert_eq!(gradients.len(), stored.len());
}

fn gradients(model: &LanguageModel<AnyCell>) -> GradientsParams {
    let [inputs, targets] = [0, 1].map(|offset| {
        let rows = corpus::TEXT.bytes().skip(offset).take(10).map(corpus::id);
        let ids: Vec<u32> = rows.collect();
        TensorData::new(ids, [2, 5])
    });
    let device = model.device();
    let (logits, _) = model.forward(Tensor::from_data(inputs, &device), None);
    let loss = model.loss(logits, Tensor::from_data(targets, &device), None);
    GradientsParams::from_grads(loss.backward(), model)
}

fn adam() -> ClippedAdam {
    ClippedAdam::new(ClippedAdamConfig::new(1.0)).expect("in range")
}

fn train(
    model: LanguageModel<AnyCell>,
    optimizer: &mut ClippedAdam,
    steps: usize,
) -> LanguageModel<AnyCell> {
    (0..steps).fold(model, |model, _| {
        let gradients = gradients(&model);
        optimizer.step(LEARNING_RATE, model, gradients).0
    })
}

fn an_optimiser_goes_on_in_another_process_bit_for_bit(device: &Device) {
    let device = device.clone().autodiff();
    for config in configs(5) {
        let mut optimizer = adam();
        let trained = train(model(&config, &device, 1), &mut optimizer, 3);
        let weights = through_a_file(parameters(&trained));
        let moments = adam_tensors(&trained, optimizer.moments()).expect("they are its own");
        assert_eq!(moments.len(), 3 * weights.len());
        let moments = through_a_file(moments);
        let whole = train(trained, &mut optimizer, 3);

        // The identities of another model are as new as those of another process.
        let resumed = set_parameters(model(&config, &device, 2), &weights).expect("they fit");
        let mut other = adam();
        other.set_moments(adam_moments(&resumed, &moments).expect("they fit"));
        let resumed = train(resumed, &mut other, 3);
        assert_eq!(parameters(&resumed), parameters(&whole));
        assert_eq!(
            adam_tensors(&resumed, other.moments()).expect("they are its own"),
            adam_tensors(&whole, optimizer.moments()).expect("they are its own")
        );
    }
}

#[derive(Module, Debug)]
struct Pair {
    matrix: Param<Tensor<2>>,
    vector: Param<Tensor<1>>,
}

fn pair(dtype: DType, device: &Device) -> Pair {
    Pair {
        matrix: Param::from_tensor(Tensor::zeros([3, 1], (device, dtype))),
        vector: Param::from_tensor(Tensor::zeros([1], (device, dtype))),
    }
}

fn moments_of_some_parameters_and_odd_numbers_come_back(device: &Device) {
    let (first, second) = (pair(DType::F32, device), pair(DType::F32, device));
    let vector = |values: &[u32]| {
        let values: Vec<f32> = values.iter().map(|&bits| f32::from_bits(bits)).collect();
        let length = values.len();
        Tensor::<1>::from_data(TensorData::new(values, [length]), device)
    };
    let moments = AdamMoments {
        steps: usize::MAX >> 1,
        first: vector(&ODD[..3]),
        second: vector(&ODD[3..6]),
    };
    let moments = BTreeMap::from([(first.matrix.id, moments)]);
    let stored = adam_tensors(&first, &moments).expect("it is its own");
    let names: Vec<&String> = stored.keys().collect();
    assert_eq!(names, ["matrix.first", "matrix.second", "matrix.steps"]);
    let back = adam_moments(&second, &through_a_file(stored.clone())).expect("they fit");
    assert_eq!(back.keys().collect::<Vec<_>>(), [&second.matrix.id]);
    assert_eq!(back[&second.matrix.id].steps, usize::MAX >> 1);
    assert_eq!(
        adam_tensors(&second, &back).expect("they are its own"),
        stored
    );
}

fn averages_come_back_under_other_identities(device: &Device) {
    let config = &configs(3)[3];
    let (first, second) = (model(config, device, 1), model(config, device, 2));
    let mut average = WeightAverage::new();
    average.update(&first);
    average.update(&first);
    let stored = through_a_file(named(&first, average.means()).expect("they are its own"));
    let means = identified(&second, &stored).expect("they fit");
    let restored = WeightAverage::restore(average.updates(), means);
    assert_eq!(
        parameters(&restored.averaged(second)),
        parameters(&average.averaged(first))
    );
}

fn what_does_not_fit_is_named_with_both_shapes(device: &Device) {
    let module = || pair(DType::F32, device);
    let change = |name: &str, data: Option<TensorData>| {
        let mut tensors = parameters(&module());
        tensors.remove(name);
        tensors.extend(data.map(|data| (name.to_owned(), data)));
        text(set_parameters(module(), &tensors))
    };
    assert_eq!(
        change("matrix", None),
        "tensor matrix must be F32 [3, 1], got none"
    );
    assert_eq!(
        change("matrix", Some(TensorData::new(vec![0.0_f32; 3], [1, 3]))),
        "tensor matrix must be F32 [3, 1], got F32 [1, 3]"
    );
    assert_eq!(
        change("vector", Some(TensorData::new(vec![0.0_f64], [1]))),
        "tensor vector must be F32 [1], got F64 [1]"
    );
    assert_eq!(
        change("scale", Some(TensorData::new(vec![0.0_f32], [1]))),
        "tensor scale must be absent, got F32 [1]"
    );
    assert_eq!(change("scale", None), "no error");
}

fn moments_that_do_not_fit_are_named(device: &Device) {
    let module = pair(DType::F32, device);
    let vector = |length: usize| TensorData::new(vec![0.0_f32; length], [length]);
    let steps = |steps: i64| TensorData::new(vec![steps], [1]);
    let restore = |tensors: Vec<(&str, TensorData)>| {
        let tensors = tensors
            .into_iter()
            .map(|(name, data)| (name.to_owned(), data));
        text(adam_moments(&module, &tensors.collect()))
    };
    let (first, second) = (("matrix.first", vector(3)), ("matrix.second", vector(3)));
    assert_eq!(
        restore(vec![first.clone(), second.clone()]),
        "tensor matrix.steps must be I64 [1], got none"
    );
    assert_eq!(
        restore(vec![
            first.clone(),
            second.clone(),
            ("matrix.steps", steps(-1))
        ]),
        "tensor matrix.steps must be at least 0, got -1"
    );
    assert_eq!(
        restore(vec![
            first,
            ("matrix.second", vector(1)),
            ("matrix.steps", steps(1))
        ]),
        "tensor matrix.second must be F32 [3], got F32 [1]"
    );
    assert_eq!(
        restore(vec![("scale.first", vector(3))]),
        "tensor scale.first must be absent, got F32 [3]"
    );
    let strangers = BTreeMap::from([(ParamId::new(), Tensor::<1>::zeros([1], device))]);
    assert!(text(named(&module, &strangers)).contains("must be of a parameter of the module"));
    let wrong = Tensors::from([("vector".to_owned(), vector(2))]);
    assert_eq!(
        text(identified(&module, &wrong)),
        "tensor vector must be F32 [1], got F32 [2]"
    );
}

fn double_precision_comes_back_bit_for_bit(device: &Device) {
    assert_comes_back(DType::F64, device);
}

fn assert_comes_back(dtype: DType, device: &Device) {
    let width = dtype.size();
    let data = |length: usize| {
        let bytes = (0..length * width).map(|index| (37 * index + 11) as u8);
        TensorData::from_bytes_vec(bytes.collect(), [length], dtype)
    };
    let (bytes, _, _) = data(3).into_parts();
    let matrix = TensorData::from_bytes(bytes, [3, 1], dtype);
    let stored = Tensors::from([
        ("matrix".to_owned(), matrix),
        ("vector".to_owned(), data(1)),
    ]);
    let filled = set_parameters(pair(dtype, device), &through_a_file(stored.clone()));
    assert_eq!(parameters(&filled.expect("they fit")), stored);
}

fn networks(hidden: usize) -> Vec<RecurrentConfig<AnyCellConfig>> {
    let mut both = RecurrentConfig::new(AnyCellConfig::Lstm(LstmConfig::new(hidden)));
    both.direction = Direction::Both;
    both.num_layers = 2;
    let mut backward = RecurrentConfig::new(AnyCellConfig::Gru(GruConfig::new(hidden)));
    backward.direction = Direction::Backward;
    let forward = configs(hidden).into_iter().map(|config| config.network);
    forward.chain([both, backward]).collect()
}

fn a_networks_state_comes_back_bit_for_bit(device: &Device) {
    for (config, batch) in networks(3).into_iter().zip([1, 2, 5, 1, 3, 2]) {
        let network = config.init(4, device, &mut SeededRng::new(1));
        let inputs = Tensor::ones([batch, 3, 4], device);
        let state = network.forward(NetworkInput::new(inputs)).state;
        let like = || network.initial_state(batch, device);
        let stored = network_state_tensors(&state);
        assert_ne!(network_state_tensors(&like()), stored, "{config:?}");
        for stored in [stored.clone(), with_odd_numbers(stored)] {
            let back = set_network_state(like(), &through_a_file(stored.clone()));
            assert_eq!(network_state_tensors(&back.expect("it fits")), stored);
        }
        let wider = network.initial_state(batch + 1, device);
        let error = text(set_network_state(wider, &network_state_tensors(&state)));
        assert!(
            error.contains(&format!("[{}, 3], got F32 [{batch}, 3]", batch + 1)),
            "{error}"
        );
    }
}

fn states_have_readable_names(device: &Device) {
    let both = &networks(3)[4];
    let network = both.init(2, device, &mut SeededRng::new(1));
    let state: NetworkState<_> = network.initial_state(1, device);
    let names: Vec<String> = network_state_tensors(&state).into_keys().collect();
    let expected = ["0.backward", "0.forward", "1.backward", "1.forward"];
    let expected = expected.map(|layer| [format!("{layer}.0"), format!("{layer}.1")]);
    assert_eq!(names, expected.concat());
}

fn a_cells_state_comes_back_bit_for_bit(device: &Device) {
    let network = networks(3)[0].init(2, device, &mut SeededRng::new(1));
    let state = network.initial_state(2, device).layers.remove(0).forward;
    let state = state.expect("the network runs forward");
    let stored = with_odd_numbers(state_tensors(&state));
    assert_eq!(stored.keys().collect::<Vec<_>>(), ["0", "1"]);
    let back = set_state(state.clone(), &through_a_file(stored.clone())).expect("it fits");
    assert_eq!(state_tensors(&back), stored);
    // The second tensor is the memory cell, so that the order counts.
    assert_eq!(back.hidden().into_data(), stored["0"]);
    let none = text(set_state(state, &Tensors::new()));
    assert_eq!(none, "tensor 0 must be F32 [2, 3], got none");
}

recurra_cells::cpu_tests!(
    parameters_come_back_bit_for_bit,
    names_are_those_of_a_saved_model,
    a_filled_module_is_trained_as_before,
    an_optimiser_goes_on_in_another_process_bit_for_bit,
    moments_of_some_parameters_and_odd_numbers_come_back,
    averages_come_back_under_other_identities,
    what_does_not_fit_is_named_with_both_shapes,
    moments_that_do_not_fit_are_named,
    double_precision_comes_back_bit_for_bit,
    a_networks_state_comes_back_bit_for_bit,
    states_have_readable_names,
    a_cells_state_comes_back_bit_for_bit,
);

#[test]
#[cfg(feature = "flex")]
fn halves_come_back_bit_for_bit() {
    for dtype in [DType::F16, DType::BF16] {
        assert_comes_back(dtype, &Device::flex());
    }
}
