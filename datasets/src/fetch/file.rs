//! Fetching a single file.

use std::{
    fs::File,
    io::{BufReader, ErrorKind},
    path::Path,
};

use flate2::{Compression, bufread::GzEncoder};

use super::{
    Job, Progress,
    download::Download,
    files::{beside, make_parent, place_file, remove, write_new},
};
use crate::{
    DatasetError,
    registry::{Address, Form, Packing, SourceFile},
};

/// How much longer than its content a compressed file may be at most.
const PACKING_OVERHEAD: u64 = 1 << 20;

impl Job<'_> {
    /// Puts the file into its place, unless the right one is there.
    pub(super) fn file(&mut self, file: &SourceFile) -> Result<(), DatasetError> {
        let place = self.folder.join(file.path);
        if place.is_file() && file.verify(&place).is_ok() {
            self.tell(Progress::Kept { path: &place });
            return Ok(());
        }
        match self.mirror.as_ref().map(|mirror| mirror.join(file.path)) {
            Some(original) => {
                make_parent(&place)?;
                self.copy(file, &original, &place)?;
            }
            None => {
                let address = file.address.ok_or_else(|| self.by_hand())?;
                make_parent(&place)?;
                self.downloaded(file, &address, &place)?;
            }
        }
        self.tell(Progress::Done { path: &place });
        Ok(())
    }

    fn copy(
        &mut self,
        file: &SourceFile,
        original: &Path,
        place: &Path,
    ) -> Result<(), DatasetError> {
        self.tell(Progress::Copying { from: original });
        file.verify(original)?;
        let copy = beside(place, "copy");
        let done = copied(original, &copy).and_then(|()| file.verify(&copy));
        if done.is_err() {
            remove(&copy)?;
            return done;
        }
        place_file(&copy, place)
    }

    fn downloaded(
        &mut self,
        file: &SourceFile,
        address: &Address,
        place: &Path,
    ) -> Result<(), DatasetError> {
        let part = beside(place, "part");
        let form = match file.packing {
            Packing::Gzip if address.path.ends_with(".gz") => Form::Gzip,
            _ => Form::Plain,
        };
        let plain = form == Form::Plain;
        let wanted = Download {
            address,
            part: &part,
            size: plain.then_some(file.size),
            at_most: file.size + if plain { 0 } else { PACKING_OVERHEAD },
        };
        self.download(wanted)?;
        if let Some(difference) = file.difference(&part, form)? {
            remove(&part)?;
            return Err(wanted.failed(ErrorKind::InvalidData, difference.to_string()));
        }
        if plain && file.packing == Packing::Gzip {
            let packed = beside(place, "packed");
            pack(&part, &packed)?;
            place_file(&packed, place)?;
            return remove(&part);
        }
        place_file(&part, place)
    }
}

/// A copy with the permissions of a new file: a mirror's are often those of a read-only one.
pub(super) fn copied(original: &Path, copy: &Path) -> Result<(), DatasetError> {
    let content = File::open(original).map_err(DatasetError::read(original))?;
    write_new(copy, content)
}

fn pack(plain: &Path, packed: &Path) -> Result<(), DatasetError> {
    let content = File::open(plain).map_err(DatasetError::read(plain))?;
    let content = GzEncoder::new(BufReader::new(content), Compression::default());
    write_new(packed, content)
}
