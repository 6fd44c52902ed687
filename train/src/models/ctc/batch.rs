//! Rows of frames on the host, and the symbols in each.

use std::iter;

use burn::tensor::{Device, Tensor, TensorData};
use recurra_cells::Lengths;

use crate::SequenceWindow;

/// `B` rows of at most `T` frames of `D` features, padded, and the symbols that are to be read in each, for a
/// [`CtcRecognizer`](crate::CtcRecognizer). It lives on the host; a model uploads it to its own device.
#[derive(Clone, Debug, PartialEq)]
pub struct CtcBatch {
    features: Vec<f32>,
    width: usize,
    lengths: Lengths,
    targets: Vec<Vec<u32>>,
}

impl CtcBatch {
    /// `features [B, T, width]` in row-major order, of which the first `lengths[b]` frames of row `b` are valid, and the
    /// symbols of each row, unpadded and without blanks. In the padding may stand any number.
    ///
    /// # Panics
    ///
    /// If there is no row, the features are not as many as the lengths say, or there is not one target for each row.
    pub fn new(features: Vec<f32>, width: usize, lengths: Lengths, targets: Vec<Vec<u32>>) -> Self {
        let shape = [lengths.as_slice().len(), lengths.steps(), width];
        assert!(shape[0] > 0, "a batch needs at least one row, got none");
        let (count, expected): (usize, usize) = (features.len(), shape.iter().product());
        assert_eq!(
            count, expected,
            "{count} features do not fill [B, T, D] = {shape:?}"
        );
        let (own, rows) = (targets.len(), shape[0]);
        assert_eq!(own, rows, "there are {own} targets for {rows} rows");
        Self {
            features,
            width,
            lengths,
            targets,
        }
    }

    /// Rows of any number of frames `[T_b, width]`, each row-major, padded with zeros to the longest, and to at least one
    /// frame.
    ///
    /// # Panics
    ///
    /// If there is no row, a row is not a whole number of frames, or there is not one target for each row.
    pub fn padded<R: AsRef<[f32]>>(rows: &[R], width: usize, targets: Vec<Vec<u32>>) -> Self {
        assert!(width > 0, "a frame needs at least one feature, got D = 0");
        let frames = |row: &R| {
            let count = row.as_ref().len();
            assert!(
                count.is_multiple_of(width),
                "a row of {count} features is not a whole number of frames of {width}"
            );
            count / width
        };
        let valid: Vec<usize> = rows.iter().map(frames).collect();
        let steps = valid.iter().copied().max().unwrap_or(0).max(1);
        let features = rows.iter().flat_map(|row| {
            let own = row.as_ref().iter().copied();
            own.chain(iter::repeat(0.0)).take(steps * width)
        });
        let features = features.collect();
        let lengths = Lengths::new(valid, steps).expect("no row is longer than the longest");
        Self::new(features, width, lengths, targets)
    }

    /// The frames `[B, T, D]`.
    pub fn features(&self, device: &Device) -> Tensor<3> {
        let shape = [self.targets.len(), self.lengths.steps(), self.width];
        Tensor::from_data(TensorData::new(self.features.clone(), shape), device)
    }

    /// How many frames of each row are valid.
    pub fn lengths(&self) -> &Lengths {
        &self.lengths
    }

    /// The symbols of each row.
    pub fn targets(&self) -> &[Vec<u32>] {
        &self.targets
    }

    /// # Panics
    /// If the frames are not `width` features wide.
    pub(super) fn assert_width(&self, width: usize) {
        let shape = [self.targets.len(), self.lengths.steps(), self.width];
        assert_eq!(
            self.width, width,
            "the features are [B, T, D] = {shape:?}, but the recogniser reads frames of {width}"
        );
    }
}

/// Each row is a sequence of its own, and counts as one.
impl SequenceWindow for CtcBatch {
    fn batch_size(&self) -> usize {
        self.targets.len()
    }

    fn valid_steps(&self) -> usize {
        self.targets.len()
    }
}
