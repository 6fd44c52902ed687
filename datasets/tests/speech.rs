//! Recordings: read back, damaged files named, digits split and strung together.

mod files;

use std::{fs, path::Path};

use files::{error_in_file, in_file};
use hound::{SampleFormat, WavSpec, WavWriter};
use proptest::prelude::*;
use recurra_datasets::speech::{Recording, SpokenDigit, SpokenDigits};

fn spec(channels: u16, bits: u16, sample_format: SampleFormat) -> WavSpec {
    WavSpec {
        channels,
        sample_rate: 8000,
        bits_per_sample: bits,
        sample_format,
    }
}

/// A WAV file of these values, channel beside channel.
fn wav<S: hound::Sample + Copy>(spec: WavSpec, values: &[S]) -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    let mut writer = WavWriter::new(&mut file, spec).unwrap();
    for &value in values {
        writer.write_sample(value).unwrap();
    }
    writer.finalize().unwrap();
    file.into_inner()
}

fn mono16(values: &[i16]) -> Vec<u8> {
    wav(spec(1, 16, SampleFormat::Int), values)
}

fn read(bytes: &[u8]) -> Recording {
    in_file("a.wav", bytes, |path| Recording::read(path))
}

fn error(bytes: &[u8]) -> String {
    error_in_file("a.wav", bytes, |path| Recording::read(path))
}

proptest! {
    #[test]
    fn integers_of_all_sizes_read_back(
        bits in prop::sample::select(vec![8u16, 16, 24, 32]),
        channels in 1u16..4,
        shares in prop::collection::vec(-1.0..1.0f64, 1..20),
    ) {
        let largest = 2f64.powi(i32::from(bits) - 1);
        let values: Vec<i32> = shares.iter().map(|share| (share * largest) as i32).collect();
        let frames: Vec<i32> =
            values.iter().flat_map(|&value| vec![value; usize::from(channels)]).collect();
        let recording = read(&wav(spec(channels, bits, SampleFormat::Int), &frames));
        let expected: Vec<f32> =
            values.iter().map(|&value| (f64::from(value) / largest) as f32).collect();
        prop_assert_eq!(recording.sample_rate, 8000);
        prop_assert_eq!(recording.samples, expected);
    }

    #[test]
    fn floats_read_back_and_channels_are_averaged(
        pairs in prop::collection::vec((-1.0..=1.0f32, -1.0..=1.0f32), 1..20),
    ) {
        let values: Vec<f32> = pairs.iter().flat_map(|&(left, right)| [left, right]).collect();
        let recording = read(&wav(spec(2, 32, SampleFormat::Float), &values));
        let mean = |&(left, right)| ((f64::from(left) + f64::from(right)) / 2.0) as f32;
        prop_assert_eq!(recording.samples, pairs.iter().map(mean).collect::<Vec<f32>>());
    }

    #[test]
    fn a_file_that_breaks_off_is_an_error(
        values in prop::collection::vec(any::<i16>(), 1..20), share in 0.0..1.0f64,
    ) {
        let bytes = mono16(&values);
        let cut = (share * bytes.len() as f64) as usize;
        let text = error(&bytes[..cut]);
        prop_assert!(text.starts_with("DIR/a.wav: "), "{}", text);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>, place: prop::sample::Index, byte: u8) {
        let _ = error(&bytes);
        let mut damaged = mono16(&[1, -2, 3]);
        let place = place.index(damaged.len());
        damaged[place] = byte;
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.wav"), damaged).unwrap();
        if let Ok(recording) = Recording::read(folder.path().join("a.wav")) {
            prop_assert!(recording.samples.iter().all(|sample| (-1.0..=1.0).contains(sample)));
        }
    }
}

#[test]
fn damaged_recordings_are_named_with_the_place() {
    let whole = mono16(&[1, 2, 3]);
    let formats = "expected a WAV file of integers of 8, 16, 24 or 32 bits or floats of 32";
    let none: [i16; 0] = [];
    let float = spec(1, 32, SampleFormat::Float);
    let mut silent = whole.clone();
    silent[24..32].fill(0);
    let cases = [
        (
            &whole[..whole.len() - 3],
            ": whole file: expected 3 samples as its header says, got 1".to_owned(),
        ),
        (
            &whole[..20],
            format!(": header: {formats}, got one that breaks off"),
        ),
        (
            b"RIFFabcdAVI ",
            format!(": header: {formats}, got no WAVE tag found"),
        ),
        (
            &mono16(&none),
            " has no example, expected at least 1".to_owned(),
        ),
        (
            &silent,
            ": header: expected at least 1 sample a second, got 0".to_owned(),
        ),
        (
            &wav(float, &[0.5, f32::NAN]),
            ": sample 1: expected a number in [-1, 1], got NaN".to_owned(),
        ),
        (
            &wav(float, &[1.5]),
            ": sample 0: expected a number in [-1, 1], got 1.5".to_owned(),
        ),
    ];
    for (bytes, expected) in cases {
        assert_eq!(error(bytes), format!("DIR/a.wav{expected}"));
    }
}

