//! What the experiment can be told on the command line.

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::cli::{RunArgs, around_run_args};

/// The arguments of `run compare`.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct CompareArgs {
    #[command(flatten)]
    pub run: RunArgs,
}

around_run_args!(CompareArgs);
