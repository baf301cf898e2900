//! Every bound of the tracer, with its reason. What lies beyond is counted under `…` and in the
//! counter named beside it.

/// Functions told apart (`functions_refused`). Beyond it is generated code.
pub const FUNCTIONS_MAX: usize = 100_000;
/// Types told apart (`types_refused`).
pub const TYPES_MAX: usize = 50_000;
/// Signatures kept per function (`signatures_refused`); more than this is no longer an interface.
pub const SIGNATURES_MAX: usize = 64;
/// Types of returned, yielded and raised objects kept per function (`types_refused`).
pub const OUTCOMES_MAX: usize = 64;
/// Callers kept per function (`callers_refused`).
pub const CALLERS_MAX: usize = 1_024;
/// Pairs of a caller and a signature, and of a caller and a returned type, kept per function
/// (`callers_refused`). Twice the callers, so that what is called in one way or two loses none.
pub const PAIRS_MAX: usize = 2 * CALLERS_MAX;
/// Nodes of the call tree told apart (`nodes_refused`): 2 MiB of a ledger.
pub const NODES_MAX: usize = 65_536;
/// Nodes above one another (`nodes_refused`). More are two functions that call each other, and what
/// writes a node with its whole path would grow with the square.
pub const CALL_TREE_DEPTH_MAX: usize = 256;
/// Entries of a method resolution order that are written down.
pub const MRO_MAX: usize = 32;
/// Suspended generators and coroutines followed at once (`generators_refused`).
pub const SUSPENDED_MAX: usize = 1_000_000;
/// Stacks of threads and greenlets that are not running, followed at once (`ends_missed`).
pub const PARKED_MAX: usize = 100_000;
/// Exceptions under way on one stack; more means that earlier ones are over.
pub const FLIGHTS_MAX: usize = 8;
/// Frames of one exception's way whose catcher is followed; those above are not told who caught it.
pub const FLIGHT_FRAMES_MAX: usize = 4_096;
/// Links of a traceback followed to tell two exceptions apart: frames out of scope between two in
/// scope.
pub const TRACEBACK_LINKS_MAX: usize = 256;
/// Signatures, callers and outcomes cached inline per code object: what decides the cost of
/// polymorphic code.
pub const INLINE_WAYS: usize = 4;
/// Parameters whose types are recorded; programs hardly pass more.
pub const PARAMETERS_MAX: usize = 64;
/// Activations sampled per function and second.
pub const SAMPLES_PER_WINDOW: u32 = 16;
