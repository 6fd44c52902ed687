//! Texts to classify.

use super::{Content, Source, SourceFile};

/// A repository with the sentences of SST-2.
const SENTENCES: &str = concat!(
    "https://raw.githubusercontent.com/clairett/pytorch-sentiment-classification/",
    "457ffd83de90a9d6d472d8ffc31bbffe40a8b236/"
);
/// A repository with SST-2 as GLUE has it.
const PHRASES: &str = concat!(
    "https://raw.githubusercontent.com/eyalbd2/Reproducing-AutoPrompt/",
    "6288fb5bec9c572f2492875ae0111df5b6daed11/"
);
/// A repository with descriptions of AG News.
const ALPS: &str = concat!(
    "https://raw.githubusercontent.com/forest-snow/alps/",
    "3c7ef2c98249fc975a897b27f275695f97d5b7a9/"
);
/// A repository with AG News as it was published.
const CHAR_CNN: &str = concat!(
    "https://raw.githubusercontent.com/mhjabreel/CharCnn_Keras/",
    "555590db4219b1243abb1918effd6a7425a2d75f/"
);

/// SST-2 without phrases.
pub(super) const SST2: Source = Source {
    name: "sst2",
    what: "SST-2, the sentiment of whole sentences",
    licence: "none stated; the treebank is given out by Stanford for research",
    counts: "6,920 sentences to train on, 3,610 of them positive; 872 to develop on, 444 positive",
    content: Content::Files(&[
        SourceFile::new(
            "train.tsv",
            720_259,
            "ec192f833a64da08f475488a77b0d0b47db47acd0f458bd18433fc793b569920",
        )
        .at(SENTENCES, "data/SST2/train.tsv"),
        SourceFile::new(
            "dev.tsv",
            92_057,
            "eddea6b39e601dd4e7a672b53cc40fdf6019fa80522f351206c24340ca5d9359",
        )
        .at(SENTENCES, "data/SST2/dev.tsv"),
    ]),
    by_hand: "put train.tsv and dev.tsv, with a text and its label a line, into a folder",
};

/// SST-2 with phrases.
pub(super) const SST2_GLUE: Source = Source {
    name: "sst2_glue",
    what: "SST-2 as in GLUE, the sentiment of phrases",
    licence: "none stated; the treebank is given out by Stanford for research",
    counts: "67,349 phrases to train on, 37,569 of them positive; 872 sentences to develop on, \
        444 positive",
    content: Content::Files(&[
        SourceFile::new(
            "train.tsv",
            3_806_081,
            "48eac26399f8456935f81dd9e3a745c1430adb6c62e233ccfe22db4a0d15d1d1",
        )
        .at(PHRASES, "glue_data/SST-2/train_full.tsv"),
        SourceFile::new(
            "dev.tsv",
            94_931,
            "54a9c12c77e402fc14d6a66a506f24d999f596b0176eb777c972cccc2f9cc4b0",
        )
        .at(PHRASES, "glue_data/SST-2/dev.tsv"),
    ]),
    by_hand: "put train.tsv and dev.tsv, with a text and its label a line, into a folder",
};

/// AG News.
pub(super) const AG_NEWS: Source = Source {
    name: "ag_news",
    what: "AG News, the topics of descriptions of news",
    licence: "for research and other non-commercial use, says its readme",
    counts: "10,001 descriptions of 120,000 to train on, 7,600 to test, four classes",
    content: Content::Files(&[
        SourceFile::new(
            "train.tsv",
            2_030_410,
            "7a0811e0006080bf4de17752c5466450ff3db778be71bc5bcf3c4e99b5f0803d",
        )
        .at(ALPS, "data/agnews/dev.tsv"),
        SourceFile::new(
            "test.tsv",
            1_530_104,
            "e4217edd939f618f24a42b0988c56ec3cddf656d8dc279b9afa443dd1ab6a1c1",
        )
        .at(ALPS, "data/agnews/test.tsv"),
        SourceFile::new(
            "official_test.csv",
            1_857_427,
            "521465c2428ed7f02f8d6db6ffdd4b5447c1c701962353eb2c40d548c3c85699",
        )
        .at(CHAR_CNN, "data/ag_news_csv/test.csv"),
        SourceFile::new(
            "classes.txt",
            31,
            "612dbfa932f07a6ed837295a7d5746ce7412e7bb4bc32ba919fdb3cda3a1b9b5",
        )
        .at(CHAR_CNN, "data/ag_news_csv/classes.txt"),
        SourceFile::new(
            "readme.txt",
            1795,
            "779c2e6bbf93dd810d9c7b318006daef7a4bfc34062002461d251dc10fb9f58c",
        )
        .at(CHAR_CNN, "data/ag_news_csv/readme.txt"),
    ]),
    by_hand: "put train.tsv and test.tsv, with a description and its topic a line, into a folder",
};
