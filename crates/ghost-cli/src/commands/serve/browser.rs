//! Opens the dashboard in a browser.
//!
//! Everybody on a machine can see what programs are started with. So the browser is not given the link but a
//! file of ours that leads there, which nobody else can read.

use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use ghost_server::Server;

use crate::output::talk;

/// What opens a file with whatever the user likes to open it with.
const OPENERS: [&str; 2] = ["xdg-open", "open"];

/// Opens it, or says that it cannot; the link is printed anyway.
pub(super) fn open(server: &Server) {
    let doorway = server.write_doorway().map_err(|error| talk::with_causes(&error));
    match doorway.and_then(|doorway| start(&doorway).map_err(|error| error.to_string())) {
        Ok(mut opener) => {
            // Only so that it does not stay behind as a zombie.
            let _ = thread::Builder::new().spawn(move || opener.wait());
        }
        Err(reason) => {
            let problem = format_args!("cannot open a browser: {reason}");
            talk::say_with_hint(problem, "the link above opens the dashboard");
        }
    }
}

fn start(doorway: &Path) -> io::Result<Child> {
    let mut result = Err(io::ErrorKind::NotFound.into());
    for opener in OPENERS {
        let mut command = Command::new(opener);
        command.arg(doorway).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        result = command.spawn();
        if result.is_ok() {
            break;
        }
    }
    result
}
