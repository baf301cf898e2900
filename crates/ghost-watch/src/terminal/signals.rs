//! Signals: a thread that sends them to the loop, and sees to it that those that end a program do.

use std::io;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use signal_hook::consts::signal as number;
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use super::event::Event;
use super::screen;

/// What the loop must know. SIGTSTP is not among them: Ctrl-Z is a key here, and whoever sends the
/// signal stops us at once.
const CAUGHT: [i32; 6] = [
    number::SIGHUP,
    number::SIGINT,
    number::SIGQUIT,
    number::SIGTERM,
    number::SIGCONT,
    number::SIGWINCH,
];

/// How long the loop has to end after a signal; far more than it takes to draw.
const GRACE: Duration = Duration::from_millis(500);

/// Starts to listen.
pub(super) fn listen(events: Sender<Event>) -> io::Result<()> {
    let mut signals = Signals::new(CAUGHT)?;
    thread::spawn(move || {
        for signal in signals.forever() {
            let _ = events.send(Event::Signal(signal));
            if !matches!(signal, number::SIGCONT | number::SIGWINCH) {
                thread::sleep(GRACE);
                // The loop hangs: a terminal that takes no output, for example.
                screen::restore();
                end_by(signal);
            }
        }
    });
    Ok(())
}

/// Ends the process as the signal would have.
pub(super) fn end_by(signal: i32) {
    // Fails only for signals that do not exist.
    let _ = emulate_default_handler(signal);
}
