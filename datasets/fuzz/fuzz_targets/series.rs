//! Tables of measurements.
#![no_main]

use libfuzzer_sys::fuzz_target;
use recurra_datasets::series::TimeSeries;
use recurra_datasets_fuzz::in_file;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(series) = in_file("a.csv", bytes, |path| TimeSeries::read_csv(path)) {
        assert!(!series.is_empty());
        assert_eq!(series.values.len(), series.len() * series.names.len());
        assert!(series.values.iter().all(|value| value.is_finite()));
        series.standardised(0..series.len());
    }
});
