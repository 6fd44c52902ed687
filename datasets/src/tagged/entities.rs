//! Names in tagged sentences, in whichever scheme they are tagged.

use std::ops::Range;

/// A name in a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entity {
    /// Of what, such as `PER`.
    pub label: String,
    /// Its words.
    pub words: Range<usize>,
}

/// The entities in the tags of a sentence, in IOB1, IOB2 or BIOES, as `conlleval` reads them (Tjong
/// Kim Sang and De Meulder, 2003): one begins at `B-` or `S-`, at another label, and behind the end
/// of one; it ends behind `E-` or `S-`, before another one, and before `O`. So every list of tags has
/// a meaning, such as one that a model makes.
///
/// ```
/// use recurra_datasets::tagged::entities;
///
/// let found = entities(&["I-ORG", "O", "I-PER", "I-PER", "B-PER"]);
/// let words: Vec<_> = found.into_iter().map(|entity| entity.words).collect();
/// assert_eq!(words, [0..1, 2..4, 4..5]);
/// ```
pub fn entities<T: AsRef<str>>(tags: &[T]) -> Vec<Entity> {
    let mut found: Vec<Entity> = Vec::new();
    let mut goes_on = false;
    for (place, tag) in tags.iter().enumerate() {
        let Some((position, label)) = tag.as_ref().split_once('-') else {
            goes_on = false;
            continue;
        };
        let same = |last: &&mut Entity| goes_on && last.label == label;
        match found.last_mut().filter(same) {
            Some(last) if !matches!(position, "B" | "S") => last.words.end = place + 1,
            _ => found.push(Entity {
                label: label.to_owned(),
                words: place..place + 1,
            }),
        }
        goes_on = !matches!(position, "E" | "S");
    }
    found
}

/// The tags of a sentence of so many words in BIOES: the first, inner and last word of an entity, or
/// its only one, and `O` outside (Ratinov and Roth, 2009).
///
/// # Panics
///
/// If an entity goes beyond the sentence.
pub fn bioes(entities: &[Entity], words: usize) -> Vec<String> {
    let mut tags = vec!["O".to_owned(); words];
    for Entity { label, words } in entities {
        for place in words.clone() {
            let (is_first, is_last) = (place == words.start, place + 1 == words.end);
            let position = match (is_first, is_last) {
                (true, true) => "S",
                (true, false) => "B",
                (false, true) => "E",
                (false, false) => "I",
            };
            tags[place] = format!("{position}-{label}");
        }
    }
    tags
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entity(label: &str, words: Range<usize>) -> Entity {
        Entity {
            label: label.to_owned(),
            words,
        }
    }

    #[test]
    fn schemes_agree() {
        let expected = [
            entity("PER", 0..2),
            entity("PER", 2..3),
            entity("LOC", 4..5),
        ];
        for tags in [
            ["I-PER", "I-PER", "B-PER", "O", "I-LOC"],
            ["B-PER", "I-PER", "B-PER", "O", "B-LOC"],
            ["B-PER", "E-PER", "S-PER", "O", "S-LOC"],
            ["B-PER", "E-PER", "I-PER", "O", "E-LOC"],
        ] {
            assert_eq!(entities(&tags), expected, "{tags:?}");
        }
        assert_eq!(entities(&["I-PER", "I-LOC"]).len(), 2);
        assert!(entities::<&str>(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn tags_of_entities_mean_those_entities(
            runs in prop::collection::vec((0usize..3, 1usize..4, prop::sample::select(vec!["PER", "LOC"])), 0..6)
        ) {
            let mut given = Vec::new();
            let mut place = 0;
            for (gap, length, label) in runs {
                place += gap;
                given.push(entity(label, place..place + length));
                place += length;
            }
            let tags = bioes(&given, place + 1);
            prop_assert_eq!(tags.len(), place + 1);
            prop_assert_eq!(entities(&tags), given);
        }
    }
}
