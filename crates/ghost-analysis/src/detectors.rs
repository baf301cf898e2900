//! One module per detector.

mod bimodal_latency;
mod high_exc_rate;
mod latency_outlier;
mod never_called;
mod type_mismatch;

pub use bimodal_latency::BimodalLatency;
pub use high_exc_rate::HighExcRate;
pub use latency_outlier::LatencyOutlier;
pub use never_called::NeverCalled;
pub use type_mismatch::TypeMismatch;
