//! `ghost run --serve`: a server beside the program, as a process of its own, so that nothing that happens to
//! it happens to the run.
//!
//! It is in a group of processes of its own: what a terminal sends is for the program. It ends with the pipe
//! to its standard input, so also if we are killed.

use std::io::{self, BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use ghost_model::SessionId;
use serde::Deserialize;

use crate::environment::GHOST_RUN;
use crate::output::talk;

/// Programs of others cannot reach it.
const HOST: &str = "127.0.0.1";
/// How long the end of the run waits for it. It ends all the same, and on its own.
const END_WAIT_MAX: Duration = Duration::from_millis(500);
/// Between two looks at whether it ended.
const END_INTERVAL: Duration = Duration::from_millis(10);

/// A server at work.
#[derive(Debug)]
pub(super) struct Dashboard {
    server: Child,
    session: SessionId,
}

/// What it tells on its standard output.
#[derive(Deserialize)]
struct Sidecar {
    api_port: u16,
    token: String,
}

impl Dashboard {
    /// Starts it, and says what opens it as soon as that is known; says also if it cannot start.
    pub(super) fn start(session: &SessionId, port: u16) -> Option<Self> {
        let started = spawn(session, port).inspect_err(|error| {
            talk::say(format_args!("cannot start the dashboard: {error}"));
        });
        let mut server = started.ok()?;
        if let Some(stdout) = server.stdout.take() {
            // Without a thread nobody says where it is, and the folder of the session still does.
            let _ = thread::Builder::new().spawn(move || say_link(stdout));
        }
        Some(Self { server, session: session.clone() })
    }

    /// Ends it, and says how to see the session again.
    pub(super) fn end(mut self, quiet: bool) {
        // Why it is gone already was its own to say.
        let is_running = matches!(self.server.try_wait(), Ok(None));
        drop(self.server.stdin.take());
        let begin = Instant::now();
        while matches!(self.server.try_wait(), Ok(None)) && begin.elapsed() < END_WAIT_MAX {
            thread::sleep(END_INTERVAL);
        }
        if is_running && !quiet {
            let session = &self.session;
            talk::say(format_args!(
                "the dashboard ended with the run; `ghost serve {session}` opens it again"
            ));
        }
    }
}

fn spawn(session: &SessionId, port: u16) -> io::Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["serve", session.as_str(), "--sidecar", "--host", HOST, "--port"]);
    command.arg(port.to_string()).env_remove(GHOST_RUN).process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()
}

/// Says nothing if the server has nothing to say: it told why.
fn say_link(stdout: ChildStdout) {
    let mut line = String::new();
    let read = BufReader::new(stdout).read_line(&mut line);
    let told = read.ok().and_then(|_| serde_json::from_str::<Sidecar>(&line).ok());
    if let Some(Sidecar { api_port, token }) = told {
        talk::say(format_args!("dashboard at http://{HOST}:{api_port}/#token={token}"));
    }
}
