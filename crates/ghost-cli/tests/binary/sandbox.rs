//! A folder to run `ghost` in: its own data folder, nothing inherited that changes what it does.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The folder; removed at the end of the test.
pub(crate) struct Sandbox {
    folder: tempfile::TempDir,
}

impl Sandbox {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// The current folder of everything that runs here.
    pub(crate) fn here(&self) -> PathBuf {
        self.folder.path().join("here")
    }

    /// The data folder; does not exist before the first session.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Writes a file, and the folders above it.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.here().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// Writes a file that can be executed.
    pub(crate) fn write_executable(&self, name: &str, text: &str) -> PathBuf {
        let path = self.write(name, text);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// `ghost` with arguments, not yet started. Whoever runs the tests may ignore signals (`nohup`
    /// does); here all of them do what they do by default.
    pub(crate) fn ghost<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        let mut command = Command::new("/usr/bin/env");
        command.arg("--default-signal").arg(ghost_path()).args(arguments);
        self.prepare(&mut command);
        command
    }

    /// Puts any command here.
    pub(crate) fn prepare(&self, command: &mut Command) {
        fs::create_dir_all(self.here()).unwrap();
        command.current_dir(self.here()).env("GHOST_DATA_DIR", self.data());
        for name in ["GHOST_RUN", "VIRTUAL_ENV", "NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE"] {
            command.env_remove(name);
        }
    }

    /// Runs `ghost` to its end.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Ran {
        Ran::from(self.ghost(arguments).output().unwrap())
    }
}

/// The binary under test.
pub(crate) fn ghost_path() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_ghost"))
}

/// What a command left.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ran {
    /// Standard error line by line.
    pub(crate) fn lines(&self) -> Vec<&str> {
        self.stderr.lines().collect()
    }
}
