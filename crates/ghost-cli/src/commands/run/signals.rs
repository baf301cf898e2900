//! Which signals `ghost` catches while the program runs, and which of them it passes on.
//!
//! What a terminal sends reaches the program by itself, because it is in the same process group:
//! passing it on would deliver it twice. What somebody sent to `ghost` alone is passed on.
//! A signal sent with `kill` to the whole group arrives at the program twice; nothing in it tells
//! that the others got it as well.

use std::fs;
use std::io;

use signal_hook::consts::signal as number;
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::iterator::exfiltrator::origin::Origin;
use signal_hook::low_level::siginfo::Cause;

/// Every signal that can be caught and means something to a program, and the one that says that it
/// ended. Not among them: faults, which are ours alone, and SIGPIPE, which `ghost` ignores.
const CAUGHT: [i32; 21] = [
    number::SIGABRT,
    number::SIGALRM,
    number::SIGCHLD,
    number::SIGCONT,
    number::SIGHUP,
    number::SIGINT,
    number::SIGIO,
    number::SIGPROF,
    number::SIGQUIT,
    number::SIGTERM,
    number::SIGTRAP,
    number::SIGTSTP,
    number::SIGTTIN,
    number::SIGTTOU,
    number::SIGURG,
    number::SIGUSR1,
    number::SIGUSR2,
    number::SIGVTALRM,
    number::SIGWINCH,
    number::SIGXCPU,
    number::SIGXFSZ,
];

/// Starts catching. A signal that was ignored when `ghost` started (`nohup`) stays ignored, for the
/// program too; the others are back at their default in the program.
pub(super) fn catch() -> io::Result<SignalsInfo<WithOrigin>> {
    let ignored = ignored_at_start();
    // Without SIGCHLD nobody would tell that the program ended.
    let catch = |signal: &&i32| **signal == number::SIGCHLD || !is_in(ignored, **signal);
    SignalsInfo::<WithOrigin>::new(CAUGHT.iter().filter(catch))
}

/// The set of ignored signals, as the kernel prints it: bit N-1 for signal N.
fn ignored_at_start() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    ignored_in(&status)
}

fn ignored_in(status: &str) -> u64 {
    let set = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    set.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).unwrap_or(0)
}

fn is_in(set: u64, signal: i32) -> bool {
    (1..=64).contains(&signal) && set >> (signal - 1) & 1 == 1
}

/// Where a caught signal came from, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Another process sent it to us.
    Process,
    /// The kernel: a terminal, a timer, a limit.
    Kernel,
}

impl From<&Origin> for Source {
    fn from(origin: &Origin) -> Self {
        match origin.cause {
            Cause::Sent(_) => Self::Process,
            _ => Self::Kernel,
        }
    }
}

/// Whether the program would not get this signal unless we passed it on.
pub(super) fn is_ours_to_pass_on(signal: i32, source: Source, leads_session: bool) -> bool {
    match (signal, source) {
        // `SIGCONT` only follows a stop and is passed on with it.
        (number::SIGCHLD | number::SIGCONT, _) => false,
        // From the kernel: a timer set before `exec`, as `perl -e 'alarm 9; exec @ARGV'` does.
        (_, Source::Process)
        | (number::SIGALRM | number::SIGVTALRM | number::SIGPROF, Source::Kernel) => true,
        // A terminal that hangs up tells only the leader of its session.
        (number::SIGHUP, Source::Kernel) => leads_session,
        (_, Source::Kernel) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_signals_are_read_from_the_kernels_set() {
        let status = "Name:\tghost\nSigBlk:\t00000000ffffffff\nSigIgn:\t0000000000001001\n";
        let ignored = ignored_in(status);
        assert!(is_in(ignored, number::SIGHUP) && is_in(ignored, number::SIGPIPE));
        assert!(!is_in(ignored, number::SIGTERM));
        assert_eq!(ignored_in(""), 0);
    }

    #[test]
    fn only_what_the_program_did_not_get_is_passed_on() {
        use Source::{Kernel, Process};
        let cases = [
            (number::SIGINT, Kernel, false),
            (number::SIGINT, Process, true),
            (number::SIGTERM, Process, true),
            (number::SIGTSTP, Kernel, false),
            (number::SIGTSTP, Process, true),
            (number::SIGWINCH, Kernel, false),
            (number::SIGALRM, Kernel, true),
            (number::SIGHUP, Kernel, false),
            (number::SIGCHLD, Kernel, false),
            (number::SIGCHLD, Process, false),
        ];
        for (signal, source, expected) in cases {
            let passed_on = is_ours_to_pass_on(signal, source, false);
            assert_eq!(passed_on, expected, "{signal} {source:?}");
        }
        assert!(is_ours_to_pass_on(number::SIGHUP, Kernel, true));
    }
}
