//! Images.

use super::{Content, Source, SourceFile};

/// The copy of MNIST that torchvision downloads.
const OSSCI: &str = "https://ossci-datasets.s3.amazonaws.com/mnist/";

/// MNIST of LeCun et al.
pub(super) const MNIST: Source = Source {
    name: "mnist",
    what: "MNIST, handwritten digits of 28 by 28 pixels",
    licence: "none stated",
    counts: "60,000 images to train on, 10,000 to test",
    content: Content::Files(&[
        SourceFile::new(
            "train-images-idx3-ubyte.gz",
            47_040_016,
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        )
        .packed()
        .at(OSSCI, "train-images-idx3-ubyte.gz"),
        SourceFile::new(
            "train-labels-idx1-ubyte.gz",
            60_008,
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        )
        .packed()
        .at(OSSCI, "train-labels-idx1-ubyte.gz"),
        SourceFile::new(
            "t10k-images-idx3-ubyte.gz",
            7_840_016,
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        )
        .packed()
        .at(OSSCI, "t10k-images-idx3-ubyte.gz"),
        SourceFile::new(
            "t10k-labels-idx1-ubyte.gz",
            10_008,
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        )
        .packed()
        .at(OSSCI, "t10k-labels-idx1-ubyte.gz"),
    ]),
    by_hand: "put the four files whose names end in -ubyte.gz into a folder",
};
