//! What the experiment can be told on the command line.

use clap::Args;

use crate::cli::RunArgs;

/// The arguments of `run long-sequences`.
#[derive(Clone, Debug, Args)]
pub struct LongSequencesArgs {
    #[command(flatten)]
    pub run: RunArgs,
}
