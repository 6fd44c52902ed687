//! What the experiment can be told on the command line.

use clap::{Args, ValueEnum};
use recurra_datasets::Unit;
use serde::{Deserialize, Serialize};

use super::preset::Preset;
use crate::cells::CellChoice;
use crate::cli::{RunArgs, around_run_args};

/// The arguments of `run language-model`.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct LanguageModelArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// The settings to start from; tiny-char for characters, ptb-word for words
    #[arg(long)]
    pub preset: Option<Preset>,
    /// The cell, or all four at the same number of parameters
    #[arg(long)]
    pub cell: Option<CellChoice>,
    /// What a token is; char for one plain file, word for ptb, unless the preset says otherwise
    #[arg(long)]
    pub unit: Option<UnitArg>,
}

/// [`Unit`] on the command line.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ValueEnum)]
pub enum UnitArg {
    Char,
    Word,
}

impl From<UnitArg> for Unit {
    fn from(unit: UnitArg) -> Self {
        match unit {
            UnitArg::Char => Self::Char,
            UnitArg::Word => Self::Word,
        }
    }
}

around_run_args!(LanguageModelArgs);
