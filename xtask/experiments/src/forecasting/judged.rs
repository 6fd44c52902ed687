//! How far forecasts are off.

use std::ops::Range;

use recurra_datasets::series::TimeSeries;

use super::config::Config;

/// The errors of forecasts of a part.
pub struct Judged {
    pub horizons: Vec<HorizonErrors>,
    /// The mean squared error of each step ahead, over the windows of the longest horizon.
    pub by_step: Vec<f64>,
}

/// Means over all windows whose horizon is in the part, all series, and the steps of the horizon.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HorizonErrors {
    pub horizon: usize,
    pub squared: f64,
    pub absolute: f64,
}

/// What a forecast from one window of one series was off by, at each step ahead.
struct Window {
    start: usize,
    errors: Vec<f64>,
}

impl Judged {
    /// Judges what `forecast` says of the steps from `start` on, given that and the number of a series.
    pub fn new(
        series: &TimeSeries,
        part: &Range<usize>,
        config: &Config,
        forecast: impl Fn(usize, usize) -> Vec<f32>,
    ) -> Self {
        let window = |start: usize, of: usize| {
            let truth = (start..series.len()).map(|step| series.step(step)[of]);
            let said = forecast(start, of).into_iter().map(f64::from);
            Window {
                start,
                errors: said.zip(truth).map(|(said, truth)| said - truth).collect(),
            }
        };
        let all = 0..series.names.len();
        let windows: Vec<Window> = judged_starts(part, config)
            .flat_map(|start| all.clone().map(move |of| (start, of)))
            .map(|(start, of)| window(start, of))
            .collect();
        let within = |horizon: usize| {
            let windows = windows.iter();
            windows.filter(move |window| window.start + horizon <= part.end)
        };
        let horizons = config.horizons.iter().map(|&horizon| {
            let errors = within(horizon).flat_map(|window| &window.errors[..horizon]);
            HorizonErrors {
                horizon,
                squared: mean(errors.clone().map(|error| error * error)),
                absolute: mean(errors.map(|error| error.abs())),
            }
        });
        let longest = config.longest();
        let at = |ahead: usize| mean(within(longest).map(|window| window.errors[ahead].powi(2)));
        Self {
            horizons: horizons.collect(),
            by_step: (0..longest).map(at).collect(),
        }
    }

    /// The mean over the horizons.
    pub fn squared(&self) -> f64 {
        mean(self.horizons.iter().map(|it| it.squared))
    }

    /// As results: `NAME_mse_24` and so on.
    pub fn metrics(&self, name: &str) -> Vec<(String, f64)> {
        let of_one = |it: &HorizonErrors| {
            let (horizon, squared, absolute) = (it.horizon, it.squared, it.absolute);
            [
                (format!("{name}_mse_{horizon}"), squared),
                (format!("{name}_mae_{horizon}"), absolute),
            ]
        };
        self.horizons.iter().flat_map(of_one).collect()
    }
}

/// The first steps that windows forecast which judge: the shortest horizon is in the part.
pub fn judged_starts(part: &Range<usize>, config: &Config) -> impl Iterator<Item = usize> + Clone {
    let shortest = config.horizons.iter().copied().min().unwrap_or(0);
    let first = part.start.max(config.window);
    (first..(part.end + 1).saturating_sub(shortest)).step_by(config.judge_every)
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    sum / count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_horizon_has_its_windows_and_each_step_its_error() {
        let series = TimeSeries {
            names: vec!["x".to_owned()],
            times: (0..40).map(|step| step.to_string()).collect(),
            values: (0..40).map(f64::from).collect(),
        };
        let config = Config {
            horizons: vec![1, 3],
            window: 24,
            judge_every: 1,
            ..Config::quick()
        };
        // One off at the first step, two at the second, and so on.
        let forecast = |start: usize, _| vec![start as f32 - 1.0; 3];
        let judged = Judged::new(&series, &(30..34), &config, forecast);
        let expected = |horizon, squared, absolute| HorizonErrors {
            horizon,
            squared,
            absolute,
        };
        assert_eq!(
            judged.horizons,
            [expected(1, 1.0, 1.0), expected(3, 14.0 / 3.0, 2.0)]
        );
        assert_eq!(judged.by_step, [1.0, 4.0, 9.0]);
        assert_eq!(
            judged_starts(&(30..34), &config).collect::<Vec<_>>(),
            [30, 31, 32, 33]
        );
    }
}
