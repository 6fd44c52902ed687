//! Digits of seven segments, as clocks show them.

use crate::draw::Draw;
use crate::images::ImageCorpus;

/// Rows and columns of an image.
const SIZE: usize = 14;

/// Which segments each digit lights: top, upper left, upper right, middle, lower left, lower right,
/// bottom.
const DIGITS: [[bool; 7]; 10] = {
    const O: bool = false;
    const I: bool = true;
    [
        [I, I, I, O, I, I, I],
        [O, O, I, O, O, I, O],
        [I, O, I, I, I, O, I],
        [I, O, I, I, O, I, I],
        [O, I, I, I, O, I, O],
        [I, I, O, I, O, I, I],
        [I, I, O, I, I, I, I],
        [I, O, I, O, O, I, O],
        [I, I, I, I, I, I, I],
        [I, I, I, I, O, I, I],
    ]
};

/// The segments as rows and columns of their first pixel, and how many pixels they go down and right.
const SEGMENTS: [[usize; 4]; 7] = [
    [0, 1, 1, 4],
    [1, 0, 3, 1],
    [1, 5, 3, 1],
    [4, 1, 1, 4],
    [5, 0, 3, 1],
    [5, 5, 3, 1],
    [8, 1, 1, 4],
];

/// See [`ImageCorpus::generated`].
pub(crate) fn generated_images(seed: u64, images: usize) -> ImageCorpus {
    let mut corpus = ImageCorpus {
        pixels: Vec::with_capacity(images * SIZE * SIZE),
        labels: Vec::with_capacity(images),
        rows: SIZE,
        columns: SIZE,
    };
    for place in 0..images {
        let mut draw = Draw::for_stream(seed, place as u64);
        let digit = draw.index(DIGITS.len());
        corpus.labels.push(digit as u8);
        corpus.pixels.extend(image(&mut draw, digit));
    }
    corpus
}

/// A digit somewhere in its image, as bright as it happens to be, on a ground that is not quite black.
fn image(draw: &mut Draw, digit: usize) -> [u8; SIZE * SIZE] {
    let mut pixels = [0; SIZE * SIZE].map(|_: u8| draw.below(40) as u8);
    let (down, right) = (draw.index(SIZE - 9 + 1), draw.index(SIZE - 6 + 1));
    let lit = SEGMENTS.iter().zip(DIGITS[digit]).filter(|(_, lit)| *lit);
    for ([row, column, rows, columns], _) in lit {
        for y in (0..*rows).map(|y| down + row + y) {
            for x in (0..*columns).map(|x| right + column + x) {
                pixels[y * SIZE + x] = 150 + draw.below(106) as u8;
            }
        }
    }
    pixels
}
