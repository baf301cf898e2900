//! `ghost watch`: a session while it runs, or after it. The view is in `ghost-watch`; here is the
//! choice of the session, and of how it is shown.

mod plain;

use std::io::{IsTerminal, stdout};

use ghost_store::LiveSession;
use ghost_watch::{Look, Settings, SortBy};

use super::session_choice;
use crate::args::{ColourChoice, WatchArguments, WatchSortBy};
use crate::environment;
use crate::exit::{CommandError, SUCCESS};
use crate::output::colour;

/// Runs the command.
pub(crate) fn execute(
    arguments: &WatchArguments,
    choice: ColourChoice,
) -> Result<u8, CommandError> {
    let data_dir = session_choice::data_dir()?;
    let id = session_choice::select(&data_dir, &arguments.session)?;
    let session = LiveSession::new(&data_dir, &id);
    let settings = Settings {
        sort: sort_by(arguments.sort),
        top: arguments.top,
        module: arguments.module.clone(),
    };
    if takes_pictures() {
        let unicode = environment::is_unicode_shown();
        let look = Look { colour: colour::is_wanted(choice), unicode };
        ghost_watch::run(session, settings, arguments.interval, look)?;
    } else {
        plain::follow(session, settings, arguments.interval, choice)?;
    }
    Ok(SUCCESS)
}

/// Whether there is a screen that can be drawn on, and a keyboard to leave it with.
fn takes_pictures() -> bool {
    stdout().is_terminal() && !environment::is_terminal_dumb() && ghost_watch::has_keyboard()
}

fn sort_by(sort: WatchSortBy) -> SortBy {
    match sort {
        WatchSortBy::Calls => SortBy::Calls,
        WatchSortBy::Latency => SortBy::Latency,
        WatchSortBy::Exceptions => SortBy::Exceptions,
        WatchSortBy::Total => SortBy::Total,
        WatchSortBy::SelfTime => SortBy::SelfTime,
        WatchSortBy::Rate => SortBy::Rate,
    }
}
