//! The parts of a tagged corpus.

use std::fs;
use std::path::{Path, PathBuf};

use super::{PartOfSpeech, TaggedSentence, read_conll2003, read_conllu};
use crate::DatasetError;
use crate::generated::Sentences;

/// The data sets that are found under their own name in a folder of data sets, the usual one first.
const NAMES: [&str; 2] = ["ud_english_ewt", "conll2003"];

/// What the tags of a corpus say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagKind {
    /// The part of speech of each word.
    PartsOfSpeech,
    /// Which words are a name, and of what.
    Entities,
}

/// Tagged sentences in three parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaggedCorpus {
    /// What the tags say.
    pub kind: TagKind,
    /// What the model learns from.
    pub train: Vec<TaggedSentence>,
    /// What decides when to stop, and between settings.
    pub dev: Vec<TaggedSentence>,
    /// What is looked at once, at the end.
    pub test: Vec<TaggedSentence>,
}

impl TaggedCorpus {
    /// Sentences that the project writes itself, `sentences` of them to learn from and a quarter as
    /// many, at least one, in each of the other parts, with nine universal parts of speech; `seed`
    /// picks them. Most words are new in every sentence, and only their endings tell what they are;
    /// eight words (`watch`, `plan`) are nouns behind a determiner and verbs behind a subject, and
    /// only their place tells.
    ///
    /// The same seed gives the same sentences on every platform and in every release: changed
    /// sentences are a breaking change.
    ///
    /// ```
    /// use recurra_datasets::tagged::TaggedCorpus;
    ///
    /// let corpus = TaggedCorpus::generated(1, 100);
    /// assert_eq!((corpus.train.len(), corpus.test.len()), (100, 25));
    /// ```
    pub fn generated(seed: u64, sentences: usize) -> Self {
        let mut all = Sentences::new(seed);
        let mut part = |count: usize| all.by_ref().take(count).collect();
        let held_out = (sentences / 4).max(1);
        Self {
            kind: TagKind::PartsOfSpeech,
            train: part(sentences),
            dev: part(held_out),
            test: part(held_out),
        }
    }

    /// Reads the corpus in a folder, or in its subfolder `ud_english_ewt` or else `conll2003`:
    ///
    /// 1. universal parts of speech from `NAME-train.conllu`, `NAME-dev.conllu` and
    ///    `NAME-test.conllu` (Universal Dependencies);
    /// 2. entities from `eng.train`, `eng.testa` and `eng.testb` (CoNLL-2003).
    ///
    /// Each may be compressed, with `.gz` at the end of its name.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Read`] if `path` is no folder, [`DatasetError::MissingFile`] if a part is
    /// missing, [`DatasetError::Ambiguous`] if there are several files for one, and those of
    /// [`read_conllu`] and [`read_conll2003`].
    pub fn read(path: impl AsRef<Path>) -> Result<Self, DatasetError> {
        let path = path.as_ref();
        let own = NAMES.iter().map(|name| path.join(name));
        let own = own.into_iter().find(|folder| folder.is_dir());
        let folder = own.unwrap_or_else(|| path.to_owned());
        let files = files(&folder)?;
        let is_conll2003 = files.iter().any(|file| file.starts_with("eng."));
        let part = |endings: [&str; 2]| -> Result<PathBuf, DatasetError> {
            let ending = endings[usize::from(is_conll2003)];
            one(&folder, &files, ending)
        };
        let [train, dev, test] = [
            part(["train.conllu", "eng.train"])?,
            part(["dev.conllu", "eng.testa"])?,
            part(["test.conllu", "eng.testb"])?,
        ];
        let read = |file: &Path| match is_conll2003 {
            true => read_conll2003(file),
            false => read_conllu(file, PartOfSpeech::Universal),
        };
        Ok(Self {
            kind: match is_conll2003 {
                true => TagKind::Entities,
                false => TagKind::PartsOfSpeech,
            },
            train: read(&train)?,
            dev: read(&dev)?,
            test: read(&test)?,
        })
    }
}

/// The names of a folder's files, sorted.
fn files(folder: &Path) -> Result<Vec<String>, DatasetError> {
    let unreadable = DatasetError::read(folder);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(&unreadable)? {
        let entry = entry.map_err(&unreadable)?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// The one file whose name ends so, compressed or not.
fn one(folder: &Path, files: &[String], ending: &str) -> Result<PathBuf, DatasetError> {
    let is_it = |file: &&String| file.strip_suffix(".gz").unwrap_or(file).ends_with(ending);
    let found: Vec<String> = files.iter().filter(is_it).cloned().collect();
    match found.as_slice() {
        [only] => Ok(folder.join(only)),
        [] => Err(DatasetError::MissingFile {
            folder: folder.to_owned(),
            expected: format!("a file {ending} or {ending}.gz"),
            found: files.to_vec(),
        }),
        _ => Err(DatasetError::Ambiguous {
            folder: folder.to_owned(),
            candidates: found,
        }),
    }
}
