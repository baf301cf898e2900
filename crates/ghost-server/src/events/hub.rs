//! Who listens to what, and the one task that reads sessions for all of them. It runs while somebody is
//! there, and reads only what somebody asked for.

use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ghost_model::SessionId;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::feed::{Feed, Listener};
use super::message::{self, Tell, Topics, VERSION, Wish};
use super::outbox::Outbox;
use super::watched::{Source, Watched};
use crate::stop::Stopped;

/// Clients at a time. One costs some tens of kilobytes.
pub(crate) const CLIENTS_MAX: usize = 256;

/// Time between two readings: processes that count are disturbed by nothing more often.
const INTERVAL: Duration = Duration::from_secs(1);

/// Time between two readings where somebody new does not want to wait: four in a second.
const INTERVAL_MIN: Duration = Duration::from_millis(250);

/// Everybody who listens.
pub(crate) struct Hub<S: Source> {
    source: Arc<S>,
    members: Mutex<Members>,
    wake: Notify,
    left: Notify,
    stopped: Stopped,
}

impl<S: Source> std::fmt::Debug for Hub<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").field("clients", &self.lock().all.len()).finish_non_exhaustive()
    }
}

#[derive(Debug, Default)]
struct Members {
    last: u64,
    all: HashMap<u64, Member>,
    /// Whether the task that reads is there.
    is_read: bool,
}

#[derive(Debug)]
struct Member {
    outbox: Arc<Outbox>,
    listener: Option<Listener>,
}

/// What was told before; belongs to the task that reads.
#[derive(Debug)]
struct Told<V> {
    feeds: HashMap<SessionId, Feed<V>>,
    newest: Option<SessionId>,
}

/// A client's place; leaving is dropping it.
#[derive(Debug)]
pub(crate) struct Membership<S: Source> {
    hub: Arc<Hub<S>>,
    client: u64,
    outbox: Arc<Outbox>,
}

impl<S: Source> Hub<S> {
    /// Nobody listens yet.
    pub(crate) fn new(source: Arc<S>, stopped: Stopped) -> Self {
        let (members, wake, left) = (Mutex::default(), Notify::new(), Notify::new());
        Self { source, members, wake, left, stopped }
    }

    /// A place for one more client; `None` where there are too many.
    pub(crate) fn join(self: &Arc<Self>) -> Option<Membership<S>> {
        let mut members = self.lock();
        if members.all.len() >= CLIENTS_MAX {
            return None;
        }
        members.last += 1;
        let (client, outbox) = (members.last, Arc::new(Outbox::default()));
        outbox.push(&Tell::Hello { version: VERSION }.frame());
        members.all.insert(client, Member { outbox: Arc::clone(&outbox), listener: None });
        if !mem::replace(&mut members.is_read, true) {
            tokio::spawn(Arc::clone(self).read_while_needed());
        }
        Some(Membership { hub: Arc::clone(self), client, outbox })
    }

    /// Waits until everybody left.
    pub(crate) async fn everybody_left(&self) {
        loop {
            let left = self.left.notified();
            if self.lock().all.is_empty() {
                return;
            }
            left.await;
        }
    }

    async fn read_while_needed(self: Arc<Self>) {
        let mut told = Told { feeds: HashMap::new(), newest: self.newest().await };
        loop {
            let earliest = Instant::now() + INTERVAL_MIN;
            self.round(&mut told).await;
            if self.is_done() {
                return;
            }
            tokio::select! {
                () = sleep(INTERVAL) => {}
                () = self.wake.notified() => sleep_until(earliest).await,
            }
        }
    }

    fn is_done(&self) -> bool {
        let mut members = self.lock();
        members.is_read = !members.all.is_empty();
        !members.is_read
    }

