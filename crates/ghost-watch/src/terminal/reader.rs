//! Reads the session in a thread of its own, when asked to.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use ghost_store::LiveSession;

use super::event::Event;
use crate::state::Reading;

/// Starts the thread; each message asks for one reading.
pub(super) fn start(session: LiveSession, events: Sender<Event>) -> Sender<()> {
    let (requests, wanted) = mpsc::channel();
    thread::spawn(move || {
        let events = Voice(events);
        answer(session, &wanted, &events);
    });
    requests
}

/// Says when the thread is gone, also where a fault ends it.
struct Voice(Sender<Event>);

impl Drop for Voice {
    fn drop(&mut self) {
        let _ = self.0.send(Event::ReaderGone);
    }
}

fn answer(mut session: LiveSession, wanted: &Receiver<()>, events: &Voice) {
    let beginning = Instant::now();
    for () in wanted {
        let asked = Instant::now();
        let result = session.read().map(|live| Reading {
            live,
            now_unix_ns: now_unix_ns(),
            at: asked.duration_since(beginning),
        });
        let event = Event::Read { result: Box::new(result), took: asked.elapsed() };
        if events.0.send(event).is_err() {
            break;
        }
    }
}

fn now_unix_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
