//! Exceptions: which functions they leave, and which function ends them.

use ghost_ledger::layout::CellKind;
use ghost_ledger::{Ledger, Slot};

use super::{End, Tracer};
use crate::code_state::CodeState;
use crate::exception_flight::{Flight, Left};
use crate::function_state::{FunctionState, OVERFLOW_FUNCTION};
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
        let entry = self.take_entry(frame);
        if entry.is_none() && !code.sleeper.sleeps.get() {
            return;
        }
        if let Some(entry) = &entry {
            self.stop(entry, now);
        }
        let end =
            if closes && code.suspends.get() { End::Closed } else { End::Raised(raised.class) };
        if end != End::Closed {
            self.leave_by(code, frame, raised);
        }
        if let Some(entry) = &entry {
            self.end_slowly(entry, end, now);
        }
    }

    /// Counts an exception that leaves a function. Never sampled: these events cannot be switched off
    /// for single functions, so under a budget, too, every one is seen.
    fn leave_by(&mut self, code: &'static CodeState, frame: &impl Activation, raised: &Raised) {
        let (class, slot) = self.raised_slot(code, raised);
        slot.add(1);
        let function = code.function.get();
        let flight = self.stacks.running.flights.seen(raised, frame.frame());
        if flight.handled {
            take_back(flight, &mut self.ledger);
        }
        flight.leave(Left { function, class, slot });
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
        if !known || (observed.is_none() && !self.stacks.running.flights.know(raised.object)) {
            return;
        }
        let handled = observed.map(|code| self.handled_slot(code, raised));
        if let Some(handled) = handled {
            handled.add(1);
        }
        let flight = self.stacks.running.flights.seen(raised, frame.frame());
        flight.handled = true;
        flight.handler = handled;
        if flight.left.is_empty() {
            return;
        }
        let Self { functions, ledger, texts, interpreter, .. } = self;
        let catcher = match observed {
            Some(code) => code.function.get().id,
            None => functions
                .caller(ledger, texts, interpreter, code, None)
                .unwrap_or(OVERFLOW_FUNCTION),
        };
        for left in &mut flight.left {
            move_to(left, catcher + 1, ledger);
        }
    }

    /// Number of the exception's type, and where this function counts it while nobody caught it.
    fn raised_slot(&mut self, code: &'static CodeState, raised: &Raised) -> (u32, Slot) {
        if let Some((address, class, slot)) = code.raised.get()
            && address == raised.class.0
        {
            return (class, slot);
        }
        let class = self.type_number(raised.class, Some(code));
        let slot = exception_slot(code.function.get(), &mut self.ledger, class, UNCAUGHT);
        code.raised.set(Some((raised.class.0, class, slot)));
        (class, slot)
    }

    /// Where this function counts the exceptions of this type that it ended.
    fn handled_slot(&mut self, code: &'static CodeState, raised: &Raised) -> Slot {
        if let Some((address, slot)) = code.handled.get()
            && address == raised.class.0
        {
            return slot;
        }
        let class = self.type_number(raised.class, Some(code));
        let function = code.function.get();
        let slot = function.cell(&mut self.ledger, CellKind::Handled, class, 0);
        let slot = slot.unwrap_or_else(|| function.overflow(&mut self.ledger, CellKind::Handled));
        code.handled.set(Some((raised.class.0, slot)));
        slot
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
    let slot = match left.function.caught.get() {
        Some((class, last, slot)) if class == left.class && last == catcher => slot,
        _ => {
            let slot = exception_slot(left.function, ledger, left.class, catcher);
            left.function.caught.set(Some((left.class, catcher, slot)));
            slot
        }
    };
    left.slot.subtract(1);
    slot.add(1);
    left.slot = slot;
}
