//! From readings of one session to what its listeners are told: each change once, made once for all of
//! them. Pure but for the outboxes it puts messages into.

use std::sync::Arc;

use ghost_model::SessionId;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::message::{DeltaMessage, Tell, Topic, Topics};
use super::outbox::Outbox;
use super::watched::{Changes, Watched};

/// Somebody who asked to be told.
#[derive(Clone, Debug)]
pub(crate) struct Listener {
    /// Which client.
    pub(crate) client: u64,
    /// Which of its wishes: a later one replaces this.
    pub(crate) wish: u64,
    /// Where its messages go.
    pub(crate) outbox: Arc<Outbox>,
    /// The session as it was asked for.
    pub(crate) selector: String,
    /// What of it.
    pub(crate) topics: Topics,
    /// What the selector means at present, or why it means nothing.
    pub(crate) session: Option<Result<SessionId, String>>,
    /// Whether it knows nothing yet of that session.
    pub(crate) is_new: bool,
}

impl Listener {
    /// Follows what the selector means; a failure is told once.
    pub(crate) fn follow(&mut self, resolved: Result<SessionId, String>) {
        if self.session.as_ref() != Some(&resolved) {
            if let Err(detail) = &resolved {
                self.outbox.push(&Tell::Error { detail }.frame());
            }
            self.session = Some(resolved);
            self.is_new = true;
        }
    }

    /// The session, where there is one.
    pub(crate) fn followed(&self) -> Option<&SessionId> {
        self.session.as_ref()?.as_ref().ok()
    }
}

/// One session that somebody listens to.
#[derive(Debug)]
pub(crate) struct Feed<V> {
    session: SessionId,
    /// What everybody who is not new was told.
    told: Option<Arc<V>>,
}

impl<V: Watched> Feed<V> {
    /// Nothing was told yet.
    pub(crate) fn new(session: SessionId) -> Self {
        Self { session, told: None }
    }

    /// Tells everybody what a new reading brought.
    pub(crate) fn tell(&mut self, view: &Arc<V>, listeners: &mut [Listener]) {
        if let Some(before) = self.told.replace(Arc::clone(view)) {
            self.tell_changes(&before, view, listeners);
        }
        self.welcome(view, listeners);
    }

    fn tell_changes(&self, before: &V, view: &V, listeners: &[Listener]) {
        let known = || listeners.iter().filter(|listener| !listener.is_new);
        if before.version() != view.version() {
            for topic in wanted(known()).iter() {
                if let Some(frame) = self.delta(Some(before), view, topic) {
                    push_to(known().filter(|listener| listener.topics.contains(topic)), &frame);
                }
            }
        }
        if before.is_live() && !view.is_live() {
            push_to(known(), &Tell::SessionEnded { session: self.session.as_str() }.frame());
        }
    }

    /// Who is new is told where it begins, and everything as if it had just changed.
    fn welcome(&self, view: &V, listeners: &mut [Listener]) {
        for listener in listeners.iter().filter(|listener| listener.is_new) {
            let message = Tell::Subscribed {
                session: self.session.as_str(),
                topics: listener.topics.iter().collect(),
                version: view.version(),
                is_live: view.is_live(),
            };
            listener.outbox.push(&message.frame());
        }
        let new = || listeners.iter().filter(|listener| listener.is_new);
        for topic in wanted(new()).iter() {
            if let Some(frame) = self.delta(None, view, topic) {
                push_to(new().filter(|listener| listener.topics.contains(topic)), &frame);
            }
        }
        for listener in listeners {
            listener.is_new = false;
        }
    }

    fn delta(&self, before: Option<&V>, view: &V, topic: Topic) -> Option<Utf8Bytes> {
        let changes = view.changes(before, topic);
        if changes.is_empty() {
            return None;
        }
        let Changes { items, removed, more_count } = &changes;
        let message = DeltaMessage {
            topic,
            session: self.session.as_str(),
            version: view.version(),
            items,
            removed,
            more_count: *more_count,
        };
        Some(Tell::Delta(message).frame())
    }
}

fn wanted<'a>(listeners: impl Iterator<Item = &'a Listener>) -> Topics {
    listeners.fold(Topics::default(), |all, listener| all.and(listener.topics))
}

fn push_to<'a>(listeners: impl Iterator<Item = &'a Listener>, frame: &Utf8Bytes) {
    for listener in listeners {
        listener.outbox.push(frame);
    }
}
