//! The encoder against `transformers`, layer by layer, in every way in which its files are laid out.

use std::fs;
use std::path::Path;

use crate::support::{Expected, FOLDERS, TEXTS, TOLERANCE, copy, golden, values, worst};
use burn::tensor::Device;
use proptest::prelude::*;
use recurra_cells::interop::StateDict;
use recurra_cells::{SeededRng, device_tests};
use recurra_distill::{EncoderConfig, HuggingFaceFolder, Layout, Pooling, TokenBatch};

fn expected(name: &str) -> Expected {
    Expected::read(&golden(name).join("expected.safetensors"))
}

/// Every hidden state of the texts as one padded batch, and the logits.
fn assert_equals_transformers(folder: &Path, expected: &Expected, device: &Device) {
    let folder = HuggingFaceFolder::open(folder).expect("the folder");
    let tokens = folder.tokenizer().encode(&TEXTS).expect("the texts");
    assert_eq!(tokens, expected.tokens());
    let classifier = folder.classifier(device).expect("the weights");
    let TokenBatch { tokens, lengths } = folder.tokenizer().batch(&tokens, device);
    assert_eq!(lengths.as_slice(), expected.lengths);

    let encoder = &classifier.encoder;
    let states = encoder.hidden_states(tokens.clone(), lengths.clone());
    assert_eq!(states.len(), 3);
    for (layer, state) in states.into_iter().enumerate() {
        let state = values(lengths.zero_padding(state));
        let error = worst(&state, expected.hidden(layer).expect("the layer"));
        assert!(error < TOLERANCE, "layer {layer}: {error}");
    }
    let error = worst(
        &values(classifier.forward(tokens, lengths)),
        expected.logits(),
    );
    assert!(error < TOLERANCE, "logits: {error}");
}

fn every_layer_and_the_logits_are_those_of_transformers(device: &Device) {
    for name in FOLDERS {
        assert_equals_transformers(&golden(name), &expected(name), device);
    }
}

/// Replaces the weights of a copy of BERT's golden folder by the same under other names.
fn renamed(rename: impl Fn(&str) -> String) -> tempfile::TempDir {
    let folder = copy("bert");
    let path = folder.path().join("model.safetensors");
    let read = StateDict::read_safetensors(&path).expect("the weights");
    let mut written = StateDict::new();
    for (name, tensor) in read.iter() {
        written.insert_tensor(&rename(name), tensor.clone());
    }
    written.write_safetensors(&path).expect("the new weights");
    folder
}

fn names_without_prefix_and_of_old_versions_are_read(device: &Device) {
    let expected = expected("bert");
    let bare = renamed(|name| name.trim_start_matches("bert.").to_owned());
    assert_equals_transformers(bare.path(), &expected, device);
    let old = renamed(|name| {
        name.replace("LayerNorm.weight", "LayerNorm.gamma")
            .replace("LayerNorm.bias", "LayerNorm.beta")
    });
    assert_equals_transformers(old.path(), &expected, device);
}

fn weights_in_several_files_are_read(device: &Device) {
    let folder = copy("bert");
    let path = folder.path().join("model.safetensors");
    let read = StateDict::read_safetensors(&path).expect("the weights");
    fs::remove_file(path).expect("one file less");
    let mut shards = [StateDict::new(), StateDict::new()];
    let mut map = serde_json::Map::new();
    for (index, (name, tensor)) in read.iter().enumerate() {
        let file = format!("model-{}.safetensors", index % 2);
        shards[index % 2].insert_tensor(name, tensor.clone());
        map.insert(name.to_owned(), file.into());
    }
    for (index, shard) in shards.iter().enumerate() {
        let path = folder.path().join(format!("model-{index}.safetensors"));
        shard.write_safetensors(path).expect("a shard");
    }
    let index = serde_json::json!({ "weight_map": map }).to_string();
    let path = folder.path().join("model.safetensors.index.json");
    fs::write(path, index).expect("the index");
    assert_equals_transformers(folder.path(), &expected("bert"), device);
}

/// A text alone has the hidden state and the logits that it has in a batch, whatever stands in the padding.
fn a_row_is_independent_of_its_batch(device: &Device) {
    let config = ProptestConfig::with_cases(8);
    let rows = prop::collection::vec(prop::collection::vec(0u32..30, 1..9), 1..5);
    proptest!(config, |(seed: u64, rows in rows, filler in 0u32..30, roberta: bool, first: bool)| {
        let mut config = EncoderConfig::new(30, 6, 2, 3).with_classes(["a", "b"]);
        config.layout = if roberta { Layout::Roberta } else { Layout::Bert };
        config.initializer_range = 0.3;
        let pooling = if first { Pooling::First } else { Pooling::Mean };
        let classifier = config.init_classifier(pooling, device, &mut SeededRng::new(seed));
        let logits = |rows: &[Vec<u32>]| {
            let TokenBatch { tokens, lengths } = TokenBatch::new(rows, filler, device);
            values(classifier.forward(tokens, lengths))
        };
        let together = logits(&rows);
        for (row, logits_together) in rows.iter().zip(together.chunks(2)) {
            let alone = logits(std::slice::from_ref(row));
            let error = worst(&alone, logits_together);
            prop_assert!(error < TOLERANCE, "{error}: {alone:?} {logits_together:?}");
        }
    });
}

/// Without lengths, every token is valid.
fn a_batch_without_lengths_is_all_valid(device: &Device) {
    let folder = HuggingFaceFolder::open(golden("bert")).expect("the folder");
    for pooling in [Pooling::First, Pooling::Mean] {
        let classes = ["yes", "no"];
        let classifier = folder
            .new_classifier(classes, pooling, device, &mut SeededRng::new(3))
            .expect("the weights");
        assert_eq!(
            (classifier.classes(), classifier.pooling()),
            (&classes.map(String::from)[..], pooling)
        );
        let TokenBatch { tokens, lengths } =
            TokenBatch::new(&[[2u32, 5, 6, 3], [2, 9, 7, 3]], 0, device);
        let with = values(classifier.forward(tokens.clone(), lengths));
        let without = values(classifier.forward(tokens, None));
        assert!(worst(&with, &without) < 1e-6);
    }
}

device_tests!(
    every_layer_and_the_logits_are_those_of_transformers,
    names_without_prefix_and_of_old_versions_are_read,
    weights_in_several_files_are_read,
    a_row_is_independent_of_its_batch,
    a_batch_without_lengths_is_all_valid,
);

#[test]
fn long_texts_are_cut_to_what_the_encoder_reads() {
    for (name, longest) in [("bert", 64), ("roberta", 62)] {
        let folder = HuggingFaceFolder::open(golden(name)).expect("the folder");
        assert_eq!(folder.config().max_length(), longest);
        let text = "the film ".repeat(60);
        let tokens = folder.tokenizer().encode(&[text]).expect("the text");
        assert_eq!(tokens[0].len(), longest);
    }
}

#[test]
fn the_classes_have_the_names_of_the_configuration() {
    let folder = HuggingFaceFolder::open(golden("roberta")).expect("the folder");
    assert_eq!(
        folder.config().classes(),
        ["negative", "neutral", "positive"]
    );
    assert!(folder.has_classifier());
}
