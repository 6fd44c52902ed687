//! Lists of names within an error.

/// How many names of a list an error has before it only counts the rest.
const LISTED_NAMES: usize = 6;

/// The names parted by commas; of a long list, only the beginning and a count.
pub(crate) fn listing(names: &[String]) -> String {
    match names.len() {
        0 => "nothing of the kind".to_owned(),
        1..=LISTED_NAMES => names.join(", "),
        all => format!(
            "{} and {} more",
            names[..LISTED_NAMES].join(", "),
            all - LISTED_NAMES
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> Vec<String> {
        (1..=count).map(|number| format!("n{number}")).collect()
    }

    #[test]
    fn a_listing_names_the_first_and_counts_the_rest() {
        assert_eq!(listing(&names(0)), "nothing of the kind");
        assert_eq!(listing(&names(1)), "n1");
        assert_eq!(listing(&names(6)), "n1, n2, n3, n4, n5, n6");
        assert_eq!(listing(&names(8)), "n1, n2, n3, n4, n5, n6 and 2 more");
    }
}
