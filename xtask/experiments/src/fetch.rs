//! The command `fetch`: data sets from their sources to this machine.

use std::io::{self, IsTerminal};

use clap::Args;
use recurra_datasets::fetch::{self, FetchOptions, Progress};
use recurra_datasets::registry::{Places, SOURCES, source, table};

use crate::error::Error;

/// The arguments of `fetch`.
#[derive(Debug, Args)]
pub struct FetchArgs {
    /// The data set; without one, all that are known are listed
    #[arg(value_name = "DATASET")]
    name: Option<String>,
}

/// Fetches a data set and prints its folder, or lists all.
pub fn run(args: &FetchArgs) -> Result<(), Error> {
    let Some(name) = &args.name else {
        print!("{}", table(SOURCES));
        return Ok(());
    };
    let source = source(name)?;
    eprintln!("{name}: {}; terms: {}", source.what, source.licence);
    let options = FetchOptions::new(Places::from_env());
    let folder = fetch::fetch(source, &options, show)?;
    println!("{}", folder.display());
    Ok(())
}

/// A line for each step; on a terminal also how much has come, in one line that changes.
fn show(progress: Progress<'_>) {
    match progress {
        Progress::Received { .. } if !io::stderr().is_terminal() => {}
        Progress::Received { .. } => eprint!("\r{progress}  "),
        Progress::Done { .. } if io::stderr().is_terminal() => eprintln!("\r{progress}"),
        _ => eprintln!("{progress}"),
    }
}
