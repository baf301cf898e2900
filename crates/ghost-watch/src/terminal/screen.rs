//! The screen: its modes, and that they are put back in every way a program can end.

use std::io::{self, Stdout, Write, stdout};
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use ratatui::Terminal;
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::layout::{Position, Rect};
use rustix::process::{Signal, kill_current_process_group};

use crate::state::Watch;
use crate::view::{self, Look};

/// Whether the terminal is ours now. Any thread may have to give it back.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// The terminal while it is ours.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<OneWrite>>,
}

impl Screen {
    /// Takes the terminal over.
    pub(super) fn open() -> io::Result<Self> {
        restore_before_panics();
        let backend = CrosstermBackend::new(OneWrite { bytes: Vec::new(), to: stdout() });
        let mut screen = Self { terminal: Terminal::new(backend)? };
        screen.enter()?;
        Ok(screen)
    }

    /// Takes it over again, whatever somebody did to it meanwhile. From the background, the system
    /// stops us here until we are in front.
    pub(super) fn enter(&mut self) -> io::Result<()> {
        disable_raw_mode()?;
        ENTERED.store(true, Ordering::SeqCst);
        enable_raw_mode()?;
        execute!(stdout(), EnterAlternateScreen, Hide)?;
        self.renew()
    }

    /// Gives the terminal back and stops, with everything else that was started with us; returns
    /// when somebody continues us.
    pub(super) fn suspend(&mut self) -> io::Result<()> {
        restore();
        // Where no shell could ever continue us the system ignores it.
        kill_current_process_group(Signal::TSTP)?;
        self.enter()
    }

    /// Forgets what is on the screen, so that all of it is drawn again.
    pub(super) fn renew(&mut self) -> io::Result<()> {
        // `Terminal::clear` would ask the terminal where its cursor is, and wait for an answer.
        let size = self.terminal.backend().size()?;
        self.terminal.resize(Rect::from((Position::ORIGIN, size)))
    }

    /// Draws the state.
    pub(super) fn draw(&mut self, watch: &mut Watch, look: Look) -> io::Result<()> {
        if !ENTERED.load(Ordering::SeqCst) {
            return Ok(());
        }
        let size = self.terminal.size()?;
        watch.fit(view::height(size), view::lines(watch, size));
        self.terminal.draw(|frame| view::draw(frame, watch, look))?;
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back, if it is ours. Does what it can: there is nobody to tell.
pub(super) fn restore() {
    if ENTERED.swap(false, Ordering::SeqCst) {
        let _ = execute!(stdout(), LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
    }
}

/// What is said of a fault must be seen: on the user's screen, not on the one that vanishes.
fn restore_before_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |fault| {
            restore();
            before(fault);
        }));
    });
}

/// Standard output with one write for everything that is drawn at once: nothing flickers, and what
/// was begun when a fault came is never shown.
#[derive(Debug)]
struct OneWrite {
    bytes: Vec<u8>,
    to: Stdout,
}

impl Write for OneWrite {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let bytes = std::mem::take(&mut self.bytes);
        let mut to = self.to.lock();
        to.write_all(&bytes)?;
        to.flush()
    }
}
