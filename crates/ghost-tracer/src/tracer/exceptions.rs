//! Exceptions: which functions they leave, and which function ends them.

use ghost_ledger::layout::CellKind;
use ghost_ledger::{Ledger, Slot};

use super::{End, Tracer};
use crate::code_state::CodeState;
use crate::exception_flight::{Flight, Left};
use crate::function_state::FunctionState;
use crate::{Activation, CodeAddress, Interpreter, Raised};

/// Second key of an exception nobody caught yet.
const UNCAUGHT: u32 = 0;

impl<I: Interpreter> Tracer<I> {
    /// An exception leaves a frame of `code`. `closes` where it is the `GeneratorExit` that ends a
    /// generator: an ordinary end.
    pub fn unwind(
        &mut self,
        code: &'static CodeState,
        frame: &impl Activation,
        raised: &Raised,
        closes: bool,
        now: u64,
    ) {
        self.follow(frame);
        let entry = match self.stacks.running.pop(frame.frame()) {
            Some(entry) => entry,
            None => match self.resynchronise(frame.frame()) {
                Some(entry) => entry,
                None => return,
            },
        };
        self.stop(&entry, now);
        if closes && code.suspends.get() {
            return self.end_slowly(&entry, End::Closed, now);
        }
        let class = self.type_number(raised.class, None);
        let function = code.function.get();
        let slot = exception_slot(function, &mut self.ledger, class, UNCAUGHT);
        slot.add(1);
        let flight = self.stacks.running.flights.seen(raised, frame.frame());
        if flight.handled {
            take_back(flight, &mut self.ledger);
        }
        flight.leave(Left { function, class, slot });
        self.end_slowly(&entry, End::Raised(raised.class), now);
    }

    /// A handler of `code` (observed or not) takes an exception.
    pub fn handle(
        &mut self,
        observed: Option<&'static CodeState>,
        code: CodeAddress,
        frame: &impl Activation,
        raised: &Raised,
    ) {
        self.follow(frame);
        // Without a traceback it could not be told from the next one at its address.
        let known = raised.traceback != 0;
        if !known || (observed.is_none() && self.stacks.running.flights.is_empty()) {
            return;
        }
        let catcher = self.function_number(code, None) + 1;
        let class = self.type_number(raised.class, None);
        let flight = self.stacks.running.flights.seen(raised, frame.frame());
        for left in &mut flight.left {
            move_to(left, catcher, &mut self.ledger);
        }
        flight.handled = true;
        flight.handler = observed.map(|code| {
            let function = code.function.get();
            let slot = function.cell(&mut self.ledger, CellKind::Handled, class, 0);
            slot.unwrap_or_else(|| function.overflow(&mut self.ledger, CellKind::Handled))
        });
        if let Some(handled) = flight.handler {
            handled.add(1);
        }
    }

    /// A handler raises the exception it took again, as it is.
    pub fn raise_again(&mut self, frame: &impl Activation, raised: &Raised) {
        self.follow(frame);
        if let Some(flight) = self.stacks.running.flights.raised_again(raised, frame.frame())
            && flight.handled
        {
            take_back(flight, &mut self.ledger);
        }
    }
}

/// The handler was none: it raised the exception again.
fn take_back(flight: &mut Flight, ledger: &mut Ledger) {
    flight.handled = false;
    if let Some(handled) = flight.handler.take() {
        handled.subtract(1);
    }
    for left in &mut flight.left {
        move_to(left, UNCAUGHT, ledger);
    }
}

fn exception_slot(function: &FunctionState, ledger: &mut Ledger, class: u32, catcher: u32) -> Slot {
    let slot = function.cell(ledger, CellKind::Exception, class, catcher);
    slot.unwrap_or_else(|| function.overflow(ledger, CellKind::Exception))
}

fn move_to(left: &mut Left, catcher: u32, ledger: &mut Ledger) {
    let slot = exception_slot(left.function, ledger, left.class, catcher);
    left.slot.subtract(1);
    slot.add(1);
    left.slot = slot;
}
