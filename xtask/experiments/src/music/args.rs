//! What the experiment can be told on the command line.

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::cells::CellChoice;
use crate::cli::RunArgs;

/// The arguments of `run music`.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct MusicArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// The cell, or all four at the same number of parameters
    #[arg(long)]
    pub cell: Option<CellChoice>,
}

impl AsRef<RunArgs> for MusicArgs {
    fn as_ref(&self) -> &RunArgs {
        &self.run
    }
}

impl AsMut<RunArgs> for MusicArgs {
    fn as_mut(&mut self) -> &mut RunArgs {
        &mut self.run
    }
}