/// A folder with a recording of these names, each with its place as its only sample.
fn folder_of(names: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (place, name) in names.iter().enumerate() {
        fs::write(folder.path().join(name), mono16(&[place as i16])).unwrap();
    }
    folder
}

fn digits_error(folder: &Path) -> String {
    let error = SpokenDigits::read(folder).unwrap_err();
    error.to_string().replace(folder.to_str().unwrap(), "DIR")
}

#[test]
fn digits_come_in_the_order_of_digit_speaker_and_index() {
    let names = [
        "1_a_b_2.wav",
        "0_z_10.wav",
        "0_z_9.wav",
        "0_b_0.wav",
        "README.md",
    ];
    let folder = folder_of(&names);
    let digits = SpokenDigits::read(folder.path()).unwrap();
    let read: Vec<(u8, &str, u32, f32)> = digits
        .utterances
        .iter()
        .map(|one| {
            (
                one.digit,
                one.speaker.as_str(),
                one.index,
                one.samples[0] * 32768.0,
            )
        })
        .collect();
    let expected = [
        (0, "b", 0, 3.0),
        (0, "z", 9, 2.0),
        (0, "z", 10, 1.0),
        (1, "a_b", 2, 0.0),
    ];
    assert_eq!(read, expected);
    assert_eq!(digits.speakers(), ["a_b", "b", "z"]);

    let above = tempfile::tempdir().unwrap();
    fs::rename(folder.path(), above.path().join("recordings")).unwrap();
    assert_eq!(SpokenDigits::read(above.path()).unwrap(), digits);
}

#[test]
fn mistakes_in_a_folder_are_named() {
    let expected = "expected {digit}_{speaker}_{index}.wav such as 7_jackson_32.wav, got";
    for name in [
        "x_a_1.wav",
        "10_a_1.wav",
        "1_a.wav",
        "1__1.wav",
        "+1_a_1.wav",
        "1_a_01.wav",
        "1_a_1.WAV",
    ] {
        let folder = folder_of(&["1_a_0.wav", name]);
        let text = format!("DIR/{name}: name: {expected} {name:?}");
        assert_eq!(digits_error(folder.path()), text);
    }
    assert_eq!(
        digits_error(folder_of(&["README.md"]).path()),
        "DIR: expected recordings named {digit}_{speaker}_{index}.wav, found nothing of the kind"
    );
    let folder = folder_of(&["0_a_0.wav", "0_a_1.wav"]);
    let mut other = spec(1, 16, SampleFormat::Int);
    other.sample_rate = 16_000;
    fs::write(folder.path().join("0_a_1.wav"), wav(other, &[1i16])).unwrap();
    assert_eq!(
        digits_error(folder.path()),
        "DIR/0_a_1.wav: header: expected 8000 samples a second as in 0_a_0.wav, got 16000"
    );
}

#[test]
fn a_speaker_whom_nobody_knows_is_named_with_those_there_are() {
    let error = SpokenDigits::generated(1, 1)
        .split_by_speaker("eve")
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "no recording by \"eve\", expected a speaker of ada, ben, cleo, dan"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5))]

    #[test]
    fn splits_share_nothing_and_lose_nothing(seed: u64, per_digit in 1u32..8) {
        let digits = SpokenDigits::generated(seed, per_digit);
        let parts = digits.clone().official_split();
        prop_assert!(parts.held_out.utterances.iter().all(|one| one.index < 5));
        prop_assert!(parts.train.utterances.iter().all(|one| one.index >= 5));
        let mut all = [parts.train.utterances, parts.held_out.utterances].concat();
        all.sort_by(|a, b| (a.digit, &a.speaker, a.index).cmp(&(b.digit, &b.speaker, b.index)));
        prop_assert_eq!(&all, &digits.utterances);

        let parts = digits.split_by_speaker("cleo").unwrap();
        prop_assert_eq!(parts.train.speakers(), ["ada", "ben", "dan"]);
        prop_assert_eq!(parts.held_out.speakers(), ["cleo"]);
        prop_assert_eq!(parts.held_out.utterances.len(), 10 * per_digit as usize);
    }

    #[test]
    fn more_generated_recordings_contain_the_fewer(seed: u64, more in 1u32..4) {
        let few = SpokenDigits::generated(seed, 1);
        let many = SpokenDigits::generated(seed, 1 + more).split_by_index(1..u32::MAX);
        prop_assert_eq!(many.train, few);
    }

    #[test]
    fn generated_recordings_have_usual_lengths_and_values(seed: u64) {
        for one in SpokenDigits::generated(seed, 1).utterances {
            prop_assert!((1600..5600).contains(&one.samples.len()), "{}", one.samples.len());
            prop_assert!(one.samples.iter().all(|sample| sample.abs() <= 1.0));
            prop_assert!(one.samples.iter().any(|sample| sample.abs() > 0.05));
        }
    }

    #[test]
    fn a_string_is_made_of_recordings_of_one_speaker(
        seed: u64, shortest in 1usize..4, more in 0usize..3,
    ) {
        let digits = SpokenDigits::generated(seed, 2);
        let strings = digits.strings(seed, 6, shortest..=shortest + more);
        prop_assert_eq!(&digits.strings(seed, 4, shortest..=shortest + more)[..], &strings[..4]);
        for string in strings {
            prop_assert!((shortest..=shortest + more).contains(&string.digits.len()));
            let mut rest = &string.samples[..];
            for &digit in &string.digits {
                let (pause, after) = behind(rest, digit, &string.speaker, &digits.utterances);
                prop_assert!(pause.len() < 1600 && pause.iter().all(|noise| noise.abs() <= 0.004));
                rest = after;
            }
            prop_assert!(rest.len() < 1600);
        }
    }
}

