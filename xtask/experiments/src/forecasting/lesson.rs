//! Training one cell, and what that comes to.

use std::ops::Range;

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, TensorData};
use recurra_cells::{AnyCell, AnyCellConfig, Direction, SeededRng};
use recurra_datasets::series::TimeSeries;
use recurra_train::checkpoint::Best;
use recurra_train::{ForecastBatch, Forecaster, ForecasterConfig};

use super::config::Config;
use super::data::{Data, starts};
use super::judged::{Judged, judged_starts};
use super::results::Outcome;
use crate::cells::{CellKind, NetworkShape};
use crate::error::Error;
use crate::training::{Epochs, Lesson, Measures, Trainer};

/// How many windows are read at a time where nothing is learned.
const READ: usize = 512;

/// Trains a cell under a seed and tests it.
pub fn train(
    config: &Config,
    data: &Data,
    (cell, seed): (CellKind, u64),
    trainer: &mut Trainer<'_>,
) -> Result<Outcome, Error> {
    let windows = Windows {
        config,
        data,
        starts: starts(&data.parts.train, config),
        model: model_config(config, cell, data.series.names.len()),
    };
    let task = Epochs::new(windows, cell, &config.training);
    let (model, trained) = trainer.train(&task, seed)?;
    let windows = task.lesson;
    Ok(Outcome {
        test: windows.judge(&model, &data.parts.test),
        example: windows.example(&model),
        model_config: windows.model,
        model,
        trained,
    })
}

/// The forecaster of `kind` of one series among `series`, whose network has as many parameters as that of an LSTM. It reads a
/// segment at a time, and which series it is of.
fn model_config(config: &Config, kind: CellKind, series: usize) -> ForecasterConfig<AnyCellConfig> {
    let inputs = config.segment + series;
    let shape = NetworkShape {
        hidden_size: config.hidden_size,
        num_layers: config.num_layers,
        direction: Direction::Forward,
    };
    let network = kind.network_like_lstms(inputs, shape);
    let highway_steps = match config.highway {
        true => config.window / config.segment,
        false => 0,
    };
    ForecasterConfig::new(inputs, network, config.longest(), 1).with_highway_steps(highway_steps)
}

/// Windows of single series, each less its last value, and what follows them.
struct Windows<'a> {
    config: &'a Config,
    data: &'a Data,
    /// The first steps that are forecast in training.
    starts: Range<usize>,
    model: ForecasterConfig<AnyCellConfig>,
}

impl Windows<'_> {
    fn forecasts(&self, model: &Forecaster<AnyCell>, windows: &[(usize, usize)]) -> Vec<Vec<f32>> {
        let shape = (self.config.window, self.config.segment);
        forecasts(&model.valid(), &self.data.series, windows, shape)
    }

    fn judge(&self, model: &Forecaster<AnyCell>, part: &Range<usize>) -> Judged {
        let all = 0..self.data.series.names.len();
        let windows: Vec<(usize, usize)> = judged_starts(part, self.config)
            .flat_map(|start| all.clone().map(move |of| (start, of)))
            .collect();
        let forecasts = self.forecasts(model, &windows);
        let place = |window| {
            windows
                .binary_search(&window)
                .expect("all windows were read")
        };
        Judged::new(&self.data.series, part, self.config, |start, of| {
            forecasts[place((start, of))].clone()
        })
    }

    /// The linear map of the window as a highway of what the model reads, which does not see which series it is of.
    fn highway(&self, device: &Device) -> Linear {
        let (window, horizon) = (self.config.window, self.config.longest());
        let names = vec![0.0; self.data.series.names.len() * horizon];
        let steps: Vec<usize> = (0..window).collect();
        let segments = steps.chunks(self.config.segment);
        let weights = segments.flat_map(|steps| {
            let values = steps
                .iter()
                .flat_map(|&step| self.data.linear.weights(step));
            values.chain(names.clone()).collect::<Vec<f32>>()
        });
        let shape = [
            window / self.config.segment * self.model.input_size,
            horizon,
        ];
        let weights = TensorData::new(weights.collect(), shape);
        Linear {
            weight: Param::from_tensor(Tensor::from_data(weights, device)),
            bias: None,
        }
    }

    /// The forecast of the last series from the middle of the test part, and its first step.
    fn example(&self, model: &Forecaster<AnyCell>) -> (usize, Vec<f32>) {
        let part = starts(&self.data.parts.test, self.config);
        let (start, of) = (
            (part.start + part.end) / 2,
            self.data.series.names.len() - 1,
        );
        (start, self.forecasts(model, &[(start, of)]).swap_remove(0))
    }
}

