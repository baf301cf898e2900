//! How many connections there are at a time, and which one goes when there are too many: the one that has
//! been waiting for its client for longest. So idle connections, however many, keep nobody out.
//!
//! Knows nothing of what is said on a connection, only whether it is our turn.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;
use tokio::task::AbortHandle;

/// It is our turn: the connection may not be closed.
const OUR_TURN: u64 = u64::MAX;

/// The places of a server.
#[derive(Clone, Debug)]
pub(super) struct Admission {
    places: Arc<Places>,
}

#[derive(Debug)]
struct Places {
    count_max: usize,
    start: Instant,
    taken: Mutex<Taken>,
    left: Notify,
}

#[derive(Debug, Default)]
struct Taken {
    next_id: u64,
    holders: HashMap<u64, Holder>,
}

#[derive(Debug)]
struct Holder {
    turn: Turn,
    /// `None` until the task runs.
    task: Option<AbortHandle>,
}

/// A place; free again when dropped.
#[derive(Debug)]
pub(super) struct Place {
    id: u64,
    turn: Turn,
    places: Arc<Places>,
}

/// Whose turn it is on a connection.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    start: Instant,
    /// Microseconds after `start` when the client's turn began, or [`OUR_TURN`].
    client_since: Arc<AtomicU64>,
}

impl Turn {
    fn of_the_client(start: Instant) -> Self {
        let turn = Self { start, client_since: Arc::default() };
        turn.ended();
        turn
    }

    /// A request is here.
    pub(super) fn began(&self) {
        self.client_since.store(OUR_TURN, Ordering::Relaxed);
    }

    /// It is answered; what follows is up to the client.
    pub(super) fn ended(&self) {
        let since = self.start.elapsed().as_micros() as u64;
        self.client_since.store(since, Ordering::Relaxed);
    }

    /// Since when the client could have gone on.
    fn client_since(&self) -> Option<u64> {
        Some(self.client_since.load(Ordering::Relaxed)).filter(|since| *since != OUR_TURN)
    }
}

impl Admission {
    /// None is taken.
    pub(super) fn new(count_max: usize) -> Self {
        let start = Instant::now();
        let (taken, left) = (Mutex::default(), Notify::new());
        Self { places: Arc::new(Places { count_max, start, taken, left }) }
    }

    /// Takes a place: a free one, else that of whoever has been waiting for longest, else the next that gets
    /// free.
    pub(super) async fn enter(&self) -> Place {
        loop {
            if let Some(place) = self.try_enter() {
                return place;
            }
            self.places.left.notified().await;
        }
    }

    fn try_enter(&self) -> Option<Place> {
        let mut taken = self.places.taken();
        if taken.holders.len() >= self.places.count_max {
            taken.remove_longest_waiting()?;
        }
        let (id, turn) = (taken.next_id, Turn::of_the_client(self.places.start));
        taken.next_id += 1;
        taken.holders.insert(id, Holder { turn: turn.clone(), task: None });
        Some(Place { id, turn, places: Arc::clone(&self.places) })
    }

    /// Waits until no place is taken. Only for when nobody enters any more.
    pub(super) async fn all_left(&self) {
        while !self.places.taken().holders.is_empty() {
            self.places.left.notified().await;
        }
    }

    /// Tells which task to end for the place to get free.
    pub(super) fn is_held_by(&self, id: u64, task: AbortHandle) {
        if let Some(holder) = self.places.taken().holders.get_mut(&id) {
            holder.task = Some(task);
        }
    }
}

impl Taken {
    fn remove_longest_waiting(&mut self) -> Option<()> {
        let waiting = self.holders.iter().filter(|(_, holder)| holder.task.is_some());
        let waiting = waiting.filter_map(|(id, holder)| Some((holder.turn.client_since()?, *id)));
        let (_, id) = waiting.min()?;
        self.holders.remove(&id)?.task?.abort();
        Some(())
    }
}

impl Places {
    /// Nothing is half done when a thread with the lock panics.
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Its number, never used twice.
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    /// Whose turn it is.
    pub(super) fn turn(&self) -> Turn {
        self.turn.clone()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.taken().holders.remove(&self.id);
        self.places.left.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn hold(place: Place) {
        std::future::pending::<()>().await;
        drop(place);
    }

    #[tokio::test]
    async fn who_waits_longest_goes_first() {
        let admission = Admission::new(2);
        let mut tasks = Vec::new();
        for _ in 0..3 {
            let place = admission.enter().await;
            let id = place.id();
            let task = tokio::spawn(hold(place));
            admission.is_held_by(id, task.abort_handle());
            tasks.push(task);
        }
        assert!(tasks.remove(0).await.unwrap_err().is_cancelled());
        assert!(tasks.iter().all(|task| !task.is_finished()));
        assert_eq!(admission.places.taken().holders.len(), 2);
    }

    #[tokio::test]
    async fn whose_request_is_being_answered_stays() {
        let admission = Admission::new(1);
        let place = admission.enter().await;
        let (id, turn) = (place.id(), place.turn());
        let task = tokio::spawn(hold(place));
        admission.is_held_by(id, task.abort_handle());
        turn.began();
        assert!(admission.try_enter().is_none());
        turn.ended();
        assert!(admission.try_enter().is_some());
        assert!(task.await.unwrap_err().is_cancelled());
    }

    #[tokio::test]
    async fn a_place_that_gets_free_is_taken() {
        let admission = Admission::new(1);
        let first = admission.enter().await;
        first.turn().began();
        let next = tokio::spawn({
            let admission = admission.clone();
            async move { admission.enter().await.id() }
        });
        tokio::task::yield_now().await;
        drop(first);
        assert_eq!(next.await.unwrap(), 1);
    }
}
