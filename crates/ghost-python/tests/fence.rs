//! A panic behind the fence: the program goes on, observing ends, and the ledger says so.
//!
//! The extension cannot be linked into a test, and no release may hold a way to make it fail. So the
//! fence itself is compiled here, with an observer that does nothing. That the report shows the
//! counter is tested where the report is.
#![cfg(not(miri))] // Maps a file.

#[expect(dead_code, unsafe_code, reason = "the extension uses all of it")]
#[path = "../src/boundary.rs"]
mod boundary;
#[path = "../src/gate.rs"]
mod gate;

/// What the fence needs to know of the observer.
mod observer {
    use ghost_ledger::{Ledger, Slot};
    use ghost_model::Counter;

    pub(crate) enum Death {
        Type,
    }

    pub(crate) struct Tracer(pub(crate) Ledger);

    impl Tracer {
        pub(crate) fn counter(&self, counter: Counter) -> Slot {
            self.0.counter(counter)
        }
    }

    pub(crate) struct Observer {
        pub(crate) tracer: Tracer,
        pub(crate) events: u32,
    }

    impl Observer {
        pub(crate) fn begin_child(&mut self) {
            self.events = 0;
        }

        pub(crate) fn close(&mut self) {
            self.tracer.0.close();
        }

        pub(crate) fn forget(&mut self, _death: Death) {
            self.events += 1;
        }
    }
}

use ghost_ledger::{Identity, Ledger, read_ledger};
use ghost_model::Counter;
use observer::{Death, Observer, Tracer};

/// Counts an event as a callback would; `None` where observing is off.
fn event() -> Option<u32> {
    boundary::fence(|observer| {
        observer.events += 1;
        observer.events
    })
}

fn begin(ledger: Ledger) {
    boundary::install(Observer { tracer: Tracer(ledger), events: 0 });
    // What the extension keeps from the program's stderr shall be seen in a test.
    drop(std::panic::take_hook());
}

/// One test, because a process has one fence.
#[test]
fn a_panic_ends_observing_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let create = |name: &str| Ledger::create(&path(name), &Identity::default(), 0).unwrap();
    begin(create("1.ledger"));
    assert_eq!((event(), event()), (Some(1), Some(2)));

    let answer: Option<()> = boundary::fence(|_| panic!("injected"));
    assert_eq!(answer, None, "the panic was caught, and the callback has no answer");
    assert!(!boundary::is_observing());
    assert_eq!(event(), None, "no event is let through");
    boundary::note_death(Death::Type);
    gate::shut_after_fork();
    assert_eq!(event(), None, "a forked child does not begin again what had ended");
    let counters = read_ledger(&path("1.ledger")).unwrap().process.counters;
    assert_eq!(counters, [(Counter::Failures, 1)]);

    // The same while the gate is shut for a question to the interpreter.
    begin(create("2.ledger"));
    let answer: Option<()> =
        boundary::fence(|_| gate::without_events(|| panic!("injected into an answer")));
    assert_eq!((answer, boundary::is_observing(), event()), (None, false, None));
    // Failures are counted where the process's first ledger is.
    let counters = read_ledger(&path("1.ledger")).unwrap().process.counters;
    assert_eq!(counters, [(Counter::Failures, 2)]);
}
