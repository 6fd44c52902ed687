//! What a sceptic asks for: a recogniser that does not know the order of the sounds.

use recurra_datasets::speech::{LogMel, SpokenDigits};

/// In percent of the single digits in `test`: those whose nearest recording in `train`, by the means and deviations of the bands
/// over time, says another digit.
pub fn nearest_spectrum_error(features: &LogMel, train: &SpokenDigits, test: &SpokenDigits) -> f64 {
    let spectra = |digits: &SpokenDigits| -> Vec<(u8, Vec<f32>)> {
        let utterances = digits.utterances.iter();
        utterances
            .map(|it| (it.digit, spectrum(features, &it.samples)))
            .collect()
    };
    let known = spectra(train);
    let tested = spectra(test);
    let wrong = tested.iter().filter(|(digit, spectrum)| {
        let nearest = known.iter().min_by(|a, b| {
            let (a, b) = (distance(&a.1, spectrum), distance(&b.1, spectrum));
            a.total_cmp(&b)
        });
        nearest.is_none_or(|(nearest, _)| nearest != digit)
    });
    100.0 * wrong.count() as f64 / tested.len().max(1) as f64
}

/// The mean and the deviation of each band.
fn spectrum(features: &LogMel, samples: &[f32]) -> Vec<f32> {
    let (frames, bands) = (features.frames(samples), features.bands());
    let count = (frames.len() / bands) as f32;
    let moments = (0..bands).flat_map(|band| {
        let values = frames.iter().skip(band).step_by(bands);
        let mean = values.clone().sum::<f32>() / count;
        let variance = values.map(|it| (it - mean).powi(2)).sum::<f32>() / count;
        [mean, variance.sqrt()]
    });
    moments.collect()
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
}
