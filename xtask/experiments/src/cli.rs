//! The command line.

mod list;
#[cfg(test)]
mod tests;

pub use list::{Summary, list};

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::Command as Grammar;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Id, Parser, Subcommand};
use serde::{Deserialize, Serialize};

use crate::bench::BenchArgs;
use crate::cells::CellChoice;
use crate::compare::CompareArgs;
use crate::devices::DeviceName;
use crate::distill::DistillArgs;
use crate::error::Error;
use crate::fetch::FetchArgs;
use crate::language_model::LanguageModelArgs;
use crate::long_sequences::LongSequencesArgs;
use crate::predict::PredictArgs;
use crate::quickstart::QuickstartArgs;
use crate::vanishing_gradients::VanishingGradientsArgs;

/// Recurra's experiments.
#[derive(Debug, Parser)]
#[command(name = "recurra-experiments", version)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// The experiments: task, data, expected figure, time on two cores
    List,
    /// The devices of this build and whether they work here
    Devices,
    /// Run one experiment
    Run {
        #[command(subcommand)]
        experiment: Experiment,
    },
    /// Bring a data set to this machine, or list those that are known
    Fetch(FetchArgs),
    /// What the model of a run says of lines
    Predict(PredictArgs),
    /// The paths of each cell against each other
    Bench(BenchArgs),
}

#[derive(Debug, Subcommand)]
pub enum Experiment {
    /// Distil a transformer into a Bi-LSTM, from end to end, with nothing to download
    Quickstart(QuickstartArgs),
    /// Distil a BERT into a Bi-LSTM, on labelled texts
    Distill(DistillArgs),
    /// Predict the next character or word
    LanguageModel(LanguageModelArgs),
    /// Predict the next chord of polyphonic music
    Music(CellArgs),
    /// Tell what a text is for: sentiment, topic
    Sentiment(CellArgs),
    /// Forecast several series of measurements
    Forecasting(CellArgs),
    /// Tell a digit pixel by pixel
    PixelMnist(CellArgs),
    /// Tag words: parts of speech, names
    Tagging(CellArgs),
    /// Translate English to German
    Translation(CellArgs),
    /// Recognise strings of spoken digits
    Speech(CellArgs),
    /// Add two numbers that were read long before
    Adding(CellArgs),
    /// Repeat ten symbols after a long silence
    CopyMemory(CellArgs),
    /// How far back gradients reach in each of the cells
    VanishingGradients(VanishingGradientsArgs),
    /// What backpropagation over thousands of steps costs, whole and in windows
    LongSequences(LongSequencesArgs),
    /// What is commonly said about recurrent networks, measured
    Compare(CompareArgs),
}

/// What every experiment can be told.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct RunArgs {
    /// A run of less than two minutes on flex; on wgpu and cuda it learns from less
    #[arg(long)]
    pub quick: bool,
    /// Where to compute; the first of flex, ndarray, wgpu and cuda that this build has
    #[arg(long)]
    pub device: Option<DeviceName>,
    /// Decides every random number
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How many seeds to run, from --seed on; metrics are then means, with deviations beside them
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub seeds: u32,
    /// The data set's file or folder, or a folder that holds it under its name; without it, that of RECURRA_DATA or what was
    /// fetched, or generated data
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// A TOML file of settings, over the preset's
    #[arg(long, value_name = "FILE.toml")]
    pub config: Option<PathBuf>,
    /// A setting, over those of the file
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub settings: Vec<String>,
    /// The folder of a run that was interrupted: goes on from its last checkpoint, with its own arguments
    #[arg(long, value_name = "RUN")]
    #[serde(skip)]
    pub resume: Option<PathBuf>,
    /// Shows progress as plain lines, on a terminal as well
    #[arg(long)]
    #[serde(skip)]
    pub plain: bool,
    /// The folder that runs are written to
    #[arg(long, default_value = "runs")]
    pub runs: PathBuf,
}

/// Arguments of an experiment's own around what every experiment can be told.
macro_rules! around_run_args {
    ($args:ty) => {
        impl AsRef<$crate::cli::RunArgs> for $args {
            fn as_ref(&self) -> &$crate::cli::RunArgs {
                &self.run
            }
        }

        impl AsMut<$crate::cli::RunArgs> for $args {
            fn as_mut(&mut self) -> &mut $crate::cli::RunArgs {
                &mut self.run
            }
        }
    };
}
pub(crate) use around_run_args;

