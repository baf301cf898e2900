//! Which sessions are listed.

use ghost_model::{Session, SessionState, glob_matches};

use crate::args::{SessionsArguments, StateFilter};

/// Whether anything was asked that a session may fail.
pub(super) fn is_asked(arguments: &SessionsArguments) -> bool {
    let SessionsArguments { state, since, script, name, limit: _, format: _ } = arguments;
    state.is_some() || since.is_some() || script.is_some() || name.is_some()
}

/// Whether a session is all that was asked.
pub(super) fn matches(arguments: &SessionsArguments, session: &Session) -> bool {
    let SessionsArguments { state, since, script, name, limit: _, format: _ } = arguments;
    let named =
        |glob: &String| session.name.as_deref().is_some_and(|name| glob_matches(glob, name));
    state.is_none_or(|wanted| state_of(wanted) == session.state)
        && since.is_none_or(|since| session.start_unix_ns >= since.unix_ns)
        && script.as_ref().is_none_or(|glob| glob_matches(glob, &session.script))
        && name.as_ref().is_none_or(named)
}

fn state_of(wanted: StateFilter) -> SessionState {
    match wanted {
        StateFilter::Running => SessionState::Running,
        StateFilter::Finished => SessionState::Finished,
        StateFilter::Killed => SessionState::Killed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::SessionsFormat;
    use crate::args::since::Since;
    use crate::commands::sessions::tests::session;

    fn everything() -> SessionsArguments {
        SessionsArguments {
            state: None,
            since: None,
            script: None,
            name: None,
            limit: None,
            format: SessionsFormat::Table,
        }
    }

    #[test]
    fn each_filter_keeps_what_it_names() {
        let session = Session { name: Some("base-1".into()), ..session() };
        let start = session.start_unix_ns;
        let since = |unix_ns| SessionsArguments { since: Some(Since { unix_ns }), ..everything() };
        let state = |state| SessionsArguments { state: Some(state), ..everything() };
        let script = |glob: &str| SessionsArguments { script: Some(glob.into()), ..everything() };
        let name = |glob: &str| SessionsArguments { name: Some(glob.into()), ..everything() };
        for (wanted, other) in [
            (since(start), since(start + 1)),
            (state(StateFilter::Running), state(StateFilter::Killed)),
            (script("*.py"), script("*.zip")),
            (name("base-?"), name("base")),
        ] {
            assert!(matches(&wanted, &session) && !matches(&other, &session), "{wanted:?}");
            assert!(is_asked(&wanted));
        }
        assert!(!is_asked(&everything()));
    }
}
