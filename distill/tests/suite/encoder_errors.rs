//! What is wrong with a folder is said before anything is computed.

use std::fs;
use std::path::Path;

use crate::support::copy;
use burn::tensor::Device;
use recurra_cells::interop::StateDict;
use recurra_distill::{Error, HuggingFaceFolder};
use serde_json::{Value, json};

/// The message for a folder, with the folder's own path left out.
fn message(folder: &Path) -> String {
    let device = Device::default();
    let opened = HuggingFaceFolder::open(folder);
    let error = opened
        .and_then(|opened| opened.classifier(&device))
        .map(|_| ());
    let error: Error = error.expect_err("the folder is spoilt");
    let message = error
        .to_string()
        .replace(&folder.display().to_string(), "F");
    assert_eq!(message.lines().count(), 1, "{message}");
    message
}

fn without(file: &str) -> String {
    let folder = copy("bert");
    fs::remove_file(folder.path().join(file)).expect("one file less");
    message(folder.path())
}

/// The message after a change of the configuration.
fn with_config(field: &str, value: Value) -> String {
    let folder = copy("bert");
    let path = folder.path().join("config.json");
    let mut config: Value =
        serde_json::from_slice(&fs::read(&path).expect("the configuration")).expect("JSON");
    config[field] = value;
    fs::write(&path, config.to_string()).expect("the changed configuration");
    message(folder.path())
}

/// The message after a change of the weights.
fn with_weights(change: impl FnOnce(&mut StateDict)) -> String {
    let folder = copy("bert");
    let path = folder.path().join("model.safetensors");
    let mut dict = StateDict::read_safetensors(&path).expect("the weights");
    change(&mut dict);
    dict.write_safetensors(&path).expect("the changed weights");
    message(folder.path())
}

#[test]
fn the_missing_file_is_named() {
    assert_eq!(
        without("config.json"),
        "F must be a Hugging Face folder, but has no config.json"
    );
    assert_eq!(
        without("vocab.txt"),
        "F must be a Hugging Face folder, but has no tokenizer.json or vocab.txt"
    );
    assert_eq!(
        without("model.safetensors"),
        "F must be a Hugging Face folder, but has no model.safetensors"
    );
}

#[test]
fn another_network_is_named() {
    assert_eq!(
        with_config("model_type", json!("gpt2")),
        "F/config.json: model_type must be \"bert\" or \"roberta\", got \"gpt2\""
    );
    assert_eq!(
        with_config("model_type", Value::Null),
        "F/config.json: model_type must be \"bert\" or \"roberta\", got null"
    );
    assert_eq!(
        with_config("hidden_act", json!("swish")),
        "F/config.json: hidden_act must be \"gelu\", \"gelu_new\" or another name of theirs, got \"swish\""
    );
    assert_eq!(
        with_config("position_embedding_type", json!("relative_key")),
        "F/config.json: position_embedding_type must be \"absolute\", got \"relative_key\""
    );
}

#[test]
fn a_field_out_of_its_range_is_named() {
    assert_eq!(
        with_config("num_attention_heads", json!(5)),
        "F/config.json: expected an encoder's configuration: hidden_size must be a multiple of num_attention_heads 5, got 32"
    );
    assert_eq!(
        with_config("hidden_dropout_prob", json!(1.0)),
        "F/config.json: expected an encoder's configuration: hidden_dropout_prob must be in [0, 1), got 1"
    );
    assert_eq!(
        with_config("vocab_size", Value::Null),
        "F/config.json: expected an encoder's configuration: invalid type: null, expected usize"
    );
}

#[test]
fn a_missing_tensor_is_named_with_its_shape() {
    let missing = with_weights(|dict| {
        dict.remove("bert.encoder.layer.1.intermediate.dense.weight");
    });
    assert_eq!(
        missing,
        "F/model.safetensors: tensor encoder.layer.1.intermediate.dense.weight of shape [64, 32] is missing"
    );
    let headless = with_weights(|dict| {
        dict.remove("classifier.weight");
    });
    assert_eq!(
        headless,
        "F/model.safetensors: tensor classifier.weight of shape [3, 32] is missing"
    );
    // Another layer than there is.
    assert_eq!(
        with_config("num_hidden_layers", json!(3)),
        "F/model.safetensors: tensor encoder.layer.2.attention.self.query.weight of shape [32, 32] is missing"
    );
}

#[test]
fn a_wrong_shape_is_told_with_the_right_one() {
    let wrong = with_weights(|dict| {
        let name = "bert.encoder.layer.0.output.dense.weight";
        dict.insert(name, [64, 32], vec![0.5; 64 * 32])
            .expect("finite");
    });
    assert_eq!(
        wrong,
        "F/model.safetensors: tensor encoder.layer.0.output.dense.weight must be [32, 64], got [64, 32]"
    );
}

#[test]
fn a_vocabulary_of_another_encoder_is_refused() {
    let folder = copy("bert");
    let path = folder.path().join("vocab.txt");
    let text = fs::read_to_string(&path).expect("the vocabulary");
    fs::write(&path, text.lines().take(91).collect::<Vec<_>>().join("\n")).expect("a shorter one");
    assert_eq!(
        message(folder.path()),
        "F/vocab.txt: the vocabulary must have 92 tokens, as many as the embeddings have rows, got 91"
    );
}

#[test]
fn what_is_no_tokenizer_is_refused() {
    let folder = copy("bert");
    fs::write(folder.path().join("vocab.txt"), "the\nfilm\n").expect("another file");
    assert_eq!(
        message(folder.path()),
        "F/vocab.txt: expected a vocabulary, a token a line: it has no [CLS]"
    );
    let folder = copy("roberta");
    fs::write(folder.path().join("tokenizer.json"), "{}").expect("another file");
    let message = message(folder.path());
    assert!(
        message.starts_with("F/tokenizer.json: expected a tokenizer: "),
        "{message}"
    );
}

#[test]
fn a_truncated_file_of_weights_is_refused() {
    let folder = copy("bert");
    let path = folder.path().join("model.safetensors");
    let bytes = fs::read(&path).expect("the weights");
    for length in [0, 7, 100, bytes.len() - 1] {
        fs::write(&path, &bytes[..length]).expect("a shorter file");
        let message = message(folder.path());
        assert!(
            message.starts_with("cannot read F/model.safetensors: "),
            "{message}"
        );
    }
}

#[test]
fn an_index_that_names_a_missing_file_is_refused() {
    let folder = copy("bert");
    fs::remove_file(folder.path().join("model.safetensors")).expect("one file less");
    let index = folder.path().join("model.safetensors.index.json");
    fs::write(&index, r#"{"weight_map": {"a": "gone.safetensors"}}"#).expect("an index");
    let error = message(folder.path());
    assert!(
        error.starts_with("cannot read F/gone.safetensors: "),
        "{error}"
    );
    fs::write(&index, "{}").expect("an index");
    let error = message(folder.path());
    assert!(
        error.starts_with("F/model.safetensors.index.json: expected an index of weights: "),
        "{error}"
    );
}
