//! The command `predict`: what the model of a run says of lines.

mod chords;
mod classes;
mod continuations;
mod digits;
mod forecasts;
mod images;
mod tags;
mod translations;

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};

use burn::tensor::Device;
use clap::Args;
use serde_json::Value;

use crate::devices::{self, DeviceName};
use crate::error::Error;

/// The arguments of `predict`.
#[derive(Debug, Args)]
pub struct PredictArgs {
    /// The folder of a run that trained a classifier of texts or images, a tagger, a translator, a recogniser, a forecaster, a
    /// predictor of chords or a language model; or the folder of such a model
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Files with a text a line (for a recogniser the path of a WAV file a line, for a forecaster that of a table, for images that
    /// of an IDX file, for chords a piece as JSON, a list of MIDI numbers for each step); standard input if there is none
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// JSON Lines with all that the model says
    #[arg(long)]
    json: bool,
    /// Where to compute; the first of flex, ndarray, wgpu and cuda that this build has
    #[arg(long)]
    device: Option<DeviceName>,
}

/// A trained model with all that it takes to use it.
trait Predictor {
    /// What it says of a line that is not blank.
    fn predict(&self, line: &str) -> Result<Prediction, Error>;
}

/// What is said of a line, to be read and for scripts.
struct Prediction {
    text: String,
    json: Value,
}

/// Reads a model from its folder.
type Read = fn(&Path, &Device) -> Result<Box<dyn Predictor>, Error>;

/// A kind of model: the file that only its folder has, and how it is read.
struct Kind {
    file: &'static str,
    read: Read,
}

/// The last is a language model, whose file others have as well.
const KINDS: [Kind; 8] = [
    Kind {
        file: "classes.json",
        read: classes::read,
    },
    Kind {
        file: "tags.json",
        read: tags::read,
    },
    Kind {
        file: "source-tokenizer.json",
        read: translations::read,
    },
    Kind {
        file: "features.json",
        read: digits::read,
    },
    Kind {
        file: "scales.json",
        read: forecasts::read,
    },
    Kind {
        file: "notes.json",
        read: chords::read,
    },
    Kind {
        file: "images.json",
        read: images::read,
    },
    Kind {
        file: "vocabulary.json",
        read: continuations::read,
    },
];

/// Prints a line for each line that is read, at once.
pub fn run(args: &PredictArgs) -> Result<(), Error> {
    let (folder, kind) = model_folder(&args.run)?;
    let (_, device) = devices::choose(args.device)?;
    let predictor = (kind.read)(&folder, &device)?;
    let (mut output, json) = (io::stdout().lock(), args.json);
    if args.files.is_empty() {
        let lines = (Path::new("standard input"), io::stdin().lock());
        return predict(predictor.as_ref(), lines, json, &mut output);
    }
    // All are opened before the first is read.
    let opened: Result<Vec<File>, Error> = args.files.iter().map(|it| open(it)).collect();
    for (path, file) in args.files.iter().zip(opened?) {
        let lines = (path.as_path(), BufReader::new(file));
        predict(predictor.as_ref(), lines, json, &mut output)?;
    }
    Ok(())
}

/// A run has its model in a folder of its own.
fn model_folder(run: &Path) -> Result<(PathBuf, &'static Kind), Error> {
    let folders = [run.join("model"), run.to_owned()];
    let found = folders.into_iter().find_map(|folder| {
        let kind = KINDS.iter().find(|kind| folder.join(kind.file).is_file())?;
        Some((folder, kind))
    });
    found.ok_or_else(|| Error::NoModel {
        path: run.to_owned(),
        expected: KINDS.map(|kind| kind.file).join(", "),
    })
}

fn open(path: &Path) -> Result<File, Error> {
    File::open(path).map_err(|cause| Error::Read {
        path: path.to_owned(),
        cause,
    })
}

/// A blank line is given back as it is. A reader that goes away ends the output and is no error.
fn predict(
    predictor: &dyn Predictor,
    (name, lines): (&Path, impl BufRead),
    json: bool,
    output: &mut impl Write,
) -> Result<(), Error> {
    for (number, line) in lines.lines().enumerate() {
        let line = line.map_err(|cause| Error::Line {
            path: name.to_owned(),
            line: number + 1,
            cause,
        })?;
        let printed = match line.trim() {
            "" => String::new(),
            line => {
                let prediction = predictor.predict(line)?;
                match json {
                    true => prediction.json.to_string(),
                    false => prediction.text,
                }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_model_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let found = model_folder(folder.path()).map(|(folder, _)| folder);
        let text = found.expect_err("an empty folder").to_string();
        assert!(
            text.contains(&folder.path().display().to_string()) && text.contains("classes.json"),
            "{text}"
        );
    }
}
