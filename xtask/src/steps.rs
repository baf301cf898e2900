//! Running other programs: streamed, or quiet until they fail.
//!
//! Knows nothing of what the programs are for.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Why a program did not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StepError {
    /// It could not be started.
    #[error("cannot start `{program}`: {source}")]
    Start {
        /// Its name or path.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// It ran and reported failure.
    #[error("`{command}` failed ({status}){output}")]
    Failed {
        /// The whole command line.
        command: String,
        /// Exit code or signal in words.
        status: String,
        /// What it had said, if that was not shown as it came; starts with a line break.
        output: String,
    },
}

/// Runs `command` with its output going where ours goes.
pub(crate) fn stream(command: &mut Command) -> Result<(), StepError> {
    let status = command.status().map_err(|source| start_error(command, source))?;
    if status.success() { Ok(()) } else { Err(failure(command, status.to_string(), String::new())) }
}

/// Runs `command` silently; its output becomes part of the error if it fails.
pub(crate) fn quiet(command: &mut Command) -> Result<(), StepError> {
    capture(command).map(drop)
}

/// Runs `command` and returns its standard output.
pub(crate) fn capture(command: &mut Command) -> Result<String, StepError> {
    let output =
        command.stdin(Stdio::null()).output().map_err(|source| start_error(command, source))?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(stdout);
    }
    let said = format!("\n{stdout}{}", String::from_utf8_lossy(&output.stderr));
    Err(failure(command, output.status.to_string(), said.trim_end().to_owned()))
}

/// Minutes and seconds as a person reads them.
pub(crate) fn duration_text(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds / 60 {
        0 => format!("{:.1} s", duration.as_secs_f64()),
        minutes => format!("{minutes} min {:02} s", seconds % 60),
    }
}

fn start_error(command: &Command, source: io::Error) -> StepError {
    StepError::Start { program: command.get_program().to_string_lossy().into_owned(), source }
}

fn failure(command: &Command, status: String, output: String) -> StepError {
    StepError::Failed { command: command_line(command), status, output }
}

fn command_line(command: &Command) -> String {
    // The name is enough: whole paths would hide what was asked of the program.
    let program = Path::new(command.get_program());
    std::iter::once(program.file_name().unwrap_or(program.as_os_str()))
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_failure_tells_what_was_said() {
        let error = quiet(Command::new("sh").args(["-c", "echo out; echo err >&2; exit 3"]));
        let text = error.unwrap_err().to_string();
        assert!(text.contains("out\nerr") && text.contains("exit status: 3"), "{text}");
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = capture(&mut Command::new("no-such-program-anywhere")).unwrap_err();
        assert!(error.to_string().starts_with("cannot start `no-such-program-anywhere`"));
    }

    #[test]
    fn durations_read_well() {
        assert_eq!(duration_text(Duration::from_millis(2340)), "2.3 s");
        assert_eq!(duration_text(Duration::from_secs(125)), "2 min 05 s");
    }
}
