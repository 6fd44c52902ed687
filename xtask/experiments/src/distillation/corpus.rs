//! Who sees which texts.

use std::collections::HashSet;

use recurra_datasets::labelled::{
    Difficulty, HeldOut, LabelledCorpus, LabelledSource, LabelledText, Split, SplitSizes,
    normalised,
};

use super::config::Config;
use crate::error::Error;

/// How many texts the students are judged by, where there is no file of them.
const TEST: usize = 2000;

/// Where the texts are from.
pub enum Corpus {
    /// Reviews in which the order of the words decides, others under each seed.
    Generated,
    /// Labelled texts, and those that students are judged by, where they have a file of their own.
    Files {
        name: String,
        train: LabelledCorpus,
        test: Option<LabelledCorpus>,
    },
}

/// The texts of one seed and number of labels. No two parts have a text in common, but for the students' labelled texts, which
/// are the first of the teacher's.
pub struct Parts {
    /// What the teacher is trained on.
    pub teacher: Vec<LabelledText>,
    /// What students are trained on: the first of the teacher's.
    pub labelled: usize,
    /// What the teacher labels for the students; nobody sees its own labels.
    pub pool: Vec<String>,
    /// What all are judged by.
    pub test: Vec<LabelledText>,
}

impl Parts {
    /// What students have labels of.
    pub fn labelled(&self) -> &[LabelledText] {
        &self.teacher[..self.labelled]
    }

    /// What students may see: labelled texts, and then the pool. The teacher's further labelled texts are not among them.
    pub fn seen(&self) -> impl Iterator<Item = &str> {
        let labelled = self.labelled().iter().map(|it| it.text.as_str());
        labelled.chain(self.pool.iter().map(String::as_str))
    }
}

impl Corpus {
    /// Reads the labelled texts at `path`: a file, a folder with files for its parts, or a folder of corpora.
    pub fn read(path: &std::path::Path) -> Result<Self, Error> {
        let source = LabelledSource::locate(path, Some("sst2_glue"))?;
        let parts = source.read()?;
        let name = match source.train.parent().filter(|_| path.is_dir()) {
            Some(folder) => folder.file_name().unwrap_or_default(),
            None => source.train.file_name().unwrap_or_default(),
        };
        Ok(Self::Files {
            name: name.to_string_lossy().into_owned(),
            train: parts.train,
            test: parts.test.or(parts.dev),
        })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        match self {
            Self::Generated => "generated reviews",
            Self::Files { name, .. } => name,
        }
    }

    /// The classes by their names.
    pub fn classes(&self) -> Vec<String> {
        match self {
            Self::Generated => LabelledCorpus::generated_reviews(0, 0, Difficulty::Nested).classes,
            Self::Files { train, .. } => train.classes.clone(),
        }
    }

    /// The parts for a number of labels, 0 for all, under a seed.
    pub fn parts(&self, labels: usize, config: &Config, seed: u64) -> Result<Parts, Error> {
        let sizes = SplitSizes {
            labelled: config.teacher.labels.max(labels),
            pool: (config.pool > 0).then_some(config.pool),
            development: 0,
            test: 0,
        };
        let split = match self {
            Self::Generated => {
                // Some are there already, and left out.
                let count = (sizes.labelled + config.pool + TEST) * 21 / 20 + 100;
                let corpus = LabelledCorpus::generated_reviews(seed, count, Difficulty::Nested);
                let test = TEST;
                Split::draw(&corpus, SplitSizes { test, ..sizes }, seed)?
            }
            Self::Files { train, test, .. } => {
                let (train, test) = match test {
                    Some(test) => (train.clone(), test.clone()),
                    None => with_test(train, seed)?,
                };
                if labels == 0 {
                    return Ok(everything(&train, test));
                }
                if config.least_words == 0 {
                    Split::draw_beside(HeldOut::test(&test), &train, sizes, seed)?
                } else {
                    of_least_words(&test, train, (config, sizes), seed)?
                }
            }
        };
        Ok(Parts {
            teacher: split.labelled.examples,
            labelled: labels,
            pool: split.pool.examples.into_iter().map(|it| it.text).collect(),
            test: split.test.examples,
        })
    }
}

/// A split whose labelled texts have a least number of words; shorter ones are in the pool.
fn of_least_words(
    test: &LabelledCorpus,
    corpus: LabelledCorpus,
    (config, sizes): (&Config, SplitSizes),
    seed: u64,
) -> Result<Split, Error> {
    let is_long = |it: &LabelledText| it.text.split_whitespace().count() >= config.least_words;
    let (long, short) = corpus.examples.into_iter().partition(is_long);
    let examples: Vec<LabelledText> = long;
    let classes = corpus.classes;
    let long = LabelledCorpus { classes, examples };
    let pool = None;
    let split = Split::draw_beside(
        HeldOut::test(test),
        &long,
        SplitSizes { pool, ..sizes },
        seed,
    )?;
    Ok(with_shorter(split, short, config.pool))
}

