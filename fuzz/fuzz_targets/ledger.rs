//! Any bytes as a whole ledger, header included.
#![no_main]

use ghost_fuzz::assert_consistent;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(snapshot) = ghost_ledger::parse(bytes) {
        assert_consistent(&snapshot);
    }
});
