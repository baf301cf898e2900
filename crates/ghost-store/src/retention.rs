//! Which sessions to remove: decided here from facts alone, before anything is touched.
//!
//! Removes nothing itself ([`crate::remove_session`] does), and asks neither clock nor settings.

use std::collections::HashSet;

use ghost_model::SessionState;

use crate::inventory::Holding;
use crate::store_error::StoreError;

/// What is known of one session, or of what remains of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// When it ended, or was last written to, nanoseconds since the Unix epoch.
    pub last_unix_ns: u64,
    /// Bytes of all its files.
    pub bytes: u64,
    /// Whether it has a name.
    pub is_named: bool,
    /// What state it is in.
    pub standing: Standing,
}

impl Candidate {
    /// The facts about one session.
    pub fn of(holding: &Holding) -> Self {
        let session = holding.session.as_ref();
        let end = session.ok().and_then(|session| session.end_unix_ns);
        Self {
            // Where nobody saw the end, when it was last written to.
            last_unix_ns: end.unwrap_or(holding.modified_unix_ns),
            bytes: holding.bytes,
            is_named: session.is_ok_and(|session| session.name.is_some()),
            standing: Standing::of(holding),
        }
    }
}

/// The state a session is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Over, and readable.
    Ended,
    /// Not over yet.
    Running,
    /// Damaged, or only remains of a session: nobody can use it.
    Useless,
    /// Cannot be read here, but perhaps by somebody else.
    Unreadable,
}

impl Standing {
    fn of(holding: &Holding) -> Self {
        match &holding.session {
            _ if holding.is_running => Self::Running,
            Ok(session) if session.state == SessionState::Running => Self::Running,
            Ok(_) => Self::Ended,
            Err(
                StoreError::Damaged { .. }
                | StoreError::NotASession { .. }
                | StoreError::Missing { .. },
            ) => Self::Useless,
            Err(_) => Self::Unreadable,
        }
    }
}

/// What the user allows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Removed if older.
    pub age_ns_max: u64,
    /// Never removed: the newest ones, this many.
    pub keep: usize,
    /// Removed from the oldest on while all together are larger.
    pub bytes_max: Option<u64>,
    /// Named ones, too.
    pub named: bool,
}

/// What becomes of a session, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Removed: it is older than allowed.
    Old,
    /// Removed: all together are larger than allowed.
    Excess,
    /// Kept: no limit concerns it.
    Recent,
    /// Kept: it is one of the newest.
    Newest,
    /// Kept: it has a name.
    Named,
    /// Kept: it is running.
    Running,
    /// Kept: it cannot be read, but may not be damaged.
    Unreadable,
}

impl Verdict {
    /// Whether the session is removed.
    pub fn is_removal(self) -> bool {
        matches!(self, Self::Old | Self::Excess)
    }

    /// The word used in tables and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Old => "old",
            Self::Excess => "excess",
            Self::Recent => "recent",
            Self::Newest => "newest",
            Self::Named => "named",
            Self::Running => "running",
            Self::Unreadable => "unreadable",
        }
    }
}

/// One verdict per candidate, in their order.
pub fn plan(candidates: &[Candidate], limits: Limits, now_unix_ns: u64) -> Vec<Verdict> {
    let newest = newest(candidates, limits.keep);
    let verdict = |(index, candidate): (usize, &Candidate)| match candidate.standing {
        Standing::Running => Verdict::Running,
        Standing::Unreadable => Verdict::Unreadable,
        _ if newest.contains(&index) => Verdict::Newest,
        _ if candidate.is_named && !limits.named => Verdict::Named,
        _ if now_unix_ns.saturating_sub(candidate.last_unix_ns) > limits.age_ns_max => Verdict::Old,
        _ => Verdict::Recent,
    };
    let mut verdicts: Vec<Verdict> = candidates.iter().enumerate().map(verdict).collect();
    if let Some(bytes_max) = limits.bytes_max {
        cut_to(bytes_max, candidates, &mut verdicts);
    }
    verdicts
}

/// The newest sessions that are of use, running ones included.
fn newest(candidates: &[Candidate], keep: usize) -> HashSet<usize> {
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.retain(|&index| candidates[index].standing != Standing::Useless);
    order.sort_by_key(|&index| std::cmp::Reverse(candidates[index].last_unix_ns));
    order.into_iter().take(keep).collect()
}

