//! The rules of the generated chorales, from the piece down to the voice.

use crate::{PianoRoll, draw::Draw};

/// Semitones above the tonic of the major scale's seven degrees.
const SCALE: [u8; 7] = [0, 2, 4, 5, 7, 9, 11];

const OCTAVE: u8 = 12;

/// Bass, tenor, alto and soprano: the range of each, in MIDI numbers.
const VOICES: [(u8, u8); 4] = [(41, 60), (50, 67), (57, 74), (62, 81)];

const SOPRANO: usize = 3;

/// The steps of a phrase before its cadence.
const PHRASE: usize = 6;

/// A triad, by the degree of its root: 0 for the tonic, 4 for the dominant.
type Triad = usize;

/// Writes one piece after the other.
pub(super) struct Composer {
    draw: Draw,
}

/// A piece while it is written.
struct Piece {
    /// The pitch class of the key, in `0..12`.
    tonic: u8,
    /// What the voices sing, from the bass up.
    voices: [u8; 4],
    steps: Vec<Vec<u8>>,
}

impl Composer {
    pub(super) fn new(draw: Draw) -> Self {
        Self { draw }
    }

    /// Three to five phrases in one key.
    pub(super) fn piece(&mut self) -> PianoRoll {
        let mut piece = Piece {
            tonic: self.draw.below(u32::from(OCTAVE)) as u8,
            voices: VOICES.map(|(low, high)| low.midpoint(high)),
            steps: Vec::new(),
        };
        for _ in 0..3 + self.draw.below(3) {
            self.phrase(&mut piece);
        }
        PianoRoll::from_notes(piece.steps)
    }

    /// A chain of harmonies from the tonic, a cadence (to the dominant now and then), and a held
    /// chord; some phrases are followed by a rest.
    fn phrase(&mut self, piece: &mut Piece) {
        let mut triad = 0;
        for _ in 0..PHRASE {
            piece.sound(triad);
            triad = self.next_triad(triad);
        }
        let cadence = if self.draw.one_in(4) { [1, 4] } else { [4, 0] };
        cadence.into_iter().for_each(|triad| piece.sound(triad));
        piece.hold();
        if self.draw.one_in(6) {
            piece.steps.push(Vec::new());
        }
    }

    /// The triad that follows, by the functions of major harmony.
    fn next_triad(&mut self, triad: Triad) -> Triad {
        let choices: &[Triad] = match triad {
            0 => &[0, 1, 3, 3, 4, 4, 5, 2],
            1 => &[4, 4, 4, 6],
            2 => &[5, 5, 3],
            3 => &[4, 4, 0, 1],
            4 => &[0, 0, 0, 5],
            5 => &[1, 1, 3, 4],
            _ => &[0],
        };
        self.draw.pick(choices)
    }
}

impl Piece {
    /// Each voice goes to the nearest note of the triad, the bass to that of its root; where the
    /// soprano leaps over a major third, a step with the note in the middle comes before.
    fn sound(&mut self, triad: Triad) {
        let before = self.voices;
        let tones: Vec<u8> = [0, 2, 4]
            .map(|third| self.pitch_class(triad + third))
            .into();
        self.voices[0] = nearest(before[0], VOICES[0], &tones[..1]);
        for voice in 1..VOICES.len() {
            // Above the voice below, so that voices do not cross.
            let (low, high) = VOICES[voice];
            let low = low.max(self.voices[voice - 1] + 1);
            self.voices[voice] = nearest(before[voice], (low, high), &tones);
        }
        let (from, to) = (before[SOPRANO], self.voices[SOPRANO]);
        if !self.steps.is_empty() && from.abs_diff(to) == 4 {
            let mut passing = before;
            passing[SOPRANO] = from.midpoint(to);
            self.steps.push(passing.to_vec());
        }
        self.hold();
    }

    /// The last chord once more.
    fn hold(&mut self) {
        self.steps.push(self.voices.to_vec());
    }

    fn pitch_class(&self, degree: usize) -> u8 {
        (self.tonic + SCALE[degree % SCALE.len()]) % OCTAVE
    }
}

/// The note within the range that has one of the pitch classes and is nearest to `from`; of two the
/// lower.
fn nearest(from: u8, (low, high): (u8, u8), pitch_classes: &[u8]) -> u8 {
    let notes = (low..=high).filter(|note| pitch_classes.contains(&(note % OCTAVE)));
    let nearest = notes.min_by_key(|note| note.abs_diff(from));
    nearest.expect("seven notes have at least one of every triad")
}
