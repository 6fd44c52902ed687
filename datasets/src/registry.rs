//! Public data sets: under which terms they stand, where they come from, and what they hash to.
//!
//! [`source`] knows a data set by its name, [`Source::locate`] finds it on this machine,
//! [`Source::verify`] compares it byte by byte with what the published figures are for, and
//! [`table`] lists all of them. With the feature `fetch`, `fetch::fetch` downloads one.
//!
//! Addresses name a commit wherever they can, so that what they lead to never changes.

mod digest;
mod entry;
mod images;
mod labelled;
mod locate;
mod music;
mod places;
mod series;
mod speech;
mod table;
mod tagged;
mod texts;
mod translation;
mod verify;

pub use entry::{Address, Archive, Content, Packing, Source, SourceFile};
pub use places::Places;
pub use table::{readable_bytes, table};

use crate::DatasetError;
#[cfg(feature = "fetch")]
pub(crate) use digest::Form;

/// All data sets that are known by name.
pub const SOURCES: &[Source] = &[
    texts::PTB,
    texts::TINYSHAKESPEARE,
    labelled::SST2,
    labelled::SST2_GLUE,
    labelled::AG_NEWS,
    translation::MULTI30K,
    series::ETT,
    tagged::UD_ENGLISH_EWT,
    tagged::CONLL2003,
    speech::FSDD,
    images::MNIST,
    music::JSB_CHORALES,
    texts::GLOVE,
];

/// The data set of this name.
///
/// # Errors
///
/// [`DatasetError::UnknownSource`] if there is none.
pub fn source(name: &str) -> Result<&'static Source, DatasetError> {
    let found = SOURCES.iter().find(|source| source.name == name);
    found.ok_or_else(|| DatasetError::UnknownSource {
        name: name.to_owned(),
        known: SOURCES.iter().map(|source| source.name).collect(),
    })
}
