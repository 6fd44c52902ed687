//! What the experiment can be told on the command line.

use clap::Args;

use crate::cells::CellChoice;
use crate::cli::RunArgs;

/// The arguments of `run music`.
#[derive(Clone, Debug, Args)]
pub struct MusicArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// The cell, or all four at the same number of parameters
    #[arg(long)]
    pub cell: Option<CellChoice>,
}
