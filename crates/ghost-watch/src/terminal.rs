//! The terminal: a loop that hands keys, signals and readings to the state, and draws it.
//!
//! Keyboard, signals and reading each have a thread that only sends events; everything else happens
//! here, so a slow disk or a session of 100,000 functions never holds up a key.

mod event;
mod keyboard;
mod reader;
mod screen;
mod signals;

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use ghost_store::{LiveSession, StoreError};
use rustix::io::Errno;
use signal_hook::consts::signal as number;

use crate::state::{Request, Settings, Watch};
use crate::view::Look;
use event::Event;
use screen::Screen;

pub use keyboard::has_keyboard;

/// How long to wait for events where nothing is to be done: any long time.
const IDLE: Duration = Duration::from_hours(1);

/// Why watching ended before anybody wanted it to.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The session cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The terminal does not do what is asked of it.
    #[error("cannot use the terminal")]
    Terminal(#[from] io::Error),
    /// A fault of ours, which was said already.
    #[error("cannot go on reading the session")]
    Reader,
}

/// How watching ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// By a key.
    Quit,
    /// The terminal went away.
    HungUp,
    /// By this signal.
    Signal(i32),
}

/// Shows a session until the user quits, reading it again every `interval`. The terminal is left as
/// it was, whatever happens; a signal that ends a program ends this one.
pub fn run(
    session: LiveSession,
    settings: Settings,
    interval: Duration,
    look: Look,
) -> Result<(), WatchError> {
    let (sender, events) = mpsc::channel();
    signals::listen(sender.clone())?;
    let requests = reader::start(session, sender.clone());
    let screen = Screen::open()?;
    keyboard::listen(sender)?;
    let ending = Loop {
        watch: Watch::new(settings),
        screen,
        look,
        events,
        requests,
        interval,
        read_at: Instant::now(),
        is_reading: false,
    }
    .run();
    match ending {
        Ok(Ending::Signal(signal)) => signals::end_by(signal),
        Ok(Ending::Quit | Ending::HungUp) => {}
        Err(WatchError::Terminal(error)) if is_hang_up(&error) => {}
        Err(error) => return Err(error),
    }
    Ok(())
}

/// What writing to a terminal says that nobody looks at any more.
fn is_hang_up(error: &io::Error) -> bool {
    let gone = [Errno::IO, Errno::PIPE, Errno::NXIO, Errno::BADF].map(Errno::raw_os_error);
    error.raw_os_error().is_some_and(|code| gone.contains(&code))
}

struct Loop {
    watch: Watch,
    screen: Screen,
    look: Look,
    events: Receiver<Event>,
    requests: Sender<()>,
    interval: Duration,
    /// When to read next.
    read_at: Instant,
    is_reading: bool,
}

impl Loop {
    fn run(mut self) -> Result<Ending, WatchError> {
        self.screen.draw(&mut self.watch, self.look)?;
        loop {
            let Some(event) = self.wait() else {
                self.read();
                continue;
            };
            // All that arrived while the last picture was drawn goes into the next.
            let more: Vec<Event> = self.events.try_iter().collect();
            for event in std::iter::once(event).chain(more) {
                if let Some(ending) = self.take(event)? {
                    return Ok(ending);
                }
            }
            self.screen.draw(&mut self.watch, self.look)?;
        }
    }

    /// The next event; `None` when it is time to read.
    fn wait(&self) -> Option<Event> {
        let is_due = !self.is_reading && !self.watch.is_final() && !self.watch.is_paused();
        loop {
            let left = self.read_at.saturating_duration_since(Instant::now());
            let wait = if is_due { left } else { IDLE };
            match self.events.recv_timeout(wait) {
                Ok(event) => return Some(event),
                Err(RecvTimeoutError::Timeout) if is_due => return None,
                Err(RecvTimeoutError::Timeout) => {}
                // The thread that listens to signals never ends.
                Err(RecvTimeoutError::Disconnected) => return Some(Event::HungUp),
            }
        }
    }

    fn read(&mut self) {
        self.read_at = Instant::now() + self.interval;
        self.is_reading = true;
        // Nobody takes requests only if the reader is gone, which it says.
        let _ = self.requests.send(());
    }

    fn take(&mut self, event: Event) -> Result<Option<Ending>, WatchError> {
        match event {
            Event::Key(key) => match self.watch.press(key) {
                Some(Request::Quit) => return Ok(Some(Ending::Quit)),
                Some(Request::Suspend) => self.screen.suspend()?,
                Some(Request::Redraw) => self.screen.renew()?,
                None => {}
            },
            Event::Signal(number::SIGWINCH) => {}
            Event::Signal(number::SIGCONT) => self.screen.enter()?,
            Event::Signal(signal) => return Ok(Some(Ending::Signal(signal))),
            Event::Read { result, took } => {
                self.is_reading = false;
                // Reading may take half of one processor.
                self.read_at = self.read_at.max(Instant::now() + took);
                match *result {
                    Ok(reading) => self.watch.take(reading),
                    Err(error) if self.watch.session().is_none() => return Err(error.into()),
                    Err(error) => self.watch.fail(error.to_string()),
                }
            }
            Event::ReaderGone => return Err(WatchError::Reader),
            Event::HungUp => return Ok(Some(Ending::HungUp)),
        }
        Ok(None)
    }
}
