//! Whatever the bytes are, the reader answers and never panics.
#![expect(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

use ghost_ledger::layout::{CellKind, HEADER_BYTES, MAGIC, header};
use ghost_ledger::{Identity, Ledger, ReadError, parse};
use ghost_model::{FunctionId, FunctionKind, TypeId};
use proptest::prelude::*;

fn valid_ledger() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("1.ledger");
    let mut ledger = Ledger::create(&path, &Identity::default(), 2).unwrap();
    let text = ledger.add_text("name").unwrap();
    let kind = ledger.add_type(text, text, &[text]).unwrap();
    let signature = ledger.add_signature(&[kind]).unwrap();
    let (id, slots) = ledger.add_function([text; 4], 1, FunctionKind::Generator).unwrap();
    slots.add_latency(10, 1);
    for cell in CellKind::ALL {
        ledger.add_cell(cell, id, signature, 1).unwrap().add(1);
    }
    ledger.add_histogram(id, 0).unwrap().add(3, 1);
    let (root, _) = ledger.add_node(0, 0).unwrap();
    ledger.add_node(root, id).unwrap().1.add_calls(1);
    let mut bytes = std::fs::read(&path).unwrap();
    let used = u64::from_le_bytes(bytes[header::USED..][..8].try_into().unwrap());
    bytes.truncate(usize::try_from(used).unwrap());
    bytes
}

#[test]
#[cfg_attr(miri, ignore = "maps a file")]
fn a_newer_layout_is_refused_by_name() {
    let mut bytes = valid_ledger();
    bytes[header::VERSION] = 200;
    assert!(matches!(parse(&bytes), Err(ReadError::Newer { found: 200 })));
}

#[test]
#[cfg_attr(miri, ignore = "maps a file")]
fn a_cut_ledger_is_damaged_not_misread() {
    let bytes = valid_ledger();
    let cut = &bytes[..bytes.len() - 12];
    assert!(matches!(parse(cut), Err(ReadError::Damaged { .. })));
}

/// Miri is a thousand times slower, and isolated from the files in which failures are kept.
fn config() -> ProptestConfig {
    if cfg!(miri) {
        return ProptestConfig {
            cases: 16,
            failure_persistence: None,
            ..ProptestConfig::default()
        };
    }
    ProptestConfig::with_cases(2000)
}

/// The words of one ring entry of layout 1: sequence, start, latency, and zeros.
fn ledger_of_layout_1(check: u64) -> Vec<u8> {
    let words =
        |words: &[u64]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>();
    let mut bytes = vec![0; HEADER_BYTES];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[header::VERSION] = 1;
    bytes[header::USED..][..8].copy_from_slice(&u64::MAX.to_le_bytes());
    // A signature without types, then a ring with one entry.
    bytes.extend(words(&[16 << 32 | 4, 0]));
    bytes.extend(words(&[88 << 32 | 7, 1, 1, 1, 0x1000, 0x20, 0, 0, 0, check, 0]));
    bytes
}

#[test]
fn a_ring_of_layout_1_is_still_read() {
    let activations = parse(&ledger_of_layout_1(0x1021)).unwrap().activations;
    assert_eq!(activations.iter().map(|a| a.latency_ns).collect::<Vec<_>>(), [0x20]);
    assert!(parse(&ledger_of_layout_1(0)).unwrap().activations.is_empty());
}

/// A ledger as layout 2 counted: signatures, callers and returned types, each for itself.
#[test]
#[cfg_attr(miri, ignore = "maps a file")]
fn counts_of_layout_2_are_read_without_pairs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("1.ledger");
    let mut ledger = Ledger::create(&path, &Identity::default(), 0).unwrap();
    let text = ledger.add_text("f").unwrap();
    let class = ledger.add_type(text, text, &[]).unwrap();
    let signature = ledger.add_signature(&[class]).unwrap();
    let (id, _) = ledger.add_function([text; 4], 1, FunctionKind::Function).unwrap();
    for kind in [CellKind::Args, CellKind::Return, CellKind::Caller] {
        ledger.add_cell(kind, id, signature, 0).unwrap().add(5);
    }
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[header::VERSION] = 2;
    let profile = &parse(&bytes).unwrap().recording.profiles[id as usize];
    assert_eq!(profile.args, [(vec![TypeId(class)], 5)]);
    assert_eq!(profile.returns, [(TypeId(class), 5)]);
    assert_eq!(profile.callers, [(FunctionId::ROOT, 5)]);
    assert!(profile.args_by_caller.is_empty() && profile.returns_by_caller.is_empty());
}

#[test]
#[cfg_attr(miri, ignore = "maps a file")]
fn a_node_before_its_parent_is_damage_and_one_of_nothing_is_the_roots() {
    let folder = tempfile::tempdir().unwrap();
    let nodes = |name: &str, nodes: &[(u32, u32)]| {
        let path = folder.path().join(name);
        let mut ledger = Ledger::create(&path, &Identity::default(), 0).unwrap();
        for &(parent, function) in nodes {
            ledger.add_node(parent, function).unwrap();
        }
        parse(&std::fs::read(&path).unwrap())
    };
    for (name, made_up) in
        [("0", &[(1, 0)][..]), ("1", &[(0, 0), (1, 0)]), ("2", &[(0, 0), (9, 0)])]
    {
        assert!(matches!(nodes(name, made_up), Err(ReadError::Damaged { .. })));
    }
    let tree = nodes("3", &[(0, 0), (0, 77)]).unwrap().call_tree;
    assert_eq!(tree.nodes()[1].function, FunctionId::ROOT);
}

proptest! {
    #![proptest_config(config())]

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
    #[cfg_attr(miri, ignore = "maps a file")]
    fn flipped_bytes_never_panic(flips in prop::collection::vec((0_usize..8192, any::<u8>()), 1..8)) {
        let mut bytes = valid_ledger();
        for (at, value) in flips {
            let at = at % bytes.len();
            bytes[at] = value;
        }
        let _ = parse(&bytes);
    }
}
