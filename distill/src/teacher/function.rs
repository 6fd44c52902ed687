//! Any trained model as a teacher, by a closure.

use std::error;

use burn::tensor::Tensor;

use super::{Fingerprint, SoftLabels, Teacher};
use crate::Error;

/// A closure that gives texts their logits `[N, V]`.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use recurra_cells::{Lengths, LstmConfig, RecurrentConfig, SeededRng};
/// use recurra_distill::{Fingerprinter, FunctionTeacher, Teacher, TokenBatch};
/// use recurra_train::SequenceClassifierConfig;
///
/// let device = Device::default();
/// let config = SequenceClassifierConfig::new(256, 8, RecurrentConfig::new(LstmConfig::new(8)), 2);
/// let model = config.init(&device, &mut SeededRng::new(1));
///
/// let fingerprint = Fingerprinter::default().text("bytes").module(&model).finish();
/// let teacher = FunctionTeacher::new(["negative", "positive"], fingerprint, |texts: &[&str]| {
///     let rows: Vec<Vec<u32>> = texts.iter().map(|text| text.bytes().map(u32::from).collect()).collect();
///     let batch = TokenBatch::new(&rows, 0, &device);
///     Ok(model.forward(batch.tokens, batch.lengths))
/// });
/// assert_eq!(teacher.label(&["fine", "a bore"])?.len(), 2);
/// # Ok::<(), recurra_distill::Error>(())
/// ```
pub struct FunctionTeacher<F> {
    classes: Vec<String>,
    fingerprint: Fingerprint,
    function: F,
}

/// What a closure may fail with.
type Cause = Box<dyn error::Error + Send + Sync>;

impl<F: Fn(&[&str]) -> Result<Tensor<2>, Cause>> FunctionTeacher<F> {
    /// A teacher of these classes. The fingerprint must be another one whenever `function` gives other logits.
    ///
    /// # Panics
    /// If there is no class.
    pub fn new<S: Into<String>>(
        classes: impl IntoIterator<Item = S>,
        fingerprint: Fingerprint,
        function: F,
    ) -> Self {
        let classes: Vec<String> = classes.into_iter().map(Into::into).collect();
        assert!(!classes.is_empty(), "a teacher needs at least one class");
        Self {
            classes,
            fingerprint,
            function,
        }
    }
}

impl<F: Fn(&[&str]) -> Result<Tensor<2>, Cause>> Teacher for FunctionTeacher<F> {
    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn fingerprint(&self) -> Fingerprint {
        self.fingerprint.clone()
    }

    /// # Panics
    /// If the logits are not `[N, V]`.
    fn label(&self, texts: &[&str]) -> Result<SoftLabels, Error> {
        if texts.is_empty() {
            return SoftLabels::new(self.classes.len(), Vec::new());
        }
        let logits = (self.function)(texts).map_err(|cause| Error::teacher(&*cause))?;
        let (dims, expected) = (logits.dims(), [texts.len(), self.classes.len()]);
        assert_eq!(
            dims, expected,
            "the logits are {dims:?}, but texts and classes are {expected:?}"
        );
        let logits = logits.into_data().iter::<f32>().collect();
        SoftLabels::new(self.classes.len(), logits)
    }
}
