//! A Rust file with its code, its comments and its literals told apart.
//!
//! The checks look for words, and a word in a string is not code. This lexer knows just enough for
//! that.

/// A file and two copies of it of the same shape, blank wherever the copy's kind of text is not.
pub struct Source<'a> {
    pub path: &'a str,
    pub text: &'a str,
    /// Without comments, and without what stands in string and character literals.
    pub code: String,
    /// Comments alone.
    pub comments: String,
    newlines: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

impl<'a> Source<'a> {
    pub fn new(path: &'a str, text: &'a str) -> Self {
        let mut code = String::with_capacity(text.len());
        let mut comments = String::with_capacity(text.len());
        let mut at = 0;
        while at < text.len() {
            let (kind, length) = token(&text[..at], &text[at..]);
            let token = &text[at..at + length];
            keep_or_blank(&mut code, token, kind == Kind::Code);
            keep_or_blank(&mut comments, token, kind == Kind::Comment);
            at += length;
        }
        let newlines = text.match_indices('\n').map(|(at, _)| at).collect();
        Self {
            path,
            text,
            code,
            comments,
            newlines,
        }
    }

    /// The line of a place in `code`, counted from 1.
    pub fn line_of(&self, offset: usize) -> usize {
        1 + self.newlines.partition_point(|newline| *newline < offset)
    }

    /// Where in `code` a whole word stands.
    pub fn word_offsets(&self, word: &str) -> Vec<usize> {
        word_offsets(&self.code, word)
    }
}

/// A blank is as many bytes as what it replaces, so that a place in a copy is one in the file.
fn keep_or_blank(copy: &mut String, token: &str, keep: bool) {
    if keep {
        copy.push_str(token);
        return;
    }
    for (index, line) in token.split('\n').enumerate() {
        if index > 0 {
            copy.push('\n');
        }
        copy.push_str(&" ".repeat(line.len()));
    }
}

/// Where a whole word stands in a text.
pub fn word_offsets(text: &str, word: &str) -> Vec<usize> {
    let is_whole = |at: &usize| {
        let before = text[..*at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(is_identifier) && !after.is_some_and(is_identifier)
    };
    text.match_indices(word)
        .map(|(at, _)| at)
        .filter(is_whole)
        .collect()
}

fn is_identifier(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The kind and the length of what `rest` begins with, given the text before it.
fn token(before: &str, rest: &str) -> (Kind, usize) {
    if rest.starts_with("//") {
        (Kind::Comment, rest.find('\n').unwrap_or(rest.len()))
    } else if rest.starts_with("/*") {
        (Kind::Comment, block_comment(rest))
    } else if rest.starts_with('"') {
        let length = raw_hashes(before).map_or_else(|| quoted(rest, '"'), |n| raw_string(rest, n));
        (Kind::Literal, length)
    } else if let Some(length) = character(rest) {
        (Kind::Literal, length)
    } else {
        // Nothing else begins with one of these, so that code comes in long pieces.
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let next = rest[first..].find(['/', '"', '\'']);
        (Kind::Code, next.map_or(rest.len(), |next| first + next))
    }
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The length up to and with the closing quote that no backslash escapes.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == quote {
            return at + 1;
        }
    }
    rest.len()
}

/// How many hashes stand between the `r` of a raw string and its quote, if `before` ends so.
fn raw_hashes(before: &str) -> Option<usize> {
    let prefix = before.trim_end_matches('#');
    let hashes = before.len() - prefix.len();
    let prefix = prefix.strip_suffix('r')?;
    let prefix = prefix.strip_suffix(['b', 'c']).unwrap_or(prefix);
    (!prefix.ends_with(is_identifier)).then_some(hashes)
}

fn raw_string(rest: &str, hashes: usize) -> usize {
    let end = format!("\"{}", "#".repeat(hashes));
    rest[1..]
        .find(&end)
        .map_or(rest.len(), |at| 1 + at + end.len())
}

/// A character literal, which a lifetime is not: that has no quote behind its first character.
fn character(rest: &str) -> Option<usize> {
    let mut inside = rest.strip_prefix('\'')?.chars();
    match inside.next()? {
        '\\' => Some(quoted(rest, '\'')),
        c => (inside.next() == Some('\'')).then(|| 2 + c.len_utf8()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> String {
        let code = Source::new("a.rs", text).code;
        code.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_and_literals_are_not_code() {
        assert_eq!(
            code("a(); // dbg\nb(\"x \\\" y\") /* c /* d */ e */ f"),
            "a(); b( ) f"
        );
        assert_eq!(code("r#\"one \" two\"# x br\"y\\\" for"), "r# x br for");
        assert_eq!(
            code("match c { '\"' | '\\'' | '{' => 1 }"),
            "match c { | | => 1 }"
        );
    }

    #[test]
    fn lifetimes_and_raw_identifiers_are_code() {
        assert_eq!(
            code("fn f<'a>(x: &'a str) { r#type }"),
            "fn f<'a>(x: &'a str) { r#type }"
        );
    }

    #[test]
    fn comments_are_kept_apart_line_by_line() {
        let source = Source::new("a.rs", "é(); // näh\n\"// no\"\n/* yes\nyes */");
        let lines: Vec<_> = source.comments.lines().map(str::trim).collect();
        assert_eq!(lines, ["// näh", "", "/* yes", "yes */"]);
        assert_eq!(source.code.len(), source.text.len());
        assert_eq!(source.line_of(source.code.len()), 4);
    }

    #[test]
    fn words_are_whole() {
        let source = Source::new("a.rs", "unsafe_code unsafe");
        assert_eq!(source.word_offsets("unsafe"), [12]);
    }
}
