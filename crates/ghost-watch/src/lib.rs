//! The terminal view of a live or finished session.
//!
//! `state` knows no terminal: readings and keys in, what to show out. `view` draws it and changes
//! nothing. `terminal` is the rest: the screen's modes, the keyboard, signals and a thin loop.
//! Deliberately absent: options, environment variables, choosing a session, output without a
//! terminal. They are the command's, which uses [`Watch`] for the latter.
#![forbid(unsafe_code)]

pub mod state;
mod terminal;
mod view;

pub use state::{Reading, Settings, SortBy, Watch};
pub use terminal::{WatchError, has_keyboard, run};
pub use view::{Look, rate};
