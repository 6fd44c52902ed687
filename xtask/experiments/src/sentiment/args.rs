//! What the experiment can be told on the command line.

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::cells::CellChoice;
use crate::cli::{RunArgs, around_run_args};

/// The arguments of `run sentiment`.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct SentimentArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// The cell, or all four at the same number of parameters
    #[arg(long)]
    pub cell: Option<CellChoice>,
}

around_run_args!(SentimentArgs);
