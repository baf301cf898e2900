//! From recorded types to annotations: what may be claimed of a parameter or a return value.
//!
//! Claims only what was seen or what the source shows beyond doubt; where that is too little, there
//! is a reason instead. Spells nothing for a particular file (`annotating` does), reads no file.

mod assignment;
mod claim;
mod family;
mod inferred_type;
mod naming;
mod naming_table;
mod observation;
mod project;
mod returns;
mod settled;
mod unclaimed;
mod union;

pub use claim::{Claims, Inference, ParameterClaim, Purpose, SourceFile, claims};
pub use family::with_overrides;
pub use inferred_type::InferredType;
pub use naming::Nameable;
pub(crate) use naming::is_builtin_name;
pub use observation::{Observation, Place, Seen, find_function, observations};
pub use project::{Demand, Project, ProjectFile};
pub use settled::Settled;
pub use unclaimed::Unclaimed;
pub(crate) use {assignment::result_of, claim::of_builtin};
