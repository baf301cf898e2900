//! When a server stops: by a signal, or when nobody is there any more who started it.

use std::io::{self, Read};
use std::thread;

use ghost_server::Stop;
use signal_hook::consts::signal::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Stops at the first signal that asks for an end.
pub(super) fn by_signal(stop: Stop) -> io::Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    let wait = move || {
        if signals.forever().next().is_some() {
            stop.stop();
        }
    };
    thread::Builder::new().name("ghost-signals".into()).spawn(wait).map(drop)
}

/// Stops when standard input ends: whoever held the other end is gone, however that happened.
pub(super) fn with_standard_input(stop: Stop) -> io::Result<()> {
    let wait = move || {
        let mut nothing = [0; 256];
        let mut stdin = io::stdin().lock();
        while matches!(stdin.read(&mut nothing), Ok(count) if count > 0) {}
        stop.stop();
    };
    thread::Builder::new().name("ghost-stdin".into()).spawn(wait).map(drop)
}
