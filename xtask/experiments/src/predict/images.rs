//! Which digits the images of a file show.

use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use recurra_cells::{AnyCell, AnyCellConfig};
use recurra_datasets::DatasetError;
use recurra_datasets::images::read_images;
use recurra_train::{SeriesClassifier, SeriesClassifierConfig, load};
use serde_json::json;

use super::{Prediction, Predictor};
use crate::error::Error;
use crate::pixel_mnist::Layout;

/// How many images are read at a time.
const READ: usize = 256;

struct OfImages {
    model: SeriesClassifier<AnyCell>,
    layout: Layout,
}

pub fn read(folder: &Path, device: &Device) -> Result<Box<dyn Predictor>, Error> {
    let (_, model) = load::<SeriesClassifierConfig<AnyCellConfig>>(folder, device)?;
    let layout = Layout::read(folder)?;
    Ok(Box::new(OfImages { model, layout }))
}

impl Predictor for OfImages {
    /// A digit for each image of an IDX file.
    fn predict(&self, line: &str) -> Result<Prediction, Error> {
        let ([_, rows, columns], pixels) = read_images(line)?;
        let expected = [self.layout.rows, self.layout.columns];
        if [rows, columns] != expected {
            let error = DatasetError::InvalidContent {
                path: line.into(),
                place: "bytes 8 to 15".to_owned(),
                expected: format!("{expected:?} rows and columns, as the model learned from"),
                got: format!("{:?}", [rows, columns]),
            };
            return Err(error.into());
        }
        let images: Vec<&[u8]> = pixels.chunks_exact(rows * columns).collect();
        let digits = images.chunks(READ).flat_map(|images| self.digits(images));
        let digits: Vec<i64> = digits.collect();
        let text: Vec<String> = digits.iter().map(i64::to_string).collect();
        Ok(Prediction {
            text: text.join("\n"),
            json: json!({"file": line, "digits": digits}),
        })
    }
}

impl OfImages {
    fn digits(&self, images: &[&[u8]]) -> Vec<i64> {
        let [steps, width] = self.layout.shape();
        let values = images.iter().flat_map(|image| self.layout.steps(image));
        let shape = [images.len(), steps, width];
        let values = TensorData::new(values.collect::<Vec<f32>>(), shape);
        let values = Tensor::from_data(values, &self.model.device());
        let decided = self.model.forward(values, None).argmax(1).into_data();
        decided.iter::<i64>().collect()
    }
}
