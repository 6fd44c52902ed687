//! Images from IDX files: read back, and damaged files named.

use std::fs;

use proptest::prelude::*;
use recurra_datasets::{DatasetError, images::ImageCorpus};

/// An IDX file of these dimensions and bytes.
fn idx(magic: u32, dimensions: &[usize], bytes: &[u8]) -> Vec<u8> {
    let mut file = magic.to_be_bytes().to_vec();
    dimensions
        .iter()
        .for_each(|&length| file.extend((length as u32).to_be_bytes()));
    file.extend(bytes);
    file
}

fn read(images: &[u8], labels: &[u8]) -> Result<ImageCorpus, String> {
    let folder = tempfile::tempdir().unwrap();
    let [image_path, label_path] = ["images", "labels"].map(|name| folder.path().join(name));
    fs::write(&image_path, images).unwrap();
    fs::write(&label_path, labels).unwrap();
    let own = folder.path().to_str().unwrap();
    let text = |error: DatasetError| error.to_string().replace(own, "DIR");
    ImageCorpus::read(image_path, label_path).map_err(text)
}

proptest! {
    #[test]
    fn images_read_back(
        (rows, columns, images) in (1usize..4, 1usize..4).prop_flat_map(|(rows, columns)| {
            let image = (prop::collection::vec(any::<u8>(), rows * columns), any::<u8>());
            (Just(rows), Just(columns), prop::collection::vec(image, 1..6))
        }),
    ) {
        let (pixels, labels): (Vec<Vec<u8>>, Vec<u8>) = images.into_iter().unzip();
        let count = labels.len();
        let corpus = read(
            &idx(0x803, &[count, rows, columns], &pixels.concat()),
            &idx(0x801, &[count], &labels),
        ).unwrap();
        prop_assert_eq!((corpus.len(), corpus.rows, corpus.columns), (count, rows, columns));
        prop_assert_eq!(&corpus.labels, &labels);
        for (place, image) in pixels.iter().enumerate() {
            prop_assert_eq!(corpus.image(place), image);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(images in any::<Vec<u8>>(), labels in any::<Vec<u8>>()) {
        // Most headers are wrong; some are right but for their lengths.
        prop_assert!(read(&images, &labels).is_err());
        prop_assert!(read(&idx(0x803, &[], &images), &idx(0x801, &[], &labels)).is_err());
    }
}

#[test]
fn damaged_files_are_named_with_the_place() {
    let images = idx(0x803, &[2, 1, 2], &[1, 2, 3, 4]);
    let labels = idx(0x801, &[2], &[7, 8]);
    assert!(read(&images, &labels).is_ok());
    let cases = [
        (
            &images[..5],
            &labels[..],
            "images: whole file: expected a header of 16 bytes, got 5",
        ),
        (
            &labels[..],
            &labels[..],
            "images: whole file: expected a header of 16 bytes, got 10",
        ),
        (
            &images[..],
            &images[..],
            "labels: bytes 0 to 3: expected 0x00000801, got 0x00000803",
        ),
        (
            &images[..19],
            &labels[..],
            "images: whole file: expected as many bytes behind the header as [2, 1, 2] takes, got 3",
        ),
        (
            &images[..],
            &idx(0x801, &[1], &[7]),
            "labels: bytes 4 to 7: expected 2 labels as there are images, got 1",
        ),
        (
            &idx(0x803, &[0, 1, 2], &[]),
            &idx(0x801, &[0], &[]),
            "images has no example, expected at least 1",
        ),
        (
            &idx(0x803, &[2, 0, 2], &[]),
            &labels[..],
            "images: bytes 8 to 15: expected images with pixels, got 0 rows and 2 columns",
        ),
    ];
    for (images, labels, expected) in cases {
        assert_eq!(read(images, labels).unwrap_err(), format!("DIR/{expected}"));
    }
    let huge = idx(0x803, &[u32::MAX as usize; 3], &[1]);
    assert!(read(&huge, &labels).unwrap_err().contains("as many bytes"));
}

#[test]
fn generated_digits_are_lit_by_their_segments() {
    // Segments have 4 pixels across and 3 down.
    const LIT: [usize; 10] = [20, 6, 18, 18, 13, 18, 21, 10, 24, 21];
    let images = ImageCorpus::generated(5, 300);
    for (place, &digit) in images.labels.iter().enumerate() {
        let lit = images.image(place).iter().filter(|&&pixel| pixel >= 150);
        assert_eq!(lit.count(), LIT[usize::from(digit)], "{digit}");
    }
    assert!((0..10).all(|digit| images.labels.contains(&digit)));
    assert_eq!(ImageCorpus::generated(5, 100).image(99), images.image(99));
    assert_ne!(
        ImageCorpus::generated(6, 1).pixels,
        ImageCorpus::generated(5, 1).pixels
    );
}

#[test]
fn half_of_an_image_has_the_means_of_its_squares() {
    let image = ImageCorpus {
        pixels: vec![0, 1, 9, 1, 0, 9, 255, 255, 9, 255, 254, 9, 9, 9, 9],
        labels: vec![7],
        rows: 5,
        columns: 3,
    };
    let half = image.halved();
    assert_eq!((half.rows, half.columns, half.labels), (2, 1, vec![7]));
    // (0 + 1 + 1 + 0) / 4 rounds up; the last row and column have no other.
    assert_eq!(half.pixels, [1, 255]);
}

#[test]
#[should_panic(expected = "images of 1 by 4 pixels have no half")]
fn an_image_of_one_row_has_no_half() {
    ImageCorpus {
        pixels: vec![0; 4],
        labels: vec![1],
        rows: 1,
        columns: 4,
    }
    .halved();
}
