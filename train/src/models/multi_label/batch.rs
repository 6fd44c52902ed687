//! Sequences of label sets side by side, each step beside the one that it is to predict.

use burn::tensor::{Device, Tensor, TensorData};
use recurra_cells::Lengths;

use crate::Error;

/// The fewest steps of which one predicts another.
const SHORTEST: usize = 2;

/// `B` sequences, padded to `T` steps to predict from: the longest's steps without its last.
#[derive(Clone, Debug, PartialEq)]
pub struct MultiLabelBatch {
    /// `[B, T, V]`, row by row.
    inputs: Vec<f32>,
    /// The same, one step later.
    targets: Vec<f32>,
    lengths: Lengths,
    num_labels: usize,
}

impl MultiLabelBatch {
    /// A batch of `sequences`, which list for each step the labels that hold, each in `0..num_labels`, in any order; a
    /// label that stands twice holds once.
    ///
    /// # Errors
    ///
    /// If there is no sequence, one has fewer than two steps, or a label is not below `num_labels`.
    pub fn new(sequences: &[impl AsRef<[Vec<usize>]>], num_labels: usize) -> Result<Self, Error> {
        let lengths: Vec<usize> = sequences.iter().map(|it| it.as_ref().len()).collect();
        match lengths.iter().min() {
            None => return Err(Error::config("sequences", "at least one", 0)),
            Some(&shortest) if shortest < SHORTEST => {
                return Err(Error::config(
                    "sequences",
                    "at least 2 steps long",
                    shortest,
                ));
            }
            Some(_) => {}
        }
        let labels = || sequences.iter().flat_map(|it| it.as_ref()).flatten();
        if let Some(label) = labels().find(|&&label| label >= num_labels) {
            let expected = format!("labels below {num_labels}");
            return Err(Error::config("sequences", expected, label));
        }
        let lengths: Vec<usize> = lengths.into_iter().map(|length| length - 1).collect();
        let steps = lengths.iter().copied().max().unwrap_or(0);
        let rows = |offset: usize| {
            let mut values = vec![0.0; lengths.len() * steps * num_labels];
            for (row, sequence) in sequences.iter().enumerate() {
                for step in 0..lengths[row] {
                    let place = (row * steps + step) * num_labels;
                    for label in &sequence.as_ref()[step + offset] {
                        values[place + label] = 1.0;
                    }
                }
            }
            values
        };
        Ok(Self {
            inputs: rows(0),
            targets: rows(1),
            lengths: Lengths::new(lengths, steps)?,
            num_labels,
        })
    }

    /// Zeros and ones, `[B, T, V]`; zeros beyond a row's length.
    pub fn inputs(&self, device: &Device) -> Tensor<3> {
        self.upload(&self.inputs, device)
    }

    /// The step after each of the inputs, `[B, T, V]`; zeros beyond a row's length.
    pub fn targets(&self, device: &Device) -> Tensor<3> {
        self.upload(&self.targets, device)
    }

    /// How many steps of each row are predicted.
    pub fn lengths(&self) -> &Lengths {
        &self.lengths
    }

    /// How many steps are predicted in all rows together.
    pub fn predicted_steps(&self) -> usize {
        self.lengths.as_slice().iter().sum()
    }

    /// `B`.
    pub fn batch_size(&self) -> usize {
        self.lengths.as_slice().len()
    }

    fn upload(&self, values: &[f32], device: &Device) -> Tensor<3> {
        let shape = [self.batch_size(), self.lengths.steps(), self.num_labels];
        Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
    }
}
