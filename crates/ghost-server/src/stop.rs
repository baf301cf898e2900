//! Asking a server to stop, from any thread.
//!
//! Who asks, and why, is the command's: a signal, or the end of standard input.

use tokio::sync::watch;

/// Stops a server. Dropping it does not.
#[derive(Clone, Debug)]
pub struct Stop {
    sender: watch::Sender<bool>,
}

/// Resolves when a stop was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Stopped {
    receiver: watch::Receiver<bool>,
}

impl Stop {
    pub(crate) fn new() -> Self {
        Self { sender: watch::Sender::new(false) }
    }

    /// Asks the server to stop; at once if it has not begun.
    pub fn stop(&self) {
        self.sender.send_replace(true);
    }

    pub(crate) fn stopped(&self) -> Stopped {
        Stopped { receiver: self.sender.subscribe() }
    }
}

impl Stopped {
    /// Waits until a stop is asked for; for ever if nobody can ask any more.
    pub(crate) async fn wait(&mut self) {
        if self.receiver.wait_for(|is_asked| *is_asked).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
