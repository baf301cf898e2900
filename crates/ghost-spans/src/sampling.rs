//! Which traces are kept, decided when a request ends: then it is known whether it failed or was slow.
//!
//! Asks no clock and no random numbers: the trace id is random, and the same in every service of the
//! trace, so that all keep the same ones. Shared by all threads without a lock; the only state is one
//! atomic number. Deliberately not here: what happens to the spans of a trace meanwhile.

mod allowance;

use ghost_model::{TraceId, glob_matches};

use allowance::Allowance;

/// What a program asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampling {
    /// Share of the traces that are kept, 0 to 1.
    pub rate: f64,
    /// Shares by route: patterns with `*` and `?`, of which the first that matches counts.
    pub routes: Vec<(String, f64)>,
    /// Slower requests are always kept.
    pub slow_ns: Option<u64>,
    /// Whether requests that failed are always kept.
    pub keeps_errors: bool,
    /// Whether the caller's decision counts more than the share.
    pub follows_parent: bool,
    /// At most so many traces a second by share; more are kept only for other reasons.
    pub per_second_max: Option<f64>,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            rate: 1.0,
            routes: Vec::new(),
            slow_ns: None,
            keeps_errors: true,
            follows_parent: true,
            per_second_max: None,
        }
    }
}

/// A request that has ended, as far as it matters here.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'a> {
    /// Its trace.
    pub trace_id: TraceId,
    /// Whether the caller keeps the trace, if there is one.
    pub parent: Option<bool>,
    /// The template of its route.
    pub route: &'a str,
    /// Whether it failed.
    pub is_error: bool,
    /// How long it took.
    pub duration_ns: u64,
    /// When it ended, by a clock that never goes back.
    pub now_ns: u64,
}

/// Why a sampling makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum SamplingError {
    /// A share is none.
    #[error("sampling rate `{0}` is not between 0 and 1")]
    Rate(f64),
    /// A number of traces is none.
    #[error("`{0}` traces per second is not a positive number")]
    PerSecondMax(f64),
}

/// Decides which traces are kept.
#[derive(Debug)]
pub struct Sampler {
    share: Share,
    routes: Vec<(String, Share)>,
    slow_ns: Option<u64>,
    keeps_errors: bool,
    follows_parent: bool,
    allowance: Option<Allowance>,
}

impl Sampler {
    /// A sampler that does what `sampling` asks for.
    pub fn new(sampling: &Sampling) -> Result<Self, SamplingError> {
        let share = |(route, rate): &(String, f64)| Ok((route.clone(), Share::new(*rate)?));
        Ok(Self {
            share: Share::new(sampling.rate)?,
            routes: sampling.routes.iter().map(share).collect::<Result<_, _>>()?,
            slow_ns: sampling.slow_ns,
            keeps_errors: sampling.keeps_errors,
            follows_parent: sampling.follows_parent,
            allowance: sampling.per_second_max.map(allowance).transpose()?,
        })
    }

    /// Whether the trace of this request is kept. Called once per request, on any thread.
    pub fn decide(&self, ended: &Ended<'_>) -> bool {
        if self.must_keep(ended) {
            // Takes from what is left for others, but is never refused.
            self.allowance.iter().for_each(|allowance| allowance.take(ended.now_ns));
            return true;
        }
        if self.follows_parent && ended.parent.is_some() {
            return false;
        }
        self.share_of(ended.route).has(ended.trace_id)
            && self.allowance.as_ref().is_none_or(|allowance| allowance.try_take(ended.now_ns))
    }

    /// Whether every trace is kept whose caller has not decided otherwise, so that nothing has to wait
    /// for a decision.
    pub fn keeps_all(&self) -> bool {
        let shares = self.routes.iter().map(|(_, share)| share).chain([&self.share]);
        self.allowance.is_none() && shares.into_iter().all(|share| *share == Share::ALL)
    }

    /// Whether a caller that does not keep its part decides for us too.
    pub fn follows_parent(&self) -> bool {
        self.follows_parent
    }

    fn must_keep(&self, ended: &Ended<'_>) -> bool {
        (self.keeps_errors && ended.is_error)
            || self.slow_ns.is_some_and(|slow_ns| ended.duration_ns > slow_ns)
            || (self.follows_parent && ended.parent == Some(true))
    }

    fn share_of(&self, route: &str) -> Share {
        let own = self.routes.iter().find(|(glob, _)| glob_matches(glob, route));
        own.map_or(self.share, |(_, share)| *share)
    }
}

fn allowance(per_second: f64) -> Result<Allowance, SamplingError> {
    Allowance::new(per_second).ok_or(SamplingError::PerSecondMax(per_second))
}

/// A share of all trace ids, as OpenTelemetry's `TraceIdRatioBased` has it: those whose lower half, as
/// 63 bits, is below a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Share {
    bound: u64,
}

impl Share {
    const ALL: Self = Self { bound: 1 << 63 };

    fn new(rate: f64) -> Result<Self, SamplingError> {
        let is_rate = (0.0..=1.0).contains(&rate);
        let bound = (rate * Self::ALL.bound as f64) as u64;
        is_rate.then_some(Self { bound }).ok_or(SamplingError::Rate(rate))
    }

