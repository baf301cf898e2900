//! The keyboard: a thread that waits for keys and sends them.

use std::fs::File;
use std::io::{self, IsTerminal, stdin};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use ratatui::crossterm::event::{self as crossterm, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use super::event::Event;
use crate::state::Key;

/// The terminal of our session.
const TERMINAL: &str = "/dev/tty";

/// Whether there is a keyboard to read keys from.
pub fn has_keyboard() -> bool {
    keyboard().is_ok()
}

/// Where `crossterm` reads keys from as well.
fn keyboard() -> io::Result<OwnedFd> {
    if stdin().is_terminal() {
        return stdin().as_fd().try_clone_to_owned();
    }
    Ok(File::options().read(true).write(true).open(TERMINAL)?.into())
}

/// Sends keys until the terminal goes away, and then that it did.
pub(super) fn listen(events: Sender<Event>) -> io::Result<()> {
    let keyboard = keyboard()?;
    thread::spawn(move || {
        // Whatever ends it, there are no more keys, and nobody could quit.
        let _ = follow(&keyboard, &events);
        let _ = events.send(Event::HungUp);
    });
    Ok(())
}

/// `crossterm` would read from a terminal that was hung up again and again; so it is asked only when
/// there is something to read.
fn follow(keyboard: &OwnedFd, events: &Sender<Event>) -> io::Result<()> {
    loop {
        let mut ready = [PollFd::new(keyboard, PollFlags::IN)];
        match poll(&mut ready, None) {
            Ok(_) => {}
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        if ready[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            return Ok(());
        }
        while crossterm::poll(Duration::ZERO)? {
            if let crossterm::Event::Key(event) = crossterm::read()?
                && let Some(key) = key_of(event)
                && events.send(Event::Key(key)).is_err()
            {
                return Ok(());
            }
        }
    }
}

/// The key in our words; `None` for what no binding uses.
fn key_of(event: KeyEvent) -> Option<Key> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
    Some(match event.code {
        KeyCode::Char(character) if ctrl => Key::Ctrl(character.to_ascii_lowercase()),
        KeyCode::Char(character) => Key::Char(character),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Escape,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::F(1) => Key::Char('?'),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_named_and_releases_are_none() {
        let key = |code, modifiers| key_of(KeyEvent::new(code, modifiers));
        assert_eq!(key(KeyCode::Char('C'), KeyModifiers::CONTROL), Some(Key::Ctrl('c')));
        assert_eq!(key(KeyCode::Char('G'), KeyModifiers::SHIFT), Some(Key::Char('G')));
        assert_eq!(key(KeyCode::F(1), KeyModifiers::NONE), Some(Key::Char('?')));
        assert_eq!(key(KeyCode::Insert, KeyModifiers::NONE), None);
        let mut released = KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE);
        released.kind = KeyEventKind::Release;
        assert_eq!(key_of(released), None);
    }
}
