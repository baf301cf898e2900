//! A terminal without a screen, with a shell in it: what a user types goes in, what a user sees
//! comes out.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::sandbox::{Sandbox, ghost_path};

/// Far more than anything here takes; a test that waits this long has failed.
const DEADLINE: Duration = Duration::from_mins(1);

/// A terminal of some size, and what runs in it.
pub(crate) struct Terminal {
    leader: File,
    parser: vt100::Parser,
    child: Child,
}

impl Terminal {
    /// A terminal of 100 columns and 24 rows with an interactive shell; `$GHOST` is the binary.
    pub(crate) fn with_shell(sandbox: &Sandbox) -> Self {
        Self::with(sandbox, &["bash", "--norc", "--noprofile", "-i"], &[("PS1", "shell: ")])
    }

    /// A terminal in which this command leads the session.
    pub(crate) fn with(sandbox: &Sandbox, command: &[&str], variables: &[(&str, &str)]) -> Self {
        let leader =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&leader).unwrap();
        unlockpt(&leader).unwrap();
        let name = ptsname(&leader, Vec::new()).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let follower: OwnedFd = open(&*name, flags, Mode::empty()).unwrap();
        let (columns, rows) = (100, 24);
        tcsetwinsize(&follower, size(columns, rows)).unwrap();
        let stream = || Stdio::from(follower.try_clone().unwrap());
        let mut started = Command::new("setsid");
        started.arg("--ctty").args(command);
        sandbox.prepare(&mut started);
        started.env("TERM", "xterm-256color").env("LC_ALL", "C.UTF-8").env("GHOST", ghost_path());
        started.envs(variables.iter().copied());
        let child = started.stdin(stream()).stdout(stream()).stderr(stream()).spawn().unwrap();
        let parser = vt100::Parser::new(nonzero(rows), nonzero(columns), 0);
        Self { leader: leader.into(), parser, child }
    }

    /// Types.
    pub(crate) fn press(&mut self, keys: &str) {
        self.leader.write_all(keys.as_bytes()).unwrap();
    }

    /// Makes the terminal larger or smaller.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.parser.screen_mut().set_size(nonzero(rows), nonzero(columns));
        tcsetwinsize(self.leader.as_fd(), size(columns, rows)).unwrap();
    }

    /// What is on the screen.
    pub(crate) fn text(&self) -> String {
        self.parser.screen().contents()
    }

    /// Whether a program has taken the whole screen over.
    pub(crate) fn is_taken_over(&self) -> bool {
        self.parser.screen().alternate_screen()
    }

    /// How many characters on the screen have a colour of their own.
    pub(crate) fn colours(&self) -> usize {
        let screen = self.parser.screen();
        let (rows, columns) = screen.size();
        let cells =
            (0..rows.get()).flat_map(|row| (0..columns.get()).map(move |column| (row, column)));
        let colours = cells.filter_map(|(row, column)| Some(screen.cell(row, column)?.fgcolor()));
        colours.filter(|colour| *colour != vt100::Color::Default).count()
    }

    /// Waits until a text is on the screen.
    pub(crate) fn wait_for(&mut self, text: &str) {
        self.wait_until(text, |terminal| terminal.text().contains(text));
    }

    /// Waits until something is the case.
    pub(crate) fn wait_until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !is_so(self) {
            let left = deadline.saturating_duration_since(Instant::now());
            let left = Timespec::try_from(left).unwrap();
            let mut ready = [PollFd::new(&self.leader, PollFlags::IN)];
            let arrived = poll(&mut ready, Some(&left)).unwrap() > 0;
            assert!(arrived, "no `{what}` in:\n{}", self.text());
            let mut bytes = [0; 4096];
            let length = self.leader.read(&mut bytes).unwrap_or(0);
            assert!(length > 0, "ended without `{what}`:\n{}", self.text());
            self.parser.process(&bytes[..length]);
        }
    }

    /// Waits until the shell asks for a command. What is typed before may be lost.
    pub(crate) fn wait_for_shell(&mut self) {
        let asks = |text: String| text.lines().last().is_some_and(|line| line.trim() == "shell:");
        self.wait_until("shell:", |terminal| asks(terminal.text()));
    }

    /// Runs a command in the shell, with everything before it gone from the screen.
    pub(crate) fn run(&mut self, command: &str) {
        self.wait_for_shell();
        self.press(&format!("clear; {command}\n"));
    }

    /// The terminal's modes as the shell hands them to a program.
    pub(crate) fn modes(&mut self) -> String {
        self.run("stty -g; echo ok$((40 + 2))");
        self.wait_for("ok42\n");
        self.text().lines().find(|line| line.contains(':') && !line.contains(' ')).unwrap().into()
    }

    /// The process in front of the shell, which is the only one below it.
    pub(crate) fn job(&self) -> u32 {
        let shell = self.child.id();
        let children = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children"));
        children.unwrap().trim().parse().unwrap()
    }

    /// Hangs up, and waits until what leads the session has ended.
    pub(crate) fn hang_up(self) {
        let Self { leader, mut child, .. } = self;
        drop(leader);
        let deadline = Instant::now() + DEADLINE;
        while child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "it goes on without a terminal");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn nonzero(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap()
}

fn size(columns: u16, rows: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}
