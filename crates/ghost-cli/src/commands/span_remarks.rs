//! What `requests`, `queries` and `trace` share: why there is nothing to show, how statements are
//! written, and that it is said which spans did not arrive or are not kept.

use ghost_export::remarks;
use ghost_model::{SessionId, SpanCounts};

use crate::output::talk;

/// Characters of a statement on a line; JSON has all of it.
const STATEMENT_LENGTH_MAX: usize = 120;

/// A session in which there is nothing of what was asked for.
#[derive(Debug, thiserror::Error)]
#[error("no {what} in session `{session}`")]
pub(crate) struct NothingRecorded {
    what: &'static str,
    hint: &'static str,
    session: SessionId,
}

impl NothingRecorded {
    pub(super) fn requests(session: SessionId) -> Self {
        let hint = "requests are recorded where a program run by `ghost run` without `--no-web` \
                    serves them with Flask, FastAPI, Starlette, Django or Sanic, or sends them";
        Self { what: "requests", hint, session }
    }

    pub(super) fn queries(session: SessionId) -> Self {
        let hint = "queries are recorded where a program run by `ghost run` without `--no-db` \
                    sends them through a database driver we know";
        Self { what: "queries", hint, session }
    }

    pub(super) fn traces(session: SessionId) -> Self {
        let hint = "`ghost requests` and `ghost queries` tell what was recorded; \
                    `ghost run --spans-max` how many spans are kept";
        Self { what: "kept traces", hint, session }
    }

    /// The way out.
    pub(crate) fn hint(&self) -> &'static str {
        self.hint
    }
}

/// A statement on one line, its middle left out where it is long.
pub(super) fn statement_text(statement: &str) -> String {
    let words: Vec<&str> = statement.split_whitespace().collect();
    let line = words.join(" ");
    let length = line.chars().count();
    if length <= STATEMENT_LENGTH_MAX {
        return line;
    }
    let half = STATEMENT_LENGTH_MAX / 2;
    let head: String = line.chars().take(half).collect();
    let tail: String = line.chars().skip(length - half + 1).collect();
    format!("{head}…{tail}")
}

/// Says what the numbers do not include.
pub(super) fn say(counts: &SpanCounts) {
    for line in remarks::spans(counts) {
        talk::say(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_one_line_with_both_ends() {
        assert_eq!(statement_text("SELECT ?\n   FROM  t"), "SELECT ? FROM t");
        let long = format!("SELECT {} WHERE id = ?", "column, ".repeat(40));
        let text = statement_text(&long);
        assert_eq!(text.chars().count(), STATEMENT_LENGTH_MAX);
        assert!(text.starts_with("SELECT column") && text.ends_with("WHERE id = ?"));
    }
}
