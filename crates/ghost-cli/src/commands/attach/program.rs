//! What a running program is called, and where its own code lies: from the words it was started with.
//!
//! Arguments of the program are never kept.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::commands::run::target::script_name;

/// Options of the interpreter that take the next word.
const WITH_VALUE: [&[u8]; 3] = [b"-W", b"-X", b"--check-hash-based-pycs"];

/// A program by its command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NamedProgram {
    /// How sessions call it.
    pub(super) script: String,
    /// Folder its own code lies in, where that is known.
    pub(super) folder: Option<PathBuf>,
    /// Options of the interpreter.
    pub(super) options: Vec<OsString>,
}

impl NamedProgram {
    /// From the words of a command line; `here` is the program's folder.
    pub(super) fn of(words: &[OsString], here: &Path) -> Self {
        let (options, rest) = split(words.get(1..).unwrap_or_default());
        let options = options.to_vec();
        let named = |script: String| Self { script, folder: None, options: options.clone() };
        match rest {
            [] => {
                named(words.first().map_or_else(String::new, |word| script_name(Path::new(word))))
            }
            [word, next, ..] if word == "-m" => named(format!("-m {}", next.to_string_lossy())),
            [word, ..] if word.as_bytes().starts_with(b"-m") => {
                named(format!("-m {}", String::from_utf8_lossy(&word.as_bytes()[2..])))
            }
            [word, ..] if word.as_bytes().starts_with(b"-c") => named("-c".into()),
            [word, ..] if word == "-" => named("-".into()),
            [script, ..] => {
                let path = Path::new(script);
                let folder = here.join(path);
                let folder = if folder.is_dir() { Some(folder.as_path()) } else { folder.parent() };
                Self { script: script_name(path), folder: folder.map(Path::to_owned), options }
            }
        }
    }

    /// The option by which the interpreter was told not to let anybody in, if it was.
    pub(super) fn has_x_option(&self, name: &str) -> bool {
        let joined = format!("-X{name}");
        let apart = |pair: &[OsString]| pair[0] == "-X" && pair[1] == *name;
        self.options.iter().any(|word| *word == *joined) || self.options.windows(2).any(apart)
    }
}

/// Options of the interpreter, and what it runs with its arguments.
fn split(words: &[OsString]) -> (&[OsString], &[OsString]) {
    let mut at = 0;
    while let Some(word) = words.get(at).map(|word| word.as_bytes()) {
        let ends = !word.starts_with(b"-")
            || word == b"-"
            || word.starts_with(b"-m")
            || word.starts_with(b"-c");
        if ends {
            break;
        }
        at += if WITH_VALUE.contains(&word) { 2 } else { 1 };
    }
    words.split_at(at.min(words.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(line: &str) -> (String, Option<String>) {
        let words: Vec<OsString> = line.split(' ').map(Into::into).collect();
        let program = NamedProgram::of(&words, Path::new("/srv/shop"));
        (program.script, program.folder.map(|folder| folder.display().to_string()))
    }

    #[test]
    fn a_program_is_named_without_its_arguments() {
        for (line, script, folder) in [
            ("python3 app.py --secret x", "app.py", Some("/srv/shop")),
            ("python3 -X dev -u src/app.py", "src/app.py", Some("/srv/shop/src")),
            ("/v/bin/python /v/bin/gunicorn app:app", "gunicorn", Some("/v/bin")),
            ("python3 -W error -m shop.serve --port 1", "-m shop.serve", None),
            ("python3 -mshop", "-m shop", None),
            ("python3 -c secret", "-c", None),
            ("python3 -", "-", None),
            ("python3", "python3", None),
        ] {
            assert_eq!(named(line), (script.into(), folder.map(Into::into)), "{line}");
        }
    }

    #[test]
    fn options_of_the_interpreter_are_told_from_those_of_the_program() {
        let has = |line: &str| {
            let words: Vec<OsString> = line.split(' ').map(Into::into).collect();
            NamedProgram::of(&words, Path::new("/")).has_x_option("disable-remote-debug")
        };
        assert!(has("python3 -X disable-remote-debug app.py"));
        assert!(has("python3 -Xdisable-remote-debug -m app"));
        assert!(!has("python3 app.py -X disable-remote-debug"));
    }
}
