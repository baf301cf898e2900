//! The byte layout of a ring of spans. Change anything here and bump [`VERSION`].
//!
//! All numbers are little-endian and naturally aligned. Positions count bytes from the beginning of
//! the stream and only rise; position `p` is kept at `HEADER_BYTES + p % capacity`.
//!
//! ```text
//! header, 4096 bytes
//!    0 magic "GHOSTSP\0"   8 version u32        12 capacity, bytes u32 (a power of two)
//!   16 pid u32            20 parent pid u32     24 kernel start, ticks u64
//!   32 start, unix ns u64 40 -                  48 end, unix ns u64 (0: not closed)
//!   56 python version, hexversion u32           60 -
//!   64 pid namespace, inode u64 (0: unknown)
//!  128 written, position u64      136 tail, position u64       144 records written u64
//!  192 refused by the writer u64[16], indexed by ghost_model::SpanLoss
//! written by the reader:
//!  512 read, position u64         520 records read u64         528 records exported u64
//!  576 lost by the reader u64[16], indexed by ghost_model::SpanLoss
//!
//! record = 0 size u32 (whole record, multiple of 8)  4 length u32  8 sequence u64 (from 1)
//!         16 bytes[length], zero padded
//! ```

/// First eight bytes of every ring.
pub const MAGIC: [u8; 8] = *b"GHOSTSP\0";
/// Layout version.
pub const VERSION: u32 = 1;
/// Bytes before the records.
pub const HEADER_BYTES: usize = 4096;
/// Bytes of a record before its content.
pub const RECORD_HEAD_BYTES: usize = 16;
/// Words set aside for reasons of loss.
pub const LOSSES_MAX: usize = 16;

/// Offsets in the header.
pub mod header {
    #![expect(missing_docs, reason = "named after the fields drawn above")]
    pub const VERSION: usize = 8;
    pub const PID: usize = 16;
    pub const KERNEL_START_TICKS: usize = 24;
    pub const START_UNIX_NS: usize = 32;
    pub const END_UNIX_NS: usize = 48;
    pub const PYTHON_VERSION: usize = 56;
    pub const PID_NAMESPACE: usize = 64;
    pub const WRITTEN: usize = 128;
    pub const TAIL: usize = 136;
    pub const RECORDS: usize = 144;
    pub const REFUSED: usize = 192;
    pub const READ: usize = 512;
    pub const RECORDS_READ: usize = 520;
    pub const RECORDS_EXPORTED: usize = 528;
    pub const LOST: usize = 576;
}
