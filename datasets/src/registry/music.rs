//! Music.

use super::{Content, Source, SourceFile};

/// A repository with the chorales as MIDI numbers.
const JSB: &str = concat!(
    "https://raw.githubusercontent.com/czhuang/JSB-Chorales-dataset/",
    "9a7f733ddb4ed91f48da64ac7f0f621c34aadd4d/"
);

/// The chorales in the split of Boulanger-Lewandowski et al.
pub(super) const JSB_CHORALES: Source = Source {
    name: "jsb_chorales",
    what: "Bach's four-part chorales as piano rolls",
    licence: "none stated",
    counts: "229 chorales to train on, 76 to validate, 77 to test",
    content: Content::Files(&[
        SourceFile::new(
            "jsb-chorales-quarter.json",
            407_200,
            "2db9329f1881a1d3f49703ec556bf1d6f84b4f6c1d702c156536e93cf31e1c91",
        )
        .at(JSB, "jsb-chorales-quarter.json"),
        SourceFile::new(
            "jsb-chorales-16th.json",
            1_741_172,
            "8730aca7b64e7d29493733d1cf19fad4a5b351d8f1845e57dac27728104fd39f",
        )
        .at(JSB, "jsb-chorales-16th.json"),
    ]),
    by_hand: "put jsb-chorales-quarter.json into a folder",
};
