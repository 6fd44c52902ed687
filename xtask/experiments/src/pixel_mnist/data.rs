//! The images: MNIST from disk, or digits that the project draws itself.

use std::collections::BTreeMap;
use std::iter;
use std::path::Path;

use recurra_datasets::images::{ImageCorpus, Mnist};

use super::config::{Config, Order};
use super::layout::Layout;
use crate::cells::CellChoice;
use crate::comparison::{StudyData, folder_of};
use crate::error::Error;
use crate::report::Expected;

/// The data set's name in a folder of several.
const NAME: &str = "mnist";

/// How many generated images test.
const GENERATED_TEST: usize = 1000;

/// The digits.
pub const CLASSES: usize = 10;

/// Images in three parts, as sequences.
pub struct Data {
    name: String,
    /// How each image was read.
    pub layout: Layout,
    pub lesson: Parts,
    /// The same images at the smaller sizes that are learned before, the smallest first.
    pub smaller: Vec<Parts>,
    pub test: Sequences,
}

/// The two parts that a training has.
pub struct Parts {
    pub train: Sequences,
    pub valid: Sequences,
}

/// `N` images as sequences of `T` steps of `D` pixels, from 0 to 1, and their labels.
pub struct Sequences {
    /// `[N, T, D]`.
    pub values: Vec<f32>,
    pub labels: Vec<usize>,
    /// `T` and `D`.
    pub shape: [usize; 2],
}

impl Data {
    /// Reads the images at `path`, or draws some from `seed`, which also draws a permutation.
    pub fn read(path: Option<&Path>, config: &Config, seed: u64) -> Result<Self, Error> {
        let (name, mut train, test) = match path {
            None => {
                let train = config.generated_images + config.validation;
                let mut train = ImageCorpus::generated(seed, train + GENERATED_TEST);
                let test = split_off(&mut train, GENERATED_TEST)?;
                ("generated digits".to_owned(), train, test)
            }
            Some(path) => {
                let Mnist { train, test } = Mnist::read(folder_of(NAME, path))?;
                (NAME.to_owned(), train, test)
            }
        };
        let valid = split_off(&mut train, config.validation)?;
        if config.images > 0 && config.images < train.len() {
            let rest = train.len() - config.images;
            split_off(&mut train, rest)?;
        }
        let layout =
            |images: &ImageCorpus| Layout::new([images.rows, images.columns], config.order, seed);
        let parts = |train: &ImageCorpus, valid: &ImageCorpus| Parts {
            train: Sequences::new(train, &layout(train)),
            valid: Sequences::new(valid, &layout(valid)),
        };
        let sizes = config.smaller().len();
        Ok(Self {
            name,
            smaller: smaller(&train, &valid, sizes)?
                .iter()
                .rev()
                .map(|[train, valid]| parts(train, valid))
                .collect(),
            lesson: parts(&train, &valid),
            test: Sequences::new(&test, &layout(&test)),
            layout: layout(&train),
        })
    }

    /// Published figures for these images, under the names that the results of these cells have.
    pub fn expected(&self, config: &Config) -> BTreeMap<&'static str, Expected> {
        let figures = match config.order {
            Order::Pixels => [21.5, 87.2, 96.2],
            Order::Permuted => [25.3, 85.7, 87.3],
            Order::Rows => return BTreeMap::new(),
        };
        if self.name != NAME {
            return BTreeMap::new();
        }
        let source = "Bai et al. 2018, about 70k parameters";
        let [rnn, lstm, gru] = figures;
        let figures = match config.cell {
            CellChoice::Rnn => vec![("test_accuracy", rnn)],
            CellChoice::Lstm => vec![("test_accuracy", lstm)],
            CellChoice::Gru => vec![("test_accuracy", gru)],
            CellChoice::Peephole => Vec::new(),
            CellChoice::All => vec![
                ("rnn_test_accuracy", rnn),
                ("lstm_test_accuracy", lstm),
                ("gru_test_accuracy", gru),
            ],
        };
        let expected = |(name, value)| (name, Expected { value, source });
        figures.into_iter().map(expected).collect()
    }
}

