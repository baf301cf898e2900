//! A session: one `ghost run` or `ghost attach`, however many processes it became.

use std::fmt;
use std::str::FromStr;

/// `<unixtime>-<8 hex>`: sorts by start, unique without coordination.
///
/// The first five hex digits are the fraction of the second (in microseconds or so), the last three
/// are chance.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(String);

/// Why a text is no session id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionIdError;

impl SessionId {
    /// The id of a session that starts at this time, made unique by the low bits of `salt`.
    pub fn new(start_unix_ns: u64, salt: u32) -> Self {
        const SECOND_NS: u64 = 1_000_000_000;
        let fraction = ((start_unix_ns % SECOND_NS) << 20) / SECOND_NS;
        Self(format!("{}-{fraction:05x}{:03x}", start_unix_ns / SECOND_NS, salt & 0xfff))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SessionId {
    type Err = SessionIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (time, salt) = text.split_once('-').ok_or(SessionIdError)?;
        let digits = !time.is_empty() && time.bytes().all(|byte| byte.is_ascii_digit());
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if digits && salt.len() == 8 && salt.bytes().all(hex) {
            Ok(Self(text.to_owned()))
        } else {
            Err(SessionIdError)
        }
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for SessionIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a session id looks like `1763630000-0a1b2c3d`")
    }
}

impl std::error::Error for SessionIdError {}

/// How far a session has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// Its `ghost run` is still there.
    Running,
    /// The program ended and `ghost run` saw it.
    Finished,
    /// The program was ended by a signal, or its `ghost run` disappeared.
    Killed,
}

impl SessionState {
    /// The word used in tables, JSON and SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Killed => "killed",
        }
    }
}

/// How a session came to its program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SessionKind {
    /// `ghost run` started it, so all of it was seen.
    #[default]
    Started,
    /// `ghost attach` found it running: what happened before was not seen.
    Attached,
}

impl SessionKind {
    /// The word used in tables, JSON and SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Attached => "attached",
        }
    }
}

/// What is known of a session apart from its recordings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id, also the name of its file.
    pub id: SessionId,
    /// What was run, without its arguments: `app.py`, `-m uvicorn`, `-c`, `pytest`.
    pub script: String,
    /// What the user calls it (`ghost run --name`); several sessions may share a name.
    pub name: Option<String>,
    /// What the user wrote about it (`ghost run --note`).
    pub note: Option<String>,
    /// How it came to the program.
    pub kind: SessionKind,
    /// Process id of the program itself.
    pub pid: u32,
    /// Start, nanoseconds since the Unix epoch.
    pub start_unix_ns: u64,
    /// End, if it has ended.
    pub end_unix_ns: Option<u64>,
    /// Exit code of the program as a shell reports it (128 + N for signal N).
    pub exit_code: Option<i32>,
    /// How far it has come.
    pub state: SessionState,
    /// Observed processes.
    pub process_count: u64,
    /// Calls over all processes.
    pub call_count: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text() {
        let id = SessionId::new(1_763_630_000_500_000_000, 0xa1b2);
        assert_eq!(id.as_str(), "1763630000-800001b2");
        assert_eq!(id.as_str().parse(), Ok(id));
    }

    #[test]
    fn ids_sort_by_start_within_a_second() {
        let earlier = SessionId::new(1_763_630_000_000_002_000, 0xfff);
        assert!(earlier < SessionId::new(1_763_630_000_000_005_000, 0));
        let last = SessionId::new(1_763_630_000_999_999_999, 0xfff);
        assert_eq!(last.as_str(), "1763630000-ffffffff");
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in ["", "-", "17-", "17-abc", "x-0000a1b2", "17-0000A1B2", "../17-0000a1b2"] {
            assert!(text.parse::<SessionId>().is_err(), "{text}");
        }
    }
}
