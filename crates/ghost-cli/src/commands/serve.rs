//! `ghost serve`: the dashboard and the API. The server is in `ghost-server`; here is when it starts, when
//! it stops, and what is said meanwhile.

mod browser;
mod log;
mod stopping;

use std::io::{self, Write};

use ghost_server::{Server, ServerConfiguration, ServerError};
use serde::Serialize;

use super::session_choice;
use crate::args::ServeArguments;
use crate::environment;
use crate::exit::{CommandError, SUCCESS};
use crate::output::talk;

pub(crate) use log::LogLevelError;

/// The session that needs not be there yet.
const LATEST: &str = "latest";

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    /// It cannot start, or not go on.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// What to write is not clear.
    #[error(transparent)]
    Log(#[from] LogLevelError),
    /// Nobody could stop it.
    #[error("cannot catch signals")]
    Stopping(#[source] io::Error),
}

impl ServeError {
    /// Whether whoever started us is to blame.
    pub(crate) fn is_usage(&self) -> bool {
        matches!(self, Self::Log(_))
    }

    /// The way out.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        let Self::Server(ServerError::Listen { source, .. }) = self else { return None };
        match source.kind() {
            io::ErrorKind::AddrInUse => Some("`--port 0` takes one that is free"),
            io::ErrorKind::PermissionDenied => Some("ports below 1024 are for administrators"),
            _ => Some("`--host 127.0.0.1` is this machine"),
        }
    }
}

/// What a program that starts us needs to know.
#[derive(Serialize)]
struct Sidecar<'a> {
    api_port: u16,
    token: &'a str,
}

/// Runs the command.
pub(crate) fn execute(arguments: &ServeArguments) -> Result<u8, CommandError> {
    log::start(arguments.log).map_err(ServeError::from)?;
    let data_dir = session_choice::data_dir()?;
    if arguments.session != LATEST {
        session_choice::select(&data_dir, &arguments.session)?;
    }
    let server = Server::bind(ServerConfiguration {
        data_dir,
        session: arguments.session.clone(),
        host: arguments.host.clone(),
        port: arguments.port,
        denial: environment::usage_data_denial(),
    })
    .map_err(ServeError::from)?;
    stopping::by_signal(server.stop_switch()).map_err(ServeError::Stopping)?;
    if !server.address().ip().is_loopback() {
        say_open_to_the_network();
    }
    if arguments.sidecar {
        stopping::with_standard_input(server.stop_switch()).map_err(ServeError::Stopping)?;
    }
    tell(&server, arguments.sidecar)?;
    if arguments.open {
        browser::open(&server);
    }
    server.run().map_err(ServeError::from)?;
    Ok(SUCCESS)
}

fn say_open_to_the_network() {
    talk::say_with_hint(
        "listening beyond this machine, without encryption: whoever can read the network can read the token",
        "`ssh -L PORT:127.0.0.1:PORT` reaches a server that listens at 127.0.0.1",
    );
}

/// The only line on standard output.
fn tell(server: &Server, is_sidecar: bool) -> io::Result<()> {
    let mut stdout = io::stdout();
    if is_sidecar {
        let sidecar = Sidecar { api_port: server.address().port(), token: server.token() };
        writeln!(stdout, "{}", serde_json::to_string(&sidecar)?)?;
    } else {
        writeln!(stdout, "{}", server.link())?;
    }
    stdout.flush()
}
