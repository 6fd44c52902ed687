//! Disjoint parts of a labelled corpus, for teaching with few labels.

use std::collections::HashSet;

use super::{LabelledCorpus, LabelledText, normalised};
use crate::{DatasetError, draw::Draw};

/// How many examples go into the parts that are drawn from a corpus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SplitSizes {
    /// The examples whose labels may be learnt from.
    pub labelled: usize,
    /// The examples whose labels nobody looks at, at most; `None` for all that are left.
    pub pool: Option<usize>,
    /// The examples that decide when to stop, and between settings.
    pub development: usize,
    /// The examples that are looked at once, at the end.
    pub test: usize,
}

/// Parts that are published beside the corpus that others are drawn from.
#[derive(Clone, Copy, Debug)]
pub struct HeldOut<'a> {
    /// What is looked at once, at the end.
    pub test: &'a LabelledCorpus,
    /// What decides when to stop, and between settings, if it is published too.
    pub development: Option<&'a LabelledCorpus>,
}

impl<'a> HeldOut<'a> {
    /// Only a test part.
    pub fn test(test: &'a LabelledCorpus) -> Self {
        Self {
            test,
            development: None,
        }
    }
}

/// Four parts of a corpus.
///
/// # Laws
///
/// - No two examples have the same [`normalised`] text, be it in one part or in two.
/// - In each part, each class has its share of the corpus, to within `C - 1` examples for `C`
///   classes.
/// - With the same seed, a larger labelled part contains the smaller one, and test and development
///   part stay what they are: results at several label counts can be compared pair by pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The examples whose labels may be learnt from.
    pub labelled: LabelledCorpus,
    /// The examples whose labels nobody looks at: a teacher labels them.
    pub pool: LabelledCorpus,
    /// The examples that decide when to stop, and between settings.
    pub development: LabelledCorpus,
    /// The examples that are looked at once, at the end.
    pub test: LabelledCorpus,
}

impl Split {
    /// Draws all four parts from one corpus. Of examples with the same normalised text, the first
    /// one stays.
    ///
    /// # Errors
    ///
    /// [`DatasetError::TooFewExamples`] if the corpus has fewer different examples than the parts
    /// need; a pool that is given no size needs at least one. [`DatasetError::NoneOfClass`] if the
    /// labelled part would have examples, but none of some class.
    pub fn draw(
        corpus: &LabelledCorpus,
        sizes: SplitSizes,
        seed: u64,
    ) -> Result<Self, DatasetError> {
        Self::draw_without(corpus, HashSet::new(), sizes, seed)
    }

    /// As [`draw`](Self::draw), where some parts are published: they are taken as they are, less
    /// repeated examples, and nothing that is in them is drawn from `corpus`. What is in both of them
    /// stays in the test part. The sizes of parts that are given must be 0.
    ///
    /// # Errors
    ///
    /// Those of [`draw`](Self::draw), counted after the given examples are gone.
    ///
    /// # Panics
    ///
    /// If the size of a given part is not 0, or the corpora have other classes.
    pub fn draw_beside(
        given: HeldOut<'_>,
        corpus: &LabelledCorpus,
        sizes: SplitSizes,
        seed: u64,
    ) -> Result<Self, DatasetError> {
        assert_eq!(sizes.test, 0, "the test part is given, and none is drawn");
        let mut taken = HashSet::new();
        let mut take = |given: &LabelledCorpus| {
            assert_eq!(
                given.classes, corpus.classes,
                "all corpora have the same classes"
            );
            part(given, distinct(given, &mut taken).cloned().collect())
        };
        let (test, development) = (take(given.test), given.development.map(&mut take));
        assert!(
            development.is_none() || sizes.development == 0,
            "the development part is given, and none is drawn"
        );
        let drawn = Self::draw_without(corpus, taken, sizes, seed)?;
        Ok(Self {
            test,
            development: development.unwrap_or(drawn.development),
            ..drawn
        })
    }

    /// Draws from what has none of the normalised texts in `taken`.
    fn draw_without(
        corpus: &LabelledCorpus,
        mut taken: HashSet<String>,
        sizes: SplitSizes,
        seed: u64,
    ) -> Result<Self, DatasetError> {
        let examples: Vec<&LabelledText> = distinct(corpus, &mut taken).collect();
        let needed = sizes.test + sizes.development + sizes.labelled + sizes.pool.unwrap_or(1);
        if examples.len() < needed {
            return Err(DatasetError::TooFewExamples {
                examples: examples.len(),
                needed,
            });
        }
        let mut order = stratified(&examples, corpus.classes.len(), seed).into_iter();
        let mut take = |size| -> LabelledCorpus {
            let places = order.by_ref().take(size);
            part(
                corpus,
                places.map(|place| examples[place].clone()).collect(),
            )
        };
        // In this order, so that a larger labelled part takes from the pool and nowhere else.
        let (test, development) = (take(sizes.test), take(sizes.development));
        let (labelled, pool) = (take(sizes.labelled), take(sizes.pool.unwrap_or(usize::MAX)));
        let missing = labelled.class_counts().iter().position(|&it| it == 0);
        if let Some(class) = missing.filter(|_| sizes.labelled > 0) {
            return Err(DatasetError::NoneOfClass {
                class: corpus.classes[class].clone(),
                examples: sizes.labelled,
            });
        }
        Ok(Self {
            labelled,
            pool,
            development,
            test,
        })
    }
}

/// The examples whose normalised texts are not yet in `taken`, where they are put.
fn distinct<'a>(
    corpus: &'a LabelledCorpus,
    taken: &mut HashSet<String>,
) -> impl Iterator<Item = &'a LabelledText> {
    corpus
        .examples
        .iter()
        .filter(|example| taken.insert(normalised(&example.text)))
}

fn part(corpus: &LabelledCorpus, examples: Vec<LabelledText>) -> LabelledCorpus {
    LabelledCorpus {
        classes: corpus.classes.clone(),
        examples,
    }
}

/// The places of all examples in a random order of which every stretch has the classes in their
/// shares: the `k`-th of a class with `n` examples stands `(k + 1/2) / n` of the way (Webster's
/// apportionment).
fn stratified(examples: &[&LabelledText], classes: usize, seed: u64) -> Vec<usize> {
    let mut draw = Draw::new(seed);
    let mut placed: Vec<(f64, usize, usize)> = Vec::with_capacity(examples.len());
    for class in 0..classes {
        let members = examples
            .iter()
            .enumerate()
            .filter(|(_, example)| example.label == class);
        let mut members: Vec<usize> = members.map(|(place, _)| place).collect();
        draw.shuffle(&mut members);
        let count = members.len() as f64;
        let way = |rank: usize| (rank as f64 + 0.5) / count;
        let ranked = members.into_iter().enumerate();
        placed.extend(ranked.map(|(rank, place)| (way(rank), class, place)));
    }
    placed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    placed.into_iter().map(|(_, _, place)| place).collect()
}
