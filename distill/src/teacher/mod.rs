//! Teachers: whatever gives texts soft labels.
//!
//! | teacher | from |
//! | --- | --- |
//! | [`EncoderTeacher`] | an [`EncoderClassifier`](crate::EncoderClassifier) and its tokenizer |
//! | [`SoftLabelFile`] | a JSON Lines file from anywhere |
//! | [`FunctionTeacher`] | a closure around any trained model, such as one of `recurra-train` |
//! | [`Ensemble`] | other teachers, averaged |
//!
//! A [`SoftLabelCache`] computes the soft labels of texts once.

mod cache;
mod encoder;
mod ensemble;
mod file;
mod fingerprint;
mod function;
mod line;
mod soft_labels;

pub use cache::{Cached, Origin, SoftLabelCache, Stale};
pub use encoder::EncoderTeacher;
pub use ensemble::{Averaging, Ensemble};
pub use file::SoftLabelFile;
pub use fingerprint::{Fingerprint, Fingerprinter};
pub use function::FunctionTeacher;
pub use soft_labels::SoftLabels;

use crate::Error;

/// Gives texts soft labels.
///
/// # Laws
/// 1. A text's soft labels are those of the text alone, whichever texts are beside it, but for rounding.
/// 2. Two teachers of one fingerprint give the same soft labels.
pub trait Teacher {
    /// The classes' names, in the order of the logits.
    fn classes(&self) -> &[String];

    /// A hash of all that decides the soft labels: weights, tokenizer, settings.
    fn fingerprint(&self) -> Fingerprint;

    /// The soft labels of the texts, in their order.
    ///
    /// # Errors
    /// Whatever stands in the way of a text's soft labels.
    fn label(&self, texts: &[&str]) -> Result<SoftLabels, Error>;

    /// Refuses a teacher of other classes than these, or of these in another order.
    ///
    /// # Errors
    /// [`Error::Classes`] with both lists.
    fn check_classes(&self, expected: &[&str]) -> Result<(), Error> {
        match self.classes() == expected {
            true => Ok(()),
            false => Err(Error::Classes {
                expected: expected.iter().map(|&class| class.to_owned()).collect(),
                got: self.classes().to_vec(),
            }),
        }
    }
}

impl<T: Teacher + ?Sized> Teacher for Box<T> {
    fn classes(&self) -> &[String] {
        (**self).classes()
    }

    fn fingerprint(&self) -> Fingerprint {
        (**self).fingerprint()
    }

    fn label(&self, texts: &[&str]) -> Result<SoftLabels, Error> {
        (**self).label(texts)
    }
}
