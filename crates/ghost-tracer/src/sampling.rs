//! Which activations are written down as examples, and what must be kept until they end.

use rustc_hash::FxHashMap;

use crate::FrameAddress;
use crate::code_state::CodeState;
use crate::limits::SAMPLES_PER_WINDOW;

/// How the sampler decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SamplingRule {
    /// Every activation, as far as the ring holds them.
    All,
    /// At most [`SAMPLES_PER_WINDOW`] per function and window.
    Window {
        /// Length of a window in ticks.
        ticks: u64,
    },
    /// None.
    Never,
}

impl SamplingRule {
    /// Tick from which a new function is sampled.
    pub(crate) fn first_ticks(self) -> u64 {
        if self == Self::Never { u64::MAX } else { 0 }
    }

    /// Whether activations are passed over, so that there is something to sample beyond the rule.
    pub(crate) fn passes_over(self) -> bool {
        matches!(self, Self::Window { .. })
    }

    /// Notes one sampled activation of a function and decides when the next is due.
    pub(crate) fn note(self, code: &CodeState, now: u64) {
        let Self::Window { ticks } = self else { return };
        code.samples.set(code.samples.get() + 1);
        if code.samples.get() >= SAMPLES_PER_WINDOW {
            code.samples.set(0);
            code.due_after_ticks.set(now.saturating_add(ticks));
        }
    }
}

/// What is known of a sampled activation when it starts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) signature: u32,
    pub(crate) caller: u32,
    /// The span it began in; 0 for none.
    pub(crate) span_id: u64,
}

/// Sampled activations that have not ended. Bounded by those on stacks and suspended.
#[derive(Debug, Default)]
pub(crate) struct OpenSamples(FxHashMap<FrameAddress, Sample>);

impl OpenSamples {
    pub(crate) fn insert(&mut self, frame: FrameAddress, sample: Sample) {
        self.0.insert(frame, sample);
    }

    pub(crate) fn remove(&mut self, frame: FrameAddress) -> Option<Sample> {
        self.0.remove(&frame)
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}
