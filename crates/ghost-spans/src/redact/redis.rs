//! What is shown of a command to Redis: the command, and `?` for all its arguments. Keys are values.
//!
//! A command that is not in the list is not shown: its first word may be anything.

/// Commands of the server and its modules. Where a second word is part of the command, both are here.
const COMMANDS: &str = include_str!("redis_commands.txt");

/// The command that `statement` begins with, in the spelling of the list.
pub(super) fn operation(statement: &str) -> Option<&'static str> {
    let mut words = statement.split_ascii_whitespace();
    let first = words.next()?;
    let second = words.next();
    let is_one = |known: &&str| known.eq_ignore_ascii_case(first);
    let is_both = |known: &&str| {
        known.split_once(' ').is_some_and(|(container, command)| {
            container.eq_ignore_ascii_case(first)
                && second.is_some_and(|second| command.eq_ignore_ascii_case(second))
        })
    };
    COMMANDS.lines().find(is_both).or_else(|| COMMANDS.lines().find(is_one))
}

/// The command, with `?` if it has arguments.
pub(super) fn redact(statement: &str) -> Option<String> {
    let operation = operation(statement)?;
    let words = operation.split(' ').count();
    let has_arguments = statement.split_ascii_whitespace().nth(words).is_some();
    Some(if has_arguments { format!("{operation} ?") } else { operation.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_command_is_shown() {
        for (statement, shown) in [
            ("GET user:4711", Some("GET ?")),
            ("get  user:4711", Some("GET ?")),
            ("SET k 'v w'\r\n", Some("SET ?")),
            ("PING", Some("PING")),
            ("CONFIG SET requirepass canary", Some("CONFIG SET ?")),
            ("config canary", Some("CONFIG ?")),
            ("AUTH canary", Some("AUTH ?")),
            ("HELLO 3 AUTH user canary", Some("HELLO ?")),
            ("CLIENT SETNAME canary", Some("CLIENT SETNAME ?")),
            ("JSON.GET doc $", Some("JSON.GET ?")),
            ("PIPELINE", Some("PIPELINE")),
            ("canary GET x", None),
            ("GET\u{a0}canary", None),
            ("", None),
        ] {
            assert_eq!(redact(statement).as_deref(), shown, "{statement}");
        }
    }

    #[test]
    fn what_is_shown_is_shown_alike() {
        for command in COMMANDS.lines() {
            let shown = redact(&format!("{command} canary")).unwrap();
            assert_eq!(shown, format!("{command} ?"));
            assert_eq!(redact(&shown), Some(shown.clone()));
        }
    }
}
