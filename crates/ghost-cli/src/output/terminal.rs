//! What standard output is: a terminal of some width, or something that takes any width.

use std::io::{IsTerminal, stderr, stdout};

use rustix::process::{Pid, Signal, getpid, kill_process};
use rustix::termios::{LocalModes, tcgetattr, tcgetpgrp};

use crate::environment;
use crate::process_stat::ProcessStat;

/// Width assumed for a terminal that does not say.
const WIDTH_DEFAULT: usize = 80;

/// Columns a table on standard output may take; `None` where it is not a terminal.
pub(crate) fn width() -> Option<usize> {
    if !stdout().is_terminal() {
        return None;
    }
    let reported = rustix::termios::tcgetwinsize(stdout()).ok();
    let reported = reported.map(|size| usize::from(size.ws_col)).filter(|&columns| columns > 0);
    Some(reported.or_else(environment::columns).unwrap_or(WIDTH_DEFAULT))
}

/// Stops, as the kernel would stop us, before a background job writes to a terminal that does not
/// want it (`stty tostop`). Where SIGTTOU is caught, writing there would try again for ever.
pub(crate) fn stop_in_background() {
    let refuses =
        tcgetattr(stderr()).is_ok_and(|modes| modes.local_modes.contains(LocalModes::TOSTOP));
    if refuses && !is_in_front() {
        // Fails never: it is our own process.
        let _ = kill_process(getpid(), Signal::STOP);
    }
}

/// Whether our group has the terminal. Where nobody can tell, it is taken to be.
fn is_in_front() -> bool {
    let foreground = tcgetpgrp(stderr()).ok().map(Pid::as_raw_pid);
    let own = ProcessStat::own().map(ProcessStat::group);
    foreground.is_none() || own.is_none() || foreground == own
}
