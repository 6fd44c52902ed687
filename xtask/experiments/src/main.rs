//! The experiments of the workspace: one binary, a module per experiment.
//!
//! Results go to standard output, progress to standard error. The exit code is 0 for a run that finished, 1 for one that
//! failed, 2 for bad usage and 130 for one that was interrupted.

mod bench;
mod cells;
mod cli;
mod compare;
mod comparison;
mod confusion;
mod devices;
mod distill;
mod distillation;
mod error;
mod fetch;
mod forecasting;
mod interrupt;
mod language_model;
mod long_sequences;
mod memory;
mod metrics;
mod music;
mod pixel_mnist;
mod predict;
mod progress;
mod python;
mod quickstart;
mod report;
mod run;
mod run_folder;
mod sentiment;
mod settings;
mod speech;
mod tagging;
mod texts;
mod training;
mod translation;
mod vanishing_gradients;
mod versions;

use std::process::ExitCode;

use cli::{Cli, Command, Experiment};
use compare::Compare;
use comparison::Comparison;
use distill::Distill;
use error::Error;
use forecasting::Forecasting;
use language_model::LanguageModelling;
use memory::{Adding, Copying, Memory};
use mimalloc::MiMalloc;
use music::Music;
use peakmem_alloc::PeakMemAlloc;
use pixel_mnist::PixelMnist;
use quickstart::Quickstart;
use run::run;
use sentiment::Sentiment;
use speech::Speech;
use tagging::Tagging;
use translation::Translation;

/// burn makes a new tensor of every result. The system's allocator hands large ones back to the kernel and has to fault
/// every page of the next one in, which took a sixth of a training step. What is allocated is counted, for the experiment
/// that measures memory.
#[global_allocator]
static ALLOCATOR: PeakMemAlloc<MiMalloc> = PeakMemAlloc::new(MiMalloc);

/// How a command ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Finished,
    Interrupted,
}

fn main() -> ExitCode {
    match cli::parse().and_then(dispatch) {
        Ok(Ending::Finished) => ExitCode::SUCCESS,
        Ok(Ending::Interrupted) => ExitCode::from(130),
        Err(error) => {
            eprintln!("error: {error}");
            error.exit_code()
        }
    }
}

fn dispatch(cli: Cli) -> Result<Ending, Error> {
    match cli.command {
        Command::List => cli::list(),
        Command::Devices => devices::list(),
        Command::Run { experiment } => {
            return match experiment {
                Experiment::Distill(args) => run::<Distill>(&args),
                Experiment::Quickstart(args) => run::<Quickstart>(&args),
                Experiment::LanguageModel(args) => run::<Comparison<LanguageModelling>>(&args),
                Experiment::Music(args) => run::<Comparison<Music>>(&args),
                Experiment::Sentiment(args) => run::<Comparison<Sentiment>>(&args),
                Experiment::Forecasting(args) => run::<Comparison<Forecasting>>(&args),
                Experiment::PixelMnist(args) => run::<Comparison<PixelMnist>>(&args),
                Experiment::Tagging(args) => run::<Comparison<Tagging>>(&args),
                Experiment::Translation(args) => run::<Comparison<Translation>>(&args),
                Experiment::Speech(args) => run::<Comparison<Speech>>(&args),
                Experiment::Adding(args) => run::<Memory<Adding>>(&args),
                Experiment::CopyMemory(args) => run::<Memory<Copying>>(&args),
                Experiment::VanishingGradients(args) => vanishing_gradients::run(&args),
                Experiment::LongSequences(args) => long_sequences::run(&args),
                Experiment::Compare(args) => run::<Compare>(&args),
            };
        }
        Command::Fetch(args) => fetch::run(&args)?,
        Command::Predict(args) => predict::run(&args)?,
        Command::Bench(args) => bench::run(&args)?,
    }
    Ok(Ending::Finished)
}
