//! What holds of every ledger that the reader accepts, whatever its bytes were.
//!
//! The fuzz targets assert it; `ghost-store` relies on it when it uses numbers as indices.
#![forbid(unsafe_code)]

use ghost_ledger::LedgerSnapshot;
use ghost_model::{FunctionId, Outcome, Profile, TypeId};

/// Every number refers to something, and every function has its profile.
///
/// # Panics
/// Where that is not so: a finding.
pub fn assert_consistent(snapshot: &LedgerSnapshot) {
    let recording = &snapshot.recording;
    assert_eq!(recording.functions.len(), recording.profiles.len());
    let is_type = |id: &TypeId| id.index() < recording.types.len();
    let is_function = |id: &FunctionId| id.index() < recording.functions.len();
    for profile in &recording.profiles {
        assert!(types_of(profile).all(is_type));
        assert!(functions_of(profile).all(is_function));
    }
    for activation in &snapshot.activations {
        assert!(is_function(&activation.function) && is_function(&activation.caller));
        assert!(activation.args.iter().all(is_type));
        let (Outcome::Returned(id) | Outcome::Raised(id)) = &activation.outcome;
        assert!(is_type(id));
    }
    let nodes = snapshot.call_tree.nodes();
    assert!(nodes.iter().all(|node| is_function(&node.function)));
    assert!(nodes.iter().enumerate().skip(1).all(|(index, node)| (node.parent as usize) < index));
    assert!(snapshot.activations.is_sorted_by_key(|activation| activation.sequence));
}

fn types_of(profile: &Profile) -> impl Iterator<Item = &TypeId> {
    let counts = profile.returns.iter().chain(&profile.yields).chain(&profile.handled);
    let signatures = profile.args.iter().flat_map(|(types, _)| types);
    let raised = profile.exceptions.iter().map(|exception| &exception.exception);
    counts.map(|(id, _)| id).chain(signatures).chain(raised)
}

fn functions_of(profile: &Profile) -> impl Iterator<Item = &FunctionId> {
    let catchers = profile.exceptions.iter().filter_map(|exception| exception.caught_by.as_ref());
    profile.callers.iter().map(|(id, _)| id).chain(catchers)
}
