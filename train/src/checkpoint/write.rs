//! How a checkpoint comes to its place, one step after the other.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::folder::{file_name, file_names, metrics};
use super::{Checkpoint, Retention};
use crate::Error;

/// A checkpoint on the way to its place.
pub(super) struct Writing<'a> {
    pub folder: &'a Path,
    pub retention: Retention,
    pub checkpoint: &'a Checkpoint,
}

type Step = fn(&Writing<'_>) -> Result<(), Error>;

/// A run may be killed between any two of them, and within each.
pub(super) const STEPS: [Step; 6] = [
    |writing| writing.make_folder(),
    |writing| writing.remove_leftovers(),
    |writing| writing.write_beside(),
    |writing| writing.rename(),
    |writing| writing.sync_folder(),
    |writing| writing.prune(),
];

impl Writing<'_> {
    /// Takes every step; the path of the new checkpoint.
    pub fn run(&self) -> Result<PathBuf, Error> {
        STEPS.iter().try_for_each(|step| step(self))?;
        Ok(self.path())
    }

    fn path(&self) -> PathBuf {
        self.folder.join(file_name(self.checkpoint.step()))
    }

    /// Where the file is until it is whole.
    pub fn beside(&self) -> PathBuf {
        let name = file_name(self.checkpoint.step());
        self.folder.join(format!(".{name}{PART}"))
    }

    fn make_folder(&self) -> Result<(), Error> {
        let cannot = |cause| Error::write(self.folder, cause);
        let ancestors = self.folder.ancestors();
        let missing: Vec<&Path> = ancestors
            .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
            .collect();
        fs::create_dir_all(self.folder).map_err(cannot)?;
        let parents = missing.iter().filter_map(|folder| folder.parent());
        parents.into_iter().try_for_each(sync).map_err(cannot)
    }

    fn remove_leftovers(&self) -> Result<(), Error> {
        for name in file_names(self.folder)? {
            if name.starts_with(".step-") && name.ends_with(PART) {
                let path = self.folder.join(name);
                fs::remove_file(&path).map_err(|cause| Error::write(&path, cause))?;
            }
        }
        Ok(())
    }

    fn write_beside(&self) -> Result<(), Error> {
        let path = self.beside();
        let written = File::create_new(&path).and_then(|file| {
            let mut file = BufWriter::new(file);
            self.checkpoint.write_to(&mut file)?;
            file.flush()?;
            file.get_ref().sync_all()
        });
        written.map_err(|cause| {
            // The first error is the one to report. On a full disk the bytes that did find room must go.
            let _ = fs::remove_file(&path);
            Error::write(&path, cause)
        })
    }

    fn rename(&self) -> Result<(), Error> {
        let path = self.path();
        fs::rename(self.beside(), &path).map_err(|cause| Error::write(&path, cause))
    }

    fn sync_folder(&self) -> Result<(), Error> {
        sync(self.folder).map_err(|cause| Error::write(self.folder, cause))
    }

    fn prune(&self) -> Result<(), Error> {
        for path in self.surplus()? {
            fs::remove_file(&path).map_err(|cause| Error::write(&path, cause))?;
        }
        Ok(())
    }

    /// The files that may go now, in the order in which they go.
    pub fn surplus(&self) -> Result<Vec<PathBuf>, Error> {
        let all = metrics(self.folder)?;
        let steps = self.retention.surplus(&all, self.checkpoint.step());
        let path = |step| self.folder.join(file_name(step));
        Ok(steps.into_iter().map(path).collect())
    }
}

/// What the name of an unfinished file ends with.
const PART: &str = ".part";

/// Makes the names in a folder survive a loss of power, where the system can.
fn sync(folder: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    let current = folder.as_os_str().is_empty();
    File::open(if current { Path::new(".") } else { folder })?.sync_all()
}
