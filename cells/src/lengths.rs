//! How many steps of each row of a padded batch are valid.

use std::sync::Arc;

use burn::tensor::{Bool, Device, Int, Tensor, TensorData};

use crate::Error;

/// The number of valid steps of each row of a batch that is padded on the right to `T` steps.
///
/// They live on the host, so that a length beyond `T` is an error without a round trip to the device. A length of 0 is allowed: such a row returns its initial state.
///
/// ```
/// use recurra_cells::Lengths;
///
/// let lengths = Lengths::new(vec![3, 0, 2], 3)?;
/// assert_eq!((lengths.longest(), lengths.shortest()), (3, 0));
/// assert!(Lengths::new(vec![4], 3).is_err());
/// # Ok::<(), recurra_cells::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lengths {
    valid: Arc<[usize]>,
    steps: usize,
}

impl Lengths {
    /// One length for each row of a batch of `steps` steps.
    ///
    /// # Errors
    /// If a length is beyond `steps`.
    pub fn new(valid: Vec<usize>, steps: usize) -> Result<Self, Error> {
        match valid.iter().position(|&length| length > steps) {
            Some(row) => Err(Error::LengthBeyondSteps {
                row,
                length: valid[row],
                steps,
            }),
            None => Ok(Self {
                valid: valid.into(),
                steps,
            }),
        }
    }

    /// The lengths, a row each.
    pub fn as_slice(&self) -> &[usize] {
        &self.valid
    }

    /// `T`, the steps that the batch is padded to.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// The longest row's length; 0 for an empty batch.
    pub fn longest(&self) -> usize {
        self.valid.iter().copied().max().unwrap_or(0)
    }

    /// The shortest row's length; 0 for an empty batch.
    pub fn shortest(&self) -> usize {
        self.valid.iter().copied().min().unwrap_or(0)
    }

    /// Where a step is padding: `[B, T]`.
    pub fn padding(&self, device: &Device) -> Tensor<2, Bool> {
        let padding: Vec<bool> = self
            .valid
            .iter()
            .flat_map(|&length| (0..self.steps).map(move |step| step >= length))
            .collect();
        Tensor::from_data(
            TensorData::new(padding, [self.valid.len(), self.steps]),
            device,
        )
    }

    /// Where the valid steps are among all `B * T`, row after row: `[N]`, each `row * T + step`.
    pub fn valid_steps(&self, device: &Device) -> Tensor<1, Int> {
        let rows = self.valid.iter().enumerate();
        let valid: Vec<i64> = rows
            .flat_map(|(row, &length)| {
                (0..length).map(move |step| (row * self.steps + step) as i64)
            })
            .collect();
        let count = valid.len();
        Tensor::from_data(TensorData::new(valid, [count]), device)
    }

    /// `values [B, T, W]` with zeros on the padding.
    ///
    /// # Panics
    /// If the lengths are for another batch or number of steps; the message has both shapes.
    pub fn zero_padding(&self, values: Tensor<3>) -> Tensor<3> {
        let [batch, steps, _] = values.dims();
        self.assert_fits(batch, steps);
        if self.shortest() == self.steps {
            return values;
        }
        let dims = values.dims();
        let padding = self.padding(&values.device()).unsqueeze_dim::<3>(2);
        values.mask_fill(padding.expand(dims), 0.0)
    }

    /// `values [B, T, W]` with each row's valid steps in reverse order, and its padding where it was.
    ///
    /// # Panics
    /// If the lengths are for another batch or number of steps; the message has both shapes.
    pub fn reverse(&self, values: Tensor<3>) -> Tensor<3> {
        let [batch, steps, width] = values.dims();
        self.assert_fits(batch, steps);
        let source: Vec<i64> = self
            .valid
            .iter()
            .enumerate()
            .flat_map(|(row, &length)| {
                let reversed = (0..steps).map(move |step| {
                    if step < length {
                        length - 1 - step
                    } else {
                        step
                    }
                });
                reversed.map(move |step| (row * steps + step) as i64)
            })
            .collect();
        let source: Tensor<1, Int> =
            Tensor::from_data(TensorData::new(source, [batch * steps]), &values.device());
        values
            .reshape([batch * steps, width])
            .select(0, source)
            .reshape([batch, steps, width])
    }

    /// # Panics
    /// If the lengths are for another batch or number of steps.
    pub(crate) fn assert_fits(&self, batch: usize, steps: usize) {
        let own = [self.valid.len(), self.steps];
        assert_eq!(
            own,
            [batch, steps],
            "the lengths are for [B, T] = {own:?}, but the inputs are [{batch}, {steps}, _]"
        );
    }
}
