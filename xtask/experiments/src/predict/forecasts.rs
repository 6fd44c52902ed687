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
        let table = self.read(line)?;
        let names = &self.scales.names;
        let windows: Vec<(usize, usize)> = (0..names.len()).map(|of| (table.len(), of)).collect();
        let shape = (self.scales.window, self.scales.segment);
        let ahead = forecasts(&self.model, &table, &windows, shape);
        let ahead = ahead.iter().enumerate().map(|(of, ahead)| {
            let measured = ahead.iter().map(|&it| self.scales.measured(of, it));
            measured.collect()
        });
        let ahead: Vec<Vec<f64>> = ahead.collect();
        let steps = (0..self.model.horizon()).map(|step| {
            let values = ahead.iter().map(|ahead| format!(",{:.4}", ahead[step]));
            format!("\n{}{}", step + 1, values.collect::<String>())
        });
        let series = names.iter().cloned().zip(&ahead);
        let all: Map<String, Value> = series.map(|(name, ahead)| (name, json!(ahead))).collect();
        Ok(Prediction {
            text: format!("step,{}{}", names.join(","), steps.collect::<String>()),
            json: json!({"file": line, "forecast": all}),
        })
    }
}

impl OfTables {
    /// A table as the model reads it.
    fn read(&self, path: &str) -> Result<TimeSeries, Error> {
        let (table, names) = (TimeSeries::read_csv(path)?, &self.scales.names);
        let wrong = |place: &str, expected: String, got: String| {
            Error::from(DatasetError::InvalidContent {
                path: path.into(),
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
        Ok(self.scales.standardised(table))
    }
}
