//! The sentences: a treebank or a corpus of names from disk, or one that the project writes itself.

use std::collections::BTreeMap;
use std::path::Path;

use recurra_datasets::tagged::{
    TagKind, TagLexicon, TaggedCorpus, TaggedSentence, bioes, entities,
};
use recurra_datasets::{Vocabulary, VocabularyLimits};
use recurra_train::SpelledWord;

use super::config::Config;
use super::score::Score;
use crate::comparison::StudyData;
use crate::error::Error;
use crate::report::Expected;
use crate::run_folder::RunFolder;
use crate::texts;

/// The files of what reads words.
const WORDS: &str = "vocabulary.json";
const CHARACTERS: &str = "characters.json";
const TAGS: &str = "tags.json";

/// Tagged sentences in three parts, and what reads them.
pub struct Data {
    name: String,
    pub kind: TagKind,
    pub train: Vec<TaggedSentence>,
    pub dev: Vec<TaggedSentence>,
    pub test: Vec<TaggedSentence>,
    /// Knows the words, characters and tags of the training part.
    pub reader: Reader,
    /// The test, where each word has the tag that it has most often in the training part.
    pub lexicon: Score,
}

/// From words and tags to what a network reads and says.
pub struct Reader {
    /// In lower case.
    pub words: texts::Reader,
    pub characters: Vocabulary,
    pub tags: Vec<String>,
}

impl Data {
    /// Reads the corpus at `path`, or generates one from `seed`.
    pub fn read(path: Option<&Path>, config: &Config, seed: u64) -> Result<Self, Error> {
        let (name, corpus) = match path {
            None => {
                let corpus = TaggedCorpus::generated(seed, config.generated_sentences);
                ("generated sentences".to_owned(), corpus)
            }
            Some(path) => {
                let corpus = TaggedCorpus::read(path)?;
                let name = match corpus.kind {
                    TagKind::PartsOfSpeech => "ud_english_ewt",
                    TagKind::Entities => "conll2003",
                };
                (name.to_owned(), corpus)
            }
        };
        let TaggedCorpus {
            kind,
            mut train,
            mut dev,
            mut test,
        } = corpus;
        if kind == TagKind::Entities {
            [&mut train, &mut dev, &mut test]
                .into_iter()
                .flatten()
                .for_each(retag);
        }
        let reader = Reader::new(&train, config)?;
        Ok(Self {
            name,
            kind,
            lexicon: lexicon_score(&reader, &train, &test),
            reader,
            train,
            dev,
            test,
        })
    }

    /// Published figures for this corpus.
    pub fn expected(&self) -> BTreeMap<&'static str, Expected> {
        let figure = match self.name.as_str() {
            "conll2003" => (
                "test_f1",
                90.1,
                "Huang et al. 2015: LSTM-CRF from word vectors, with features of spelling",
            ),
            _ => return BTreeMap::new(),
        };
        let (name, value, source) = figure;
        [(name, Expected { value, source })].into()
    }
}

impl StudyData for Data {
    fn name(&self) -> &str {
        &self.name
    }

    fn baselines(&self) -> BTreeMap<String, f64> {
        let mut baselines: BTreeMap<String, f64> =
            [("lexicon_accuracy".to_owned(), self.lexicon.accuracy)].into();
        if self.kind == TagKind::Entities {
            baselines.insert("lexicon_f1".to_owned(), self.lexicon.f1);
        }
        baselines
    }
}

/// In BIOES, which tells a network more of where it is in a name.
fn retag(sentence: &mut TaggedSentence) {
    sentence.tags = bioes(&entities(&sentence.tags), sentence.words.len());
}

/// Unknown words have the tag that words have most often which stand in the training part once.
fn lexicon_score(reader: &Reader, train: &[TaggedSentence], test: &[TaggedSentence]) -> Score {
    let lexicon = TagLexicon::from_sentences(train);
    let mut words: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (word, tag) in train.iter().flat_map(|it| it.words.iter().zip(&it.tags)) {
        words.entry(word.to_lowercase()).or_default().push(tag);
    }
    let mut once: BTreeMap<&str, usize> = BTreeMap::new();
    for tags in words.values().filter(|tags| tags.len() == 1) {
        *once.entry(tags[0]).or_default() += 1;
    }
    let commonest = once.into_iter().max_by_key(|&(_, count)| count);
    let unknown = commonest.map_or(reader.tags[0].as_str(), |(tag, _)| tag);
    let tags = test.iter().map(|sentence| {
        let words = sentence.words.iter();
        let tag = |word: &String| lexicon.tag(word).unwrap_or(unknown).to_owned();
        words.map(tag).collect()
    });
    let tags: Vec<Vec<String>> = tags.collect();
    Score::new(reader, test, &tags)
}

impl Reader {
    fn new(train: &[TaggedSentence], config: &Config) -> Result<Self, Error> {
        let lower = |it: &TaggedSentence| it.words.iter().map(|it| it.to_lowercase()).collect();
        let words: Vec<Vec<String>> = train.iter().map(lower).collect();
        let spellings = train.iter().flat_map(|it| &it.words);
        let spellings: Vec<Vec<String>> = spellings.map(|word| characters(word)).collect();
        let all = VocabularyLimits {
            min_count: 1,
            max_size: None,
        };
        let mut tags: Vec<String> = train.iter().flat_map(|it| it.tags.clone()).collect();
        tags.sort();
        tags.dedup();
        Ok(Self {
            words: texts::Reader::of_words(&words, config.min_count, &config.vectors)?,
            characters: Vocabulary::from_texts(&spellings, all),
            tags,
        })
    }

    /// Words as the network reads them.
    pub fn row<W: AsRef<str>>(&self, words: &[W]) -> Result<Vec<SpelledWord>, Error> {
        let spelled = |word: &W| -> Result<SpelledWord, Error> {
            let (word, lower) = (word.as_ref(), word.as_ref().to_lowercase());
            let characters = characters(word);
            let characters = characters.iter().map(String::as_str);
            Ok(SpelledWord {
                word: self.words.row(&[lower])?[0],
                characters: self.characters.encode(characters)?,
            })
        };
        words.iter().map(spelled).collect()
    }

    /// The numbers of tags; one that the training part does not have is that of the first, which is then wrong.
    pub fn labels(&self, tags: &[String]) -> Vec<u32> {
        let number = |tag: &String| self.tags.binary_search(tag).unwrap_or(0) as u32;
        tags.iter().map(number).collect()
    }

    /// Whether the network has a vector for a word.
    pub fn knows(&self, word: &str) -> bool {
        self.words.vocabulary.id(&word.to_lowercase()).is_some()
    }

    /// Reads what [`write`](Self::write) wrote.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        Ok(Self {
            words: texts::Reader {
                vocabulary: Vocabulary::read(folder.join(WORDS))?,
                vectors: None,
            },
            characters: Vocabulary::read(folder.join(CHARACTERS))?,
            tags: RunFolder::at(folder).read(TAGS)?,
        })
    }

    /// Writes what it takes to use a model.
    pub fn write(&self, folder: &Path) -> Result<(), Error> {
        self.words.vocabulary.write(folder.join(WORDS))?;
        self.characters.write(folder.join(CHARACTERS))?;
        RunFolder::at(folder).write_json(TAGS, &self.tags)?;
        Ok(())
    }
}

fn characters(word: &str) -> Vec<String> {
    word.chars().map(String::from).collect()
}
