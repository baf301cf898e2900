//! Refuses heads of requests that two programs could read in two ways: request smuggling begins with them.
//!
//! `hyper` is tolerant where its client might be a proxy of the old days: it takes a line feed for a line end,
//! and prefers `Transfer-Encoding` where there is a `Content-Length`, too. Nobody honest needs that here. The
//! guard sees the bytes before `hyper` does, and says where the first bad one is; what becomes of it is
//! decided in `guarded_stream`. It follows lengths only to find the next head, and parses no body.

/// Bytes of a head, as `hyper` is told too; it answers 431.
pub(super) const HEAD_BYTES_MAX: usize = 64 * 1024;

/// What the next byte belongs to.
#[derive(Debug)]
enum State {
    /// A head.
    Head,
    /// A body, and so many bytes of it are still to come.
    Body(u64),
    /// What another protocol or another check takes care of: the connection ends with it.
    Unseen,
    /// A head that was refused.
    Refused,
}

/// Follows the bytes of one connection.
#[derive(Debug)]
pub(super) struct HeadGuard {
    state: State,
    /// The line so far, without its end.
    line: Vec<u8>,
    is_after_return: bool,
    head: Head,
}

/// What was seen of the current head.
#[derive(Debug, Default)]
struct Head {
    byte_count: usize,
    line_count: usize,
    content_length: Option<u64>,
    is_chunked: bool,
    is_upgrade: bool,
}

/// The head could be read in two ways.
#[derive(Debug)]
struct Ambiguous;

impl HeadGuard {
    pub(super) fn new() -> Self {
        let (line, head) = (Vec::new(), Head::default());
        Self { state: State::Head, line, is_after_return: false, head }
    }

    /// Looks at the next bytes. Where the first bad one is, if there is one; the same connection is then
    /// bad to its end.
    pub(super) fn first_bad(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut position = 0;
        while position < bytes.len() {
            match self.state {
                State::Unseen => return None,
                State::Refused => return Some(position),
                State::Body(0) => self.state = State::Head,
                State::Body(left) => {
                    let here = left.min((bytes.len() - position) as u64);
                    position += here as usize;
                    self.state = State::Body(left - here);
                }
                State::Head => match self.take(bytes[position]) {
                    Ok(()) => position += 1,
                    Err(Ambiguous) => self.state = State::Refused,
                },
            }
        }
        None
    }

    fn take(&mut self, byte: u8) -> Result<(), Ambiguous> {
        self.head.byte_count += 1;
        if self.head.byte_count > HEAD_BYTES_MAX {
            // Too long for `hyper`, which answers and closes.
            self.state = State::Unseen;
            return Ok(());
        }
        match (self.is_after_return, byte) {
            (false, b'\r') => self.is_after_return = true,
            (true, b'\n') => return self.end_line(),
            (true, _) | (false, 0..=8 | 10..=31 | 127) => return Err(Ambiguous),
            (false, byte) => self.line.push(byte),
        }
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), Ambiguous> {
        self.is_after_return = false;
        let number = self.head.line_count;
        self.head.line_count += 1;
        match (number, self.line.is_empty()) {
            // The line of the request; `hyper` reads it strictly, and only would skip an empty one.
            (0, is_empty) => {
                if is_empty {
                    return Err(Ambiguous);
                }
            }
            (_, true) => self.end_head()?,
            (_, false) => self.head.take(&self.line)?,
        }
        self.line.clear();
        Ok(())
    }

    fn end_head(&mut self) -> Result<(), Ambiguous> {
        let head = std::mem::take(&mut self.head);
        self.state = match head.content_length {
            Some(_) if head.is_chunked => return Err(Ambiguous),
            _ if head.is_chunked || head.is_upgrade => State::Unseen,
            length => State::Body(length.unwrap_or(0)),
        };
        Ok(())
    }
}

