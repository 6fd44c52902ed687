//! The command `predict`: what the model of a run says of texts.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use recurra_distill::Teacher;
use serde_json::{Map, Value, json};

use crate::devices::{self, DeviceName};
use crate::error::Error;
use crate::texts::Model;

/// The arguments of `predict`.
#[derive(Debug, Args)]
pub struct PredictArgs {
    /// The folder of a run that trained a classifier of texts, or the folder of such a model
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Files with a text a line; standard input if there is none
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// JSON Lines with the probabilities of all classes, instead of class, probability and text
    #[arg(long)]
    json: bool,
    /// Where to compute; the first of flex, ndarray, wgpu and cuda that this build has
    #[arg(long)]
    device: Option<DeviceName>,
}

/// Prints a line for each line that is read, at once.
pub fn run(args: &PredictArgs) -> Result<(), Error> {
    let folder = model_folder(&args.run)?;
    let (_, device) = devices::choose(args.device)?;
    let model = Model::read(&folder, &device)?;
    let print = match args.json {
        true => as_json,
        false => as_text,
    };
    let mut output = io::stdout().lock();
    if args.files.is_empty() {
        let name = Path::new("standard input");
        return predict(&model, (name, io::stdin().lock()), print, &mut output);
    }
    // All are opened before the first is read.
    let opened: Result<Vec<File>, Error> = args.files.iter().map(|it| open(it)).collect();
    for (path, file) in args.files.iter().zip(opened?) {
        predict(&model, (path, BufReader::new(file)), print, &mut output)?;
    }
    Ok(())
}

/// A run has its model in a folder of its own.
fn model_folder(run: &Path) -> Result<PathBuf, Error> {
    let candidates = [run.join("model"), run.to_owned()];
    let found = candidates.into_iter().find(|folder| Model::is_in(folder));
    found.ok_or_else(|| Error::NoClassifier {
        path: run.to_owned(),
    })
}

fn open(path: &Path) -> Result<File, Error> {
    File::open(path).map_err(|cause| Error::Read {
        path: path.to_owned(),
        cause,
    })
}

/// How a prediction is printed, given classes, text, the class that was decided for, and probabilities.
type Print = fn(&[String], &str, usize, &[f64]) -> String;

/// A blank line has no text, and is given back as it is. A reader that goes away ends the output and is no error.
fn predict(
    model: &Model,
    (name, lines): (&Path, impl BufRead),
    print: Print,
    output: &mut impl Write,
) -> Result<(), Error> {
    for (number, line) in lines.lines().enumerate() {
        let line = line.map_err(|cause| Error::Line {
            path: name.to_owned(),
            line: number + 1,
            cause,
        })?;
        let text = line.trim();
        let printed = match text {
            "" => String::new(),
            text => {
                let soft = model.label(&[text])?;
                let decided = soft.decisions()[0];
                let probabilities = soft.probabilities().next();
                let probabilities = probabilities.expect("one text was asked for");
                print(model.classes(), text, decided, &probabilities)
            }
        };
        match writeln!(output, "{printed}") {
            Err(cause) if cause.kind() == ErrorKind::BrokenPipe => return Ok(()),
            written => written.map_err(|cause| Error::Write {
                path: PathBuf::from("standard output"),
                cause,
            })?,
        }
    }
    Ok(())
}

fn as_text(classes: &[String], text: &str, decided: usize, probabilities: &[f64]) -> String {
    let (class, probability) = (&classes[decided], probabilities[decided]);
    format!("{class}\t{probability:.4}\t{text}")
}

fn as_json(classes: &[String], text: &str, decided: usize, probabilities: &[f64]) -> String {
    let pairs = classes.iter().zip(probabilities);
    let all: Map<String, Value> = pairs
        .map(|(class, &probability)| (class.clone(), json!(probability)))
        .collect();
    json!({"text": text, "class": classes[decided], "probabilities": all}).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prediction_is_a_line_of_text_or_of_json() {
        let classes = ["bad", "good"].map(str::to_owned);
        assert_eq!(
            as_text(&classes, "a film", 1, &[0.25, 0.75]),
            "good\t0.7500\ta film"
        );
        let line: Value = serde_json::from_str(&as_json(&classes, "a \"film\"", 0, &[0.75, 0.25]))
            .expect("valid JSON");
        let expected = json!({
            "text": "a \"film\"",
            "class": "bad",
            "probabilities": {"bad": 0.75, "good": 0.25},
        });
        assert_eq!(line, expected);
    }

    #[test]
    fn what_has_no_classifier_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = model_folder(folder.path())
            .expect_err("an empty folder")
            .to_string();
        assert!(
            text.contains(&folder.path().display().to_string()) && text.contains("classes.json"),
            "{text}"
        );
    }
}
