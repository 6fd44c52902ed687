//! The model of a run in a program of one's own: what a classifier of texts, trained by `cargo xtask run sentiment`, says of lines
//! of standard input.
//!
//! ```sh
//! echo "a film to see again" | cargo run --release -p recurra-train --features flex --example classify RUN/model
//! ```

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs, io};

use burn::tensor::{Device, activation};
use recurra_cells::AnyCellConfig;
use recurra_datasets::{Vocabulary, english_words};
use recurra_train::{SequenceClassifierConfig, TokenRows, load};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args().nth(1).ok_or("expected the folder RUN/model")?;
    let folder = PathBuf::from(folder);
    // The configuration says which cell it is; `LstmConfig` in place of `AnyCellConfig` would take LSTMs alone.
    let device = Device::default();
    let (_, model) = load::<SequenceClassifierConfig<AnyCellConfig>>(&folder, &device)?;
    let vocabulary = Vocabulary::read(folder.join("vocabulary.json"))?;
    let classes: Vec<String> = serde_json::from_slice(&fs::read(folder.join("classes.json"))?)?;

    for line in io::stdin().lines() {
        let words = english_words(&line?);
        let ids = vocabulary.encode(words.iter().map(String::as_str))?;
        let rows = TokenRows::padded(&[ids], 0);
        let logits = model.forward(rows.tokens(&device), rows.lengths().clone());
        let probabilities = activation::softmax(logits, 1).into_data();
        let pairs = classes.iter().zip(probabilities.iter::<f32>());
        let pairs: Vec<String> = pairs
            .map(|(class, probability)| format!("{class} {probability:.3}"))
            .collect();
        println!("{}", pairs.join(", "));
    }
    Ok(())
}
