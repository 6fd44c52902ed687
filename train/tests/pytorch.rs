//! A saved classifier in PyTorch, by the script among the examples.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs};

use burn::tensor::{Device, activation};
use recurra_cells::{
    AnyCellConfig, Direction, GruConfig, LstmConfig, Nonlinearity, RecurrentConfig, RnnConfig,
    SeededRng,
};
use recurra_datasets::{Unit, Vocabulary};
use recurra_train::{SequenceClassifierConfig, TokenRows, save};

type Config = SequenceClassifierConfig<AnyCellConfig>;

const TEXT: &str = "one two three four five two one five";
/// What the models read, with a word that the vocabulary does not know.
const LINE: &str = "two seven five one";
/// The script prints six digits.
const TOLERANCE: f32 = 2e-6;

fn config(cell: AnyCellConfig, layers: usize, direction: Direction) -> Config {
    let network = RecurrentConfig::new(cell)
        .with_num_layers(layers)
        .with_direction(direction);
    SequenceClassifierConfig::new(vocabulary().len(), 4, network, 2)
}

fn vocabulary() -> Vocabulary {
    let words: Vec<&str> = TEXT.split(' ').collect();
    Vocabulary::from_training_tokens(&words, Unit::Word).with_unknown("<unk>")
}

/// Saves a model of seeded weights, and gives its probabilities for the text.
fn saved(config: &Config, folder: &Path) -> Vec<f32> {
    let device = Device::default();
    let model = config.init(&device, &mut SeededRng::new(7));
    save(folder, config, &model).unwrap();
    vocabulary().write(folder.join("vocabulary.json")).unwrap();
    fs::write(folder.join("classes.json"), r#"["a", "b"]"#).unwrap();
    let ids = vocabulary().encode(LINE.split(' ')).unwrap();
    let logits = model.forward(TokenRows::padded(&[ids], 0).tokens(&device), None);
    let probabilities = activation::softmax(logits, 1).into_data();
    probabilities.iter::<f32>().collect()
}

/// What the script says, or why it says nothing.
fn asked(folder: &Path) -> Result<Vec<f32>, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/load_in_pytorch.py");
    let python = env::var_os("RECURRA_PYTHON").expect("a Python with torch and safetensors");
    let mut command = Command::new(python);
    command.arg(script).arg(folder);
    let pipes = [Stdio::piped(), Stdio::piped(), Stdio::piped()];
    let [stdin, stdout, stderr] = pipes;
    let mut child = command
        .stdin(stdin)
        .stdout(stdout)
        .stderr(stderr)
        .spawn()
        .unwrap();
    // A script that has ended already reads nothing.
    let _ = child
        .stdin
        .take()
        .unwrap()
        .write_all(format!("\n{LINE}\n").as_bytes());
    let output = child.wait_with_output().unwrap();
    if !output.status.success() {
        return Err(String::from_utf8(output.stderr).unwrap());
    }
    let lines = String::from_utf8(output.stdout).unwrap();
    let line = lines.strip_prefix('\n').expect("a blank line stays one");
    let numbers = line
        .split(", ")
        .map(|it| it.split(' ').next_back().unwrap().trim());
    Ok(numbers.map(|it| it.parse().unwrap()).collect())
}

#[test]
#[ignore = "needs RECURRA_PYTHON, a Python with torch and safetensors"]
fn pytorch_says_the_same() {
    let relu = RnnConfig::new(3).with_nonlinearity(Nonlinearity::Relu);
    let projected = LstmConfig::new(3).with_projection_size(2);
    for cell in [
        AnyCellConfig::Rnn(RnnConfig::new(3)),
        AnyCellConfig::Rnn(relu),
        AnyCellConfig::Lstm(LstmConfig::new(3).with_bias(false)),
        AnyCellConfig::Lstm(projected),
        AnyCellConfig::Gru(GruConfig::new(3).with_chrono(5)),
    ] {
        for (layers, direction) in [(1, Direction::Forward), (2, Direction::Both)] {
            let folder = tempfile::tempdir().unwrap();
            let own = saved(&config(cell.clone(), layers, direction), folder.path());
            let theirs = asked(folder.path()).unwrap();
            let close = own
                .iter()
                .zip(&theirs)
                .all(|(a, b)| (a - b).abs() < TOLERANCE);
            assert!(
                close && own.len() == theirs.len(),
                "{cell:?}: {own:?}, {theirs:?}"
            );
        }
    }
}

#[test]
#[ignore = "needs RECURRA_PYTHON, a Python with torch and safetensors"]
fn what_pytorch_has_not_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let clipped = AnyCellConfig::Lstm(LstmConfig::new(3).with_cell_clip(1.0));
    saved(&config(clipped, 1, Direction::Forward), folder.path());
    let error = asked(folder.path()).unwrap_err();
    let expected = "ValueError: PyTorch has no cell with cell_clip = 1.0, only None";
    assert!(error.trim_end().ends_with(expected), "{error}");
}
