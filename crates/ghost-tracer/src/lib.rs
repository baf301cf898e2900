//! From call events to ledger records: which function, which types, which caller, how long.
//!
//! The caller (`ghost-python`) says what happened on which frame; this crate keeps the shadow
//! stacks, the inline caches and the registries, and adds to the counters of the ledger. It knows
//! frames, code objects and types only as addresses and asks an [`Interpreter`] for their names,
//! once each, so that it runs in tests without Python.
//!
//! # Hot path
//! [`Tracer::start`], [`Tracer::finish`] and what they inline: two clock reads, a handful of
//! compares and adds. Forbidden there: allocating after warm-up, locking, hashing, formatting,
//! asking the interpreter. Everything else is `#[cold]`.
//!
//! # Constraints
//! * One caller at a time (the interpreter lock), never re-entered: see `ghost-python`'s fence.
//! * Nothing here may panic on any order of events: the interpreter's are not balanced.
//! * Every table has a bound in [`limits`] and a counter of what was refused.
#![forbid(unsafe_code)]

mod address;
mod budget;
mod call_tree;
mod clock;
mod code_state;
mod description;
mod edge;
mod exception_flight;
mod function_registry;
mod function_state;
pub mod limits;
mod node_cache;
mod number_set;
mod sampling;
mod scope;
mod settings;
mod shadow_stack;
mod signature_cache;
mod slot_cache;
mod suspended;
mod tracer;
mod type_registry;

pub use address::{CodeAddress, ExceptionAddress, FrameAddress, StackToken, TypeAddress};
pub use budget::sleeper::Events;
pub use budget::{Budget, Dispatch, Moment, Turn};
pub use clock::TickRate;
pub use code_state::CodeState;
pub use description::{Activation, CodeDescription, Interpreter, Raised, TypeDescription};
pub use scope::{Scope, ScopeRules, module_matches};
pub use settings::{EventsMode, Settings, SettingsError};
pub use tracer::Tracer;
