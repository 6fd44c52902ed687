//! Texts with a class each, as tables and JSON Lines hold them.

mod augment;
mod format;
mod json_lines;
mod normalise;
#[cfg(feature = "parquet")]
mod parquet;
mod source;
mod split;
mod table;

use crate::generated::generated_reviews;
use serde::{Deserialize, Serialize};

pub use crate::generated::Difficulty;
pub use augment::{Augmentation, AugmentedText};
pub use format::{Column, LabelledFormat, Syntax};
pub use normalise::normalised;
#[cfg(feature = "parquet")]
pub use parquet::NumberTable;
pub use source::{LabelledParts, LabelledSource};
pub use split::{HeldOut, Split, SplitSizes};

/// A text and its class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelledText {
    /// The text, without white space at either end.
    pub text: String,
    /// The place of its class in [`LabelledCorpus::classes`].
    pub label: usize,
}

/// Labelled texts, and what their labels mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelledCorpus {
    /// The classes by the names that the labels have in the file; a label is a place in this list.
    pub classes: Vec<String>,
    /// The texts, in the order of the file.
    pub examples: Vec<LabelledText>,
}

impl LabelledCorpus {
    /// How many examples each class has, in the order of [`classes`](Self::classes).
    ///
    /// # Panics
    ///
    /// If a label is not a place in the list of classes.
    pub fn class_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes.len()];
        for example in &self.examples {
            counts[example.label] += 1;
        }
        counts
    }

    /// Reviews of one sentence that the project writes itself, labelled `negative` or `positive`;
    /// `seed` picks them. The order of the words decides, and a bag of words cannot win: whoever
    /// swaps each word of praise with the word of blame that it comes with has another sentence of
    /// the same words, as likely as the first, and of the other class.
    ///
    /// Each clause judges something with one word of praise or of blame (60 of each, 6 of them
    /// common), and the sentence has the class of the clause that decides:
    ///
    /// | form | decides |
    /// | --- | --- |
    /// | `although A, B` (or `though`, `even if`); `A, but B`; `A, yet B` | `B` |
    /// | `A, although B` (or `though`, `even if`) | `A` |
    /// | `A before B`; `after A, B`: what comes later counts | `B` |
    /// | `A after B`; `before A, B` | `A` |
    ///
    /// `not`, `never`, `hardly` and `scarcely` turn a clause into its opposite. In half of the
    /// sentences of [`Difficulty::Nested`], `A` and `B` are a pair with `before` or `after`
    /// themselves. A sentence has 5 to 25 words, parted by blanks, in lower case. The part that is
    /// read last decides four times out of five, which is about all that a small network learns
    /// from few examples; one clause in ten is negated.
    ///
    /// The same seed gives the same reviews on every platform and in every release: changed reviews
    /// are a breaking change.
    ///
    /// ```
    /// use recurra_datasets::labelled::{Difficulty, LabelledCorpus};
    ///
    /// let reviews = LabelledCorpus::generated_reviews(1, 100, Difficulty::Nested);
    ///
    /// assert_eq!(reviews.classes, ["negative", "positive"]);
    /// assert_eq!(reviews.examples.len(), 100);
    /// ```
    pub fn generated_reviews(seed: u64, examples: usize, difficulty: Difficulty) -> Self {
        let reviews = generated_reviews(seed, difficulty).take(examples);
        let example = |(text, praises)| LabelledText {
            text,
            label: usize::from(praises),
        };
        Self {
            classes: ["negative", "positive"].map(str::to_owned).into(),
            examples: reviews.map(example).collect(),
        }
    }
}
