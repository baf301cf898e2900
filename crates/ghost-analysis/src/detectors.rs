//! One module per detector.

mod bimodal_latency;
mod high_exc_rate;
mod latency_outlier;
mod n_plus_one;
mod never_called;
mod none_return;
mod silent_exception;
mod type_mismatch;

pub use bimodal_latency::BimodalLatency;
pub use high_exc_rate::HighExcRate;
pub use latency_outlier::LatencyOutlier;
pub use n_plus_one::NPlusOne;
pub use never_called::NeverCalled;
pub use none_return::NoneReturn;
pub use silent_exception::SilentException;
pub use type_mismatch::TypeMismatch;
