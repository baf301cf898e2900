//! Any bytes as the records behind a valid header, so that no effort goes into the header.
//!
//! The first byte says whether some of the ledger never reached the disk, and its layout.
#![no_main]

use ghost_fuzz::assert_consistent;
use ghost_ledger::Counter;
use ghost_ledger::layout::{HEADER_BYTES, MAGIC, VERSION, header};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((&choice, records)) = input.split_first() else { return };
    let mut bytes = vec![0; HEADER_BYTES];
    bytes[..MAGIC.len()].copy_from_slice(&MAGIC);
    bytes[header::VERSION] = choice % (VERSION as u8 + 1);
    bytes[header::USED..][..8].copy_from_slice(&u64::MAX.to_le_bytes());
    bytes[header::COUNTERS + 8 * Counter::VolatileBytes as usize] = choice >> 7;
    bytes.extend_from_slice(records);
    if let Ok(snapshot) = ghost_ledger::parse(&bytes) {
        assert_consistent(&snapshot);
    }
});
