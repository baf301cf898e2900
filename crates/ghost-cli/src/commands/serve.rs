//! `ghost serve`: the dashboard and the API. The server is in `ghost-server`; here is when it starts, when
//! it stops, and what is said meanwhile.

use std::io::{self, Write};
use std::thread;

use ghost_server::{Server, ServerConfiguration, ServerError, Stop};
use signal_hook::consts::signal::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::session_choice;
use crate::args::ServeArguments;
use crate::exit::{CommandError, SUCCESS};

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    /// It cannot start.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// Signals cannot be caught.
    #[error("cannot catch signals")]
    Signals(#[source] io::Error),
}

/// Runs the command.
pub(crate) fn execute(arguments: &ServeArguments) -> Result<u8, CommandError> {
    let data_dir = session_choice::data_dir()?;
    if arguments.session != "latest" {
        session_choice::select(&data_dir, &arguments.session)?;
    }
    let server = Server::bind(ServerConfiguration {
        data_dir,
        session: arguments.session.clone(),
        host: arguments.host.clone(),
        port: arguments.port,
    })
    .map_err(ServeError::Server)?;
    stop_by_signal(server.stop_switch()).map_err(ServeError::Signals)?;
    let mut stdout = io::stdout();
    writeln!(stdout, "{}", server.link())?;
    stdout.flush()?;
    server.run().map_err(ServeError::Server)?;
    Ok(SUCCESS)
}

fn stop_by_signal(stop: Stop) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let wait = move || {
        if signals.forever().next().is_some() {
            stop.stop();
        }
    };
    thread::Builder::new().name("ghost-signals".into()).spawn(wait).map(drop)
}
