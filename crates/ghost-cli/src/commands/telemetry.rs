//! `ghost telemetry`: shows what usage data is, and throws its switch. Sends nothing, ever: that is done
//! by `ghost serve`, and decided by the same rules.

use std::io::{self, Write};
use std::path::Path;

use ghost_server::settings_file::SettingsFile;
use ghost_server::usage_data::{Consent, Event, InstallId, Payload};

use super::session_choice;
use crate::args::{TelemetryAction, TelemetryArguments};
use crate::environment;
use crate::exit::{CommandError, SUCCESS};
use crate::output::talk;

/// Runs the command.
pub(crate) fn execute(arguments: &TelemetryArguments) -> Result<u8, CommandError> {
    let data_dir = session_choice::data_dir()?;
    let root = data_dir.root();
    let file = SettingsFile::of(root);
    match arguments.action {
        TelemetryAction::Show => show_payload(root)?,
        TelemetryAction::On | TelemetryAction::Off => {
            data_dir.create()?;
            file.set_telemetry_enabled(arguments.action == TelemetryAction::On)?;
        }
    }
    say_what_holds(&file);
    Ok(SUCCESS)
}

fn show_payload(root: &Path) -> io::Result<()> {
    let stored = InstallId::stored(root);
    if stored.is_none() {
        talk::say("`install_id` is an example: none is stored before something is really sent");
    }
    let id = stored.map_or_else(InstallId::random, Ok)?;
    let payload = Payload::new(&id, Event::SessionStart, 0);
    writeln!(io::stdout(), "{}", payload.to_json())
}

fn say_what_holds(file: &SettingsFile) {
    let settings = file.read();
    if let Err(error) = &settings {
        talk::say(talk::with_causes(error));
    }
    match Consent::of(environment::usage_data_denial(), settings.as_ref()) {
        Consent::Send(endpoint) => {
            talk::say(format_args!("sent to `{}` by `ghost serve`", endpoint.address()));
        }
        Consent::NotSent(why) => talk::say(format_args!("not sent: {why}")),
    }
}
