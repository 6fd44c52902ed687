//! What a forecaster says will follow a table.

use std::path::Path;

use burn::tensor::Device;
use recurra_cells::{AnyCell, AnyCellConfig};
use recurra_datasets::DatasetError;
use recurra_datasets::series::TimeSeries;
use recurra_train::{Forecaster, ForecasterConfig, load};
use serde_json::{Map, Value, json};

use super::{Prediction, Predictor};
use crate::error::Error;
use crate::forecasting::{Scales, forecasts};

struct OfTables {
    model: Forecaster<AnyCell>,
    scales: Scales,
}

pub fn read(folder: &Path, device: &Device) -> Result<Box<dyn Predictor>, Error> {
    let (_, model) = load::<ForecasterConfig<AnyCellConfig>>(folder, device)?;
    let scales = Scales::read(folder)?;
    Ok(Box::new(OfTables { model, scales }))
}

impl Predictor for OfTables {
    /// The steps behind the last one of the table, whose columns are those that the model learned from.
    fn predict(&self, line: &str) -> Result<Prediction, Error> {
        let table = TimeSeries::read_csv(line)?;
        let names = &self.scales.names;
        let wrong = |place: &str, expected: String, got: String| {
            Error::from(DatasetError::InvalidContent {
                path: line.into(),
                place: place.to_owned(),
                expected,
                got,
            })
        };
        if table.names != *names {
            let (expected, got) = (names.join(", "), table.names.join(", "));
            return Err(wrong("header", expected, got));
        }
        if table.len() < self.scales.window {
            let expected = format!("at least {} steps", self.scales.window);
            return Err(wrong("whole file", expected, table.len().to_string()));
        }
        let table = self.scales.standardised(table);
        let windows: Vec<(usize, usize)> = (0..names.len()).map(|of| (table.len(), of)).collect();
        let shape = (self.scales.window, self.scales.segment);
        let ahead = forecasts(&self.model, &table, &windows, shape);
        let ahead: Vec<Vec<f64>> = ahead
            .iter()
            .enumerate()
            .map(|(of, ahead)| {
                ahead
                    .iter()
                    .map(|&it| self.scales.measured(of, it))
                    .collect()
            })
            .collect();
        let text = (0..self.model.horizon()).map(|step| {
            let values = ahead.iter().map(|ahead| format!("{:.4}", ahead[step]));
            format!("{},{}", step + 1, values.collect::<Vec<_>>().join(","))
        });
        let head = format!("step,{}", names.join(","));
        let all: Map<String, Value> = names
            .iter()
            .cloned()
            .zip(ahead.iter().map(|it| json!(it)))
            .collect();
        Ok(Prediction {
            text: [head]
                .into_iter()
                .chain(text)
                .collect::<Vec<_>>()
                .join("\n"),
            json: json!({"file": line, "forecast": all}),
        })
    }
}
