//! What the fuzz targets share.

mod checks;
mod files;

pub use checks::{labelled, tagged};
pub use files::{in_file, in_files};
