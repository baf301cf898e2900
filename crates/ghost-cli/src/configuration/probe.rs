//! Whether an option can hold a value, asked of the parser itself: it alone knows.

use clap::builder::Arg;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, Error};
use std::error::Error as _;

/// `Err` says what is wrong, in one line.
pub(super) fn check(arg: &Arg, value: &str) -> Result<(), String> {
    if !arg.get_action().takes_values() {
        return Ok(());
    }
    let Some(long) = arg.get_long() else { return Ok(()) };
    // Alone: what the command demands beside it is not asked here.
    let alone = Arg::new(arg.get_id().clone())
        .long(long.to_owned())
        .action(arg.get_action().clone())
        .value_parser(arg.get_value_parser().clone());
    let command = Command::new("ghost").no_binary_name(true).disable_help_flag(true).arg(alone);
    let word = format!("--{long}={value}");
    match command.try_get_matches_from([word]) {
        Err(error) if is_about_the_value(&error) => Err(reason(&error, value)),
        _ => Ok(()),
    }
}

fn is_about_the_value(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::InvalidValue | ErrorKind::ValueValidation)
}

fn reason(error: &Error, value: &str) -> String {
    if let Some(source) = error.source() {
        return format!("`{value}`: {source}");
    }
    match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) => {
            format!("`{value}` is not one of {}", values.join(", "))
        }
        _ => format!("`{value}` is not possible here"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::value_parser;

    #[test]
    fn the_parser_says_what_is_possible() {
        let number = Arg::new("top").long("top").value_parser(value_parser!(u32).range(..=9));
        assert_eq!(check(&number, "9"), Ok(()));
        assert_eq!(check(&number, "10"), Err("`10`: 10 is not in 0..=9".into()));
        assert_eq!(check(&number, "-1"), Err("`-1`: -1 is not in 0..=9".into()));
        assert_eq!(check(&number, "x"), Err("`x`: invalid digit found in string".into()));
        let word = Arg::new("scope").long("scope").value_parser(["project", "all"]);
        assert_eq!(check(&word, "al"), Err("`al` is not one of project, all".into()));
        assert_eq!(check(&word, ""), Err("`` is not one of project, all".into()));
    }
}
