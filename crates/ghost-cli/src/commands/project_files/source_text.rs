//! Python source as text and back, byte for byte: mark, encoding and line ends stay what they are.
//!
//! Reads UTF-8 and Latin-1; files in other encodings are left alone unless they are plain ASCII.

/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Why bytes are not read as text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnreadableText {
    /// It says so, and is not.
    #[error("not UTF-8")]
    NotUtf8,
    /// It is in an encoding that we do not know.
    #[error("written in `{0}`")]
    Encoding(String),
}

/// How text was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Utf8 {
        has_mark: bool,
    },
    /// Every byte is the character of its number.
    Latin1,
    /// Some encoding whose first half is ASCII; nothing else is in the file.
    Ascii,
}

/// The text of a file, with the bytes it came from.
#[derive(Clone, Debug)]
pub(crate) struct SourceText {
    bytes: Vec<u8>,
    text: String,
    encoding: Encoding,
}

impl SourceText {
    /// Reads bytes as Python does: by a mark, else by what the first two lines say, else as UTF-8.
    pub(crate) fn decode(bytes: Vec<u8>) -> Result<Self, UnreadableText> {
        let has_mark = bytes.starts_with(MARK);
        let body = bytes.get(if has_mark { MARK.len() } else { 0 }..).unwrap_or_default();
        let declared = declared_encoding(body).filter(|_| !has_mark);
        let (text, encoding) = match declared.as_deref() {
            None | Some("utf-8" | "utf8" | "u8" | "utf-8-sig") => {
                let text = std::str::from_utf8(body).map_err(|_| UnreadableText::NotUtf8)?;
                (text.to_owned(), Encoding::Utf8 { has_mark })
            }
            Some("latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" | "l1") => {
                (body.iter().copied().map(char::from).collect(), Encoding::Latin1)
            }
            Some(other) => match std::str::from_utf8(body).ok().filter(|text| text.is_ascii()) {
                Some(text) => (text.to_owned(), Encoding::Ascii),
                None => return Err(UnreadableText::Encoding(other.to_owned())),
            },
        };
        Ok(Self { bytes, text, encoding })
    }

    /// The text, without its mark.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The bytes it was read from.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Other text, written as this was. `None` where the encoding does not have its characters.
    pub(crate) fn encode(&self, text: &str) -> Option<Vec<u8>> {
        match self.encoding {
            Encoding::Utf8 { has_mark: true } => Some([MARK, text.as_bytes()].concat()),
            Encoding::Utf8 { has_mark: false } => Some(text.as_bytes().to_vec()),
            Encoding::Latin1 => text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect(),
            Encoding::Ascii => text.is_ascii().then(|| text.as_bytes().to_vec()),
        }
    }
}

/// What `# -*- coding: … -*-` says, in lower case with hyphens. Only a comment line counts, and the
/// second line only behind another or an empty one.
fn declared_encoding(bytes: &[u8]) -> Option<String> {
    for line in bytes.split(|&byte| byte == b'\n').take(2) {
        let line = String::from_utf8_lossy(line);
        let line = line.trim();
        let Some(comment) = line.strip_prefix('#') else {
            if line.is_empty() {
                continue;
            }
            return None;
        };
        let after = comment.split_once("coding").map(|(_, after)| after);
        let value = after.and_then(|after| after.strip_prefix([':', '=']));
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if let Some(value) = value {
            let name: String = value.trim_start().chars().take_while(|&c| is_name(c)).collect();
            return Some(name.to_ascii_lowercase().replace('_', "-"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_back_byte_for_byte() {
        for bytes in [
            b"x = '\xc3\xa9'\r\n".to_vec(),
            b"\xef\xbb\xbfx = 1\n".to_vec(),
            b"# -*- coding: latin-1 -*-\nx = '\xe9'\n".to_vec(),
            b"#!x\n# vim: set fileencoding=cp1252 :\nx = 1\n".to_vec(),
        ] {
            let text = SourceText::decode(bytes.clone()).unwrap();
            assert_eq!(text.encode(text.text()), Some(bytes));
        }
    }

    #[test]
    fn what_cannot_be_read_or_written_is_not_guessed() {
        let error = |bytes: &[u8]| SourceText::decode(bytes.to_vec()).unwrap_err().to_string();
        assert_eq!(error(b"x = '\xe9'\n"), "not UTF-8");
        assert_eq!(error(b"# coding: cp1252\nx = '\x80'\n"), "written in `cp1252`");
        assert_eq!(error(b"\n# coding=utf_8\nx = '\xe9'\n"), "not UTF-8");
        let latin = SourceText::decode(b"# coding: latin1\n".to_vec()).unwrap();
        assert_eq!(latin.encode("\u{20ac}"), None);
    }
}
