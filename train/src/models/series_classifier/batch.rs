//! Rows of numbers on the host, and the label of each.

use burn::tensor::{Device, Int, Tensor, TensorData};
use recurra_cells::Lengths;

use crate::SequenceWindow;

/// `B` rows of at most `T` steps of `D` numbers, padded, with a label each, for a
/// [`SeriesClassifier`](crate::SeriesClassifier). It lives on the host; a model uploads it to its own device.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesBatch {
    values: Vec<f32>,
    width: usize,
    lengths: Lengths,
    labels: Vec<usize>,
}

impl SeriesBatch {
    /// `values [B, T, width]` in row-major order, of which the first `lengths[b]` steps of row `b` are valid, and `labels [B]`.
    /// In the padding may stand any number.
    ///
    /// # Panics
    ///
    /// If there is no row, the values are not as many as the lengths say, or there is not one label for each row.
    pub fn new(values: Vec<f32>, width: usize, lengths: Lengths, labels: Vec<usize>) -> Self {
        let shape = [lengths.as_slice().len(), lengths.steps(), width];
        assert!(shape[0] > 0, "a batch needs at least one row, got none");
        let (count, expected): (usize, usize) = (values.len(), shape.iter().product());
        assert_eq!(
            count, expected,
            "{count} values do not fill [B, T, D] = {shape:?}"
        );
        let (own, rows) = (labels.len(), shape[0]);
        assert_eq!(
            own, rows,
            "{own} labels are not one for each of {rows} rows"
        );
        Self {
            values,
            width,
            lengths,
            labels,
        }
    }

    /// The values `[B, T, D]`.
    pub fn values(&self, device: &Device) -> Tensor<3> {
        let shape = [self.labels.len(), self.lengths.steps(), self.width];
        Tensor::from_data(TensorData::new(self.values.clone(), shape), device)
    }

    /// How many steps of each row are valid.
    pub fn lengths(&self) -> &Lengths {
        &self.lengths
    }

    /// The labels `[B]`.
    pub fn labels(&self, device: &Device) -> Tensor<1, Int> {
        let labels: Vec<i64> = self.labels.iter().map(|&label| label as i64).collect();
        Tensor::from_data(TensorData::new(labels, [self.labels.len()]), device)
    }

    /// # Panics
    /// If the rows are not `[B, T, width]`, or a label is not below `classes`: on the host, because a GPU would read anything.
    pub(super) fn assert_fits(&self, width: usize, classes: usize) {
        let own = self.width;
        assert_eq!(
            own, width,
            "a step has {own} numbers, but the classifier reads {width}"
        );
        if let Some(label) = self.labels.iter().find(|&&label| label >= classes) {
            panic!("label {label} is not one of {classes} classes");
        }
    }
}

/// Each row is a series of its own, and counts as one.
impl SequenceWindow for SeriesBatch {
    fn batch_size(&self) -> usize {
        self.labels.len()
    }

    fn valid_steps(&self) -> usize {
        self.labels.len()
    }
}
