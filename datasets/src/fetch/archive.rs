//! Fetching a data set that comes as an archive.

use std::{io::ErrorKind, path::Path};

use super::{
    Job, Progress,
    download::Download,
    file::copied,
    files::{beside, make_parent, place_folder, remove},
    unpack::unpack,
};
use crate::{DatasetError, registry::Archive};

impl Job<'_> {
    /// Puts the archive's files into the folder of the data set, unless they are there.
    ///
    /// They are gathered in a folder beside it, which takes its place when it is whole.
    pub(super) fn archive(&mut self, archive: &Archive) -> Result<(), DatasetError> {
        let folder = self.folder;
        let is_complete = self.source.lacks(folder).is_none();
        if is_complete && self.source.verify(folder).is_ok() {
            self.tell(Progress::Kept { path: folder });
            return Ok(());
        }
        make_parent(folder)?;
        let gathered = beside(folder, "unpacked");
        remove(&gathered)?;
        let done = self.gather(archive, &gathered);
        let done = done.and_then(|()| place_folder(&gathered, folder));
        if done.is_err() {
            remove(&gathered)?;
            return done;
        }
        // Only now is the archive of no more use.
        remove(&beside(folder, "tar.gz.part"))?;
        self.tell(Progress::Done { path: folder });
        Ok(())
    }

    fn gather(&mut self, archive: &Archive, gathered: &Path) -> Result<(), DatasetError> {
        if let Some(mirror) = self.mirror.clone() {
            self.tell(Progress::Copying { from: &mirror });
            self.source.verify(&mirror)?;
            for path in archive.files_in(&mirror)? {
                let copy = gathered.join(&path);
                make_parent(&copy)?;
                copied(&mirror.join(&path), &copy)?;
            }
            return self.source.verify(gathered);
        }
        let part = beside(self.folder, "tar.gz.part");
        let wanted = Download {
            address: &archive.address,
            part: &part,
            size: None,
            at_most: archive.at_most,
        };
        self.download(wanted)?;
        self.tell(Progress::Unpacking { archive: &part });
        let unpacked = unpack(&part, archive, gathered).and_then(|()| {
            match archive.difference(self.source.name, gathered)? {
                None => Ok(()),
                Some(difference) => {
                    Err(wanted.failed(ErrorKind::InvalidData, difference.to_string()))
                }
            }
        });
        // An archive that is complete and wrong would be wrong again.
        let is_wrong = !matches!(unpacked, Ok(()) | Err(DatasetError::Write { .. }));
        if is_wrong {
            remove(&part)?;
        }
        unpacked
    }
}
