//! Usage data: two events per session of the dashboard, to an endpoint that somebody configured. None
//! is configured by default, and then nothing is sent and no id is stored.
//!
//! `consent` decides whether, `payload` what, `install_id` who, `sending` how. Failures are silent: they
//! are logged for debugging and never tried again.

mod consent;
mod install_id;
mod payload;
mod sending;

pub use consent::{Consent, Denial, Endpoint, NotSent};
pub use install_id::InstallId;
pub use payload::{Event, Payload};
pub(crate) use sending::UsageData;
