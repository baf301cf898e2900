//! What one client has still to be sent: bounded in messages and bytes. Messages for all are shared, so
//! that a client costs a list of references.
//!
//! A client that does not read loses everything that waits and is told how much. It is closed after
//! that, since what it would know is wrong.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// Bytes that may wait.
pub(crate) const BYTES_MAX: usize = 1 << 20;

/// Messages that may wait: half a minute of a busy session.
pub(crate) const FRAMES_MAX: usize = 64;

/// The messages that wait for one client.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    waiting: Mutex<Waiting>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    frames: VecDeque<Utf8Bytes>,
    bytes: usize,
    dropped_count: u64,
}

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// A message.
    Frame(Utf8Bytes),
    /// The client reads too slowly: this many messages were dropped.
    Lag { dropped_count: u64 },
}

impl Outbox {
    /// Puts a message behind the others. Where there is no room, all of them are dropped and counted.
    pub(crate) fn push(&self, frame: &Utf8Bytes) {
        let mut waiting = self.lock();
        let bytes = waiting.bytes + frame.len();
        let is_full = waiting.frames.len() >= FRAMES_MAX || bytes > BYTES_MAX;
        if is_full || waiting.dropped_count > 0 {
            waiting.drop_all();
            waiting.dropped_count += 1;
        } else {
            waiting.frames.push_back(frame.clone());
            waiting.bytes = bytes;
        }
        drop(waiting);
        self.changed.notify_one();
    }

    /// Gives up what waits, and says how much that and what was dropped before is.
    pub(crate) fn give_up(&self) -> u64 {
        let mut waiting = self.lock();
        waiting.drop_all();
        waiting.dropped_count
    }

    /// Waits for what comes next. Nothing is lost where the waiting is given up.
    pub(crate) async fn next(&self) -> Next {
        loop {
            let changed = self.changed.notified();
            if let Some(next) = self.lock().take() {
                return next;
            }
            changed.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn take(&mut self) -> Option<Next> {
        if self.dropped_count > 0 {
            return Some(Next::Lag { dropped_count: self.dropped_count });
        }
        let frame = self.frames.pop_front()?;
        self.bytes -= frame.len();
        Some(Next::Frame(frame))
    }

    fn drop_all(&mut self) {
        self.dropped_count += self.frames.len() as u64;
        self.frames.clear();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(length: usize) -> Utf8Bytes {
        "x".repeat(length).into()
    }

    fn take(outbox: &Outbox) -> Option<Next> {
        outbox.lock().take()
    }

    #[test]
    fn messages_come_out_in_their_order() {
        let outbox = Outbox::default();
        for length in [1, 2, 3] {
            outbox.push(&text(length));
        }
        for length in [1, 2, 3] {
            assert_eq!(take(&outbox), Some(Next::Frame(text(length))));
        }
        assert_eq!(take(&outbox), None);
    }

    #[test]
    fn a_client_that_lags_is_told_how_much_it_lost() {
        let outbox = Outbox::default();
        for _ in 0..FRAMES_MAX {
            outbox.push(&text(1));
        }
        outbox.push(&text(1));
        outbox.push(&text(1));
        let dropped_count = FRAMES_MAX as u64 + 2;
        assert_eq!(take(&outbox), Some(Next::Lag { dropped_count }));
        assert_eq!(outbox.give_up(), dropped_count);
    }

    #[test]
    fn whoever_waits_is_woken() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let outbox = std::sync::Arc::new(Outbox::default());
            let waiting = tokio::spawn({
                let outbox = std::sync::Arc::clone(&outbox);
                async move { outbox.next().await }
            });
            tokio::task::yield_now().await;
            outbox.push(&text(5));
            assert_eq!(waiting.await.unwrap(), Next::Frame(text(5)));
        });
    }

    proptest! {
        #[test]
        fn what_waits_is_bounded_and_nothing_is_lost_uncounted(
            steps in prop::collection::vec(prop::option::of(0_usize..BYTES_MAX / 3), 0..200),
        ) {
            let outbox = Outbox::default();
            let (mut pushed, mut taken) = (0_u64, 0_u64);
            for step in steps {
                match step {
                    Some(length) => {
                        outbox.push(&text(length));
                        pushed += 1;
                    }
                    None => taken += u64::from(matches!(take(&outbox), Some(Next::Frame(_)))),
                }
                let waiting = outbox.lock();
                prop_assert!(waiting.bytes <= BYTES_MAX && waiting.frames.len() <= FRAMES_MAX);
                let sum: usize = waiting.frames.iter().map(|frame| frame.len()).sum();
                prop_assert_eq!(waiting.bytes, sum);
                let left = waiting.frames.len() as u64;
                prop_assert_eq!(taken + left + waiting.dropped_count, pushed);
            }
        }
    }
}