impl Lesson for Windows<'_> {
    type Model = Forecaster<AnyCell>;

    const MEASURES: Measures = Measures {
        train: "train_loss",
        valid: "valid_mse",
        unit: "mean squared error",
        best: Best::Lowest,
        rate: "windows_per_second",
        counted: "windows",
    };

    fn lengths(&self) -> Vec<usize> {
        vec![self.config.window; self.starts.len() * self.data.series.names.len()]
    }

    fn init(&self, device: &Device, rng: &mut SeededRng) -> Forecaster<AnyCell> {
        let mut model = self.model.init(device, rng);
        // Validation has chosen the map already: it stays as it is.
        let fitted = |_| self.highway(device).no_grad();
        model.highway = model.highway.take().map(fitted);
        model
    }

    fn batch(&self, rows: &[usize]) -> Result<ForecastBatch, Error> {
        let series = &self.data.series;
        let count = series.names.len();
        let window = |&row: &usize| (self.starts.start + row / count, row % count);
        let windows: Vec<(usize, usize)> = rows.iter().map(window).collect();
        let horizon = self.config.longest();
        let targets = windows.iter().flat_map(|&(start, of)| {
            let last = series.step(start - 1)[of];
            let ahead = start..start + horizon;
            ahead.map(move |step| (series.step(step)[of] - last) as f32)
        });
        let shape = [rows.len(), horizon, 1];
        let read = (self.config.window, self.config.segment);
        let inputs = inputs(series, &windows, read);
        Ok(ForecastBatch::new(inputs, (targets.collect(), shape)))
    }

    fn validate(&self, model: &Forecaster<AnyCell>) -> Result<f64, Error> {
        Ok(self.judge(model, &self.data.parts.valid).squared())
    }
}

/// What a model says follows windows, each of the steps before `start` of series `of`, of `(window, segment)` steps: all in the
/// units of `series`.
pub fn forecasts(
    model: &Forecaster<AnyCell>,
    series: &TimeSeries,
    windows: &[(usize, usize)],
    shape: (usize, usize),
) -> Vec<Vec<f32>> {
    let mut forecasts = Vec::with_capacity(windows.len());
    for windows in windows.chunks(READ) {
        let (values, dims) = inputs(series, windows, shape);
        let values = Tensor::from_data(TensorData::new(values, dims), &model.device());
        let ahead = model.forward(values, None).into_data();
        let ahead: Vec<f32> = ahead.iter::<f32>().collect();
        for (ahead, &(start, of)) in ahead.chunks_exact(model.horizon()).zip(windows) {
            let last = series.step(start - 1)[of] as f32;
            forecasts.push(ahead.iter().map(|it| it + last).collect());
        }
    }
    forecasts
}

/// What the model reads of windows, `[B, window / segment, segment + series]`: each less its last value, and which series it is
/// of.
fn inputs(
    series: &TimeSeries,
    windows: &[(usize, usize)],
    (window, segment): (usize, usize),
) -> (Vec<f32>, [usize; 3]) {
    let (steps, width) = (window / segment, segment + series.names.len());
    let mut inputs = Vec::with_capacity(windows.len() * steps * width);
    for &(start, of) in windows {
        let last = series.step(start - 1)[of];
        for first in (start - window..start).step_by(segment) {
            let values = (first..first + segment).map(|step| series.step(step)[of] - last);
            inputs.extend(values.map(|value| value as f32));
            let own = (0..series.names.len()).map(|it| f32::from(u8::from(it == of)));
            inputs.extend(own);
        }
    }
    (inputs, [windows.len(), steps, width])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_whose_network_says_nothing_is_the_linear_map() {
        let config = Config {
            horizons: vec![3, 5],
            window: 48,
            segment: 12,
            hidden_size: 2,
            generated_steps: 1000,
            ..Config::quick()
        };
        let data = Data::read(None, &config, 1).unwrap();
        let windows = Windows {
            config: &config,
            data: &data,
            starts: starts(&data.parts.train, &config),
            model: model_config(&config, CellKind::Gru, data.series.names.len()),
        };
        let device = Device::default().autodiff();
        let mut model = windows.init(&device, &mut SeededRng::new(2));
        let silent = model.output.weight.val().zeros_like();
        model.output.weight = Param::from_tensor(silent);
        let all = [(500, 0), (700, 2)];
        for (own, window) in windows.forecasts(&model, &all).iter().zip(all) {
            let expected = data.linear.forecast(&data.series, window);
            let close = own.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-4);
            assert!(close && own.len() == 5, "{own:?}, {expected:?}");
        }
    }
}
