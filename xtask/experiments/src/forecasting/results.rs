//! What a run's reports say about its outcomes.

use recurra_cells::{AnyCell, AnyCellConfig, CellConfig};
use recurra_train::{Forecaster, ForecasterConfig};

use super::baselines::seasonal;
use super::config::Config;
use super::data::Data;
use super::judged::Judged;
use crate::cells::CellChoice;
use crate::comparison::StudyData;
use crate::progress::duration;
use crate::report::{self, Chart, Curve, Metric, Page, Scale, Size, Stroke, Table};
use crate::training::Trained;

/// What training one cell under one seed came to.
pub struct Outcome {
    pub trained: Trained,
    pub model_config: ForecasterConfig<AnyCellConfig>,
    /// With the weights of the best validation.
    pub model: Forecaster<AnyCell>,
    pub test: Judged,
    /// The first step of a window of the last series, and what the model forecasts from there.
    pub example: (usize, Vec<f32>),
}

impl report::Outcome for Outcome {
    fn trained(&self) -> &Trained {
        &self.trained
    }

    fn metrics(&self) -> Vec<Metric> {
        let test = self.test.metrics("test").into_iter();
        let test = test.map(|(name, value)| (name.into(), value));
        [("valid_mse".into(), self.trained.valid)]
            .into_iter()
            .chain(test)
            .collect()
    }
}

/// The page of a run.
pub fn page(outcomes: &[&Outcome], config: &Config, data: &Data) -> Page {
    let trained: Vec<&Trained> = outcomes.iter().map(|outcome| &outcome.trained).collect();
    let rows = outcomes.iter().map(|outcome| row(outcome));
    let baselines = data.baselines.iter();
    let baselines = baselines.map(|(name, judged)| errors(described(name), judged));
    let loss = "Mean squared error: validation, and training (under dropout) in thin lines";
    let mut charts = vec![by_step(outcomes, data)];
    charts.extend(outcomes.first().map(|first| example(first, config, data)));
    charts.extend(report::charts(loss.to_owned(), &trained));
    Page {
        title: "Forecasts of several series".to_owned(),
        summary: format!(
            "Forecasts {} series of {} up to {} steps ahead from the {} before, each less its mean and divided by its deviation in \
             the training part. Forecasts without a network stand beside it: everything stays as it is; each day is as the last; \
             a linear map of the same window, which with `highway` is a part of the model, its parameters included.",
            data.series.names.len(),
            data.name(),
            config.longest(),
            config.window,
        ),
        table: Table {
            head: head(config),
            rows: rows.chain(baselines).collect(),
        },
        notes: published(data)
            .into_iter()
            .chain(report::notes(&trained))
            .collect(),
        charts,
        tables: Vec::new(),
        rolls: Vec::new(),
        samples: Vec::new(),
    }
}

/// What the literature has is not always good.
fn published(data: &Data) -> Option<String> {
    let text = "Published for ETTh1 at 24, 48 and 168 steps (Zhou et al. 2021): LSTMa 0.650, 0.702 and 1.212; Informer 0.577, 0.685 \
                and 0.931. Both are worse than a forecast that each day is as the last.";
    data.is_ett().then(|| text.to_owned())
}

fn described(name: &str) -> &str {
    match name {
        "naive" => "as the last step",
        "seasonal" => "as the last day",
        _ => "linear map",
    }
}

fn head(config: &Config) -> Vec<String> {
    let errors = config.horizons.iter();
    let errors = errors.flat_map(|it| [format!("MSE at {it}"), format!("MAE at {it}")]);
    let last = ["parameters", "windows/s", "time"].map(str::to_owned);
    [String::new()]
        .into_iter()
        .chain(errors)
        .chain(last)
        .collect()
}

fn row(outcome: &Outcome) -> Vec<String> {
    let trained = &outcome.trained;
    let hidden = outcome.model_config.network.cell.hidden_size();
    let label = format!("{} ({hidden} hidden units)", trained.label());
    let mut row = errors(&label, &outcome.test);
    let facts = row.len() - 3;
    row[facts] = trained.parameters.to_string();
    row[facts + 1] = format!("{:.0}", trained.history.rate());
    row[facts + 2] = duration(trained.seconds);
    row
}

fn errors(label: &str, judged: &Judged) -> Vec<String> {
    let errors = judged.horizons.iter();
    let errors = errors.flat_map(|it| [it.squared, it.absolute]);
    [label.to_owned()]
        .into_iter()
        .chain(errors.map(|error| format!("{error:.4}")))
        .chain(std::iter::repeat_n(String::new(), 3))
        .collect()
}

/// How the error grows with the distance.
fn by_step(outcomes: &[&Outcome], data: &Data) -> Chart {
    let points = |judged: &Judged| {
        let errors = judged.by_step.iter().enumerate();
        errors
            .map(|(ahead, &error)| ((ahead + 1) as f64, error))
            .collect()
    };
    let cells = outcomes.iter().map(|outcome| {
        let cell = outcome.trained.cell;
        curve(cell.name(), cell as usize, points(&outcome.test))
    });
    let baselines = data.baselines.iter();
    let baselines = baselines.map(|(name, it)| curve(name, CellChoice::All as usize, points(it)));
    Chart {
        title: "Mean squared error over the steps ahead".to_owned(),
        x_label: "steps ahead".to_owned(),
        size: Size::Whole,
        x_scale: Scale::Linear,
        y_scale: Scale::Linear,
        curves: cells.chain(baselines).collect(),
    }
}

/// The last series around a forecast.
fn example(outcome: &Outcome, config: &Config, data: &Data) -> Chart {
    let (start, forecast) = &outcome.example;
    let of = data.series.names.len() - 1;
    let horizon = config.longest();
    let shown = start.saturating_sub(horizon)..start + horizon;
    let ahead_of = |step: usize| step as f64 - *start as f64;
    let truth = shown.map(|step| (ahead_of(step), data.series.step(step)[of]));
    let ahead = |values: &[f32]| {
        let values = values.iter().enumerate();
        values
            .map(|(ahead, &value)| (ahead as f64, f64::from(value)))
            .collect()
    };
    let (cell, none) = (outcome.trained.cell, CellChoice::All as usize);
    let day = seasonal(&data.series, (*start, of), horizon);
    let last_day = Curve {
        stroke: Stroke::Thin,
        ..curve("last day", none, ahead(&day))
    };
    let measured = Curve {
        stroke: Stroke::Plain,
        ..curve("measured", none, truth.collect())
    };
    Chart {
        title: format!(
            "{}: what was measured, and forecasts",
            data.series.names[of]
        ),
        x_label: "steps from the first that is forecast".to_owned(),
        size: Size::Whole,
        x_scale: Scale::Linear,
        y_scale: Scale::Linear,
        curves: vec![
            measured,
            last_day,
            curve(cell.name(), cell as usize, ahead(forecast)),
        ],
    }
}

fn curve(label: &str, colour: usize, points: Vec<(f64, f64)>) -> Curve {
    Curve {
        label: label.to_owned(),
        colour,
        stroke: Stroke::Named,
        points,
    }
}
