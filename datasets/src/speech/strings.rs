//! Digits strung together, as somebody reads out a number.

use std::ops::RangeInclusive;

use super::{SpokenDigit, SpokenDigits};
use crate::draw::Draw;

/// The longest pause, as a share of a second.
const LONGEST_PAUSE: f64 = 0.2;

/// The loudest noise in a pause.
const LOUDEST_NOISE: f64 = 0.004;

/// Several digits, spoken one after the other by one speaker.
#[derive(Clone, Debug, PartialEq)]
pub struct SpokenString {
    /// The recording, `[T]`, in [-1, 1].
    pub samples: Vec<f32>,
    /// What is said, each in `0..10`.
    pub digits: Vec<u8>,
    /// Who says it.
    pub speaker: String,
}

impl SpokenDigits {
    /// `count` strings of as many digits as the range says, each length equally likely: recordings
    /// of one speaker, each of which equally likely at each place, with up to 0.2 seconds of low
    /// noise before, between and after them. Strung together from a training part, they tell
    /// nothing of the recordings that are held out.
    ///
    /// Each string is drawn on its own: those of a larger `count` begin with those of a smaller one,
    /// and the same seed gives the same strings on every platform and in every release.
    ///
    /// # Panics
    ///
    /// If there is no recording, or the range is empty or begins with 0.
    ///
    /// ```
    /// use recurra_datasets::speech::SpokenDigits;
    ///
    /// let digits = SpokenDigits::generated(1, 2);
    /// let strings = digits.strings(1, 3, 2..=5);
    ///
    /// assert_eq!(strings.len(), 3);
    /// assert!(strings.iter().all(|string| (2..=5).contains(&string.digits.len())));
    /// ```
    pub fn strings(
        &self,
        seed: u64,
        count: usize,
        digits: RangeInclusive<usize>,
    ) -> Vec<SpokenString> {
        assert!(
            !digits.is_empty() && *digits.start() > 0,
            "a string has at least 1 digit, got {digits:?}"
        );
        let speakers = self.by_speaker();
        assert!(
            !speakers.is_empty(),
            "strings are made of recordings, got none"
        );
        let string = |place| {
            let mut draw = Draw::for_stream(seed, place as u64);
            let spoken = &speakers[draw.index(speakers.len())];
            let length = digits.start() + draw.index(digits.end() - digits.start() + 1);
            self.string(&mut draw, spoken, length)
        };
        (0..count).map(string).collect()
    }

    /// The recordings of each speaker.
    fn by_speaker(&self) -> Vec<Vec<&SpokenDigit>> {
        let of = |speaker| {
            let all = self.utterances.iter();
            all.filter(|one| one.speaker == speaker).collect()
        };
        self.speakers().into_iter().map(of).collect()
    }

    fn string(&self, draw: &mut Draw, spoken: &[&SpokenDigit], length: usize) -> SpokenString {
        let mut string = SpokenString {
            samples: Vec::new(),
            digits: Vec::with_capacity(length),
            speaker: spoken[0].speaker.clone(),
        };
        let loudness = draw.unit() * LOUDEST_NOISE;
        let longest = LONGEST_PAUSE * f64::from(self.sample_rate);
        let pause = |draw: &mut Draw, samples: &mut Vec<f32>| {
            let pause = (draw.unit() * longest) as usize;
            let noise = |_| (loudness * (2.0 * draw.unit() - 1.0)) as f32;
            samples.extend((0..pause).map(noise));
        };
        pause(draw, &mut string.samples);
        for _ in 0..length {
            let one = draw.pick(spoken);
            string.digits.push(one.digit);
            string.samples.extend_from_slice(&one.samples);
            pause(draw, &mut string.samples);
        }
        string
    }
}
