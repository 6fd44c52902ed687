//! What the experiment can be told on the command line.

use clap::Args;

use crate::cells::CellChoice;
use crate::cli::RunArgs;

/// The arguments of `run vanishing-gradients`.
#[derive(Clone, Debug, Args)]
pub struct VanishingGradientsArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// One cell; all four unless told otherwise
    #[arg(long)]
    pub cell: Option<CellChoice>,
}