impl Head {
    fn take(&mut self, line: &[u8]) -> Result<(), Ambiguous> {
        if matches!(line[0], b' ' | b'\t') {
            return Err(Ambiguous);
        }
        let colon = line.iter().position(|byte| *byte == b':').ok_or(Ambiguous)?;
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"content-length") {
            let length = decimal(value).ok_or(Ambiguous)?;
            self.content_length.replace(length).map_or(Ok(()), |_| Err(Ambiguous))
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            let is_second = std::mem::replace(&mut self.is_chunked, true);
            let is_known = value.eq_ignore_ascii_case(b"chunked");
            if is_known && !is_second { Ok(()) } else { Err(Ambiguous) }
        } else {
            self.is_upgrade |= name.eq_ignore_ascii_case(b"upgrade");
            Ok(())
        }
    }
}

/// Digits only: no sign, no list, nothing that overflows.
fn decimal(value: &[u8]) -> Option<u64> {
    let is_digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    is_digits.then(|| std::str::from_utf8(value).ok()?.parse().ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_refused(text: &str) -> bool {
        HeadGuard::new().first_bad(text.as_bytes()).is_some()
    }

    fn request(headers: &str) -> String {
        format!("GET / HTTP/1.1\r\nHost: h\r\n{headers}\r\n")
    }

    #[test]
    fn what_browsers_and_programs_send_passes() {
        for headers in [
            "",
            "Accept: */*\r\nX-Tab: a\tb\r\nX-Empty:\r\n",
            "Content-Length: 0\r\n",
            "Transfer-Encoding: chunked\r\n",
            "Connection: Upgrade\r\nUpgrade: websocket\r\n",
        ] {
            assert!(!is_refused(&request(headers)), "{headers:?}");
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_does_not() {
        for headers in [
            "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n",
            "Content-Length: 1\r\nContent-Length: 1\r\n",
            "Content-Length: 1, 1\r\n",
            "Content-Length: +1\r\n",
            "Content-Length:\r\n",
            "Content-Length: 99999999999999999999\r\n",
            "Transfer-Encoding: xchunked\r\n",
            "Transfer-Encoding: chunked, identity\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "X: a\r\n folded\r\n",
            "X: a\nY: b\r\n",
            "X: a\rY: b\r\n",
            "X: a\0b\r\n",
            "X: \u{1b}[2J\r\n",
            "no colon\r\n",
        ] {
            assert!(is_refused(&request(headers)), "{headers:?}");
        }
        assert!(is_refused("GET / HTTP/1.1\nHost: h\n\n"));
        assert!(is_refused("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"));
    }

    #[test]
    fn a_body_is_no_head_and_the_next_head_is_one() {
        let first = "POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\na\n\0b";
        assert!(!is_refused(first));
        assert!(!is_refused(&format!("{first}{}", request(""))));
        assert!(is_refused(&format!("{first}{}", request("X: a\nb\r\n"))));
    }

    #[test]
    fn what_another_protocol_says_is_not_looked_at() {
        assert!(!is_refused(&format!("{}\0\n\r", request("Upgrade: websocket\r\n"))));
    }

    proptest! {
        #[test]
        fn what_is_bad_stays_bad(bytes in prop::collection::vec(any::<u8>(), 1..200), more in 1..9_usize) {
            let mut guard = HeadGuard::new();
            if guard.first_bad(&bytes).is_some() {
                prop_assert_eq!(guard.first_bad(&vec![b'a'; more]), Some(0));
            }
        }

        #[test]
        fn pieces_are_judged_as_the_whole(
            text in "(GET / HTTP/1.1\r\n|X: [ -~]{0,5}\r\n|Content-Length: [0-3]\r\n|\r\n|[\r\n\0a]){0,12}",
            cut in any::<prop::sample::Index>(),
        ) {
            let bytes = text.as_bytes();
            let cut = cut.index(bytes.len() + 1);
            let mut guard = HeadGuard::new();
            let first = guard.first_bad(&bytes[..cut]);
            let second = guard.first_bad(&bytes[cut..]);
            let pieces = first.or(second.map(|position| cut + position));
            prop_assert_eq!(pieces, HeadGuard::new().first_bad(bytes));
        }
    }
}