/// The split with further texts in its pool, unless they are in another part; at most `limit` in the pool, 0 for all, from all
/// over it.
fn with_shorter(mut split: Split, short: Vec<LabelledText>, limit: usize) -> Split {
    let parts = [&split.labelled, &split.pool, &split.test];
    let texts = parts.into_iter().flat_map(|part| &part.examples);
    let mut known: HashSet<String> = texts.map(|it| normalised(&it.text)).collect();
    let new = short
        .into_iter()
        .filter(|it| known.insert(normalised(&it.text)));
    let pool = &mut split.pool.examples;
    pool.extend(new);
    if limit > 0 && limit < pool.len() {
        let count = pool.len();
        let chosen = (0..limit).map(|index| pool[index * count / limit].clone());
        *pool = chosen.collect();
    }
    split
}

/// A corpus without a tenth of it, at most [`TEST`] texts, and that.
fn with_test(
    corpus: &LabelledCorpus,
    seed: u64,
) -> Result<(LabelledCorpus, LabelledCorpus), Error> {
    let sizes = SplitSizes {
        // At least one of each class.
        labelled: 2 * corpus.classes.len(),
        pool: None,
        development: 0,
        test: TEST.min(corpus.examples.len() / 10).max(1),
    };
    let split = Split::draw(corpus, sizes, seed)?;
    let mut rest = split.labelled;
    rest.examples.extend(split.pool.examples);
    Ok((rest, split.test))
}

/// All texts but those that students are judged by; the pool is the same, and so needs no texts of its own.
fn everything(train: &LabelledCorpus, test: LabelledCorpus) -> Parts {
    let test = test.examples;
    let mut known: HashSet<String> = test.iter().map(|it| normalised(&it.text)).collect();
    let examples = train.examples.iter();
    let teacher: Vec<LabelledText> = examples
        .filter(|example| known.insert(normalised(&example.text)))
        .cloned()
        .collect();
    Parts {
        labelled: teacher.len(),
        teacher,
        pool: Vec::new(),
        test,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quickstart;

    fn normal(texts: impl Iterator<Item = String>) -> HashSet<String> {
        texts.map(|text| normalised(&text)).collect()
    }

    fn assert_disjoint(parts: &Parts) {
        let teacher = normal(parts.teacher.iter().map(|it| it.text.clone()));
        let pool = normal(parts.pool.iter().cloned());
        let test = normal(parts.test.iter().map(|it| it.text.clone()));
        assert_eq!(teacher.len(), parts.teacher.len());
        assert_eq!(
            (pool.len(), test.len()),
            (parts.pool.len(), parts.test.len())
        );
        assert!(
            teacher.is_disjoint(&pool) && teacher.is_disjoint(&test) && pool.is_disjoint(&test)
        );
    }

    #[test]
    fn no_text_is_in_two_parts() {
        let config = quickstart::preset(true);
        for seed in [1, 2] {
            let parts = Corpus::Generated
                .parts(config.labels, &config, seed)
                .unwrap();
            assert_disjoint(&parts);
            assert_eq!(parts.teacher.len(), config.teacher.labels);
            assert_eq!((parts.pool.len(), parts.test.len()), (config.pool, TEST));
            assert_eq!(parts.labelled().len(), config.labels);
        }
    }

    #[test]
    fn shorter_texts_are_left_to_the_pool() {
        let reviews = LabelledCorpus::generated_reviews(3, 400, Difficulty::Nested);
        let mut train = reviews.clone();
        let test = LabelledCorpus {
            examples: train.examples.split_off(350),
            ..reviews
        };
        let corpus = Corpus::Files {
            name: String::new(),
            train,
            test: Some(test),
        };
        let mut config = quickstart::preset(true);
        (config.teacher.labels, config.least_words) = (0, 12);
        for (limit, seed) in [(0, 1), (100, 2)] {
            config.pool = limit;
            let parts = corpus.parts(50, &config, seed).unwrap();
            assert_disjoint(&parts);
            let words = |text: &str| text.split_whitespace().count();
            assert!(parts.labelled().iter().all(|it| words(&it.text) >= 12));
            assert!(parts.pool.iter().any(|text| words(text) < 12));
            assert!(parts.pool.len() == 100 || (limit == 0 && parts.pool.len() > 200));
        }
    }

    #[test]
    fn all_labels_leave_out_the_test_texts_alone() {
        let reviews = LabelledCorpus::generated_reviews(3, 300, Difficulty::Nested);
        let (classes, mut examples) = (reviews.classes, reviews.examples);
        examples[0] = examples[299].clone();
        let test = LabelledCorpus {
            classes: classes.clone(),
            examples: examples.split_off(250),
        };
        let corpus = |test| Corpus::Files {
            name: String::new(),
            train: LabelledCorpus {
                classes: classes.clone(),
                examples: examples.clone(),
            },
            test,
        };
        let config = quickstart::preset(true);
        let parts = corpus(Some(test)).parts(0, &config, 1).unwrap();
        assert_disjoint(&parts);
        assert!(parts.labelled().len() > 200 && parts.pool.is_empty());
        assert_eq!(parts.test.len(), 50);
        let parts = corpus(None).parts(0, &config, 1).unwrap();
        assert_disjoint(&parts);
        assert_eq!(parts.test.len(), 25);
    }
}
