//! How long teacher and student take over the same texts, from the text to the logits.

mod contest;
mod texts;

pub use contest::{Contest, Timed};
pub use texts::texts_of;

use serde::{Deserialize, Serialize};

/// The numbers of texts at a time that are measured.
pub const BATCHES: [usize; 2] = [1, 32];

/// Milliseconds, medians over rounds in which all take turns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// How many texts at a time.
    pub batch: usize,
    pub student_ms: f64,
    pub teacher: EncoderTime,
    /// An encoder of the size of BERT-base, with the teacher's tokenizer.
    pub bert_base: Option<EncoderTime>,
}

/// What an encoder takes here, and in PyTorch where that was measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EncoderTime {
    pub ms: f64,
    pub torch_ms: Option<f64>,
}

impl EncoderTime {
    /// The smaller of the two.
    pub fn best(&self) -> f64 {
        self.torch_ms.map_or(self.ms, |torch| torch.min(self.ms))
    }
}

impl Latency {
    /// The metrics by name: how many times faster the student is than the faster of both ways to run each encoder, and the
    /// times.
    pub fn metrics(&self) -> Vec<(String, f64)> {
        let batch = self.batch;
        let mut metrics = vec![
            (
                format!("speedup_batch{batch}"),
                self.teacher.best() / self.student_ms,
            ),
            (format!("student_batch{batch}_ms"), self.student_ms),
        ];
        let encoders = [
            ("teacher", Some(self.teacher)),
            ("bert_base", self.bert_base),
        ];
        for (name, encoder) in encoders {
            let Some(encoder) = encoder else { continue };
            metrics.push((format!("{name}_batch{batch}_ms"), encoder.ms));
            let torch = encoder.torch_ms;
            metrics.extend(torch.map(|ms| (format!("{name}_batch{batch}_torch_ms"), ms)));
        }
        if let Some(base) = self.bert_base {
            let speedup = base.best() / self.student_ms;
            metrics.push((format!("speedup_batch{batch}_bert_base"), speedup));
        }
        metrics
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_faster_way_to_run_an_encoder_counts() {
        let latency = Latency {
            batch: 1,
            student_ms: 0.5,
            teacher: EncoderTime {
                ms: 10.0,
                torch_ms: Some(8.0),
            },
            bert_base: Some(EncoderTime {
                ms: 50.0,
                torch_ms: None,
            }),
        };
        let metrics: std::collections::BTreeMap<_, _> = latency.metrics().into_iter().collect();
        assert_eq!(metrics["speedup_batch1"], 16.0);
        assert_eq!(metrics["speedup_batch1_bert_base"], 100.0);
        assert_eq!(metrics["teacher_batch1_torch_ms"], 8.0);
        assert!(!metrics.contains_key("bert_base_batch1_torch_ms"));
    }
}
