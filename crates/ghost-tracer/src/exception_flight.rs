//! An exception on its way down the stack: whom it left, and who ended it.
//!
//! While nobody caught it, every function it left counts it as uncaught. A handler moves these
//! counts to itself; when it raises the exception again, they move back. So the counters are right
//! at any moment, also when the process is killed. `finally` and `with` catch and raise again.
//!
//! An exception is known by its address, and addresses are reused as soon as the handler is done.
//! Its traceback tells two apart: it grows by one link per frame, always in front of the old ones,
//! so the exception of an event is that of a flight only where its links lead back to the one the
//! flight saw last.

use ghost_ledger::Slot;

use crate::function_state::FunctionState;
use crate::limits::{FLIGHT_FRAMES_MAX, FLIGHTS_MAX, TRACEBACK_LINKS_MAX};
use crate::{ExceptionAddress, FrameAddress, Raised};

/// A function the exception left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Left {
    pub(crate) function: &'static FunctionState,
    /// Number of the exception's type.
    pub(crate) class: u32,
    /// Where this activation is counted at the moment.
    pub(crate) slot: Slot,
}

/// One exception.
#[derive(Debug)]
pub(crate) struct Flight {
    object: ExceptionAddress,
    /// The frame it was last seen in.
    frame: FrameAddress,
    /// The newest link of its traceback then.
    traceback: usize,
    pub(crate) left: Vec<Left>,
    /// Whether a handler seems to have ended it.
    pub(crate) handled: bool,
    /// What the handling function counts, if it is observed.
    pub(crate) handler: Option<Slot>,
}

impl Flight {
    fn new(object: ExceptionAddress) -> Self {
        Self {
            object,
            frame: FrameAddress::default(),
            traceback: 0,
            left: Vec::new(),
            handled: false,
            handler: None,
        }
    }

    /// Starts over as another exception, in the memory of this one.
    fn begin(&mut self, object: ExceptionAddress) {
        let mut left = std::mem::take(&mut self.left);
        left.clear();
        *self = Self { left, ..Self::new(object) };
    }

    /// Notes a function it left; beyond the bound nobody is told who caught it.
    pub(crate) fn leave(&mut self, left: Left) {
        if self.left.len() < FLIGHT_FRAMES_MAX {
            self.left.push(left);
        }
    }

    /// Whether an exception seen in `frame` is this one, `again` where it was raised again as it is.
    fn is(&self, raised: &Raised, frame: FrameAddress, again: bool) -> bool {
        if self.object != raised.object {
            return false;
        }
        match links_to(raised, self.traceback) {
            Some(0) => self.frame == frame && (again || !self.handled),
            Some(_) => true,
            None => false,
        }
    }
}

/// How many links the traceback has grown since `earlier` was its newest.
fn links_to(raised: &Raised, earlier: usize) -> Option<usize> {
    let mut link = raised.traceback;
    for steps in 0..TRACEBACK_LINKS_MAX {
        if link == 0 {
            return None;
        }
        if link == earlier {
            return Some(steps);
        }
        link = (raised.next_link)(link);
    }
    None
}

/// The exceptions under way on one stack, the newest last.
#[derive(Debug, Default)]
pub(crate) struct Flights(Vec<Flight>);

impl Flights {
    /// Whether something is known of an exception at this address.
    pub(crate) fn know(&self, object: ExceptionAddress) -> bool {
        self.0.iter().any(|flight| flight.object == object)
    }

    /// The flight of an exception that is seen in `frame`; a new one if it is not known.
    pub(crate) fn seen(&mut self, raised: &Raised, frame: FrameAddress) -> &mut Flight {
        let known = self.0.iter().rposition(|flight| flight.is(raised, frame, false));
        let position = known.unwrap_or_else(|| self.begin(raised.object));
        let flight = &mut self.0[position];
        (flight.frame, flight.traceback) = (frame, raised.traceback);
        flight
    }

    /// The flight of an exception that `frame` raises again after handling it.
    pub(crate) fn raised_again(
        &mut self,
        raised: &Raised,
        frame: FrameAddress,
    ) -> Option<&mut Flight> {
        self.0.iter_mut().rev().find(|flight| flight.is(raised, frame, true))
    }

    /// Makes room for another exception: in the place of what was known under its address, which is
    /// over, else of the oldest.
    fn begin(&mut self, object: ExceptionAddress) -> usize {
        let stale = self.0.iter().rposition(|flight| flight.object == object);
        match stale {
            Some(position) => self.0[position..].rotate_left(1),
            None if self.0.len() < FLIGHTS_MAX => self.0.push(Flight::new(object)),
            None => self.0.rotate_left(1),
        }
        let newest = self.0.len() - 1;
        self.0[newest].begin(object);
        newest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raised(object: usize, traceback: usize, next_link: fn(usize) -> usize) -> Raised {
        Raised {
            object: ExceptionAddress(object),
            class: crate::TypeAddress(1),
            traceback,
            next_link,
        }
    }

    fn seen(flights: &mut Flights, raised: &Raised, frame: usize) -> bool {
        let known = flights.seen(raised, FrameAddress(frame));
        std::mem::replace(&mut known.handled, true)
    }

    #[test]
    fn the_same_exception_is_known_by_its_growing_traceback() {
        let mut flights = Flights::default();
        assert!(!seen(&mut flights, &raised(1, 10, |_| 0), 100));
        let grown = |link| if link == 11 { 10 } else { 0 };
        assert!(seen(&mut flights, &raised(1, 11, grown), 101));
    }

    #[test]
    fn another_exception_at_the_same_address_is_another() {
        let mut flights = Flights::default();
        seen(&mut flights, &raised(1, 10, |_| 0), 100);
        assert!(!seen(&mut flights, &raised(1, 10, |_| 0), 100), "handled, and not raised again");
        assert!(!seen(&mut flights, &raised(1, 12, |_| 0), 101));
        assert_eq!(flights.0.len(), 1);
    }

    #[test]
    fn raised_again_as_it_is_it_goes_on() {
        let mut flights = Flights::default();
        seen(&mut flights, &raised(1, 10, |_| 0), 100);
        let again = raised(1, 10, |_| 0);
        let flight = flights.raised_again(&again, FrameAddress(100)).unwrap();
        flight.handled = false;
        flights.seen(&again, FrameAddress(100)).leave_nothing();
        assert_eq!(flights.0.len(), 1);
    }

    impl Flight {
        fn leave_nothing(&self) {
            assert!(self.left.is_empty());
        }
    }

    #[test]
    fn no_more_than_a_few_are_followed() {
        let mut flights = Flights::default();
        for object in 1..100 {
            seen(&mut flights, &raised(object, object, |_| 0), object);
        }
        assert_eq!(flights.0.len(), FLIGHTS_MAX);
    }
}