/// What stands before and behind the first recording of this digit by this speaker.
fn behind<'a>(
    samples: &'a [f32],
    digit: u8,
    speaker: &str,
    utterances: &[SpokenDigit],
) -> (&'a [f32], &'a [f32]) {
    let wanted = utterances
        .iter()
        .filter(|one| one.digit == digit && one.speaker == speaker);
    let places = wanted.filter_map(|one| {
        let length = one.samples.len();
        let place = samples
            .windows(length)
            .position(|window| window == one.samples)?;
        Some((place, place + length))
    });
    let (start, end) = places.min().expect("a recording of the digit");
    (&samples[..start], &samples[end..])
}

/// How loud it is at `frequency` hertz (Goertzel).
fn loudness(samples: &[f32], frequency: f64) -> f64 {
    let factor = 2.0 * (std::f64::consts::TAU * frequency / 8000.0).cos();
    let (mut last, mut before) = (0.0, 0.0);
    for &sample in samples {
        (last, before) = (f64::from(sample) + factor * last - before, last);
    }
    let power = last * last + before * before - factor * last * before;
    (power.max(0.0).sqrt() / samples.len() as f64 + 1e-3).ln()
}

/// Six stretches of a recording by 13 frequencies.
fn picture(one: &SpokenDigit) -> Vec<f64> {
    let stretches = one.samples.chunks(one.samples.len().div_ceil(6));
    let frequencies = |stretch| (1..14).map(move |band| loudness(stretch, f64::from(band) * 200.0));
    stretches.flat_map(frequencies).collect()
}

#[test]
fn generated_digits_sound_differently_for_every_speaker() {
    let parts = SpokenDigits::generated(1, 4).split_by_index(0..1);
    let known: Vec<(u8, Vec<f64>)> = parts
        .train
        .utterances
        .iter()
        .map(|one| (one.digit, picture(one)))
        .collect();
    let heard = |one: &&SpokenDigit| {
        let picture = picture(one);
        let distance = |known: &[f64]| -> f64 {
            known
                .iter()
                .zip(&picture)
                .map(|(a, b)| (a - b).powi(2))
                .sum()
        };
        let nearest = known
            .iter()
            .min_by(|a, b| distance(&a.1).total_cmp(&distance(&b.1)));
        nearest.is_some_and(|(digit, _)| *digit == one.digit)
    };
    let right = parts.held_out.utterances.iter().filter(heard).count();
    assert!(right >= 36, "{right} of 40");
}

/// Pins the recordings on every platform. If this fails, results on them are no longer comparable.
#[test]
fn the_first_samples_stay_as_they_are() {
    let digits = SpokenDigits::generated(1, 1);
    let lengths: Vec<usize> = digits.utterances[..4]
        .iter()
        .map(|one| one.samples.len())
        .collect();
    assert_eq!(lengths, [3651, 4049, 3956, 4741]);
    assert_eq!(
        digits.utterances[0].samples[1000..1003],
        [-0.1462148, -0.118306056, -0.04740216]
    );
    let string = &digits.strings(1, 1, 4..=4)[0];
    assert_eq!(
        (string.digits.as_slice(), string.samples.len()),
        (&[7, 5, 8, 6][..], 15_858)
    );
}

#[test]
#[should_panic(expected = "a string has at least 1 digit, got 0..=2")]
fn a_string_without_a_digit_is_refused() {
    SpokenDigits::generated(1, 1).strings(1, 1, 0..=2);
}
