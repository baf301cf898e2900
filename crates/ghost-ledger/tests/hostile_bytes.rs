//! Whatever the bytes are, the reader answers and never panics.
#![expect(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

use ghost_ledger::layout::{CellKind, HEADER_BYTES, MAGIC, header};
use ghost_ledger::{Identity, Ledger, ReadError, parse};
use ghost_model::FunctionKind;
use proptest::prelude::*;

fn valid_ledger() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("1.ledger");
    let mut ledger = Ledger::create(&path, &Identity::default(), 2).unwrap();
    let text = ledger.add_text("name").unwrap();
    let kind = ledger.add_type(text, text, &[text]).unwrap();
    let signature = ledger.add_signature(&[kind]).unwrap();
    let (id, slots) = ledger.add_function([text; 4], 1, FunctionKind::Generator).unwrap();
    slots.add_latency(10);
    for cell in [CellKind::Args, CellKind::Return, CellKind::Exception, CellKind::Caller] {
        ledger.add_cell(cell, id, signature, 1).unwrap().add(1);
    }
    ledger.add_histogram(id, 0).unwrap().add_one(3);
    let mut bytes = std::fs::read(&path).unwrap();
    let used = u64::from_le_bytes(bytes[header::USED..][..8].try_into().unwrap());
    bytes.truncate(usize::try_from(used).unwrap());
    bytes
}

#[test]
fn a_newer_layout_is_refused_by_name() {
    let mut bytes = valid_ledger();
    bytes[header::VERSION] = 200;
    assert!(matches!(parse(&bytes), Err(ReadError::Newer { found: 200 })));
}

#[test]
fn a_cut_ledger_is_damaged_not_misread() {
    let bytes = valid_ledger();
    let cut = &bytes[..bytes.len() - 12];
    assert!(matches!(parse(cut), Err(ReadError::Damaged { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn random_records_never_panic(records in prop::collection::vec(any::<u8>(), 0..2000)) {
        let mut bytes = vec![0; HEADER_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[header::USED..][..8].copy_from_slice(&u64::MAX.to_le_bytes());
        bytes.extend(records);
        let _ = parse(&bytes);
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(parse(&bytes).is_err());
    }

    #[test]
    fn flipped_bytes_never_panic(flips in prop::collection::vec((0_usize..8192, any::<u8>()), 1..8)) {
        let mut bytes = valid_ledger();
        for (at, value) in flips {
            let at = at % bytes.len();
            bytes[at] = value;
        }
        let _ = parse(&bytes);
    }
}
