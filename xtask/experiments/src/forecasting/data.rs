//! The series: a table from disk, or one that the project writes itself.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use recurra_datasets::DatasetError;
use recurra_datasets::series::{SeriesParts, TimeSeries};
use serde::{Deserialize, Serialize};

use super::baselines::{Linear, naive, seasonal};
use super::config::Config;
use super::judged::Judged;
use crate::comparison::StudyData;
use crate::error::Error;
use crate::report::Expected;
use crate::run_folder::RunFolder;

/// The file of ETTh1, and its rows.
const ETT: (&str, usize) = ("ETTh1.csv", 17_420);

/// How many series the generated table has.
const GENERATED_SERIES: usize = 3;

/// What a model's numbers were measurements of.
const SCALES: &str = "scales.json";

/// Series in three parts, and how well forecasts without a network do.
pub struct Data {
    name: String,
    /// Each series less its mean over the training part, divided by its deviation there.
    pub series: TimeSeries,
    pub parts: SeriesParts,
    scales: Scales,
    is_ett: bool,
    /// The map of a window that is one of the baselines.
    pub linear: Linear,
    /// By their names in the results.
    pub baselines: [(&'static str, Judged); 3],
}

/// What a model's numbers mean, and what it reads: `measured = mean + deviation * standardised`, for each series.
#[derive(Serialize, Deserialize)]
pub struct Scales {
    pub names: Vec<String>,
    mean: Vec<f64>,
    deviation: Vec<f64>,
    /// How many steps a forecast is made from, and how many of them are read at once.
    pub window: usize,
    pub segment: usize,
}

impl Data {
    /// Reads the table at `path`, or generates one from `seed`.
    pub fn read(path: Option<&Path>, config: &Config, seed: u64) -> Result<Self, Error> {
        let (name, measured) = match path.map(locate).transpose()? {
            None => {
                let (steps, series) = (config.generated_steps, GENERATED_SERIES);
                let waves = TimeSeries::generated_sines(seed, steps, series);
                ("generated waves".to_owned(), waves)
            }
            Some(file) => {
                let name = file.file_name().unwrap_or_default().to_string_lossy();
                (name.into_owned(), TimeSeries::read_csv(&file)?)
            }
        };
        let is_ett = (name.as_str(), measured.len()) == ETT;
        let parts = match is_ett {
            true => SeriesParts::ett_hourly(),
            false => SeriesParts::sixty_twenty_twenty(measured.len()),
        };
        check_length(&parts, config)?;
        let series = measured.standardised(parts.train.clone());
        let training = starts(&parts.train, config);
        let linear = Linear::fit(&series, training, &parts.valid, config);
        let baselines = baselines(&series, &parts.test, (config, &linear));
        Ok(Self {
            name,
            linear,
            scales: Scales::of(&measured, parts.train.clone(), config),
            series,
            parts,
            is_ett,
            baselines,
        })
    }

    /// Whether they are those of the published figures.
    pub fn is_ett(&self) -> bool {
        self.is_ett
    }

    /// Published figures for these series, under the names that the results have.
    pub fn expected(&self) -> BTreeMap<&'static str, Expected> {
        let source = "Informer (Zhou et al. 2021), multivariate";
        let figures = [
            ("test_mse_24", 0.577),
            ("test_mae_24", 0.549),
            ("test_mse_48", 0.685),
            ("test_mae_48", 0.625),
            ("test_mse_168", 0.931),
            ("test_mae_168", 0.752),
        ];
        let figures = figures.into_iter().filter(|_| self.is_ett);
        figures
            .map(|(name, value)| (name, Expected { value, source }))
            .collect()
    }

    /// Writes what turns the model's numbers into measurements.
    pub fn write_scales(&self, folder: &Path) -> Result<(), Error> {
        RunFolder::at(folder).write_json(SCALES, &self.scales)?;
        Ok(())
    }
}

impl StudyData for Data {
    fn name(&self) -> &str {
        &self.name
    }

    fn baselines(&self) -> BTreeMap<String, f64> {
        let all = self.baselines.iter();
        all.flat_map(|(name, judged)| judged.metrics(name))
            .collect()
    }
}

impl Scales {
    /// Reads what the experiment wrote beside a model.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        RunFolder::at(folder).read(SCALES)
    }

    /// Measurements of the same series as the model reads them.
    pub fn standardised(&self, mut table: TimeSeries) -> TimeSeries {
        let scales = self.mean.iter().zip(&self.deviation).cycle();
        for (value, (mean, deviation)) in table.values.iter_mut().zip(scales) {
            *value = (*value - mean) / deviation;
        }
        table
    }

    /// What a number of the model's means for a series.
    pub fn measured(&self, series: usize, value: f32) -> f64 {
        self.mean[series] + self.deviation[series] * f64::from(value)
    }

    fn of(measured: &TimeSeries, part: Range<usize>, config: &Config) -> Self {
        let count = part.len() as f64;
        let moments = (0..measured.names.len()).map(|series| {
            let values = part.clone().map(|step| measured.step(step)[series]);
            let mean = values.clone().sum::<f64>() / count;
            let variance = values.map(|it| (it - mean).powi(2)).sum::<f64>() / count;
            (mean, if variance > 0.0 { variance.sqrt() } else { 1.0 })
        });
        let (mean, deviation) = moments.unzip();
        Self {
            names: measured.names.clone(),
            mean,
            deviation,
            window: config.window,
            segment: config.segment,
        }
    }
}

/// Forecasts without a network, judged on a part.
fn baselines(
    series: &TimeSeries,
    part: &Range<usize>,
    (config, linear): (&Config, &Linear),
) -> [(&'static str, Judged); 3] {
    let horizon = config.longest();
    let judge = |forecast: &dyn Fn((usize, usize)) -> Vec<f32>| {
        Judged::new(series, part, config, |start, of| forecast((start, of)))
    };
    [
        ("naive", judge(&|window| naive(series, window, horizon))),
        (
            "seasonal",
            judge(&|window| seasonal(series, window, horizon)),
        ),
        ("linear", judge(&|window| linear.forecast(series, window))),
    ]
}

/// The first steps that windows forecast which learn from a part: all of the longest horizon is in the part, and the window
/// in the series.
pub fn starts(part: &Range<usize>, config: &Config) -> Range<usize> {
    let first = part.start.max(config.window);
    first..(part.end + 1).saturating_sub(config.longest()).max(first)
}

/// Every part must have a window.
fn check_length(parts: &SeriesParts, config: &Config) -> Result<(), Error> {
    let all = [&parts.train, &parts.valid, &parts.test];
    if all.iter().all(|part| !starts(part, config).is_empty()) {
        return Ok(());
    }
    Err(Error::SettingOutOfRange {
        key: "window".to_owned(),
        expected: "short enough to leave room for the longest horizon in each part of the series",
        got: format!(
            "{} with a horizon of {}, and {} steps to learn from",
            config.window,
            config.longest(),
            parts.train.len()
        ),
    })
}

/// The table in a folder, or in its subfolder `ett`; a file as it is.
fn locate(path: &Path) -> Result<PathBuf, Error> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    let candidates = [path.join("ett").join(ETT.0), path.join(ETT.0)];
    let found = candidates.into_iter().find(|file| file.is_file());
    found.ok_or_else(|| {
        let missing = DatasetError::MissingFile {
            folder: path.to_owned(),
            expected: format!("{}; any other table is given by its file", ETT.0),
            found: Vec::new(),
        };
        missing.into()
    })
}
