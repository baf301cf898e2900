//! The way in of `CPython` 3.14 and later: `sys.remote_exec`, asked for by an interpreter of the same build.
//!
//! The program executes a script of ours between two instructions of its main thread. The script does
//! as little as possible: it finds the package without touching `sys.path`, and hands over. Nothing is
//! ever switched on: where the program's interpreter forbids it, that is the answer.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use ghost_model::visible;

use super::process::{Interpreter, TargetProcess};
use super::program::NamedProgram;
use super::refusal::AttachError;

/// What forbids it, for everybody and for one process.
const SWITCH: &str = "disable-remote-debug";
const SWITCH_VARIABLE: &str = "PYTHON_DISABLE_REMOTE_DEBUG";
/// Lets the interpreter find its own library where it is not installed in the usual place.
const LIBRARY_PATH: &str = "LD_LIBRARY_PATH";

/// Asks; what it prints is the answer.
const ASK: &str = "import sys\n\
    try: sys.remote_exec(int(sys.argv[1]), sys.argv[2])\n\
    except BaseException as error: print(f'{type(error).__name__}: {error}')\n\
    else: print('asked')";

/// What the program executes. Names come as hexadecimal digits, so that none can be anything else.
const SCRIPT: &str = include_str!("script.txt");

/// What a program is told.
#[derive(Clone, Debug)]
pub(super) struct Order<'a> {
    /// The folder with the package.
    pub(super) package_folder: &'a Path,
    pub(super) run_dir: &'a Path,
    pub(super) hold: &'a Path,
    pub(super) answer: &'a Path,
}

/// A program that is being asked.
#[derive(Debug)]
pub(super) struct Asking {
    child: Child,
    process: TargetProcess,
}

/// Begins to ask; `folder` is where scripts are kept until they were executed.
pub(super) fn ask(
    process: &TargetProcess,
    interpreter: Interpreter,
    order: &Order<'_>,
    folder: &Path,
) -> Result<Asking, AttachError> {
    let failed = |source| AttachError::Ask { pid: process.pid, source };
    let script = write_script(process, order, folder).map_err(failed)?;
    let child = command(process, interpreter, order.package_folder, &script).map_err(failed)?;
    Ok(Asking { child: { child }.spawn().map_err(failed)?, process: process.clone() })
}

impl Asking {
    /// Waits until the program was asked, not until it has done it.
    pub(super) fn finish(self) -> Result<(), AttachError> {
        let pid = self.process.pid;
        let output = self.child.wait_with_output();
        let output = output.map_err(|source| AttachError::Ask { pid, source })?;
        let said = String::from_utf8_lossy(&output.stdout);
        let said = said.lines().last().unwrap_or_default();
        if said == "asked" {
            return Ok(());
        }
        let complaint = String::from_utf8_lossy(&output.stderr);
        let reason =
            if said.is_empty() { complaint.lines().last().unwrap_or_default() } else { said };
        Err(refusal(&self.process, reason))
    }
}

fn refusal(process: &TargetProcess, reason: &str) -> AttachError {
    let pid = process.pid;
    let is_off = ["not enabled", "not supported", "AttributeError"];
    if !process.is_alive() {
        AttachError::Ended(pid)
    } else if is_off.iter().any(|words| reason.contains(words)) {
        AttachError::SwitchedOff { pid, switch: switch_of(process) }
    } else {
        AttachError::Denied { pid, reason: visible(reason).into_owned() }
    }
}

/// What forbids it.
fn switch_of(process: &TargetProcess) -> &'static str {
    let program = NamedProgram::of(&process.words(), Path::new("/"));
    if program.has_x_option(SWITCH) {
        "it was started with `-X disable-remote-debug`"
    } else if process.variable(SWITCH_VARIABLE).is_some() {
        "it was started with `PYTHON_DISABLE_REMOTE_DEBUG`"
    } else {
        "its interpreter was built without remote debugging"
    }
}

fn command(
    process: &TargetProcess,
    interpreter: Interpreter,
    package_folder: &Path,
    script: &Path,
) -> io::Result<Command> {
    let mut command = if interpreter.is_embedded {
        // The program is none; one of the same version lies beside the package.
        let name = format!("python{}", interpreter.version);
        let environment = package_folder.ancestors().nth(3).unwrap_or(package_folder);
        Command::new(environment.join("bin").join(name))
    } else {
        let mut command = Command::new(process.executable());
        // It finds its library by its name.
        command.arg0(process.executable_name()?);
        command
    };
    command.args(["-I", "-S", "-c", ASK]).arg(process.pid.to_string()).arg(script).env_clear();
    if let Some(path) = process.variable(LIBRARY_PATH) {
        command.env(LIBRARY_PATH, path);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Ok(command)
}

fn write_script(process: &TargetProcess, order: &Order<'_>, folder: &Path) -> io::Result<PathBuf> {
    let path = folder.join(format!("{}-{}.py", process.pid, process.start_ticks));
    let paths = [order.package_folder, order.run_dir, order.hold, order.answer, &path];
    let mut names = String::new();
    for path in paths {
        // Writing to a string cannot fail.
        let _ = write!(names, "\"{}\", ", hexadecimal(path.as_os_str().as_bytes()));
    }
    let text = SCRIPT
        .replace("\"NAMES\"", names.trim_end_matches([',', ' ']))
        .replace("VERSION", env!("CARGO_PKG_VERSION"));
    // One that was never executed is replaced.
    let _ = fs::remove_file(&path);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    file.write_all(text.as_bytes())?;
    Ok(path)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Removes the scripts of processes that are gone.
pub(super) fn tidy(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_stem().and_then(|name| name.to_str());
        let ids = name.and_then(|name| name.split_once('-'));
        let process = ids.and_then(|(pid, start)| {
            Some(TargetProcess { pid: pid.parse().ok()?, start_ticks: start.parse().ok()? })
        });
        if process.is_some_and(|process| !process.is_alive()) {
            let _ = fs::remove_file(path);
        }
    }
}