/// Removes the oldest that no rule protects until the rest fits.
fn cut_to(bytes_max: u64, candidates: &[Candidate], verdicts: &mut [Verdict]) {
    let bytes = |index: usize| candidates[index].bytes;
    let kept = (0..verdicts.len()).filter(|&index| !verdicts[index].is_removal());
    let mut total = kept.fold(0_u64, |sum, index| sum.saturating_add(bytes(index)));
    let mut removable: Vec<usize> =
        (0..verdicts.len()).filter(|&index| verdicts[index] == Verdict::Recent).collect();
    removable.sort_by_key(|&index| candidates[index].last_unix_ns);
    for index in removable {
        if total <= bytes_max {
            break;
        }
        verdicts[index] = Verdict::Excess;
        total = total.saturating_sub(bytes(index));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: u64 = 1_000_000;

    fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
        let standing = prop::sample::select(vec![
            Standing::Ended,
            Standing::Ended,
            Standing::Running,
            Standing::Useless,
            Standing::Unreadable,
        ]);
        let one = (0..2 * NOW, 0_u64..1000, any::<bool>(), standing).prop_map(
            |(last_unix_ns, bytes, is_named, standing)| Candidate {
                last_unix_ns,
                bytes,
                is_named,
                standing,
            },
        );
        prop::collection::vec(one, 0..20)
    }

    fn limits() -> impl Strategy<Value = Limits> {
        let bytes_max = prop::option::of(0_u64..8000);
        (0..NOW, 0_usize..8, bytes_max, any::<bool>()).prop_map(
            |(age_ns_max, keep, bytes_max, named)| Limits { age_ns_max, keep, bytes_max, named },
        )
    }

    fn removed(verdicts: &[Verdict]) -> usize {
        verdicts.iter().filter(|verdict| verdict.is_removal()).count()
    }

    proptest! {
        #[test]
        fn what_somebody_needs_is_never_removed(all in candidates(), limits in limits()) {
            for (candidate, verdict) in all.iter().zip(plan(&all, limits, NOW)) {
                let needed = matches!(candidate.standing, Standing::Running | Standing::Unreadable)
                    || (candidate.is_named && !limits.named);
                prop_assert!(!(needed && verdict.is_removal()));
            }
        }

        #[test]
        fn the_newest_stay(all in candidates(), limits in limits()) {
            let verdicts = plan(&all, limits, NOW);
            let useful = all.iter().filter(|other| other.standing != Standing::Useless).count();
            let kept = verdicts.iter().zip(&all).filter(|(verdict, candidate)| {
                !verdict.is_removal() && candidate.standing != Standing::Useless
            });
            prop_assert!(kept.count() >= limits.keep.min(useful));
        }

        #[test]
        fn what_is_left_fits_unless_it_is_protected(all in candidates(), limits in limits()) {
            let verdicts = plan(&all, limits, NOW);
            let left = || verdicts.iter().zip(&all).filter(|(verdict, _)| !verdict.is_removal());
            let bytes: u64 = left().map(|(_, candidate)| candidate.bytes).sum();
            let all_protected = left().all(|(verdict, _)| *verdict != Verdict::Recent);
            prop_assert!(limits.bytes_max.is_none_or(|max| bytes <= max) || all_protected);
        }

        #[test]
        fn nothing_recent_goes_without_need(all in candidates(), limits in limits()) {
            let roomy = Limits { bytes_max: None, ..limits };
            for (candidate, verdict) in all.iter().zip(plan(&all, roomy, NOW)) {
                let age = NOW.saturating_sub(candidate.last_unix_ns);
                prop_assert!(!verdict.is_removal() || age > limits.age_ns_max);
            }
        }

        #[test]
        fn a_looser_limit_never_removes_more(all in candidates(), limits in limits()) {
            let looser = [
                Limits { keep: limits.keep + 1, bytes_max: None, ..limits },
                Limits { age_ns_max: limits.age_ns_max * 2, bytes_max: None, ..limits },
                Limits { bytes_max: limits.bytes_max.map(|max| max * 2), ..limits },
            ];
            let base = |limits: Limits| removed(&plan(&all, limits, NOW));
            let without_size = base(Limits { bytes_max: None, ..limits });
            prop_assert!(base(looser[0]) <= without_size && base(looser[1]) <= without_size);
            prop_assert!(base(looser[2]) <= base(limits));
        }
    }
}
