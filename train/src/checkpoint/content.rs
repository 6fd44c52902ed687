//! One checkpoint in memory.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::format::{self, Header, RawSection};
use super::{Damage, Tensors, folder, tensors};
use crate::Error;

const VALUE: u8 = 1;
const TENSORS: u8 = 2;

/// A step of training, perhaps a metric of it, and named sections.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    step: u64,
    metric: Option<f64>,
    sections: BTreeMap<String, Section>,
}

/// What a section holds.
#[derive(Clone, Debug, PartialEq)]
enum Section {
    /// A value of a serde type, as CBOR.
    Value(Vec<u8>),
    Tensors(Tensors),
}

impl Checkpoint {
    /// A checkpoint after `step` steps, without a metric and without sections.
    pub fn new(step: u64) -> Self {
        Self {
            step,
            metric: None,
            sections: BTreeMap::new(),
        }
    }

    /// Sets the validation metric that the best checkpoint is found by. NaN is never the best.
    #[must_use]
    pub fn with_metric(mut self, metric: f64) -> Self {
        self.metric = Some(metric);
        self
    }

    /// How many steps had been made.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// The validation metric, if there was one.
    pub fn metric(&self) -> Option<f64> {
        self.metric
    }

    /// The names of the sections, sorted.
    pub fn sections(&self) -> impl Iterator<Item = &str> {
        self.sections.keys().map(String::as_str)
    }

    /// Sets the section `name`, which is not empty, to a value. Infinities and every bit of a double are kept.
    ///
    /// # Errors
    ///
    /// [`Error::Section`] if the value does not serialise.
    pub fn set_value<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Error> {
        let mut bytes = Vec::new();
        ciborium::into_writer(value, &mut bytes).map_err(|cause| Error::section(name, cause))?;
        self.set(name, Section::Value(bytes))
    }

    /// Sets the section `name`, which is not empty, to these tensors.
    ///
    /// # Errors
    ///
    /// [`Error::Tensor`] if one does not hold the numbers that [`Tensors`] may, or is called `__metadata__`.
    pub fn set_tensors(&mut self, name: &str, tensors: Tensors) -> Result<(), Error> {
        tensors::check_storable(&tensors)?;
        self.set(name, Section::Tensors(tensors))
    }

    fn set(&mut self, name: &str, section: Section) -> Result<(), Error> {
        if name.is_empty() {
            return Err(Error::config("name", "a section's name", "nothing"));
        }
        self.sections.insert(name.to_owned(), section);
        Ok(())
    }

    /// The value of the section `name`.
    ///
    /// # Errors
    ///
    /// [`Error::Section`] if there is no such section, or it holds something else.
    pub fn value<T: DeserializeOwned>(&self, name: &str) -> Result<T, Error> {
        let Section::Value(bytes) = self.section(name)? else {
            return Err(Error::section(name, "must hold a value, holds tensors"));
        };
        ciborium::from_reader(bytes.as_slice()).map_err(|cause| Error::section(name, cause))
    }

    /// The tensors of the section `name`.
    ///
    /// # Errors
    ///
    /// [`Error::Section`] if there is no such section, or it holds something else.
    pub fn tensors(&self, name: &str) -> Result<&Tensors, Error> {
        match self.section(name)? {
            Section::Tensors(tensors) => Ok(tensors),
            Section::Value(_) => Err(Error::section(name, "must hold tensors, holds a value")),
        }
    }

    fn section(&self, name: &str) -> Result<&Section, Error> {
        self.sections.get(name).ok_or_else(|| {
            let others: Vec<&str> = self.sections().collect();
            let others = others.join(", ");
            Error::section(name, format!("is missing, there are: {others}"))
        })
    }

    /// Writes the bytes of the file; the same checkpoint gives the same bytes.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn write_to(&self, out: &mut dyn Write) -> io::Result<()> {
        let contents: Vec<(u8, Vec<u8>)> = self
            .sections
            .values()
            .map(Section::encode)
            .collect::<io::Result<_>>()?;
        let named = self.sections().zip(&contents);
        let sections: Vec<RawSection<'_>> = named
            .map(|(name, (kind, content))| RawSection {
                kind: *kind,
                name,
                content,
            })
            .collect();
        let header = Header::new(self.step, self.metric, &sections);
        format::write(header, &sections, out)
    }

    /// Reads the bytes of a whole file.
    ///
    /// # Errors
    ///
    /// What is wrong with them, whatever they are.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Damage> {
        let (header, raw) = format::read(bytes)?;
        let mut sections = BTreeMap::new();
        for RawSection {
            kind,
            name,
            content,
        } in raw
        {
            let section = Section::decode(kind, content).map_err(|cause| Damage::Content {
                cause: format!("section {name}: {cause}"),
            })?;
            if sections.insert(name.to_owned(), section).is_some() {
                let cause = format!("section {name} is there twice");
                return Err(Damage::Content { cause });
            }
        }
        Ok(Self {
            step: header.step,
            metric: header.metric,
            sections,
        })
    }

    /// Reads the file `path`.
    ///
    /// # Errors
    ///
    /// [`Error::Read`] if it cannot be read at all, and [`Error::DamagedCheckpoint`] if it is not a whole checkpoint; that
    /// error offers the newest whole one before it in the same folder.
    pub fn open(path: &Path) -> Result<Self, Error> {
        folder::open_or_offer(path)
    }
}

impl Section {
    fn encode(&self) -> io::Result<(u8, Vec<u8>)> {
        match self {
            Self::Value(bytes) => Ok((VALUE, bytes.clone())),
            Self::Tensors(tensors) => Ok((TENSORS, tensors::encode(tensors)?)),
        }
    }

    fn decode(kind: u8, content: &[u8]) -> Result<Self, String> {
        match kind {
            VALUE => Ok(Self::Value(content.to_vec())),
            TENSORS => tensors::decode(content).map(Self::Tensors),
            kind => Err(format!(
                "must be of kind {VALUE} or {TENSORS}, is of {kind}"
            )),
        }
    }
}
