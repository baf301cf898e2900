//! Why a process cannot be attached to, and what would be needed.

use std::io;
use std::path::PathBuf;

use super::process::PythonVersion;

/// Why a process cannot be attached to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AttachError {
    /// Nobody has this id.
    #[error("there is no process {0}")]
    NoProcess(u32),
    /// It ended before it began to be observed.
    #[error("process {0} ended")]
    Ended(u32),
    /// Somebody else's.
    #[error("process {pid} belongs to user {uid}")]
    OtherUser {
        /// The process.
        pid: u32,
        /// Its user.
        uid: u32,
    },
    /// The system does not let us look.
    #[error("cannot look at process {pid}")]
    Unreadable {
        /// The process.
        pid: u32,
        /// What the system said.
        source: io::Error,
    },
    /// No interpreter in it, nor in those below it.
    #[error("process {0} is no CPython program, nor has it started one")]
    NotPython(u32),
    /// A version that we do not know.
    #[error("process {pid} runs Python {version}, which is not supported")]
    Unsupported {
        /// The process.
        pid: u32,
        /// Its version.
        version: PythonVersion,
    },
    /// No interpreter lock.
    #[error("process {0} runs a free-threaded build of Python, which is not supported")]
    FreeThreaded(u32),
    /// No way in.
    #[error("process {pid} runs Python {version}, which lets nobody in while it runs")]
    NoWayIn {
        /// The process.
        pid: u32,
        /// Its version.
        version: PythonVersion,
    },
    /// Switched off by the program.
    #[error("process {pid} does not allow it: {switch}")]
    SwitchedOff {
        /// The process.
        pid: u32,
        /// What forbids it.
        switch: &'static str,
    },
    /// The system does not let us in.
    #[error("the system does not let us into process {pid}: {reason}")]
    Denied {
        /// The process.
        pid: u32,
        /// What it said.
        reason: String,
    },
    /// Nothing to observe with.
    #[error("process {pid} runs Python {version}; ghostglass is installed here for {}", listed(.installed))]
    NoBuild {
        /// The process.
        pid: u32,
        /// Its version.
        version: PythonVersion,
        /// Versions there is a build for.
        installed: Vec<PythonVersion>,
    },
    /// It sees other files.
    #[error("process {pid} does not see `{path}`: it runs in a container of its own")]
    Elsewhere {
        /// The process.
        pid: u32,
        /// What it would have to see.
        path: String,
    },
    /// It would never come to it.
    #[error("process {0} is stopped")]
    Stopped(u32),
    /// The process said so.
    #[error("process {pid} cannot be observed: {reason}")]
    Refused {
        /// The process.
        pid: u32,
        /// Why.
        reason: String,
    },
    /// No place for what the process is to execute.
    #[error("cannot make `{}`", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Nothing could be asked.
    #[error("cannot ask process {pid}")]
    Ask {
        /// The process.
        pid: u32,
        /// What the system said.
        source: io::Error,
    },
}

/// `3.13`, `3.13 and 3.14`, `no version`
fn listed(versions: &[PythonVersion]) -> String {
    let names: Vec<String> = versions.iter().map(ToString::to_string).collect();
    if names.is_empty() { "no version".into() } else { names.join(" and ") }
}

impl AttachError {
    /// The way out.
    pub(crate) fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoProcess(_)
            | Self::Ended(_)
            | Self::Unreadable { .. }
            | Self::Ask { .. }
            | Self::Folder { .. } => return None,
            Self::Refused { reason, .. } if !reason.contains("observed already") => return None,
            Self::OtherUser { pid, uid } => format!("`sudo -u '#{uid}' ghost attach {pid}`"),
            Self::NotPython(_) => "name the process of the Python program itself".into(),
            Self::Unsupported { .. } => "supported are CPython 3.12 and later".into(),
            Self::FreeThreaded(_) => "run it with a build that has the interpreter lock".into(),
            Self::NoWayIn { .. } => {
                "start it with `GHOST_STANDBY=1`, or run it with Python 3.14 or later".into()
            }
            Self::SwitchedOff { .. } => "start it without that, or with `GHOST_STANDBY=1`".into(),
            Self::Denied { .. } => {
                "allow it (`kernel.yama.ptrace_scope`, `CAP_SYS_PTRACE`), or start the program with \
                 `GHOST_STANDBY=1`"
                    .into()
            }
            Self::NoBuild { version, .. } => {
                format!("`pip install ghostglass` with that Python {version}, and use its `ghost`")
            }
            Self::Elsewhere { .. } => "run `ghost attach` in that container".into(),
            Self::Stopped(pid) => format!("`kill -CONT {pid}`"),
            Self::Refused { .. } => "`ghost sessions` lists the sessions there are".into(),
        };
        Some(hint)
    }

    /// Whether something of ours failed, rather than that it was asked for in vain.
    pub(crate) fn is_failure(&self) -> bool {
        matches!(self, Self::Ask { .. } | Self::Unreadable { .. } | Self::Folder { .. })
    }
}
