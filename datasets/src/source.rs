//! Where the files of a corpus lie.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{DatasetError, Unit};

/// The Penn Treebank's files in Mikolov's preprocessing: training, validation, test.
const PTB_FILES: [&str; 3] = ["ptb.train.txt", "ptb.valid.txt", "ptb.test.txt"];

/// The one file of Tiny Shakespeare.
const TINYSHAKESPEARE_FILE: &str = "input.txt";

/// The data sets that are found under their own name in a folder of data sets.
const NAMES: [&str; 2] = ["ptb", "tinyshakespeare"];

/// The files of a language-model corpus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextSource {
    /// One plain text, not yet split.
    File(PathBuf),
    /// One text for each part.
    Splits {
        /// The training part.
        train: PathBuf,
        /// The validation part.
        valid: PathBuf,
        /// The test part.
        test: PathBuf,
    },
}

impl TextSource {
    /// Finds the corpus at `path`, which is one of
    ///
    /// 1. a file: that text;
    /// 2. a folder of data sets: the one in its subfolder `name`, or, without a `name`, the only
    ///    one of `ptb` and `tinyshakespeare`;
    /// 3. a folder with `ptb.train.txt`, `ptb.valid.txt` and `ptb.test.txt`: those three;
    /// 4. a folder with `input.txt`, or with a single `.txt` file: that text.
    ///
    /// A folder's own files come before its subfolders, except for a subfolder `name`. The files
    /// are not opened.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Read`] if `path` does not exist or cannot be listed,
    /// [`DatasetError::MissingFile`] if it holds none of these or only some of the three files,
    /// [`DatasetError::Ambiguous`] if it could mean several.
    pub fn locate(path: impl AsRef<Path>, name: Option<&str>) -> Result<Self, DatasetError> {
        let path = path.as_ref();
        if !fs::metadata(path)
            .map_err(DatasetError::read(path))?
            .is_dir()
        {
            return Ok(Self::File(path.to_owned()));
        }
        if let Some(own) = name.map(|name| path.join(name)).filter(|own| own.is_dir()) {
            return Self::in_folder(&own)?.ok_or_else(|| nothing_in(&own, None));
        }
        if let Some(source) = Self::in_folder(path)? {
            return Ok(source);
        }
        match (name, subfolders(path).as_slice()) {
            (None, [only]) => Self::locate(path.join(only), None),
            (None, several @ [_, _, ..]) => Err(ambiguous(path, several.to_vec())),
            _ => Err(nothing_in(path, name)),
        }
    }

    /// The unit its published results count in: words for a corpus that comes in parts, characters
    /// for a plain text.
    pub fn default_unit(&self) -> Unit {
        match self {
            Self::File(_) => Unit::Char,
            Self::Splits { .. } => Unit::Word,
        }
    }

    /// The corpus in the folder's own files; `None` if there is no text among them.
    fn in_folder(folder: &Path) -> Result<Option<Self>, DatasetError> {
        let texts = text_files(folder)?;
        let is_there = |file: &str| texts.iter().any(|text| text == file);
        if PTB_FILES.into_iter().any(is_there) {
            if let Some(missing) = PTB_FILES.into_iter().find(|file| !is_there(file)) {
                let folder = folder.to_owned();
                return Err(DatasetError::MissingFile {
                    folder,
                    expected: missing.to_owned(),
                    found: texts,
                });
            }
            let [train, valid, test] = PTB_FILES.map(|file| folder.join(file));
            return Ok(Some(Self::Splits { train, valid, test }));
        }
        if is_there(TINYSHAKESPEARE_FILE) {
            return Ok(Some(Self::File(folder.join(TINYSHAKESPEARE_FILE))));
        }
        match texts.as_slice() {
            [] => Ok(None),
            [only] => Ok(Some(Self::File(folder.join(only)))),
            _ => Err(ambiguous(folder, texts)),
        }
    }
}

/// The names of the folder's `.txt` files, sorted.
fn text_files(folder: &Path) -> Result<Vec<String>, DatasetError> {
    let unreadable = DatasetError::read(folder);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(&unreadable)? {
        let path = entry.map_err(&unreadable)?.path();
        if path.is_file() && path.extension().is_some_and(|extension| extension == "txt") {
            names.extend(
                path.file_name()
                    .map(|name| name.to_string_lossy().into_owned()),
            );
        }
    }
    names.sort();
    Ok(names)
}

/// The known data sets that the folder holds under their name.
fn subfolders(folder: &Path) -> Vec<String> {
    let held = NAMES.into_iter().filter(|name| folder.join(name).is_dir());
    held.map(str::to_owned).collect()
}

fn ambiguous(folder: &Path, candidates: Vec<String>) -> DatasetError {
    DatasetError::Ambiguous {
        folder: folder.to_owned(),
        candidates,
    }
}

fn nothing_in(folder: &Path, name: Option<&str>) -> DatasetError {
    let expected = match name {
        Some(name) => format!("a folder {name} or a .txt file"),
        None => format!("a .txt file or one of the folders {}", NAMES.join(", ")),
    };
    DatasetError::MissingFile {
        folder: folder.to_owned(),
        expected,
        found: subfolders(folder),
    }
}
