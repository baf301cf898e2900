//! Values that belong to one process: a forked child finds a new one instead of its parent's.
//!
//! Threads of the parent do not exist in the child, and may have held any lock or been in the middle of
//! any queue. So the child never touches the parent's value again: it is left where it is, once per
//! fork and never more than the parent had. No lock on the way, and no handler that does more than count.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How many forks lie between the first process and this one.
static GENERATION: AtomicU64 = AtomicU64::new(0);

/// To be called in every forked child, before anything else of this crate. Only adds to one word, because
/// a child of a program with threads may do little more.
pub fn note_fork() {
    GENERATION.fetch_add(1, Relaxed);
}

/// A value of this process.
#[derive(Debug)]
pub struct ForkLocal<T> {
    generation: u64,
    value: T,
    /// The value of a child that forked from here.
    next: OnceLock<Box<Self>>,
}

impl<T> ForkLocal<T> {
    /// The value of this process.
    pub fn new(value: T) -> Self {
        Self { generation: GENERATION.load(Relaxed), value, next: OnceLock::new() }
    }

    /// The value of this process; `make` is asked for one where it was made by a parent.
    #[inline]
    pub fn get(&self, make: impl FnOnce() -> T) -> &T {
        if self.generation == GENERATION.load(Relaxed) {
            &self.value
        } else {
            self.after_fork(make)
        }
    }

    /// The value of this process, if it has one already.
    pub fn existing(&self) -> Option<&T> {
        let generation = GENERATION.load(Relaxed);
        let mut local = self;
        while local.generation != generation {
            local = local.next.get()?;
        }
        Some(&local.value)
    }

    #[cold]
    fn after_fork(&self, make: impl FnOnce() -> T) -> &T {
        let generation = GENERATION.load(Relaxed);
        let mut local = self;
        // As deep as the generations that used it.
        while let Some(next) = local.next.get() {
            if next.generation == generation {
                return &next.value;
            }
            local = next;
        }
        &local.next.get_or_init(|| Box::new(Self::new(make()))).value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_gets_a_value_of_its_own_and_keeps_it() {
        let local = ForkLocal::new(1);
        assert_eq!(*local.get(|| 2), 1);
        for generation in 2..5 {
            note_fork();
            assert_eq!(local.existing(), None);
            assert_eq!(*local.get(|| generation), generation);
            assert_eq!(*local.get(|| 0), generation);
            assert_eq!(local.existing(), Some(&generation));
        }
    }
}
