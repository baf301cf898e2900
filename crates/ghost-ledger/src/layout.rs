//! The byte layout of a ledger. Change anything here and bump [`VERSION`].
//!
//! All numbers are little-endian and naturally aligned; offsets count bytes from the start of the
//! file. Records follow the header without gaps up to `used`, which is stored (release) only
//! after the record below it is complete: a reader never sees half a record.
//!
//! ```text
//! header, 4096 bytes
//!    0 magic "GHOSTLG\0"   8 version u32        12 first record u32
//!   16 pid u32            20 parent pid u32     24 kernel start, ticks u64
//!   32 start, unix ns u64 40 used, bytes u64    48 end, unix ns u64 (0: not closed)
//!   56 python version, hexversion u32
//!   64 counters u64[32], indexed by ghost_model::Counter
//!  320 pid namespace, inode u64 (0: unknown)
//!  328 cost of observing one call, picoseconds u64 (0: not measured)
//!  336 what observing has taken so far, nanoseconds u64 (0: not measured)
//!  344 whether it ended because observing did u64 (1: the process may go on)
//!
//! record = 0 kind u16, 2 what u16, 4 size u32 (whole record, multiple of 8), then
//!   TEXT       8 length u32      12 UTF-8 bytes, zero padded
//!   TYPE       8 module text u32 12 qualname text u32 16 entries u32 20 mro text u32[entries]
//!   FUNCTION   8 module text u32 12 qualname text u32 16 file text u32 20 parameters text u32
//!             24 line u32        28 kind u32          32 slots u64[8] (see Slot)
//!   SIGNATURE  8 entries u32     12 type u32[entries]
//!   CELL       8 function u32    12 key u32  16 second key u32  20 -  24 count u64
//!   HISTOGRAM  8 function u32    12 first bucket u32  16 counts u32[32]
//!   RING       8 capacity u32    12 -        16 written u64   24 entries of 64 bytes
//!   NODE       8 parent u32      12 function u32  16 calls u64  24 self ns u64
//! entry  = 0 sequence u64 (from 1; 0 while written)  8 start, unix ns u64  16 latency ns u64
//!         24 function u32  28 caller u32  32 signature u32  36 type u32  40 raised u32  44 -
//!         48 check u64 (`ring_check` of the six words before it and the one behind)
//!         56 span id u64 (0: in none)
//! ```
//!
//! Types, functions, signatures and nodes are numbered in the order of their records. Type 0 is the
//! overflow type `…`, function 0 the root, node 0 (its own parent) the root of the call tree; every
//! other node comes after its parent. In a CELL of kind `Exception` the second key is the
//! catching function plus one, 0 where nobody caught it; in one that ends in `ByCaller` it is the
//! calling function.

/// First eight bytes of every ledger.
pub const MAGIC: [u8; 8] = *b"GHOSTLG\0";
/// Layout version.
///
/// * 1: first.
/// * 2: the check of a ring entry depends on the place of each word.
/// * 3: cells by caller, of which signatures, returned types and callers are the sums; the last two
///   slots of a function (the variance and the bias of its calls, `f64`); what observing has taken.
/// * 4: the span in which a sampled activation began.
/// * 5: nodes of the call tree.
/// * 6: whether observing ended before the process.
pub const VERSION: u32 = 6;
/// Bytes before the first record.
pub const HEADER_BYTES: usize = 4096;

/// Offsets in the header.
pub mod header {
    #![expect(missing_docs, reason = "named after the fields drawn above")]
    pub const VERSION: usize = 8;
    pub const FIRST_RECORD: usize = 12;
    pub const PID: usize = 16;
    pub const PARENT_PID: usize = 20;
    pub const KERNEL_START_TICKS: usize = 24;
    pub const START_UNIX_NS: usize = 32;
    pub const USED: usize = 40;
    pub const END_UNIX_NS: usize = 48;
    pub const PYTHON_VERSION: usize = 56;
    pub const COUNTERS: usize = 64;
    pub const COUNTERS_MAX: usize = 32;
    pub const PID_NAMESPACE: usize = COUNTERS + 8 * COUNTERS_MAX;
    pub const CALL_COST_PS: usize = PID_NAMESPACE + 8;
    pub const OWN_COST_NS: usize = CALL_COST_PS + 8;
    pub const IS_DETACHED: usize = OWN_COST_NS + 8;
}

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum RecordKind {
    /// A name.
    Text = 1,
    /// A type.
    Type = 2,
    /// A function and its time slots.
    Function = 3,
    /// A list of types.
    Signature = 4,
    /// One counter of one function.
    Cell = 5,
    /// 32 histogram buckets of one function.
    Histogram = 6,
    /// The ring of sampled activations.
    Ring = 7,
    /// One node of the call tree.
    Node = 8,
}

