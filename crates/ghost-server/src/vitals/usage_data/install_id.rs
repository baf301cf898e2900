//! The random id of this installation: tells five sessions of one person from one session of five, and
//! nothing else. Stored when something is really sent for the first time, never before.

use std::fmt;
use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::str::FromStr;

const FILE: &str = "install_id";

/// A random UUID, version 4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallId(String);

impl InstallId {
    /// A new one, stored nowhere.
    pub fn random() -> io::Result<Self> {
        let mut bytes = [0_u8; 16];
        let filled = rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
        if filled != bytes.len() {
            return Err(io::Error::other("too few random bytes"));
        }
        Ok(Self::of(bytes))
    }

    fn of(mut bytes: [u8; 16]) -> Self {
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let hex = format!("{:032x}", u128::from_be_bytes(bytes));
        let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
        Self(parts.map(|part| hex[part].to_owned()).join("-"))
    }

    /// The one that is stored in the data folder `root`, if there is one.
    pub fn stored(root: &Path) -> Option<Self> {
        fs::read_to_string(root.join(FILE)).ok()?.trim().parse().ok()
    }

    /// The stored one, or a new one that is stored from now on.
    pub(super) fn stored_or_made(root: &Path) -> io::Result<Self> {
        if let Some(id) = Self::stored(root) {
            return Ok(id);
        }
        let (id, path) = (Self::random()?, root.join(FILE));
        let mut options = fs::OpenOptions::new();
        match options.write(true).create_new(true).mode(0o600).open(&path) {
            Ok(mut file) => file.write_all(id.0.as_bytes()).map(|()| id),
            // Another server was faster, or there is something else: never replaced.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                Self::stored(root).ok_or_else(|| io::Error::other("no id in its file"))
            }
            Err(error) => Err(error),
        }
    }
}

impl FromStr for InstallId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let is_right = |(at, byte): (usize, u8)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            14 => byte == b'4',
            19 => b"89ab".contains(&byte),
            _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
        };
        let is_id = text.len() == 36 && text.bytes().enumerate().all(is_right);
        is_id.then(|| Self(text.to_owned())).ok_or(())
    }
}

impl fmt::Display for InstallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_random_uuids_of_version_4() {
        let (first, second) = (InstallId::random().unwrap(), InstallId::random().unwrap());
        assert_ne!(first, second);
        assert_eq!(first.to_string().parse(), Ok(first));
        assert_eq!(InstallId::of([0; 16]).to_string(), "00000000-0000-4000-8000-000000000000");
        assert_eq!(InstallId::of([255; 16]).to_string(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }

    #[test]
    fn an_id_is_made_once_and_kept() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(InstallId::stored(root.path()), None);
        let id = InstallId::stored_or_made(root.path()).unwrap();
        assert_eq!(InstallId::stored_or_made(root.path()).unwrap(), id);
        assert_eq!(InstallId::stored(root.path()), Some(id));
    }

    #[test]
    fn anything_else_in_its_file_is_neither_sent_nor_replaced() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join(FILE), "somebody@example.org").unwrap();
        assert_eq!(InstallId::stored(root.path()), None);
        assert!(InstallId::stored_or_made(root.path()).is_err());
    }
}
