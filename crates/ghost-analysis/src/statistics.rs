//! The little statistics that detectors decide by: each method with its source and its limits.

#[cfg(test)]
pub(crate) mod dice;
pub(crate) mod proportion;
pub(crate) mod robust_scale;
pub(crate) mod two_modes;