/// The arguments of an experiment that trains one cell or all four.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct CellArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// The cell, or all four at the same number of parameters
    #[arg(long)]
    pub cell: Option<CellChoice>,
}

around_run_args!(CellArgs);

impl RunArgs {
    /// Every seed, from the first on.
    pub fn all_seeds(&self) -> impl Iterator<Item = u64> {
        (0..self.seeds).map(|index| self.seed.wrapping_add(u64::from(index)))
    }

    /// Makes the path of the data one that does not depend on the folder that the program is started in.
    pub fn make_data_absolute(&mut self) -> Result<(), Error> {
        if let Some(path) = &mut self.data {
            *path = std::path::absolute(&path).map_err(|cause| Error::Read {
                path: path.clone(),
                cause,
            })?;
        }
        Ok(())
    }

    /// Refuses what makes no sense to an experiment of minutes that makes its own data.
    pub fn assert_self_contained(&self, name: &str) -> Result<(), Error> {
        let flag = match (&self.data, &self.resume) {
            (Some(_), _) => "--data",
            (None, Some(_)) => "--resume",
            (None, None) => return Ok(()),
        };
        let text = format!("{name} makes its own data in minutes; run it again without {flag}");
        Err(Error::CommandLine(text))
    }
}

/// Reads the command line of this process; help and version end it.
pub fn parse() -> Result<Cli, Error> {
    let words: Vec<OsString> = std::env::args_os().collect();
    parse_words(&words).map_err(|error| {
        if !error.use_stderr() {
            error.exit();
        }
        Error::CommandLine(one_line(&error, &words))
    })
}

fn parse_words(words: &[OsString]) -> Result<Cli, clap::Error> {
    let mut grammar = grammar();
    let matches = grammar.try_get_matches_from_mut(words)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut grammar))
}

/// The commands, with what only all arguments of an experiment together can say.
fn grammar() -> Grammar {
    Cli::command().mut_subcommands(|command| match command.get_name() {
        "run" => command.mut_subcommands(resumed_alone),
        _ => command,
    })
}

/// A resumed run has its own arguments; only how it is shown may be said anew.
fn resumed_alone(experiment: Grammar) -> Grammar {
    let ids = experiment.get_arguments().map(|arg| arg.get_id().clone());
    let others: Vec<Id> = ids.filter(|id| id != "resume" && id != "plain").collect();
    experiment.mut_args(|arg| match arg.get_id() == "resume" {
        true => arg.conflicts_with_all(&others),
        false => arg,
    })
}

/// clap's message on one line, with the names that would be right where clap leaves them out.
fn one_line(error: &clap::Error, words: &[OsString]) -> String {
    let text = error.render().to_string();
    let message = text
        .lines()
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let message: Vec<&str> = message.flat_map(str::split_whitespace).collect();
    let message = message.join(" ");
    let message = message.strip_prefix("error: ").unwrap_or(&message);
    let mut grammar = grammar();
    grammar.build();
    let command = innermost(&grammar, words);
    let valid: Vec<String> = match error.kind() {
        ErrorKind::UnknownArgument => command
            .get_arguments()
            .filter_map(|arg| arg.get_long())
            .map(|long| format!("--{long}"))
            .collect(),
        ErrorKind::InvalidSubcommand | ErrorKind::MissingSubcommand => subcommands(command),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            return format!(
                "{} needs one of {}",
                command.get_name(),
                subcommands(command).join(", ")
            );
        }
        _ => return message.to_owned(),
    };
    format!(
        "{message}; {} takes {}",
        command.get_name(),
        valid.join(", ")
    )
}

/// The command that the words have got to.
fn innermost<'a>(grammar: &'a Grammar, words: &[OsString]) -> &'a Grammar {
    let mut command = grammar;
    for word in words.iter().skip(1) {
        match command.find_subcommand(word) {
            Some(next) => command = next,
            None => break,
        }
    }
    command
}

fn subcommands(command: &Grammar) -> Vec<String> {
    command
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect()
}
