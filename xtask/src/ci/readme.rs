//! The test command that the README shows, so that CI runs what readers are told to run.

use crate::error::Error;

const COMMAND: &str = "cargo xtask test";

/// The first line of a code block that is the test command, without a comment behind it.
pub fn test_command(readme: &str) -> Result<String, Error> {
    let mut is_fenced = false;
    for line in readme.lines().map(str::trim) {
        if line.starts_with("```") {
            is_fenced = !is_fenced;
        }
        let command = line.split(" #").next().unwrap_or(line).trim_end();
        let options = command.strip_prefix(COMMAND);
        if is_fenced && options.is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')) {
            return Ok(command.to_owned());
        }
    }
    Err(Error::Failed(format!(
        "README.md must have a code block with the line `{COMMAND}`"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_taken_as_it_is_written() {
        let readme = "Run `cargo xtask test --device cuda`.\n\n```sh\ncargo xtask list\n\
                      cargo xtask test --device flex   # two minutes\n```\n";
        assert_eq!(
            test_command(readme).unwrap(),
            "cargo xtask test --device flex"
        );
    }

    #[test]
    fn prose_and_other_commands_do_not_count() {
        assert!(test_command("cargo xtask test\n").is_err());
        assert!(test_command("```\ncargo xtask tests\n```\n").is_err());
    }
}
