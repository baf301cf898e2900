//! How messages travel: four bytes of length, the greatest first, and JSON with a version.
//!
//! Every read and write has a deadline, and both sides know how much they take. Knows no socket: any
//! stream of bytes will do.

use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Raised when a message changes its meaning.
pub const VERSION: u32 = 1;
/// Requests are small; what is larger is something else.
pub const REQUEST_BYTES_MAX: u32 = 64 << 10;
/// A few thousand hits.
pub const REPLY_BYTES_MAX: u32 = 8 << 20;

/// Why a message was not understood.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The other side went away, or took too long.
    #[error("the other side does not answer")]
    Io(#[from] io::Error),
    /// Too long, which is seen before anything is read.
    #[error("a message of {bytes} bytes is too long")]
    Length {
        /// What it claims to have.
        bytes: u64,
    },
    /// No message.
    #[error("not a message: {reason}")]
    Malformed {
        /// What is wrong.
        reason: String,
    },
    /// A message of another version.
    #[error("version {version} is not spoken here, {VERSION} is")]
    Version {
        /// Its version.
        version: u32,
    },
}

#[derive(Serialize)]
struct Sent<'a, T> {
    version: u32,
    #[serde(flatten)]
    message: &'a T,
}

#[derive(Deserialize)]
struct Received<T> {
    #[serde(rename = "version")]
    _version: u32,
    #[serde(flatten)]
    message: T,
}

/// Read first: what is of another version may hold anything else.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// Reads one message of at most `bytes_max`.
///
/// # Errors
/// If it does not arrive, is too long, or is no such message.
pub fn read<T: DeserializeOwned>(from: &mut impl Read, bytes_max: u32) -> Result<T, WireError> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    if length > bytes_max {
        return Err(WireError::Length { bytes: length.into() });
    }
    let mut text = vec![0; length as usize];
    from.read_exact(&mut text)?;
    parse(&text)
}

/// Understands the text of a message.
fn parse<T: DeserializeOwned>(text: &[u8]) -> Result<T, WireError> {
    let malformed = |error: serde_json::Error| WireError::Malformed { reason: error.to_string() };
    let Versioned { version } = serde_json::from_slice(text).map_err(malformed)?;
    if version != VERSION {
        return Err(WireError::Version { version });
    }
    Ok(serde_json::from_slice::<Received<T>>(text).map_err(malformed)?.message)
}

/// Writes one message of at most `bytes_max`.
///
/// # Errors
/// If the other side does not take it, or it is too long.
pub fn write<T: Serialize>(
    to: &mut impl Write,
    message: &T,
    bytes_max: u32,
) -> Result<(), WireError> {
    let text = serde_json::to_vec(&Sent { version: VERSION, message });
    let text = text.map_err(|error| WireError::Malformed { reason: error.to_string() })?;
    let length = u32::try_from(text.len()).ok().filter(|length| *length <= bytes_max);
    let length = length.ok_or(WireError::Length { bytes: text.len() as u64 })?;
    to.write_all(&[&length.to_be_bytes(), text.as_slice()].concat())?;
    Ok(to.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Hit, Hits, Reply, Request};
    use crate::probe_spec::tests::spec;
    use proptest::prelude::*;

    fn there_and_back<T: Serialize + DeserializeOwned>(message: &T) -> T {
        let mut bytes = Vec::new();
        write(&mut bytes, message, REPLY_BYTES_MAX).unwrap();
        read(&mut bytes.as_slice(), REPLY_BYTES_MAX).unwrap()
    }

    fn said(bytes: &[u8]) -> String {
        read::<Request>(&mut &*bytes, REQUEST_BYTES_MAX).unwrap_err().to_string()
    }

    fn framed(text: &str) -> Vec<u8> {
        [&(text.len() as u32).to_be_bytes(), text.as_bytes()].concat()
    }

    #[test]
    fn messages_arrive_as_they_were_sent() {
        for request in [
            Request::Hello,
            Request::AddProbe { probe: spec("a") },
            Request::ReadHits { after: u64::MAX },
        ] {
            assert_eq!(there_and_back(&request), request);
        }
        let hit =
            Hit { number: 1, time_unix_ns: 2, id: "a".into(), value: Some("\u{1b}\"é".into()) };
        let hits = Reply::Hits(Hits { hits: vec![hit], overwritten_count: 3, has_more: true });
        assert_eq!(there_and_back(&hits), hits);
    }

    #[test]
    fn the_text_of_a_request_is_what_is_documented() {
        let mut bytes = Vec::new();
        write(&mut bytes, &Request::RemoveProbe { id: "a".into() }, REQUEST_BYTES_MAX).unwrap();
        let text = r#"{"version":1,"request":"remove_probe","id":"a"}"#;
        assert_eq!(bytes, framed(text));
    }

    #[test]
    fn what_is_no_message_is_refused() {
        assert_eq!(said(b"GET / HTTP/1.1\r\n\r\n"), "a message of 1195725856 bytes is too long");
        assert!(said(&framed("{}")).starts_with("not a message: missing field `version`"));
        assert_eq!(said(&framed(r#"{"version":2}"#)), "version 2 is not spoken here, 1 is");
        assert!(said(&framed(r#"{"version":1,"request":"fly"}"#)).contains("unknown variant"));
        assert!(said(&framed(&"[".repeat(60_000))).starts_with("not a message"));
        assert_eq!(said(&[0, 0]), "the other side does not answer");
    }

    proptest! {
        #[test]
        fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse::<Request>(&bytes);
            let _ = parse::<Reply>(&bytes);
        }
    }
}
