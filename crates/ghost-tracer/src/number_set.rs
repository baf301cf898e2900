//! The few numbers that a function tells apart: its signatures, or the types it returned.
//!
//! Small, because every function has two of these, and most functions one number in each.

use std::cell::{Cell, OnceCell, RefCell};

/// Numbers up to a bound; further ones are not taken.
#[derive(Debug, Default)]
pub(crate) struct NumberSet {
    first: Cell<Option<u32>>,
    /// A list: there are [`crate::limits::SIGNATURES_MAX`] at most.
    others: OnceCell<Box<RefCell<Vec<u32>>>>,
}

impl NumberSet {
    /// Whether a number is in the set, or finds room in it.
    pub(crate) fn admits(&self, number: u32, max: usize) -> bool {
        if self.contains(number) {
            return true;
        }
        let fits = !self.is_full(max);
        if fits && self.first.get().is_none() {
            self.first.set(Some(number));
        } else if fits {
            self.others.get_or_init(Box::default).borrow_mut().push(number);
        }
        fits
    }

    /// Whether the set takes no number more.
    pub(crate) fn is_full(&self, max: usize) -> bool {
        let others = self.others.get().map_or(0, |others| others.borrow().len());
        usize::from(self.first.get().is_some()) + others >= max
    }

    fn contains(&self, number: u32) -> bool {
        let among = |others: &RefCell<Vec<u32>>| others.borrow().contains(&number);
        self.first.get() == Some(number) || self.others.get().is_some_and(|others| among(others))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_the_set_stays_admitted() {
        let numbers = NumberSet::default();
        assert!((10..13).all(|number| numbers.admits(number, 3)));
        assert!(numbers.is_full(3) && !numbers.is_full(4));
        assert!(!numbers.admits(13, 3));
        assert!((10..13).all(|number| numbers.admits(number, 3)));
    }
}
