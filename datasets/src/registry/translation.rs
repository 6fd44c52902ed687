//! Sentences in two languages.

use super::{Content, Source, SourceFile};

/// The first task in the repository of Multi30k.
const MULTI30K_TASK1: &str = concat!(
    "https://raw.githubusercontent.com/multi30k/dataset/",
    "a3d2e0d26b56f3846f66a952536ffed4e401d05a/data/task1/"
);

/// Multi30k of Elliott et al.
pub(super) const MULTI30K: Source = Source {
    name: "multi30k",
    what: "Multi30k, captions of images in English and German",
    licence: "none stated; the images are for non-commercial research and education",
    counts: "29,000 pairs to train on, 1,014 to validate, 1,000 to test (2016, Flickr)",
    content: Content::Files(&[
        SourceFile::new(
            "raw/train.en.gz",
            568_929,
            "d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f",
        )
        .at(MULTI30K_TASK1, "raw/train.en.gz"),
        SourceFile::new(
            "raw/train.de.gz",
            637_044,
            "726e39b2fa9eb9ffb6dc763fb35a179f80fae06ffc5d28b6ace5faa883de28a6",
        )
        .at(MULTI30K_TASK1, "raw/train.de.gz"),
        SourceFile::new(
            "raw/val.en.gz",
            21_650,
            "14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28",
        )
        .at(MULTI30K_TASK1, "raw/val.en.gz"),
        SourceFile::new(
            "raw/val.de.gz",
            24_681,
            "f0cba2f995189cf5770f29a8a9a537a3ad3f51657ad873405082ff6863a5e75a",
        )
        .at(MULTI30K_TASK1, "raw/val.de.gz"),
        SourceFile::new(
            "raw/test_2016_flickr.en.gz",
            21_077,
            "611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9",
        )
        .at(MULTI30K_TASK1, "raw/test_2016_flickr.en.gz"),
        SourceFile::new(
            "raw/test_2016_flickr.de.gz",
            22_890,
            "9204244e408ccb38d2a55cfcd344df15005fc42a07a6e55ca6c52b6ababb8cc8",
        )
        .at(MULTI30K_TASK1, "raw/test_2016_flickr.de.gz"),
        SourceFile::new(
            "tok/train.lc.norm.tok.en.gz",
            1_837_696,
            "08925f8e0572bcd5a006702fc5fe20e2d77c6917d4eebd576fc20de6693c2119",
        )
        .packed()
        .at(MULTI30K_TASK1, "tok/train.lc.norm.tok.en"),
        SourceFile::new(
            "tok/train.lc.norm.tok.de.gz",
            2_150_008,
            "cb5a23529b65ec2061f1dc446192a9c37382b63cc75f81a0be59d34894b3a505",
        )
        .packed()
        .at(MULTI30K_TASK1, "tok/train.lc.norm.tok.de"),
        SourceFile::new(
            "tok/val.lc.norm.tok.en.gz",
            64_608,
            "46573ce391ae227f1c72f873392436a20ef18e0a6d518098cfbd70b77c8572ec",
        )
        .packed()
        .at(MULTI30K_TASK1, "tok/val.lc.norm.tok.en"),
        SourceFile::new(
            "tok/val.lc.norm.tok.de.gz",
            77_273,
            "97232bd273eceb7207f689527386a97e4be2616b18ada47576bdaf96c8ae1f00",
        )
        .packed()
        .at(MULTI30K_TASK1, "tok/val.lc.norm.tok.de"),
        SourceFile::new(
            "tok/test_2016_flickr.lc.norm.tok.en.gz",
            63_307,
            "5b7f32627cf99eced828311b955dae9800bb52bc8b91cf8b6526829e605b29d2",
        )
        .packed()
        .at(MULTI30K_TASK1, "tok/test_2016_flickr.lc.norm.tok.en"),
        SourceFile::new(
            "tok/test_2016_flickr.lc.norm.tok.de.gz",
            71_917,
            "c6a33d39d48f9f510de147651316cd9d918e09ad0219df734a2f16b6baccacc4",
        )
        .packed()
        .at(MULTI30K_TASK1, "tok/test_2016_flickr.lc.norm.tok.de"),
    ]),
    by_hand: "put the files of task 1 from the repository multi30k/dataset into a folder",
};
