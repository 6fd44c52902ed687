//! Saving, loading and sampling, on every device of this build.

mod corpus;

use std::fs;

use burn::tensor::Device;
use corpus::{any_model, configs, model, weights, windows};
use recurra_cells::{AnyCellConfig, LstmConfig, RecurrentConfig, SeededRng};
use recurra_train::{
    CONFIG_FILE, Error, LanguageModelConfig, WEIGHTS_FILE, evaluate, load, sample, save,
};

fn a_saved_model_comes_back_bit_for_bit(device: &Device) {
    for config in configs(8) {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let model = model(&config, device, 5);
        // Twice, because a second save replaces the first.
        save(folder.path(), &config, &model).expect("the model is written");
        save(folder.path(), &config, &model).expect("the model is written again");
        let (loaded_config, loaded) =
            load::<LanguageModelConfig<AnyCellConfig>>(folder.path(), device)
                .expect("the model is read");
        assert_eq!(loaded_config, config);
        assert_eq!(weights(&loaded), weights(&model));
        assert_eq!(
            evaluate(&loaded, windows(2, 8)),
            evaluate(&model, windows(2, 8))
        );
        let mut names: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|it| it.unwrap().file_name())
            .collect();
        names.sort();
        assert_eq!(names, [CONFIG_FILE, WEIGHTS_FILE]);
    }
}

fn a_model_of_any_cell_loads_as_that_cell(device: &Device) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let any = &configs(8)[0];
    save(folder.path(), any, &any_model(device, 5)).expect("the model is written");
    let network = RecurrentConfig::new(LstmConfig::new(8)).with_num_layers(2);
    let config = LanguageModelConfig::new(any.vocabulary_size, any.embedding_size, network);
    fs::write(
        folder.path().join(CONFIG_FILE),
        serde_json::to_string(&config).unwrap(),
    )
    .unwrap();
    let (_, loaded) = load::<LanguageModelConfig<LstmConfig>>(folder.path(), device)
        .expect("the names of the weights are the same");
    assert_eq!(
        evaluate(&loaded, windows(2, 8)),
        evaluate(&any_model(device, 5), windows(2, 8))
    );
}

fn what_cannot_be_loaded_says_why(device: &Device) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let (weights, config) = (
        folder.path().join(WEIGHTS_FILE),
        folder.path().join(CONFIG_FILE),
    );
    let refusal = || {
        load::<LanguageModelConfig<AnyCellConfig>>(folder.path(), device)
            .expect_err("the model is not whole")
    };
    assert!(matches!(refusal(), Error::Read { .. }));

    save(folder.path(), &configs(8)[0], &any_model(device, 5)).expect("the model is written");
    let bytes = fs::read(&weights).unwrap();
    for length in [0, 4, 100, bytes.len() - 1] {
        fs::write(&weights, &bytes[..length]).unwrap();
        let error = refusal();
        assert!(
            matches!(error, Error::InvalidWeights { .. }),
            "{length} bytes: {error}"
        );
    }
    fs::write(&weights, &bytes).unwrap();

    fs::write(&config, serde_json::to_string(&configs(9)[0]).unwrap()).unwrap();
    let error = refusal();
    assert!(matches!(error, Error::InvalidWeights { .. }), "{error}");
    assert!(
        error.to_string().contains("weight_hh") && error.to_string().lines().count() == 1,
        "{error}"
    );

    fs::write(&config, "{}").unwrap();
    assert!(matches!(refusal(), Error::InvalidConfig { .. }));
    fs::remove_file(&weights).unwrap();
    fs::write(&config, serde_json::to_string(&configs(8)[0]).unwrap()).unwrap();
    assert!(matches!(refusal(), Error::Read { .. }));
}

fn a_seed_draws_the_same_text(device: &Device) {
    let model = any_model(device, 1);
    let draw = |seed, temperature| -> Vec<u32> {
        let drawn = sample(&model, &[1, 2, 3], temperature, SeededRng::new(seed))
            .expect("the prompt is in range");
        drawn.take(20).collect()
    };
    assert_eq!(draw(1, 1.0), draw(1, 1.0));
    assert_ne!(draw(1, 1.0), draw(2, 1.0));
    // Close to 0 the likeliest token is drawn, whatever the seed.
    assert_eq!(draw(1, 1e-6), draw(2, 1e-6));
}

fn what_cannot_be_sampled_is_refused(device: &Device) {
    let model = any_model(device, 1);
    let refusal = |prompt: &[u32], temperature| {
        let sampler = sample(&model, prompt, temperature, SeededRng::new(1));
        sampler
            .err()
            .expect("the argument is out of range")
            .to_string()
    };
    assert_eq!(
        refusal(&[], 1.0),
        "prompt must be at least one token, got none"
    );
    assert_eq!(
        refusal(&[27], 1.0),
        "prompt must be tokens below 27, got 27"
    );
    assert_eq!(
        refusal(&[1], 0.0),
        "temperature must be above 0 and finite, got 0"
    );
    assert_eq!(
        refusal(&[1], f64::NAN),
        "temperature must be above 0 and finite, got NaN"
    );
}

recurra_cells::device_tests!(
    a_saved_model_comes_back_bit_for_bit,
    a_model_of_any_cell_loads_as_that_cell,
    what_cannot_be_loaded_says_why,
    a_seed_draws_the_same_text,
    what_cannot_be_sampled_is_refused,
);
