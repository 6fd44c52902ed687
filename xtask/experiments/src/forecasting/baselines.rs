//! Forecasts that need no network.

use std::ops::Range;

use nalgebra::{Cholesky, DMatrix};
use recurra_datasets::series::TimeSeries;

use super::config::Config;
use super::judged::Judged;

/// The steps of a day of hours.
const SEASON: usize = 24;

/// How strongly weights are held back; validation chooses.
const RIDGES: [f64; 4] = [1e1, 1e2, 1e3, 1e4];

/// How many windows are added to the normal equations at a time.
const CHUNK: usize = 2048;

/// That everything stays as it is: the last value before `start`, of series `of`.
pub fn naive(series: &TimeSeries, (start, of): (usize, usize), horizon: usize) -> Vec<f32> {
    vec![series.step(start - 1)[of] as f32; horizon]
}

/// That each day is as the last one before `start`.
pub fn seasonal(series: &TimeSeries, (start, of): (usize, usize), horizon: usize) -> Vec<f32> {
    let day = start - SEASON;
    let ahead = 0..horizon;
    ahead
        .map(|ahead| series.step(day + ahead % SEASON)[of] as f32)
        .collect()
}

/// A linear map from a window to all that follows, the same for all series: what the window differs by from its last value is
/// mapped to what follows it (the linear model of Zeng et al. 2023, by ridge regression).
pub struct Linear {
    /// `[window, horizon]`.
    weights: DMatrix<f64>,
}

impl Linear {
    /// Fits the windows that forecast from `starts`, and chooses the ridge on the part `valid`.
    pub fn fit(
        series: &TimeSeries,
        starts: Range<usize>,
        valid: &Range<usize>,
        config: &Config,
    ) -> Self {
        let (window, horizon) = (config.window, config.longest());
        let mut squares = DMatrix::zeros(window, window);
        let mut products = DMatrix::zeros(window, horizon);
        let series_count = series.names.len();
        let all: Vec<(usize, usize)> = starts
            .flat_map(|start| (0..series_count).map(move |of| (start, of)))
            .collect();
        for chunk in all.chunks(CHUNK) {
            let difference = |(start, of): (usize, usize), step: usize| {
                series.step(step)[of] - series.step(start - 1)[of]
            };
            let past = DMatrix::from_fn(chunk.len(), window, |row, step| {
                difference(chunk[row], chunk[row].0 - window + step)
            });
            let future = DMatrix::from_fn(chunk.len(), horizon, |row, step| {
                difference(chunk[row], chunk[row].0 + step)
            });
            squares += past.tr_mul(&past);
            products += past.tr_mul(&future);
        }
        let fits = RIDGES.iter().filter_map(|&ridge| {
            let held_back = &squares + DMatrix::identity(window, window) * ridge;
            let weights = Cholesky::new(held_back)?.solve(&products);
            Some(Self { weights })
        });
        let error = |it: &Self| {
            let forecast = |start, of| it.forecast(series, (start, of));
            Judged::new(series, valid, config, forecast).squared()
        };
        fits.map(|it| (error(&it), it))
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .expect("squares with a ridge are positive definite")
            .1
    }

    /// How much a step of the window counts for each step that follows.
    pub fn weights(&self, step: usize) -> impl Iterator<Item = f32> {
        self.weights.row(step).into_iter().map(|&it| it as f32)
    }

    /// What follows the window before `start`, of series `of`.
    pub fn forecast(&self, series: &TimeSeries, (start, of): (usize, usize)) -> Vec<f32> {
        let (window, last) = (self.weights.nrows(), series.step(start - 1)[of]);
        let past = DMatrix::from_fn(1, window, |_, step| {
            series.step(start - window + step)[of] - last
        });
        let ahead = past * &self.weights;
        ahead.iter().map(|it| (it + last) as f32).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(value: impl Fn(usize) -> f64, steps: usize) -> TimeSeries {
        TimeSeries {
            names: vec!["x".to_owned()],
            times: (0..steps).map(|step| step.to_string()).collect(),
            values: (0..steps).map(value).collect(),
        }
    }

    #[test]
    fn a_day_repeats() {
        let hours = series(|step| (step % SEASON) as f64, 100);
        let forecast = seasonal(&hours, (50, 0), 30);
        let truth: Vec<f32> = (50..80).map(|step| (step % SEASON) as f32).collect();
        assert_eq!(forecast, truth);
        assert_eq!(naive(&hours, (50, 0), 2), [1.0, 1.0]);
    }

    #[test]
    fn a_line_goes_on() {
        let line = series(|step| step as f64 / 10.0, 400);
        let config = Config {
            horizons: vec![5],
            window: 24,
            ..Config::quick()
        };
        let linear = Linear::fit(&line, 24..200, &(200..300), &config);
        for (ahead, said) in linear.forecast(&line, (300, 0)).into_iter().enumerate() {
            assert!((said - (30.0 + ahead as f32 / 10.0)).abs() < 0.01, "{said}");
        }
    }
}
