//! all-MiniLM-L6-v2 against `transformers`; how to run it stands in `goldens/README.md`.

use std::env;
use std::path::PathBuf;

use crate::support::{Expected, TEXTS, TOLERANCE, values, worst};
use burn::tensor::Device;
use recurra_distill::{HuggingFaceFolder, TokenBatch};

fn path(variable: &str) -> PathBuf {
    let path = env::var_os(variable);
    path.unwrap_or_else(|| panic!("{variable} must be set"))
        .into()
}

#[test]
#[ignore = "needs RECURRA_MINILM, a folder, and RECURRA_MINILM_EXPECTED, what reference.py writes for it"]
fn every_layer_is_that_of_transformers() {
    let device = Device::default();
    let folder = HuggingFaceFolder::open(path("RECURRA_MINILM")).expect("the folder");
    let expected = Expected::read(&path("RECURRA_MINILM_EXPECTED"));
    let rows = folder.tokenizer().encode(&TEXTS).expect("the texts");
    assert_eq!(rows, expected.tokens());

    let encoder = folder.encoder(&device).expect("the weights");
    let TokenBatch { tokens, lengths } = folder.tokenizer().batch(&rows, &device);
    let states = encoder.hidden_states(tokens, lengths.clone());
    assert_eq!(states.len(), encoder.config().num_hidden_layers + 1);
    for (layer, state) in states.into_iter().enumerate() {
        let state = values(lengths.zero_padding(state));
        let error = worst(&state, expected.hidden(layer).expect("the layer"));
        println!("layer {layer}: worst error {error:e}");
        assert!(error < TOLERANCE, "layer {layer}: {error}");
    }
}
