//! Why a span did not arrive. Every span that was produced is exported or counted under one of these.

/// A reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum SpanLoss {
    /// Overwritten in the ring before it was read.
    Overwritten = 0,
    /// The queue or ring was full, and the oldest were to be kept.
    QueueFull = 1,
    /// The queue was full, and this was the oldest.
    DroppedOldest = 2,
    /// Too large for the ring.
    TooLarge = 3,
    /// Its trace was not to be kept. No loss to be sorry for, but counted.
    SampledOut = 4,
    /// More spans in one request than are held until it is decided whether its trace is kept.
    HeldTooMany = 5,
    /// Came after the collector was closed, or was still there when closing had to end.
    Closed = 6,
    /// There was no room on the disk, or no memory, for a ring.
    NoRing = 7,
    /// The exporter failed.
    ExporterFailed = 8,
    /// The receiver took the rest of the batch and refused this one.
    Rejected = 9,
    /// Its bytes made no sense to the reader.
    Unreadable = 10,
    /// Nobody takes spans.
    NoExporter = 11,
    /// Made by an exporter while it exported: telling of it would make the next.
    OwnExporter = 12,
}

impl SpanLoss {
    /// Every reason, in the order of its number.
    pub const ALL: [Self; 13] = [
        Self::Overwritten,
        Self::QueueFull,
        Self::DroppedOldest,
        Self::TooLarge,
        Self::SampledOut,
        Self::HeldTooMany,
        Self::Closed,
        Self::NoRing,
        Self::ExporterFailed,
        Self::Rejected,
        Self::Unreadable,
        Self::NoExporter,
        Self::OwnExporter,
    ];

    /// The word used in tables, JSON, SQL and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Overwritten => "overwritten",
            Self::QueueFull => "queue_full",
            Self::DroppedOldest => "dropped_oldest",
            Self::TooLarge => "too_large",
            Self::SampledOut => "sampled_out",
            Self::HeldTooMany => "held_too_many",
            Self::Closed => "closed",
            Self::NoRing => "no_ring",
            Self::ExporterFailed => "exporter_failed",
            Self::Rejected => "rejected",
            Self::Unreadable => "unreadable",
            Self::NoExporter => "no_exporter",
            Self::OwnExporter => "own_exporter",
        }
    }

    /// The reason written as this word, if there is one.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_numbered_without_gaps() {
        for (number, reason) in SpanLoss::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, number);
            assert_eq!(SpanLoss::from_word(reason.as_str()), Some(reason));
        }
    }
}
