//! Numbers as people read them. They are written the same in every program of ours, so what does it
//! is in `ghost-model`.

pub(crate) use ghost_model::{counted, duration, percentage, size, thousands};
