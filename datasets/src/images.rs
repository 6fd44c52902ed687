//! Labelled grey images from IDX files, as MNIST has them.

use std::path::Path;

use crate::{DatasetError, generated::generated_images, text::read_bytes};

/// What the IDX files of images begin with: unsigned bytes in three dimensions.
const IMAGES_MAGIC: u32 = 0x0803;

/// What the IDX files of labels begin with: unsigned bytes in one dimension.
const LABELS_MAGIC: u32 = 0x0801;

/// `N` images of the same size, each with a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageCorpus {
    /// Grey values from 0 to 255, `[N, rows, columns]`, row-major.
    pub pixels: Vec<u8>,
    /// The label of each image, `[N]`.
    pub labels: Vec<u8>,
    /// The rows of each image.
    pub rows: usize,
    /// The columns of each image.
    pub columns: usize,
}

/// The two parts of MNIST (LeCun et al., 1998).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mnist {
    /// What the model learns from: 60,000 images.
    pub train: ImageCorpus,
    /// What is looked at once, at the end: 10,000 images.
    pub test: ImageCorpus,
}

impl Mnist {
    /// Reads the four files in a folder: `train-images-idx3-ubyte.gz`, `train-labels-idx1-ubyte.gz`
    /// and the same with `t10k`.
    ///
    /// # Errors
    ///
    /// Those of [`ImageCorpus::read`].
    pub fn read(folder: impl AsRef<Path>) -> Result<Self, DatasetError> {
        let folder = folder.as_ref();
        let part = |name: &str| {
            let images = folder.join(format!("{name}-images-idx3-ubyte.gz"));
            let labels = folder.join(format!("{name}-labels-idx1-ubyte.gz"));
            ImageCorpus::read(images, labels)
        };
        Ok(Self {
            train: part("train")?,
            test: part("t10k")?,
        })
    }
}

impl ImageCorpus {
    /// Reads a file of images and one of their labels, each decompressed if its name ends in `.gz`.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Read`] if a file cannot be read; [`DatasetError::InvalidContent`], which
    /// names the file and the place, if it is no IDX file of unsigned bytes, is longer or shorter
    /// than its header says, has images without pixels, or if the labels are fewer or more than the
    /// images; [`DatasetError::NoExamples`] if there is no image.
    pub fn read(images: impl AsRef<Path>, labels: impl AsRef<Path>) -> Result<Self, DatasetError> {
        let (images, labels) = (images.as_ref(), labels.as_ref());
        let ([count, rows, columns], pixels) = read_images(images)?;
        let ([labelled], label_values) = read_idx::<1>(labels, LABELS_MAGIC)?;
        if labelled != count {
            let expected = format!("{count} labels as there are images");
            let got = labelled.to_string();
            return Err(DatasetError::content(labels, "bytes 4 to 7", expected, got));
        }
        Ok(Self {
            pixels,
            labels: label_values,
            rows,
            columns,
        })
    }

    /// Images that the project draws itself, `N` of 14 by 14 pixels: the ten digits in seven segments,
    /// each at a place and with a brightness of its own, on a ground with some noise; `seed` picks
    /// them. Each is drawn on its own: those of a larger corpus begin with those of a smaller one.
    ///
    /// The same seed gives the same images on every platform and in every release: changed images are
    /// a breaking change.
    ///
    /// ```
    /// use recurra_datasets::images::ImageCorpus;
    ///
    /// let images = ImageCorpus::generated(1, 20);
    /// assert_eq!((images.len(), images.image(19).len()), (20, 14 * 14));
    /// ```
    pub fn generated(seed: u64, images: usize) -> Self {
        generated_images(seed, images)
    }

    /// The images at half their height and width: each grey value is the mean of four, rounded. A last row or column that has no
    /// other beside it is left out.
    ///
    /// # Panics
    ///
    /// If they have fewer than two rows or columns.
    pub fn halved(&self) -> Self {
        let (rows, columns) = (self.rows / 2, self.columns / 2);
        assert!(
            rows > 0 && columns > 0,
            "images of {} by {} pixels have no half",
            self.rows,
            self.columns
        );
        let mean = |image: &[u8], row: usize, column: usize| {
            let upper = 2 * row * self.columns + 2 * column;
            let lower = upper + self.columns;
            let four = [upper, upper + 1, lower, lower + 1];
            let sum: u16 = four.iter().map(|&it| u16::from(image[it])).sum();
            u8::try_from((sum + 2) / 4).expect("a mean of bytes is one")
        };
        let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        let halves = (0..self.len()).flat_map(|place| {
            let image = self.image(place);
            places
                .clone()
                .map(move |(row, column)| mean(image, row, column))
        });
        Self {
            pixels: halves.collect(),
            labels: self.labels.clone(),
            rows,
            columns,
        }
    }

    /// The number of images, `N`.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no image at all.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The grey values of an image, `[rows, columns]`, row-major.
    ///
    /// # Panics
    ///
    /// If there is no such image.
    pub fn image(&self, place: usize) -> &[u8] {
        let size = self.rows * self.columns;
        &self.pixels[place * size..(place + 1) * size]
    }
}

/// Reads a file of images without labels, decompressed if its name ends in `.gz`: `N`, rows and columns, and the grey values
/// `[N, rows, columns]`.
///
/// # Errors
///
/// Those of [`ImageCorpus::read`] for its images.
pub fn read_images(path: impl AsRef<Path>) -> Result<([usize; 3], Vec<u8>), DatasetError> {
    let path = path.as_ref();
    let (dimensions, pixels) = read_idx::<3>(path, IMAGES_MAGIC)?;
    let [count, rows, columns] = dimensions;
    if count == 0 {
        return Err(DatasetError::NoExamples {
            path: path.to_owned(),
        });
    }
    if rows == 0 || columns == 0 {
        let got = format!("{rows} rows and {columns} columns");
        let (place, expected) = ("bytes 8 to 15", "images with pixels");
        return Err(DatasetError::content(path, place, expected, got));
    }
    Ok((dimensions, pixels))
}

/// The dimensions and the bytes of an IDX file that begins with `magic`.
fn read_idx<const DIMENSIONS: usize>(
    path: &Path,
    magic: u32,
) -> Result<([usize; DIMENSIONS], Vec<u8>), DatasetError> {
    let mut bytes = read_bytes(path)?;
    let header = 4 * (1 + DIMENSIONS);
    if bytes.len() < header {
        let expected = format!("a header of {header} bytes");
        let got = bytes.len().to_string();
        return Err(DatasetError::content(path, "whole file", expected, got));
    }
    let word = |place: usize| {
        let word = [0, 1, 2, 3].map(|byte| bytes[4 * place + byte]);
        u32::from_be_bytes(word)
    };
    if word(0) != magic {
        let (expected, got) = (format!("{magic:#010x}"), format!("{:#010x}", word(0)));
        return Err(DatasetError::content(path, "bytes 0 to 3", expected, got));
    }
    let dimensions: [usize; DIMENSIONS] = std::array::from_fn(|place| word(1 + place) as usize);
    let size = dimensions
        .iter()
        .try_fold(1usize, |size, &length| size.checked_mul(length));
    let found = bytes.len() - header;
    if size != Some(found) {
        let expected = format!("as many bytes behind the header as {dimensions:?} takes");
        return Err(DatasetError::content(
            path,
            "whole file",
            expected,
            found.to_string(),
        ));
    }
    bytes.drain(..header);
    Ok((dimensions, bytes))
}
