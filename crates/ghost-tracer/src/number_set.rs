//! The few numbers that a function tells apart: its signatures, or the types it returned.
//!
//! A list, because there are [`crate::limits::SIGNATURES_MAX`] at most, and mostly one.

use std::cell::RefCell;

/// Numbers up to a bound; further ones are not taken.
#[derive(Debug, Default)]
pub(crate) struct NumberSet(RefCell<Vec<u32>>);

impl NumberSet {
    /// Whether a number is in the set, or finds room in it.
    pub(crate) fn admits(&self, number: u32, max: usize) -> bool {
        let mut numbers = self.0.borrow_mut();
        let known = numbers.contains(&number);
        if !known && numbers.len() < max {
            numbers.push(number);
            return true;
        }
        known
    }

    /// Whether the set takes no number more.
    pub(crate) fn is_full(&self, max: usize) -> bool {
        self.0.borrow().len() >= max
    }
}
