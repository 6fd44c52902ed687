//! Time series.

use super::{Content, Source, SourceFile};

/// The repository that the series were published in.
const ET_DATASET: &str = concat!(
    "https://raw.githubusercontent.com/zhouhaoyi/ETDataset/",
    "1d16c8f4f943005d613b5bc962e9eeb06058cf07/"
);

/// Electricity transformers of Zhou et al.
pub(super) const ETT: Source = Source {
    name: "ett",
    what: "ETTh1, hourly load and oil temperature of a transformer",
    licence: "CC BY-ND 4.0",
    counts: "17,420 hours of 7 series",
    content: Content::Files(&[SourceFile::new(
        "ETTh1.csv",
        2_589_657,
        "f18de3ad269cef59bb07b5438d79bb3042d3be49bdeecf01c1cd6d29695ee066",
    )
    .at(ET_DATASET, "ETT-small/ETTh1.csv")]),
    by_hand: "put ETTh1.csv into a folder",
};
