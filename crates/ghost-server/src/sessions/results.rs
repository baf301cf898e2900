//! What takes too long to wait for: made in the background when first asked for, one at a time for each key,
//! and kept for as long as what it was made of stays the same.
//!
//! Who asks while it is made gets what there was before, or nothing yet.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, Semaphore};

/// How long who asks waits before being sent away.
const PATIENCE: Duration = Duration::from_millis(25);
/// Results kept.
const RESULTS_MAX: usize = 8;
/// After a result as many times as long as it took nothing newer is made: a session that runs changes all the
/// time, and looking for anomalies must not become all that its machine does.
const REST: u32 = 10;

/// Results by key.
pub(crate) struct Results<T> {
    /// The latest asked for last.
    entries: Arc<Mutex<Vec<Entry<T>>>>,
    places: Arc<Semaphore>,
}

struct Entry<T> {
    key: String,
    made: Option<Made<T>>,
    /// Told when the one that is being made is there.
    running: Option<Arc<Notify>>,
}

/// A result, and what it was made of.
struct Made<T> {
    version: String,
    result: Arc<T>,
    at: Instant,
    took: Duration,
}

impl<T> Clone for Made<T> {
    fn clone(&self) -> Self {
        let Self { version, result, at, took } = self;
        Self { version: version.clone(), result: Arc::clone(result), at: *at, took: *took }
    }
}

impl<T: Send + Sync + 'static> Results<T> {
    /// None yet; `places` is how many are made at once.
    pub(crate) fn new(places: usize) -> Self {
        Self { entries: Arc::default(), places: Arc::new(Semaphore::new(places)) }
    }

    /// The result for a key: that of this version, or one that is hardly older; `None` while there is none.
    pub(crate) async fn get(
        &self,
        key: &str,
        version: &str,
        make: impl FnOnce() -> T + Send + 'static,
    ) -> Option<Arc<T>> {
        let (before, running) = self.find(key);
        if let Some(before) = &before
            && (before.version == version || before.at.elapsed() < before.took * REST)
        {
            return Some(Arc::clone(&before.result));
        }
        let there = running.unwrap_or_else(|| self.start(key, version, make));
        // A permit is kept for who comes late; who times out asks again.
        let _ = tokio::time::timeout(PATIENCE, there.notified()).await;
        there.notify_waiters();
        self.find(key).0.map(|found| found.result)
    }

    fn find(&self, key: &str) -> (Option<Made<T>>, Option<Arc<Notify>>) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(place) = entries.iter().position(|entry| entry.key == key) else {
            return (None, None);
        };
        let entry = entries.remove(place);
        let found = (entry.made.clone(), entry.running.clone());
        entries.push(entry);
        found
    }

    fn start(
        &self,
        key: &str,
        version: &str,
        make: impl FnOnce() -> T + Send + 'static,
    ) -> Arc<Notify> {
        let there = Arc::new(Notify::new());
        {
            let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
            match entries.iter_mut().find(|entry| entry.key == key) {
                // Somebody else was faster.
                Some(Entry { running: Some(there), .. }) => return Arc::clone(there),
                Some(entry) => entry.running = Some(Arc::clone(&there)),
                None => {
                    if entries.len() >= RESULTS_MAX {
                        entries.remove(0);
                    }
                    let running = Some(Arc::clone(&there));
                    entries.push(Entry { key: key.to_owned(), made: None, running });
                }
            }
        }
        let (entries, places) = (Arc::clone(&self.entries), Arc::clone(&self.places));
        let (key, version, told) = (key.to_owned(), version.to_owned(), Arc::clone(&there));
        tokio::spawn(async move {
            let permit = places.acquire_owned().await;
            let began = Instant::now();
            let result = tokio::task::spawn_blocking(move || {
                let _permit = permit;
                make()
            });
            // What panicked is not there; the next who asks tries again.
            let result = result.await.ok().map(Arc::new);
            let (at, took) = (Instant::now(), began.elapsed());
            let mut entries = entries.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(entry) = entries.iter_mut().find(|entry| entry.key == key) {
                entry.running = None;
                entry.made =
                    result.map(|result| Made { version, result, at, took }).or(entry.made.take());
            }
            told.notify_one();
        });
        there
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::mpsc;

    #[tokio::test]
    async fn what_takes_long_is_made_once_and_is_there_later() {
        let results = Results::new(1);
        let (go, wait) = mpsc::channel::<()>();
        let made = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&made);
        let first = results.get("a", "1", move || {
            let _ = wait.recv();
            count.fetch_add(1, Ordering::Relaxed)
        });
        assert!(first.await.is_none());
        assert!(results.get("a", "1", || panic!("made already")).await.is_none());
        go.send(()).unwrap();
        let mut found = None;
        while found.is_none() {
            found = results.get("a", "1", || panic!("made already")).await;
        }
        assert_eq!((found.as_deref(), made.load(Ordering::Relaxed)), (Some(&0), 1));
    }

    #[tokio::test]
    async fn a_new_version_is_made_and_keys_do_not_mix() {
        let results = Results::new(2);
        let mut found = None;
        while found.as_deref() != Some(&2) {
            results.get("a", "1", || 1).await;
            found = results.get("a", "2", || 2).await;
        }
        assert_eq!(results.get("b", "2", || 7).await.as_deref(), Some(&7));
        for number in 0..2 * RESULTS_MAX as u64 {
            results.get(&number.to_string(), "1", move || 1).await;
        }
        assert!(results.entries.lock().unwrap().len() <= RESULTS_MAX);
    }

    #[tokio::test]
    async fn after_a_panic_the_next_one_tries_again() {
        let results = Results::new(1);
        assert_eq!(results.get("a", "1", || -> u8 { panic!("on purpose") }).await, None);
        let mut found = None;
        while found.is_none() {
            found = results.get("a", "1", || 3).await;
        }
        assert_eq!(found.as_deref(), Some(&3));
    }
}
