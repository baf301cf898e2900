//! The registry of environment variables: every one that `ghost` reads or writes is named here,
//! and this is the only module that reads them.
//!
//! What a value means is decided here too, so that no command interprets a variable on its own.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use ghost_server::usage_data::Denial;

/// Where sessions are kept. Default: `~/.ghost`.
pub(crate) const GHOST_DATA_DIR: &str = "GHOST_DATA_DIR";
/// Run folder of the session a Python process belongs to. Set by `ghost run` for the program;
/// never read by `ghost` itself.
pub(crate) const GHOST_RUN: &str = "GHOST_RUN";
/// What `ghost serve` writes on standard error, unless `--log` says it.
const GHOST_LOG: &str = "GHOST_LOG";
/// Home folder, for the default of [`GHOST_DATA_DIR`].
const HOME: &str = "HOME";
/// Folder of the active virtual environment, searched for the interpreter.
const VIRTUAL_ENV: &str = "VIRTUAL_ENV";
/// Folders that are searched for commands and interpreters.
const PATH: &str = "PATH";
/// No colour if not empty. See <https://no-color.org>.
const NO_COLOR: &str = "NO_COLOR";
/// Colour even without a terminal, unless empty or `0`. See <https://force-color.org>.
const FORCE_COLOR: &str = "FORCE_COLOR";
/// Colour even without a terminal, unless empty or `0`.
const CLICOLOR_FORCE: &str = "CLICOLOR_FORCE";
/// No colour if `0`.
const CLICOLOR: &str = "CLICOLOR";
/// Kind of terminal; `dumb` has no colour.
const TERM: &str = "TERM";
/// The locale, most specific first: the first that is set names the character set.
const LOCALE: [&str; 3] = ["LC_ALL", "LC_CTYPE", "LANG"];
/// Terminal width, for terminals that do not report theirs.
const COLUMNS: &str = "COLUMNS";
/// Key for Google Gemini.
const GEMINI_API_KEY: &str = "GEMINI_API_KEY";
/// Key for Anthropic Claude.
const ANTHROPIC_API_KEY: &str = "ANTHROPIC_API_KEY";
/// Key for `OpenAI`, or whoever speaks its protocol.
const OPENAI_API_KEY: &str = "OPENAI_API_KEY";
/// Where a server that speaks the protocol of `OpenAI` is.
const OPENAI_BASE_URL: &str = "OPENAI_BASE_URL";

/// No usage data of any program, unless empty or `0`. See <https://consoledonottrack.com>.
const DO_NOT_TRACK: &str = "DO_NOT_TRACK";
/// No usage data of this program, if it holds anything but a word for yes.
const GHOST_TELEMETRY: &str = "GHOST_TELEMETRY";

/// Why the data folder is unknown.
#[derive(Debug, thiserror::Error)]
#[error("cannot tell where sessions are kept: neither `GHOST_DATA_DIR` nor `HOME` is set")]
pub(crate) struct DataDirUnknown;

/// Folder that holds all sessions, as an absolute path.
pub(crate) fn data_root() -> Result<PathBuf, DataDirUnknown> {
    let root = match (non_empty(GHOST_DATA_DIR), non_empty(HOME)) {
        (Some(root), _) => PathBuf::from(root),
        (None, Some(home)) => PathBuf::from(home).join(".ghost"),
        (None, None) => return Err(DataDirUnknown),
    };
    Ok(std::path::absolute(&root).unwrap_or(root))
}

/// The least level of what is logged.
pub(crate) fn log_level() -> Option<String> {
    non_empty(GHOST_LOG).map(|level| level.to_string_lossy().into_owned())
}

/// The active virtual environment.
pub(crate) fn virtual_env() -> Option<PathBuf> {
    non_empty(VIRTUAL_ENV).map(PathBuf::from)
}

/// The folders of `PATH`. An empty entry means the current folder, as for a shell.
pub(crate) fn search_path() -> Vec<PathBuf> {
    let here = |folder: PathBuf| {
        if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder }
    };
    env::var_os(PATH).map(|path| env::split_paths(&path).map(here).collect()).unwrap_or_default()
}

/// What the variables say about colour; `None` leaves it to the terminal.
pub(crate) fn colour_wish() -> Option<bool> {
    let on = |name: &str| non_empty(name).is_some_and(|value| value != "0");
    if non_empty(NO_COLOR).is_some() {
        Some(false)
    } else if on(FORCE_COLOR) || on(CLICOLOR_FORCE) {
        Some(true)
    } else if env::var_os(CLICOLOR).is_some_and(|value| value == "0")
        || env::var_os(TERM).is_some_and(|value| value == "dumb")
    {
        Some(false)
    } else {
        None
    }
}

/// Whether the terminal can do no more than print one line after the other.
pub(crate) fn is_terminal_dumb() -> bool {
    non_empty(TERM).is_none_or(|kind| kind == "dumb")
}

/// Whether the terminal shows characters beyond ASCII. Where no locale is set it does: that is
/// rather a container without settings than a terminal of the eighties.
pub(crate) fn is_unicode_shown() -> bool {
    LOCALE.into_iter().find_map(non_empty).is_none_or(|locale| is_unicode(&locale))
}

