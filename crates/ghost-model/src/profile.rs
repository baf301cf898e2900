//! What was measured of one function. Definitions of every number: `docs/semantics.md`.

use crate::{FunctionId, Histogram, Signature, TypeId};

/// Activations that ended by one exception type, and who caught it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExceptionCount {
    /// Type of the exception.
    pub exception: TypeId,
    /// Function whose handler ended it; `None` while nobody (seen) has.
    pub caught_by: Option<FunctionId>,
    /// Activations of this function that ended by it.
    pub count: u64,
}

/// All measurements of one function: of one process, or merged over several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Standard error of the number of calls: 0 where it is exact, as it is but under a budget.
    pub call_count_se: u64,
    /// Activations per signature; the sum is the number of calls.
    pub args: Vec<(Signature, u64)>,
    /// Activations per type of the returned value.
    pub returns: Vec<(TypeId, u64)>,
    /// Suspensions per type of the yielded value, for generators.
    pub yields: Vec<(TypeId, u64)>,
    /// Activations that ended by an exception.
    pub exceptions: Vec<ExceptionCount>,
    /// Exceptions raised below or in this function and ended by a handler of it, per type.
    pub handled: Vec<(TypeId, u64)>,
    /// Activations per caller: the Python frame directly below.
    pub callers: Vec<(FunctionId, u64)>,
    /// Activations per caller and signature; summed over signatures they are `callers`, summed over
    /// callers `args`.
    pub args_by_caller: Vec<((FunctionId, Signature), u64)>,
    /// Returned values per caller and type; summed over callers they are `returns`.
    pub returns_by_caller: Vec<((FunctionId, TypeId), u64)>,
    /// Wall-clock durations of ended activations.
    pub latency: Histogram,
    /// Sum of those durations.
    pub latency_ns_sum: u64,
    /// Shortest of them; 0 where none ended.
    pub latency_ns_min: u64,
    /// Longest of them.
    pub latency_ns_max: u64,
    /// Time on the stack, outermost activations only: recursion does not count twice.
    pub total_ns: u64,
    /// Time on the stack less that of in-scope callees.
    pub self_ns: u64,
    /// Time on the stack of every activation, suspensions left out.
    pub running_ns: u64,
}

impl Profile {
    /// Activations begun.
    pub fn call_count(&self) -> u64 {
        self.args.iter().map(|(_, count)| count).sum()
    }

    /// Whether counts are estimates from a part of the calls. Exceptions are counted one by one.
    pub fn is_estimate(&self) -> bool {
        self.call_count_se > 0
    }

    /// Activations ended by an exception.
    pub fn exception_count(&self) -> u64 {
        self.exceptions.iter().map(|exception| exception.count).sum()
    }

    /// Activations ended, either way.
    pub fn ended_count(&self) -> u64 {
        self.latency.count()
    }

    /// Mean duration of ended activations.
    pub fn latency_ns_mean(&self) -> Option<u64> {
        self.latency_ns_sum.checked_div(self.ended_count())
    }

    /// The commonest signature; ties go to the first seen.
    pub fn dominant_signature(&self) -> Option<&Signature> {
        let commonest = self.args.iter().map(|(_, count)| count).max()?;
        self.args.iter().find(|(_, count)| count == commonest).map(|(signature, _)| signature)
    }

    /// Adds another profile of the same function. Ids must already be those of this recording.
    pub fn merge(&mut self, other: Self) {
        self.merge_latency_bounds(&other);
        merge_counts(&mut self.args, other.args);
        merge_counts(&mut self.returns, other.returns);
        merge_counts(&mut self.yields, other.yields);
        merge_counts(&mut self.handled, other.handled);
        merge_counts(&mut self.callers, other.callers);
        merge_counts(&mut self.args_by_caller, other.args_by_caller);
        merge_counts(&mut self.returns_by_caller, other.returns_by_caller);
        for exception in other.exceptions {
            self.merge_exception(exception);
        }
        // Processes err independently of each other.
        let se = (self.call_count_se as f64).hypot(other.call_count_se as f64);
        self.call_count_se = se.ceil() as u64;
        self.latency.merge(&other.latency);
        self.latency_ns_sum = self.latency_ns_sum.saturating_add(other.latency_ns_sum);
        self.total_ns = self.total_ns.saturating_add(other.total_ns);
        self.self_ns = self.self_ns.saturating_add(other.self_ns);
        self.running_ns = self.running_ns.saturating_add(other.running_ns);
    }

    fn merge_latency_bounds(&mut self, other: &Self) {
        if other.ended_count() == 0 {
            return;
        }
        let first = self.ended_count() == 0;
        self.latency_ns_min = if first {
            other.latency_ns_min
        } else {
            self.latency_ns_min.min(other.latency_ns_min)
        };
        self.latency_ns_max = self.latency_ns_max.max(other.latency_ns_max);
    }

    fn merge_exception(&mut self, other: ExceptionCount) {
        let same = |mine: &&mut ExceptionCount| {
            mine.exception == other.exception && mine.caught_by == other.caught_by
        };
        match self.exceptions.iter_mut().find(same) {
            Some(mine) => mine.count = mine.count.saturating_add(other.count),
            None => self.exceptions.push(other),
        }
    }
}

fn merge_counts<K: PartialEq>(mine: &mut Vec<(K, u64)>, other: Vec<(K, u64)>) {
    for (key, count) in other {
        match mine.iter_mut().find(|(existing, _)| *existing == key) {
            Some((_, sum)) => *sum = sum.saturating_add(count),
            None => mine.push((key, count)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(latency_ns: u64, signature: u32) -> Profile {
        let mut latency = Histogram::default();
        latency.add(crate::bucket_index(latency_ns), 1);
        Profile {
            args: vec![(vec![TypeId(signature)], 1)],
            latency,
            latency_ns_sum: latency_ns,
            latency_ns_min: latency_ns,
            latency_ns_max: latency_ns,
            ..Profile::default()
        }
    }

    #[test]
    fn merging_adds_counts_and_widens_bounds() {
        let mut merged = Profile::default();
        merged.merge(profile(50, 1));
        merged.merge(profile(10, 2));
        merged.merge(profile(90, 1));
        assert_eq!(merged.call_count(), 3);
        assert_eq!((merged.latency_ns_min, merged.latency_ns_max), (10, 90));
        assert_eq!(merged.latency_ns_mean(), Some(50));
        assert_eq!(merged.dominant_signature(), Some(&vec![TypeId(1)]));
    }

    #[test]
    fn exceptions_stay_apart_by_catcher() {
        let raised = |caught_by| Profile {
            exceptions: vec![ExceptionCount { exception: TypeId(3), caught_by, count: 2 }],
            ..Profile::default()
        };
        let mut merged = raised(None);
        merged.merge(raised(Some(FunctionId(4))));
        merged.merge(raised(None));
        assert_eq!(merged.exceptions.len(), 2);
        assert_eq!(merged.exception_count(), 6);
    }
}
