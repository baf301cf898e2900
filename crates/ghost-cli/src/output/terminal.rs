//! What standard output is: a terminal of some width, or something that takes any width.

use std::io::{IsTerminal, stdout};

use crate::environment;

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