fn is_unicode(locale: &OsStr) -> bool {
    let name = locale.to_string_lossy().to_ascii_lowercase().replace('-', "");
    name.contains("utf8")
}

/// Width of the terminal as the shell reports it.
pub(crate) fn columns() -> Option<usize> {
    non_empty(COLUMNS)?.to_str()?.parse().ok().filter(|&columns| columns > 0)
}

/// The key of a service, one of those above; not shown anywhere.
pub(crate) fn api_key(variable: &str) -> Option<String> {
    let known = [GEMINI_API_KEY, ANTHROPIC_API_KEY, OPENAI_API_KEY].contains(&variable);
    let key = known.then(|| non_empty(variable))??.into_string().ok()?;
    Some(key).filter(|key| !key.trim().is_empty())
}

/// Where a server that speaks the protocol of `OpenAI` is.
pub(crate) fn openai_base_url() -> Option<String> {
    non_empty(OPENAI_BASE_URL)?.into_string().ok()
}

/// A variable of OpenTelemetry, `OTEL_…`; what they mean is decided in `ghost-relay`. May hold
/// credentials: not shown anywhere.
pub(crate) fn opentelemetry(variable: &str) -> Option<String> {
    let known = variable.starts_with("OTEL_");
    known.then(|| non_empty(variable))??.into_string().ok()
}

/// The variable that forbids usage data, if one does.
pub(crate) fn usage_data_denial() -> Option<Denial> {
    denial(non_empty(DO_NOT_TRACK).as_deref(), non_empty(GHOST_TELEMETRY).as_deref())
}

/// Where it is not clear what is meant, no is meant.
fn denial(do_not_track: Option<&OsStr>, telemetry: Option<&OsStr>) -> Option<Denial> {
    let is_yes = |word: &OsStr| {
        let word = word.to_string_lossy().trim().to_ascii_lowercase();
        ["1", "true", "yes", "on"].contains(&word.as_str())
    };
    if do_not_track.is_some_and(|word| word != "0") {
        Some(Denial::DoNotTrack)
    } else {
        telemetry.filter(|word| !is_yes(word)).map(|_| Denial::GhostTelemetry)
    }
}

/// The variable that sets an option: `GHOST_SCOPE` for `ghost run --scope`, `GHOST_REPORT_TOP` for
/// `ghost report --top`.
pub(crate) fn option_variable(command: Option<&str>, option: &str) -> String {
    let parts = ["ghost"].into_iter().chain(command).chain([option]);
    parts.collect::<Vec<_>>().join("_").replace('-', "_").to_ascii_uppercase()
}

/// What such a variable holds.
pub(crate) fn option(variable: &str) -> Option<OsString> {
    non_empty(variable)
}

fn non_empty(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Arguments;
    use clap::CommandFactory;

    const DOCUMENT: &str = include_str!("../../../docs/configuration.md");

    #[test]
    fn every_variable_is_documented() {
        let fixed = [
            GHOST_DATA_DIR,
            GHOST_RUN,
            GHOST_LOG,
            HOME,
            VIRTUAL_ENV,
            PATH,
            NO_COLOR,
            FORCE_COLOR,
            CLICOLOR_FORCE,
            CLICOLOR,
            TERM,
            COLUMNS,
            GEMINI_API_KEY,
            ANTHROPIC_API_KEY,
            OPENAI_API_KEY,
            OPENAI_BASE_URL,
            DO_NOT_TRACK,
            GHOST_TELEMETRY,
        ];
        for variable in fixed.into_iter().chain(LOCALE) {
            assert!(DOCUMENT.contains(&format!("| `{variable}` |")), "{variable}");
        }
    }

    #[test]
    fn every_option_of_a_run_is_documented_with_its_variable() {
        let command = Arguments::command();
        let run = command.find_subcommand("run").unwrap();
        for option in run.get_arguments().filter_map(|arg| arg.get_long()) {
            let line = format!("| `{option}` | `{}` |", option_variable(None, option));
            assert!(DOCUMENT.contains(&line), "a line for docs/configuration.md: {line} … |");
        }
    }

    #[test]
    fn usage_data_is_denied_by_any_doubt() {
        let of = |track: &str, telemetry: &str| {
            let word = |text| Some(OsStr::new(text)).filter(|text| !OsStr::is_empty(text));
            denial(word(track), word(telemetry))
        };
        assert_eq!((of("", ""), of("0", "1"), of("", "on")), (None, None, None));
        for word in ["1", "true", "no", "false", " "] {
            assert_eq!(of(word, "1"), Some(Denial::DoNotTrack), "{word}");
        }
        for word in ["0", "off", "false", "no", "maybe"] {
            assert_eq!(of("0", word), Some(Denial::GhostTelemetry), "{word}");
        }
    }

    #[test]
    fn a_locale_names_its_characters() {
        for locale in ["C.UTF-8", "de_DE.utf8", "en_US.UTF-8@euro"] {
            assert!(is_unicode(OsStr::new(locale)), "{locale}");
        }
        for locale in ["C", "POSIX", "de_DE.ISO-8859-1", "en_US"] {
            assert!(!is_unicode(OsStr::new(locale)), "{locale}");
        }
    }
}
