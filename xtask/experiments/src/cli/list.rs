//! The experiments, listed.

use recurra_datasets::registry::{Places, source};

use crate::compare;
use crate::comparison::Study;
use crate::distill;
use crate::forecasting::Forecasting;
use crate::language_model::LanguageModelling;
use crate::long_sequences;
use crate::memory::{Adding, Copying, Scenario};
use crate::music::Music;
use crate::pixel_mnist::PixelMnist;
use crate::quickstart;
use crate::sentiment::Sentiment;
use crate::speech::Speech;
use crate::tagging::Tagging;
use crate::translation::Translation;
use crate::vanishing_gradients;

/// Prints the experiments, with the terms of their data and whether that is on this machine.
pub fn list() {
    let places = Places::from_env();
    for summary in [
        quickstart::SUMMARY,
        distill::SUMMARY,
        LanguageModelling::SUMMARY,
        Music::SUMMARY,
        Sentiment::SUMMARY,
        Forecasting::SUMMARY,
        PixelMnist::SUMMARY,
        Tagging::SUMMARY,
        Translation::SUMMARY,
        Speech::SUMMARY,
        Adding::SUMMARY,
        Copying::SUMMARY,
        vanishing_gradients::SUMMARY,
        long_sequences::SUMMARY,
        compare::SUMMARY,
    ] {
        println!("{:<20}{}", summary.name, summary.task);
        println!("    data            {}", data(summary.data, &places));
        println!("    expected        {}", summary.expected);
        println!("    on two cores    {}\n", summary.time);
    }
}

/// Names of data sets, each with its terms.
fn data(names: &str, places: &Places) -> String {
    let described = |name: &str| match source(name) {
        Err(_) => name.to_owned(),
        Ok(source) => {
            let here = source.locate(None, places).map_or("", |_| "; here");
            format!("{name} ({}{here})", source.licence)
        }
    };
    let names: Vec<String> = names.split(", ").map(described).collect();
    names.join(", ")
}

/// An experiment in the list.
pub struct Summary {
    pub name: &'static str,
    pub task: &'static str,
    pub data: &'static str,
    pub expected: &'static str,
    pub time: &'static str,
}