    /// Reads what is listened to, and tells what is new.
    async fn round(&self, told: &mut Told<S::View>) {
        self.tell_of_new_session(told).await;
        let groups = self.listeners_by_session().await;
        told.feeds.retain(|session, _| groups.contains_key(session));
        for (session, mut listeners) in groups {
            let feed = told.feeds.remove(&session).unwrap_or_else(|| Feed::new(session.clone()));
            match self.source.seen(&session).await {
                Ok(view) => {
                    let tell = move || told_by(feed, &view, listeners);
                    let told_now = tokio::task::spawn_blocking(tell);
                    // A panic in it is told by the panic hook; the feed begins anew.
                    let Ok((feed, listeners)) = told_now.await else { continue };
                    told.feeds.insert(session, feed);
                    self.settle(listeners);
                }
                Err(why) => {
                    for listener in &mut listeners {
                        listener.follow(Err(why.clone()));
                    }
                    self.settle(listeners);
                }
            }
        }
    }

    /// Everybody who listens to some session. Who means none is told so.
    async fn listeners_by_session(&self) -> BTreeMap<SessionId, Vec<Listener>> {
        let mut meanings: HashMap<String, Result<SessionId, String>> = HashMap::new();
        let mut groups: BTreeMap<SessionId, Vec<Listener>> = BTreeMap::new();
        for mut listener in self.listeners() {
            let meaning = match meanings.get(&listener.selector) {
                Some(known) => known.clone(),
                None => self.source.meant(&listener.selector).await,
            };
            meanings.insert(listener.selector.clone(), meaning.clone());
            listener.follow(meaning);
            match listener.followed().cloned() {
                Some(session) => groups.entry(session).or_default().push(listener),
                None => self.settle(vec![listener]),
            }
        }
        groups
    }

    async fn newest(&self) -> Option<SessionId> {
        self.source.meant("latest").await.ok()
    }

    async fn tell_of_new_session(&self, told: &mut Told<S::View>) {
        let newest = self.newest().await;
        if let Some(session) = newest.as_ref().filter(|_| newest > told.newest) {
            self.tell_everybody(&message::started(session));
        }
        told.newest = newest;
    }

    /// Tells everybody who is there, listening or not.
    pub(crate) fn tell_everybody(&self, frame: &Utf8Bytes) {
        for member in self.lock().all.values() {
            member.outbox.push(frame);
        }
    }

    fn listeners(&self) -> Vec<Listener> {
        self.lock().all.values().filter_map(|member| member.listener.clone()).collect()
    }

    /// Remembers what listeners were told, but for those who wished for something else meanwhile.
    fn settle(&self, listeners: Vec<Listener>) {
        let mut members = self.lock();
        for listener in listeners {
            let kept = members.all.get_mut(&listener.client);
            let kept = kept.and_then(|member| member.listener.as_mut());
            if let Some(kept) = kept.filter(|kept| kept.wish == listener.wish) {
                *kept = listener;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn told_by<V: Watched>(
    mut feed: Feed<V>,
    view: &Arc<V>,
    mut listeners: Vec<Listener>,
) -> (Feed<V>, Vec<Listener>) {
    feed.tell(view, &mut listeners);
    (feed, listeners)
}

impl<S: Source> Membership<S> {
    /// Resolves when the client has to go.
    pub(crate) fn stopped(&self) -> Stopped {
        self.hub.stopped.clone()
    }

    /// The messages for this client.
    pub(crate) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Does what a message of the client says; answers to one that makes no sense.
    pub(crate) fn take(&self, text: &str) {
        match Wish::parse(text) {
            Ok(Wish::Subscribe { session, topics }) => {
                self.listen(Some((session, topics.into_iter().collect())));
            }
            Ok(Wish::Unsubscribe {}) => self.listen(None),
            Err(detail) => self.outbox.push(&Tell::Error { detail: &detail }.frame()),
        }
    }

    fn listen(&self, wanted: Option<(String, Topics)>) {
        let mut members = self.hub.lock();
        members.last += 1;
        let wish = members.last;
        let listener = wanted.map(|(selector, topics)| Listener {
            client: self.client,
            wish,
            outbox: Arc::clone(&self.outbox),
            selector,
            topics,
            session: None,
            is_new: true,
        });
        if let Some(member) = members.all.get_mut(&self.client) {
            member.listener = listener;
        }
        drop(members);
        self.hub.wake.notify_one();
    }
}

impl<S: Source> Drop for Membership<S> {
    fn drop(&mut self) {
        self.hub.lock().all.remove(&self.client);
        self.hub.left.notify_waiters();
    }
}
