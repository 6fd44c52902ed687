//! The experiments, listed.

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

/// Prints the experiments.
pub fn list() {
    println!(
        "{:<21}{:<38}{:<40}{:<60}TIME ON TWO CORES",
        "NAME", "TASK", "DATA", "EXPECTED FIGURE"
    );
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
    ] {
        let Summary {
            name,
            task,
            data,
            expected,
            time,
        } = summary;
        println!("{name:<21}{task:<38}{data:<40}{expected:<60}{time}");
    }
}

/// An experiment in the list.
pub struct Summary {
    pub name: &'static str,
    pub task: &'static str,
    pub data: &'static str,
    pub expected: &'static str,
    pub time: &'static str,
}
