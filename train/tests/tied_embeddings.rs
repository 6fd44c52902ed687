//! Embeddings that are the output layer's weights as well, on every device of this build.

mod corpus;

use std::fs;

use burn::module::{Module, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use corpus::{VOCABULARY, any_model, configs, model, weights, windows};
use recurra_cells::{AnyCell, AnyCellConfig, SeededRng};
use recurra_train::{
    CONFIG_FILE, LanguageModel, LanguageModelConfig, OutputLayer, TokenWindow, ZoneoutRates,
    evaluate, load, sample, save,
};

/// What rounding may leave in f32, relative to gradients of the order of 1.
const TOLERANCE: f64 = 2e-5;

/// Every cell, tied.
fn tied(hidden: usize) -> Vec<LanguageModelConfig<AnyCellConfig>> {
    let mut configs = configs(hidden);
    for config in &mut configs {
        (config.tie_embeddings, config.embedding_size) = (true, hidden);
    }
    configs
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

fn gradients(
    model: &LanguageModel<AnyCell>,
    window: &TokenWindow,
    device: &Device,
) -> GradientsParams {
    let (logits, _) = model.forward(window.inputs(device), None);
    let loss = model.loss(logits, window.targets(device), None);
    GradientsParams::from_grads(loss.backward(), model)
}

/// The gradient of a tied embedding is that of an embedding and that of an output layer's weight of the same numbers.
fn gradients_come_from_both_uses(device: &Device) {
    let device = device.clone().autodiff();
    for (hidden, config) in [1, 5, 8]
        .into_iter()
        .flat_map(|h| tied(h).into_iter().map(move |c| (h, c)))
    {
        let tied = model(&config, &device, 3);
        assert!(tied.output.weight.is_none());
        let weight = tied.embedding.weight.val().transpose().detach();
        let apart = LanguageModel {
            output: OutputLayer {
                weight: Some(Param::from_tensor(weight)),
                bias: tied.output.bias.clone(),
            },
            ..tied.clone()
        };
        assert_eq!(apart.num_params() - tied.num_params(), VOCABULARY * hidden);
        let window = windows(2, 7).remove(0);
        let [of_tied, of_apart] = [&tied, &apart].map(|model| gradients(model, &window, &device));
        let embedding =
            |of: &GradientsParams| of.get::<2>(tied.embedding.weight.id).expect("a gradient");
        let output = apart.output.weight.as_ref().expect("it is apart").id;
        let output = of_apart.get::<2>(output).expect("a gradient").transpose();
        let parts = [embedding(&of_apart), output].map(values);
        assert!(
            parts
                .iter()
                .all(|part| part.iter().any(|&value| value != 0.0))
        );
        for (found, (read, answered)) in values(embedding(&of_tied))
            .iter()
            .zip(parts[0].iter().zip(&parts[1]))
        {
            let expected = read + answered;
            assert!(
                (found - expected).abs() <= TOLERANCE,
                "{found}, not {expected}"
            );
        }
    }
}

fn a_saved_model_comes_back_bit_for_bit(device: &Device) {
    for mut config in tied(8) {
        config.zoneout = ZoneoutRates {
            hidden: 0.1,
            memory: 0.2,
        };
        let folder = tempfile::tempdir().expect("a folder for the test");
        let model = model(&config, device, 5);
        save(folder.path(), &config, &model).expect("the model is written");
        let (read, loaded) = load::<LanguageModelConfig<AnyCellConfig>>(folder.path(), device)
            .expect("the model is read");
        assert_eq!((read, loaded.zoneout), (config.clone(), config.zoneout));
        assert_eq!(weights(&loaded), weights(&model));
        assert_eq!(
            evaluate(&loaded, windows(2, 8)),
            evaluate(&model, windows(2, 8))
        );
        let text = |model| {
            let text = sample(model, &[1, 2], 1.0, SeededRng::new(1)).expect("a prompt in range");
            text.take(9).collect::<Vec<_>>()
        };
        assert_eq!(text(&loaded), text(&model));
        // Its weights are not those of a model with an output layer of its own.
        config.tie_embeddings = false;
        fs::write(
            folder.path().join(CONFIG_FILE),
            serde_json::to_string(&config).expect("JSON"),
        )
        .expect("written");
        let refused = load::<LanguageModelConfig<AnyCellConfig>>(folder.path(), device)
            .map(drop)
            .expect_err("a weight is missing");
        assert!(refused.to_string().contains("output.weight"), "{refused}");
    }
}

/// A configuration from before there were ties and zoneout.
fn an_older_configuration_is_read(device: &Device) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let (config, model) = (configs(8).swap_remove(0), any_model(device, 5));
    save(folder.path(), &config, &model).expect("the model is written");
    let mut json = serde_json::to_value(&config).expect("JSON");
    let fields = json.as_object_mut().expect("an object");
    assert!(fields.remove("tie_embeddings").is_some() && fields.remove("zoneout").is_some());
    fs::write(folder.path().join(CONFIG_FILE), json.to_string()).expect("written");
    let (read, loaded) = load::<LanguageModelConfig<AnyCellConfig>>(folder.path(), device)
        .expect("the model is read");
    assert_eq!(read, config);
    assert_eq!(weights(&loaded), weights(&model));
}

recurra_cells::cpu_tests!(
    gradients_come_from_both_uses,
    a_saved_model_comes_back_bit_for_bit,
    an_older_configuration_is_read,
);

#[test]
fn embeddings_of_another_width_cannot_be_tied() {
    for mut config in configs(8) {
        config.tie_embeddings = true;
        let refused = config.validate().expect_err("the embeddings are 6 wide");
        assert_eq!(
            refused.to_string(),
            "embedding_size must be the hidden size 8 where embeddings are tied, got 6"
        );
    }
}
