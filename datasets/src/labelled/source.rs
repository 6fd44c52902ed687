//! Where the files of a labelled corpus lie.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{LabelledCorpus, LabelledFormat};
use crate::DatasetError;

/// The endings of the files that are read, in which `LabelledFormat::of` tells their format.
const ENDINGS: &[&str] = &[
    "tsv",
    "csv",
    "jsonl",
    #[cfg(feature = "parquet")]
    "parquet",
];

/// The files of a labelled corpus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledSource {
    /// What the model learns from.
    pub train: PathBuf,
    /// What decides when to stop, and between settings, where there is such a file.
    pub dev: Option<PathBuf>,
    /// What is looked at once, at the end, where there is such a file.
    pub test: Option<PathBuf>,
}

/// The corpora in the files of a [`LabelledSource`], all with the classes of the training part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledParts {
    /// What the model learns from.
    pub train: LabelledCorpus,
    /// What decides when to stop, and between settings.
    pub dev: Option<LabelledCorpus>,
    /// What is looked at once, at the end.
    pub test: Option<LabelledCorpus>,
}

impl LabelledSource {
    /// Finds the corpus at `path`, which is one of
    ///
    /// 1. a file: that one, for training;
    /// 2. a folder of data sets: the one in its subfolder `name` (`sst2`, `sst2_glue`, `ag_news`);
    /// 3. a folder with `train.tsv`, `train.csv` or `train.jsonl`: that file, and the same with
    ///    `dev` (or `valid`) and `test`.
    ///
    /// The files are not opened.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Read`] if `path` does not exist, [`DatasetError::MissingFile`] if a folder
    /// has no training file, [`DatasetError::Ambiguous`] if it has several files for a part.
    pub fn locate(path: impl AsRef<Path>, name: Option<&str>) -> Result<Self, DatasetError> {
        let path = path.as_ref();
        let found = fs::metadata(path).map_err(DatasetError::read(path))?;
        if !found.is_dir() {
            return Ok(Self {
                train: path.to_owned(),
                dev: None,
                test: None,
            });
        }
        let own = name.map(|name| path.join(name)).filter(|own| own.is_dir());
        let folder = own.unwrap_or_else(|| path.to_owned());
        let train = part(&folder, &["train"])?.ok_or_else(|| DatasetError::MissingFile {
            folder: folder.clone(),
            expected: match name {
                Some(name) => format!("train.tsv, .csv or .jsonl, or a folder {name} with it"),
                None => "train.tsv, .csv or .jsonl".to_owned(),
            },
            found: Vec::new(),
        })?;
        Ok(Self {
            train,
            dev: part(&folder, &["dev", "valid"])?,
            test: part(&folder, &["test"])?,
        })
    }

    /// Reads all files, each in the format that its name tells.
    ///
    /// # Errors
    ///
    /// Those of [`LabelledFormat::of`] and [`LabelledFormat::read`]. A label that the training part
    /// does not have is an unknown one in the others.
    pub fn read(&self) -> Result<LabelledParts, DatasetError> {
        let train = LabelledFormat::of(&self.train)?.read(&self.train)?;
        let held_out = |path: &Option<PathBuf>| {
            let read = |path| {
                let format = LabelledFormat::of(path)?;
                format.with_classes(train.classes.iter()).read(path)
            };
            path.as_ref().map(read).transpose()
        };
        Ok(LabelledParts {
            dev: held_out(&self.dev)?,
            test: held_out(&self.test)?,
            train,
        })
    }
}

/// The folder's file for the part of one of these names; `None` if it has none.
fn part(folder: &Path, names: &[&str]) -> Result<Option<PathBuf>, DatasetError> {
    let possible = names
        .iter()
        .flat_map(|name| ENDINGS.iter().map(move |ending| format!("{name}.{ending}")));
    let there: Vec<String> = possible
        .filter(|file| folder.join(file).is_file())
        .collect();
    match there.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(folder.join(only))),
        _ => Err(DatasetError::Ambiguous {
            folder: folder.to_owned(),
            candidates: there,
        }),
    }
}