impl RecordKind {
    /// The kind with this number, if there is one.
    pub fn from_number(number: u16) -> Option<Self> {
        use RecordKind::{Cell, Function, Histogram, Node, Ring, Signature, Text, Type};
        [Text, Type, Function, Signature, Cell, Histogram, Ring, Node]
            .into_iter()
            .find(|kind| *kind as u16 == number)
    }
}

/// What a cell counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum CellKind {
    /// Activations with a signature (key). Written before version 3.
    Args = 0,
    /// Activations that returned a type (key). Written before version 3.
    Return = 1,
    /// Suspensions that yielded a type (key).
    Yield = 2,
    /// Activations that ended by an exception type (key), by who caught it (second key).
    Exception = 3,
    /// Activations by caller (key). Written before version 3.
    Caller = 4,
    /// Exceptions of a type (key) that a handler of this function ended.
    Handled = 5,
    /// How often a histogram bucket (key) went past 2³²; each stands for 2³² activations.
    BucketWraps = 6,
    /// Activations with a signature (key) begun by a caller (second key).
    ArgsByCaller = 7,
    /// Activations begun by a caller (second key) that returned a type (key).
    ReturnsByCaller = 8,
}

impl CellKind {
    /// Every kind, in the order of its number.
    pub const ALL: [Self; 9] = [
        Self::Args,
        Self::Return,
        Self::Yield,
        Self::Exception,
        Self::Caller,
        Self::Handled,
        Self::BucketWraps,
        Self::ArgsByCaller,
        Self::ReturnsByCaller,
    ];

    /// The kind with this number, if there is one.
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u16 == number)
    }
}

/// Bytes of a CELL record.
pub const CELL_BYTES: usize = 32;
/// Offset of the count in a CELL record.
pub const CELL_COUNT: usize = 24;
/// Bytes of a FUNCTION record.
pub const FUNCTION_BYTES: usize = 96;
/// Offset of the slots in a FUNCTION record.
pub const FUNCTION_SLOTS: usize = 32;
/// Buckets of a HISTOGRAM record: four octaves.
pub const BLOCK_BUCKETS: usize = 32;
/// Bytes of a HISTOGRAM record.
pub const HISTOGRAM_BYTES: usize = 16 + 4 * BLOCK_BUCKETS;
/// Offset of the counts in a HISTOGRAM record.
pub const HISTOGRAM_COUNTS: usize = 16;
/// Offset of the number of entries ever written in a RING record.
pub const RING_WRITTEN: usize = 16;
/// Offset of the first entry in a RING record.
pub const RING_ENTRIES: usize = 24;
/// Bytes of a NODE record.
pub const NODE_BYTES: usize = 32;
/// Offset of the slots in a NODE record.
pub const NODE_SLOTS: usize = 16;
/// Words of a ring entry before its check.
pub(crate) const RING_ENTRY_CHECKED: usize = 6;
/// Bytes of one ring entry.
pub const RING_ENTRY_BYTES: usize = 64;

/// The check of a ring entry over its other words; before layout 4 without the last, the span.
///
/// A reader copies without a lock, so it may find words of two entries in one. Entries of one
/// function differ in few bits, which an exclusive or would let cancel out: a longer latency undoes
/// an equally later start. Multiplying and rotating at each step makes what a word adds depend on
/// its place and on all words before it.
pub fn ring_check(words: &[u64]) -> u64 {
    // 2⁶⁴ divided by the golden ratio: odd, and no two of its bits are related.
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    words.iter().fold(SPREAD, |check, &word| (check ^ word).wrapping_mul(SPREAD).rotate_left(29))
}

/// The check of layout 1: the exclusive or of the words.
pub(crate) fn ring_check_of_layout_1(words: &[u64]) -> u64 {
    words.iter().fold(0, |check, word| check ^ word)
}