    fn has(self, trace_id: TraceId) -> bool {
        (trace_id.0 as u64) >> 1 < self.bound
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ENDED: Ended<'_> = Ended {
        trace_id: TraceId(1 << 63),
        parent: None,
        route: "/users/{id}",
        is_error: false,
        duration_ns: 1_000_000,
        now_ns: 0,
    };

    fn sampler(sampling: &Sampling) -> Sampler {
        Sampler::new(sampling).unwrap()
    }

    fn rate(rate: f64) -> Sampling {
        Sampling { rate, ..Sampling::default() }
    }

    /// Bounds as the SDKs of OpenTelemetry for Go and Python compute them.
    #[test]
    fn a_share_is_that_of_opentelemetry() {
        for (share, id, is_kept) in [
            (0.5, 0x7fff_ffff_ffff_ffff, true),
            (0.5, 0x8000_0000_0000_0000, false),
            (0.25, 0x3fff_ffff_ffff_ffff, true),
            (0.25, 0x4000_0000_0000_0000, false),
            (0.1, 0x1999_9999_9999_9000, true),
            (0.1, 0x1999_9999_9999_a000, false),
            (0.0, 0x0000_0000_0000_0001, false),
            (1.0, 0xffff_ffff_ffff_ffff, true),
        ] {
            // The upper half does not matter: old systems leave it zero.
            for upper in [0, u128::from(u64::MAX) << 64] {
                let ended = Ended { trace_id: TraceId(upper | id), ..ENDED };
                assert_eq!(sampler(&rate(share)).decide(&ended), is_kept, "{share} {id:x}");
            }
        }
    }

    #[test]
    fn failed_and_slow_requests_are_kept() {
        let sampling = Sampling { slow_ns: Some(5_000_000), ..rate(0.0) };
        let sampler = sampler(&sampling);
        assert!(!sampler.decide(&ENDED));
        assert!(!sampler.decide(&Ended { duration_ns: 5_000_000, ..ENDED }));
        assert!(sampler.decide(&Ended { duration_ns: 5_000_001, ..ENDED }));
        assert!(sampler.decide(&Ended { is_error: true, ..ENDED }));
        assert!(sampler.decide(&Ended { is_error: true, parent: Some(false), ..ENDED }));
    }

    #[test]
    fn errors_may_be_left_to_the_share() {
        let sampler = sampler(&Sampling { keeps_errors: false, ..rate(0.0) });
        assert!(!sampler.decide(&Ended { is_error: true, ..ENDED }));
    }

    #[test]
    fn the_caller_decides_unless_told_otherwise() {
        let (kept, dropped) =
            (Ended { parent: Some(true), ..ENDED }, Ended { parent: Some(false), ..ENDED });
        assert!(sampler(&rate(0.0)).decide(&kept) && !sampler(&rate(1.0)).decide(&dropped));
        let alone =
            |rate| sampler(&Sampling { follows_parent: false, rate, ..Sampling::default() });
        assert!(!alone(0.0).decide(&kept) && alone(1.0).decide(&dropped));
    }

    #[test]
    fn the_first_pattern_that_matches_the_route_counts() {
        let routes = vec![("/users/*".to_owned(), 1.0), ("*".to_owned(), 0.0)];
        let sampler = sampler(&Sampling { routes, ..rate(1.0) });
        assert!(sampler.decide(&ENDED));
        assert!(!sampler.decide(&Ended { route: "/health", ..ENDED }));
        assert!(!sampler.keeps_all());
    }

    #[test]
    fn so_many_a_second_are_kept_and_no_more() {
        let sampler = sampler(&Sampling { per_second_max: Some(10.0), ..Sampling::default() });
        let at = |now_ns| Ended { now_ns, ..ENDED };
        let kept = |from_ns: u64| {
            // A thousand in one second.
            (0..1000).filter(|n| sampler.decide(&at(from_ns + n * 1_000_000))).count()
        };
        // What was saved up in the second before, and what came in this one.
        assert_eq!(kept(5_000_000_000), 19);
        assert_eq!(kept(6_000_000_000), 10);
        assert!(!sampler.decide(&at(7_000_000_000)) || !sampler.decide(&at(7_000_000_000)));
        assert!(sampler.decide(&Ended { is_error: true, ..at(7_000_000_000) }));
    }

    #[test]
    fn nonsense_is_refused() {
        for wrong in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert!(matches!(Sampler::new(&rate(wrong)), Err(SamplingError::Rate(_))), "{wrong}");
        }
        let per_second = |max| Sampling { per_second_max: Some(max), ..Sampling::default() };
        for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let error = Sampler::new(&per_second(wrong)).unwrap_err();
            assert!(matches!(error, SamplingError::PerSecondMax(_)), "{wrong}");
        }
        assert_eq!(
            SamplingError::Rate(1.5).to_string(),
            "sampling rate `1.5` is not between 0 and 1"
        );
    }

    proptest! {
        /// A service that keeps more keeps all that one with a smaller share keeps.
        #[test]
        fn shares_contain_each_other(id: u128, a in 0.0..=1.0, b in 0.0..=1.0) {
            let kept = |share| sampler(&rate(share)).decide(&Ended { trace_id: TraceId(id), ..ENDED });
            let (less, more) = (f64::min(a, b), f64::max(a, b));
            prop_assert!(!kept(less) || kept(more));
        }
    }
}
