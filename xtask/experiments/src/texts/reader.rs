//! From texts to what a network of words reads.

use burn::module::Param;
use burn::nn::Embedding;
use burn::tensor::{Tensor, TensorData};
use recurra_datasets::text_vectors::{TextVectors, VectorMatrix};
use recurra_datasets::{Vocabulary, VocabularyLimits, english_words};

use crate::error::Error;

/// From texts to the ids that a network reads.
pub struct Reader {
    pub vocabulary: Vocabulary,
    /// Of each word, where they are given.
    pub vectors: Option<VectorMatrix>,
}

impl Reader {
    /// For texts of which these are all that may be seen before the test: words that stand in them so often at least, with the
    /// vectors of a file if one is named.
    pub fn new<'a>(
        texts: impl Iterator<Item = &'a str>,
        min_count: usize,
        vectors: &str,
    ) -> Result<Self, Error> {
        let texts: Vec<Vec<String>> = texts.map(english_words).collect();
        Self::of_words(&texts, min_count, vectors)
    }

    /// The same of texts that are cut into words already.
    pub fn of_words(texts: &[Vec<String>], min_count: usize, vectors: &str) -> Result<Self, Error> {
        let limits = VocabularyLimits {
            min_count,
            max_size: None,
        };
        let vocabulary = Vocabulary::from_texts(texts, limits);
        let vectors = match vectors {
            "" => None,
            path => {
                let read = TextVectors::read_words(path, |word| vocabulary.id(word).is_some())?;
                Some(read.matrix(&vocabulary))
            }
        };
        Ok(Self {
            vocabulary,
            vectors,
        })
    }

    /// The same without vectors, which are no use to a trained network.
    pub fn without_vectors(&self) -> Self {
        Self {
            vocabulary: self.vocabulary.clone(),
            vectors: None,
        }
    }

    /// The ids of texts; a text without a word has the unknown one.
    pub fn rows<'a>(&self, texts: impl Iterator<Item = &'a str>) -> Result<Vec<Vec<u32>>, Error> {
        texts.map(|text| self.row(&english_words(text))).collect()
    }

    /// The ids of words; that of the unknown one for none.
    pub fn row(&self, words: &[String]) -> Result<Vec<u32>, Error> {
        let words = match words {
            [] => &[String::new()],
            words => words,
        };
        Ok(self.vocabulary.encode(words.iter().map(String::as_str))?)
    }

    /// Makes of standard normal embeddings `[V, E]` those that training begins with: of this deviation, and the words' vectors
    /// where they are given.
    pub fn begin(&self, embedding: &mut Embedding, std: f64) {
        let weight = &mut embedding.weight;
        let (shape, device) = (weight.dims(), weight.device());
        let drawn = weight.val().into_data();
        let mut values: Vec<f32> = drawn.iter::<f32>().map(|it| std as f32 * it).collect();
        if let Some(vectors) = &self.vectors {
            put_vectors(&mut values, shape[1], vectors);
        }
        let values = TensorData::new(values, shape);
        *weight = Param::from_tensor(Tensor::from_data(values, &device));
    }
}

/// Puts the words' vectors, where they have one, into the first `D` columns of embeddings `[V, width]`. What was drawn becomes a
/// tenth, so that it does not drown them.
fn put_vectors(embeddings: &mut [f32], width: usize, vectors: &VectorMatrix) {
    let rows = embeddings.chunks_exact_mut(width);
    let vectors_of = vectors.values.chunks_exact(vectors.dimensions);
    for ((row, vector), &found) in rows.zip(vectors_of).zip(&vectors.found) {
        row.iter_mut().for_each(|value| *value *= 0.1);
        if found {
            let pairs = row.iter_mut().zip(vector);
            pairs.for_each(|(value, &given)| *value = given);
        }
    }
}
