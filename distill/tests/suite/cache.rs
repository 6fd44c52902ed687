//! The cache of soft labels: computed once, completed where it was stopped, and never of something else.

use std::cell::{Cell, RefCell};
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use recurra_distill::{
    Error, Fingerprint, Fingerprinter, Origin, SoftLabelCache, SoftLabelFile, SoftLabels, Stale,
    Teacher,
};
use tempfile::TempDir;

/// Counts what it is asked, and fails when its texts are used up.
struct Counting {
    classes: Vec<String>,
    version: u32,
    budget: Cell<usize>,
    asked: RefCell<Vec<String>>,
}

impl Counting {
    fn new(version: u32) -> Self {
        Self::with_budget(version, usize::MAX)
    }

    fn with_budget(version: u32, budget: usize) -> Self {
        Self {
            classes: vec!["no".to_owned(), "yes".to_owned()],
            version,
            budget: Cell::new(budget),
            asked: RefCell::default(),
        }
    }

    fn logits(&self, text: &str) -> [f32; 2] {
        [text.len() as f32 / 3.0, self.version as f32]
    }
}

impl Teacher for Counting {
    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn fingerprint(&self) -> Fingerprint {
        Fingerprinter::default()
            .text(&self.version.to_string())
            .finish()
    }

    fn label(&self, texts: &[&str]) -> Result<SoftLabels, Error> {
        let left = self.budget.get().checked_sub(texts.len());
        let Some(left) = left else {
            return SoftLabels::new(2, vec![f32::NAN; 2]);
        };
        self.budget.set(left);
        let mut asked = self.asked.borrow_mut();
        asked.extend(texts.iter().map(|&text| text.to_owned()));
        let logits = texts.iter().flat_map(|text| self.logits(text));
        SoftLabels::new(2, logits.collect())
    }
}

const TEXTS: [&str; 5] = ["a film", "fine", "a \"quoted\"\nline", "fine", "é"];

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("soft.jsonl");
    (folder, path)
}

fn cache(path: &Path, stale: Stale) -> SoftLabelCache {
    SoftLabelCache::new(path, stale).with_save_every(2)
}

/// The names of the folder's files.
fn files(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).expect("the folder");
    entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("a name")
        })
        .collect()
}

/// Labels the texts, and compares with the teacher's own.
fn label(path: &Path, teacher: &Counting) -> Origin {
    let cached = cache(path, Stale::Recompute)
        .label(teacher, &TEXTS, |_, _| {})
        .expect("soft labels");
    let expected: Vec<[f32; 2]> = TEXTS.iter().map(|text| teacher.logits(text)).collect();
    let got: Vec<&[f32]> = cached.labels.rows().collect();
    assert_eq!(got, expected);
    cached.origin
}

#[test]
fn soft_labels_are_computed_once() {
    let (folder, path) = place();
    let teacher = Counting::new(1);
    assert_eq!(label(&path, &teacher), Origin::Computed);
    // Each text once, the longest first.
    assert_eq!(*teacher.asked.borrow(), [TEXTS[2], "a film", "fine", "é"]);
    let again = Counting::with_budget(1, 0);
    assert_eq!(label(&path, &again), Origin::Complete);
    assert_eq!(files(&folder), ["soft.jsonl"]);
}

#[test]
fn a_cache_is_a_file_of_soft_labels() {
    let (_folder, path) = place();
    let teacher = Counting::new(1);
    label(&path, &teacher);
    let file = SoftLabelFile::read(&path).expect("the cache");
    assert_eq!((file.classes(), file.len()), (teacher.classes(), 4));
    let labels = file.label(&TEXTS).expect("the texts");
    assert_eq!(labels.row(4), teacher.logits("é"));
}

