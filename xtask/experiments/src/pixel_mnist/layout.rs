//! How an image becomes a sequence.

use std::path::Path;

use recurra_cells::SeededRng;
use recurra_datasets::DatasetError;
use serde::{Deserialize, Serialize};

use super::config::Order;
use crate::error::Error;
use crate::run_folder::RunFolder;
use crate::training::streams::READING;

/// The file beside a model.
const FILE: &str = "images.json";

/// Which pixels of an image are read in which step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    pub rows: usize,
    pub columns: usize,
    /// The pixels as they are read, `[T, D]`.
    order: Vec<usize>,
    /// `D`.
    width: usize,
}

impl Layout {
    /// Of images of `rows` and `columns`; `seed` draws a permutation.
    pub fn new([rows, columns]: [usize; 2], order: Order, seed: u64) -> Self {
        let mut pixels: Vec<usize> = (0..rows * columns).collect();
        if order == Order::Permuted {
            SeededRng::for_stream(seed, READING).shuffle(&mut pixels);
        }
        Self {
            rows,
            columns,
            order: pixels,
            width: match order {
                Order::Rows => columns,
                Order::Pixels | Order::Permuted => 1,
            },
        }
    }

    /// Reads what [`write`](Self::write) wrote beside a model.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let layout: Self = RunFolder::at(folder).read(FILE)?;
        let mut pixels = layout.order.clone();
        pixels.sort_unstable();
        let is_whole = pixels.into_iter().eq(0..layout.rows * layout.columns);
        if is_whole && layout.width > 0 && layout.order.len().is_multiple_of(layout.width) {
            return Ok(layout);
        }
        let error = DatasetError::InvalidContent {
            path: folder.join(FILE),
            place: "order".to_owned(),
            expected: "each pixel once, in steps of one width".to_owned(),
            got: format!("{} pixels in steps of {}", layout.order.len(), layout.width),
        };
        Err(error.into())
    }

    pub fn write(&self, folder: &Path) -> Result<(), Error> {
        RunFolder::at(folder).write_json(FILE, self)?;
        Ok(())
    }

    /// `T` and `D`.
    pub fn shape(&self) -> [usize; 2] {
        [self.order.len() / self.width, self.width]
    }

    /// The steps of an image, `[T, D]`, from 0 to 1.
    pub fn steps(&self, image: &[u8]) -> impl Iterator<Item = f32> {
        let pixels = self.order.iter();
        pixels.map(|&pixel| f32::from(image[pixel]) / 255.0)
    }
}
