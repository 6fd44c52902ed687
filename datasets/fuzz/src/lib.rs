//! What the fuzz targets do with an input: a reader of `recurra-datasets` may refuse it with an error of one line, but must
//! not panic, hang, or return what its documentation rules out.

mod files;
pub mod targets;

/// What becomes of an input; it panics where the reader is at fault.
pub type Target = fn(&[u8]);

/// All targets by their names.
pub const TARGETS: [(&str, Target); 15] = [
    ("conll2003", targets::conll2003),
    ("conllu", targets::conllu),
    ("csv", targets::csv),
    ("digit_name", targets::digit_name),
    ("images", targets::images),
    ("jsonl", targets::jsonl),
    ("parallel", targets::parallel),
    ("parquet", targets::parquet),
    ("piano_roll", targets::piano_roll),
    ("series", targets::series),
    ("text", targets::text),
    ("tsv", targets::tsv),
    ("vectors", targets::vectors),
    ("vocabulary", targets::vocabulary),
    ("wav", targets::wav),
];
