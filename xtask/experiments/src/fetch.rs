//! The command `fetch`: data sets from their sources to this machine.

use std::io::{self, IsTerminal};

use clap::Args;
use recurra_datasets::registry::{self, Places, Progress, Source, sources};

use crate::error::Error;

const MIB: f64 = (1 << 20) as f64;

/// The arguments of `fetch`.
#[derive(Debug, Args)]
pub struct FetchArgs {
    /// The data set; without one, all that are known are listed
    #[arg(value_name = "DATASET")]
    name: Option<String>,
}

/// Fetches a data set and prints its folder, or lists all.
pub fn run(args: &FetchArgs) -> Result<(), Error> {
    let places = Places::of_this_machine();
    let Some(name) = &args.name else {
        list(&places);
        return Ok(());
    };
    let source = Source::named(name)?;
    if places.find(source).is_none() && source.can_be_fetched() {
        eprintln!("{name}: {}; terms: {}", source.what, source.terms);
    }
    let folder = registry::fetch(source, &places, show)?;
    println!("{}", folder.display());
    Ok(())
}

/// On a terminal one line that changes.
fn show(progress: Progress<'_>) {
    if !io::stderr().is_terminal() {
        return;
    }
    let (received, size) = (progress.received as f64 / MIB, progress.size as f64 / MIB);
    eprint!("\r{}: {received:.1} of {size:.1} MiB ", progress.path);
    if progress.received == progress.size {
        eprintln!();
    }
}

fn list(places: &Places) {
    println!(
        "{:<17}{:<60}{:<40}{:<10}TERMS",
        "NAME", "WHAT", "COUNTS", "HERE"
    );
    for source in sources() {
        let here = match (places.find(source), source.can_be_fetched()) {
            (Some(_), _) => "yes",
            (None, true) => "no",
            (None, false) => "by hand",
        };
        let Source {
            name,
            what,
            counts,
            terms,
            ..
        } = source;
        println!("{name:<17}{what:<60}{counts:<40}{here:<10}{terms}");
    }
}
