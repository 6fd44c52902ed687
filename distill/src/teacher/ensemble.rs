//! Several teachers as one.

use serde::{Deserialize, Serialize};

use super::soft_labels::softmax;
use super::{Fingerprint, Fingerprinter, SoftLabels, Teacher};
use crate::Error;

/// What of the members is averaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Averaging {
    /// Their probabilities: the arithmetic mean, in which a single member can keep a class likely.
    Probabilities,
    /// Their logits: the geometric mean of the probabilities, in which a single member can rule a class out.
    Logits,
}

/// The mean of other teachers of the same classes.
pub struct Ensemble {
    members: Vec<Box<dyn Teacher>>,
    averaging: Averaging,
}

impl Ensemble {
    /// An ensemble of these members.
    ///
    /// # Errors
    /// [`Error::Config`] without a member, [`Error::Classes`] if one has other classes than the first.
    pub fn new(members: Vec<Box<dyn Teacher>>, averaging: Averaging) -> Result<Self, Error> {
        let Some((first, others)) = members.split_first() else {
            return Err(Error::config("members", "at least 1", 0));
        };
        let classes: Vec<&str> = first.classes().iter().map(String::as_str).collect();
        others
            .iter()
            .try_for_each(|member| member.check_classes(&classes))?;
        Ok(Self { members, averaging })
    }
}

impl Teacher for Ensemble {
    fn classes(&self) -> &[String] {
        self.members[0].classes()
    }

    fn fingerprint(&self) -> Fingerprint {
        let hash = Fingerprinter::default().text(&format!("ensemble of {:?}", self.averaging));
        let members = self.members.iter();
        members
            .fold(hash, |hash, member| {
                hash.text(&member.fingerprint().to_string())
            })
            .finish()
    }

    fn label(&self, texts: &[&str]) -> Result<SoftLabels, Error> {
        let classes = self.classes().len();
        let mut sums = vec![0.0; texts.len() * classes];
        for member in &self.members {
            let labels = member.label(texts)?;
            let values = labels.rows().flat_map(|row| match self.averaging {
                Averaging::Probabilities => softmax(row),
                Averaging::Logits => row.iter().copied().map(f64::from).collect(),
            });
            sums.iter_mut()
                .zip(values)
                .for_each(|(sum, value)| *sum += value);
        }
        let count = self.members.len() as f64;
        let means: Vec<f64> = sums.into_iter().map(|sum| sum / count).collect();
        match self.averaging {
            Averaging::Probabilities => SoftLabels::from_probabilities(classes, &means),
            Averaging::Logits => {
                SoftLabels::new(classes, means.into_iter().map(|mean| mean as f32).collect())
            }
        }
    }
}
