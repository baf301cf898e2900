//! One module per detector.

mod high_exc_rate;

pub use high_exc_rate::HighExcRate;