impl StudyData for Data {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Sequences {
    fn new(images: &ImageCorpus, layout: &Layout) -> Self {
        let all = (0..images.len()).flat_map(|place| layout.steps(images.image(place)));
        Self {
            values: all.collect(),
            labels: images.labels.iter().map(|&it| usize::from(it)).collect(),
            shape: layout.shape(),
        }
    }

    /// The pixels of an image, `[T, D]`.
    pub fn row(&self, place: usize) -> &[f32] {
        let size = self.shape[0] * self.shape[1];
        &self.values[place * size..(place + 1) * size]
    }
}

/// The images of two parts at `sizes` smaller sizes, each half the one before.
fn smaller(
    train: &ImageCorpus,
    valid: &ImageCorpus,
    sizes: usize,
) -> Result<Vec<[ImageCorpus; 2]>, Error> {
    let shortest = train.rows.min(train.columns);
    // A sequence has four steps at least.
    let possible = shortest.ilog2().saturating_sub(1) as usize;
    if sizes > possible {
        return Err(Error::SettingOutOfRange {
            key: "smaller_epochs".to_owned(),
            expected: "no more sizes than the images can be halved",
            got: format!("{sizes} of {possible}"),
        });
    }
    let halved = |[train, valid]: &[ImageCorpus; 2]| Some([train.halved(), valid.halved()]);
    let images = iter::successors(Some([train.halved(), valid.halved()]), halved);
    Ok(images.take(sizes).collect())
}

impl Parts {
    /// What a training on smaller images is called beside the last.
    pub fn variant(&self) -> String {
        format!("{}_steps", self.train.shape[0])
    }
}

/// Takes the last images away.
fn split_off(images: &mut ImageCorpus, count: usize) -> Result<ImageCorpus, Error> {
    if count >= images.len() {
        return Err(Error::SettingOutOfRange {
            key: "validation".to_owned(),
            expected: "fewer images than there are to learn from",
            got: format!("{count} of {}", images.len()),
        });
    }
    let kept = images.len() - count;
    let pixels = images.pixels.split_off(kept * images.rows * images.columns);
    Ok(ImageCorpus {
        pixels,
        labels: images.labels.split_off(kept),
        ..*images
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permutation_reads_each_pixel_once_and_the_same_way_in_all_parts() {
        let config = |order| Config {
            order,
            generated_images: 20,
            validation: 5,
            ..Config::quick()
        };
        let pixels = Data::read(None, &config(Order::Pixels), 3).unwrap();
        let permuted = Data::read(None, &config(Order::Permuted), 3).unwrap();
        assert_eq!(permuted.lesson.train.shape, [196, 1]);
        assert_eq!(
            (
                permuted.lesson.train.labels.len(),
                permuted.lesson.valid.labels.len()
            ),
            (20, 5)
        );
        let order = Layout::new([1, 196], Order::Permuted, 3);
        let places: Vec<u8> = (0..196).collect();
        let order: Vec<usize> = order
            .steps(&places)
            .map(|it| (it * 255.0).round() as usize)
            .collect();
        for (part, straight) in [
            (&permuted.lesson.train, &pixels.lesson.train),
            (&permuted.test, &pixels.test),
        ] {
            let expected: Vec<f32> = order.iter().map(|&it| straight.row(7)[it]).collect();
            assert_eq!(part.row(7), expected);
        }
        assert_ne!(permuted.lesson.train.row(0), pixels.lesson.train.row(0));
        let rows = Data::read(None, &config(Order::Rows), 3).unwrap();
        assert_eq!(
            (rows.lesson.train.shape, rows.lesson.train.row(1)),
            ([14, 14], pixels.lesson.train.row(1))
        );
    }
}
