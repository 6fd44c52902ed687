//! Texts in two languages, sentence by sentence: what translation is learnt from.

mod locate;

use std::path::Path;

use crate::{DatasetError, generated::generated_pairs, read_text};

/// `N` sentences and their translations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParallelText {
    /// What is translated, `[N]`, without white space at either end, none empty.
    pub sources: Vec<String>,
    /// The translation of each, `[N]`, likewise.
    pub targets: Vec<String>,
}

/// Parallel text in three parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParallelCorpus {
    /// What the model learns from.
    pub train: ParallelText,
    /// What decides when to stop, and between settings.
    pub valid: ParallelText,
    /// What is looked at once, at the end.
    pub test: ParallelText,
}

impl ParallelText {
    /// Reads two files with a sentence a line, of which the same lines belong together. Each is
    /// decompressed if its name ends in `.gz`.
    ///
    /// # Errors
    ///
    /// Those of [`read_text`]; [`DatasetError::InvalidLine`], which names the file and the line, for
    /// an empty one; [`DatasetError::InvalidContent`], which names both files, if one has more lines
    /// than the other.
    pub fn read(source: impl AsRef<Path>, target: impl AsRef<Path>) -> Result<Self, DatasetError> {
        let (source, target) = (source.as_ref(), target.as_ref());
        let text = Self {
            sources: sentences(source)?,
            targets: sentences(target)?,
        };
        let [lines, got] = [&text.sources, &text.targets].map(Vec::len);
        if lines != got {
            let expected = format!("{lines} lines as in {}", source.display());
            let (place, got) = ("whole file", got.to_string());
            return Err(DatasetError::content(target, place, expected, got));
        }
        Ok(text)
    }

    /// The number of pairs, `N`.
    pub fn len(&self) -> usize {
        self.sources.len()
    }

    /// Whether there is no pair at all.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// Each sentence with its translation.
    pub fn pairs(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        let pairs = self.sources.iter().zip(&self.targets);
        pairs.map(|(source, target)| (source.as_str(), target.as_str()))
    }
}

impl FromIterator<(String, String)> for ParallelText {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        let (sources, targets) = pairs.into_iter().unzip();
        Self { sources, targets }
    }
}

impl ParallelCorpus {
    /// Reads the six files in a folder, or in its subfolder `tok` if it has one, whose names begin
    /// with their part (`train`; `val`, `valid` or `dev`; `test` or `test_2016_flickr`) and end with
    /// their language, each plain or `.gz`: `train.lc.norm.tok.de.gz`, as Multi30k has them
    /// (Elliott et al., 2016). A test set of another year is read with [`ParallelText::read`].
    ///
    /// ```no_run
    /// use recurra_datasets::parallel::ParallelCorpus;
    ///
    /// let captions = ParallelCorpus::read("data/multi30k", "en", "de")?;
    /// # Ok::<(), recurra_datasets::DatasetError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`DatasetError::MissingFile`] if a part lacks a language, [`DatasetError::Ambiguous`] if it
    /// has several files of one, and those of [`ParallelText::read`].
    pub fn read(
        folder: impl AsRef<Path>,
        source_language: &str,
        target_language: &str,
    ) -> Result<Self, DatasetError> {
        let folder = folder.as_ref();
        let tokenised = Some(folder.join("tok")).filter(|own| own.is_dir());
        let folder = tokenised.unwrap_or_else(|| folder.to_owned());
        let part = |names: &[&str]| {
            let [source, target] = [source_language, target_language]
                .map(|language| locate::file(&folder, names, language));
            ParallelText::read(source?, target?)
        };
        Ok(Self {
            train: part(&["train"])?,
            valid: part(&["val", "valid", "dev"])?,
            test: part(&["test", "test_2016_flickr"])?,
        })
    }

    /// Sentences of a small English and their translations into a language that nobody speaks,
    /// `train_pairs` of them to learn from and a tenth as many, at least one, in each of the other
    /// parts; `seed` picks them. No sentence stands in two parts, or twice in one.
    ///
    /// The rules of the language:
    ///
    /// - The verb comes last, behind subject, place and object, and has an ending for the number of
    ///   the subject and one for the tense.
    /// - A noun is masculine or feminine, and has an ending for gender and number, then `n` as the
    ///   object or `s` in a place. Adjectives follow their noun and have the same ending; articles
    ///   agree in gender and number.
    /// - A clause with `because` comes first, and ends with `kar`.
    /// - `bat`, `crane`, `seal` and `mouse` are two words each, of two genders: an animal behind one
    ///   verb, a thing behind another. Only the verb, which English has before the noun and the
    ///   translation after it, tells which.
    ///
    /// Words are parted by blanks, in lower case. One translation is right, so that whoever knows
    /// the rules has a BLEU of 100. The same seed gives the same pairs on every platform and in every
    /// release: changed pairs are a breaking change.
    ///
    /// # Panics
    ///
    /// If `train_pairs` is 0.
    ///
    /// ```
    /// let corpus = recurra_datasets::parallel::ParallelCorpus::generated(1, 50);
    ///
    /// assert_eq!([corpus.train.len(), corpus.valid.len(), corpus.test.len()], [50, 5, 5]);
    /// ```
    pub fn generated(seed: u64, train_pairs: usize) -> Self {
        assert!(train_pairs > 0, "a corpus has at least one pair, got 0");
        let held_out = (train_pairs / 10).max(1);
        let mut pairs = generated_pairs(seed);
        // The held-out parts first, so that a larger training part leaves them what they are.
        let mut part = |count| pairs.by_ref().take(count).collect();
        let (valid, test) = (part(held_out), part(held_out));
        Self {
            train: part(train_pairs),
            valid,
            test,
        }
    }
}

/// The lines of a file, none of them empty.
fn sentences(path: &Path) -> Result<Vec<String>, DatasetError> {
    let text = read_text(path)?;
    let sentence = |(place, line): (usize, &str)| match line.trim() {
        "" => Err(DatasetError::InvalidLine {
            path: path.to_owned(),
            line: place + 1,
            expected: "a sentence".to_owned(),
            got: "an empty line".to_owned(),
        }),
        sentence => Ok(sentence.to_owned()),
    };
    text.lines().enumerate().map(sentence).collect()
}
