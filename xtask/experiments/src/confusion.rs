//! How often examples of each class were taken for each.

use crate::report::Table;

/// How many classes have room for a few words each.
const FEW: usize = 5;

/// `counts[true][decided]`.
pub struct Confusion(Vec<Vec<usize>>);

impl Confusion {
    /// Of pairs of the true class and the one that was decided for.
    pub fn new(classes: usize, pairs: impl IntoIterator<Item = (usize, usize)>) -> Self {
        let mut counts = vec![vec![0; classes]; classes];
        for (truth, decided) in pairs {
            counts[truth][decided] += 1;
        }
        Self(counts)
    }

    /// In percent; NaN of no example.
    pub fn accuracy(&self) -> f64 {
        let right: usize = (0..self.0.len()).map(|class| self.0[class][class]).sum();
        let all: usize = self.0.iter().flatten().sum();
        100.0 * right as f64 / all as f64
    }

    /// A row for each class, with the share of its examples that was found.
    pub fn table(&self, classes: &[String]) -> Table {
        // With many classes there is no room for more than their names.
        let (first, before) = match classes.len() {
            0..=FEW => ("class", "taken for "),
            _ => ("class, and what it was taken for", ""),
        };
        let head = [first.to_owned()].into_iter();
        let decided = classes.iter().map(|class| format!("{before}{class}"));
        let row = |(own, counts): (usize, &Vec<usize>)| {
            let found = 100.0 * counts[own] as f64 / counts.iter().sum::<usize>().max(1) as f64;
            let counts = counts.iter().map(usize::to_string);
            [classes[own].clone()]
                .into_iter()
                .chain(counts)
                .chain([format!("{found:.1} %")])
                .collect()
        };
        Table {
            head: head.chain(decided).chain(["found".to_owned()]).collect(),
            rows: self.0.iter().enumerate().map(row).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_counts_each_class_in_its_row() {
        let confusion = Confusion::new(2, [(0, 0), (0, 1), (0, 0), (1, 1)]);
        assert_eq!(confusion.accuracy(), 75.0);
        let table = confusion.table(&["bad", "good"].map(str::to_owned));
        assert_eq!(
            table.head,
            ["class", "taken for bad", "taken for good", "found"]
        );
        assert_eq!(
            table.rows,
            [["bad", "2", "1", "66.7 %"], ["good", "0", "1", "100.0 %"]]
        );
    }
}