#[test]
fn a_stopped_run_goes_on_where_it_was() {
    let (folder, path) = place();
    let stopped = Counting::with_budget(1, 3);
    let error = cache(&path, Stale::Refuse)
        .label(&stopped, &TEXTS, |_, _| {})
        .expect_err("the teacher fails in its second batch");
    assert!(matches!(error, Error::NotFinite { .. }), "{error}");
    assert_eq!(files(&folder), ["soft.jsonl"]);
    let rest = Counting::new(1);
    let resumed = Origin::Resumed {
        found: 2,
        damage: None,
    };
    assert_eq!(
        resumed.to_string(),
        "soft labels resumed after 2 in the cache"
    );
    assert_eq!(label(&path, &rest), resumed);
    assert_eq!(*rest.asked.borrow(), ["fine", "é"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Wherever a file is cut off, what is whole of it is kept, and the whole is right.
    #[test]
    fn a_cut_file_is_completed(share in 0.0f64..1.0) {
        let (_folder, path) = place();
        label(&path, &Counting::new(1));
        let bytes = fs::read(&path).expect("the cache");
        let length = (share * bytes.len() as f64) as usize;
        fs::write(&path, &bytes[..length]).expect("a shorter file");
        let whole = bytes[..length].iter().filter(|&&byte| byte == b'\n').count();
        let rest = Counting::new(1);
        let origin = label(&path, &rest);
        let asked = rest.asked.borrow().len();
        match origin {
            // The first line is not whole, so that nothing tells whose soft labels these are.
            Origin::Recomputed { .. } => prop_assert!(asked == 4 && whole == 0),
            // A line may be whole but for its end.
            _ => prop_assert!(asked + whole == 5 || asked + whole == 4, "{asked} {whole} {origin:?}"),
        }
        let completed = fs::read(&path).expect("the cache");
        prop_assert_eq!(completed.trim_ascii_end(), bytes.trim_ascii_end());
    }
}

#[test]
fn damage_is_told() {
    let (_folder, path) = place();
    label(&path, &Counting::new(1));
    let text = fs::read_to_string(&path).expect("the cache");
    fs::write(&path, text.replace("\"fine\"", "\"fine")).expect("a damaged file");
    let origin = label(&path, &Counting::new(1)).to_string();
    assert!(
        origin.starts_with("soft labels resumed after 1 in the cache, which was damaged: "),
        "{origin}"
    );
    assert!(origin.contains("soft.jsonl:3: expected"), "{origin}");
}

#[test]
fn a_stale_cache_is_recomputed_or_refused_with_its_reason() {
    let other_texts: &[&str] = &["fine"];
    let cases: [(Counting, &[&str], &str); 2] = [
        (Counting::new(2), &TEXTS, "of another teacher"),
        (Counting::new(1), other_texts, "of other texts"),
    ];
    for (teacher, texts, reason) in cases {
        let (_folder, path) = place();
        label(&path, &Counting::new(1));
        let before = fs::read(&path).expect("the cache");
        let error = cache(&path, Stale::Refuse)
            .label(&teacher, texts, |_, _| {})
            .expect_err("it is stale");
        let expected = format!(
            "{}: the cache is {reason}; remove it to compute the soft labels anew",
            path.display()
        );
        assert_eq!(error.to_string(), expected);
        assert_eq!(fs::read(&path).expect("the cache"), before);

        let cached = cache(&path, Stale::Recompute)
            .label(&teacher, texts, |_, _| {})
            .expect("soft labels");
        let expected = Origin::Recomputed {
            reason: reason.to_owned(),
        };
        assert_eq!(cached.origin, expected);
        assert_eq!(cached.labels.row(0), teacher.logits(texts[0]));
    }
}

#[test]
fn a_file_of_something_else_is_not_overwritten_unasked() {
    let (_folder, path) = place();
    fs::write(&path, "{\"text\": \"a\", \"logits\": [1, 2]}\n").expect("another file");
    let error = cache(&path, Stale::Refuse)
        .label(&Counting::new(1), &TEXTS, |_, _| {})
        .expect_err("it is no cache");
    assert!(
        error
            .to_string()
            .contains("the cache is no cache of soft labels"),
        "{error}"
    );
}

#[test]
fn leftovers_of_a_killed_run_go() {
    let (folder, path) = place();
    fs::write(folder.path().join(".soft.jsonl.123-0.part"), "{").expect("a leftover");
    fs::write(folder.path().join(".other.jsonl.123-0.part"), "{").expect("of another file");
    label(&path, &Counting::new(1));
    let mut files = files(&folder);
    files.sort();
    assert_eq!(files, [".other.jsonl.123-0.part", "soft.jsonl"]);
}

#[test]
fn labelling_stops_when_it_is_told_and_goes_on_later() {
    let (_folder, path) = place();
    let cache = cache(&path, Stale::Refuse);
    let stopped = cache.label_while(&Counting::new(1), &TEXTS, |_, _| false);
    assert!(stopped.expect("soft labels").is_none());
    let rest = Counting::new(1);
    // With the last text nothing is left to stop.
    let cached = cache.label_while(&rest, &TEXTS, |_, _| false);
    let cached = cached.expect("soft labels").expect("all of them");
    assert_eq!(cached.labels.len(), TEXTS.len());
    assert_eq!(*rest.asked.borrow(), ["fine", "é"]);
}

#[test]
fn progress_counts_different_texts() {
    let (_folder, path) = place();
    let mut seen = Vec::new();
    cache(&path, Stale::Refuse)
        .label(&Counting::new(1), &TEXTS, |done, of| seen.push((done, of)))
        .expect("soft labels");
    assert_eq!(seen, [(2, 4), (4, 4)]);
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let (folder, _) = place();
    let path = folder.path().join("gone").join("soft.jsonl");
    let error = cache(&path, Stale::Refuse)
        .label(&Counting::new(1), &TEXTS, |_, _| {})
        .expect_err("there is no such folder");
    assert!(error.to_string().contains("gone"), "{error}");
}
