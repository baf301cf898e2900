//! How a trace goes from service to service: the header `traceparent`.

use ghost_model::{SpanId, TraceId};

/// What a `traceparent` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parent {
    pub(crate) trace: TraceId,
    pub(crate) span: SpanId,
    pub(crate) is_sampled: bool,
}

/// Reads a header; `None` where it is none.
pub(crate) fn parse(header: &str) -> Option<Parent> {
    let mut parts = header.trim().splitn(4, '-');
    let (version, trace, span, rest) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let flags = rest.get(..2)?;
    let later = rest.len() == 2 || version != "00" && rest.as_bytes().get(2) == Some(&b'-');
    let hex = |text: &str| {
        text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    if !later || !hex(version) || version == "ff" || !hex(flags) {
        return None;
    }
    let is_sampled = u8::from_str_radix(flags, 16).ok()? & 1 == 1;
    Some(Parent { trace: TraceId::parse(trace)?, span: SpanId::parse(span)?, is_sampled })
}

/// Writes a header.
pub(crate) fn format(trace: TraceId, span: SpanId, is_sampled: bool) -> String {
    format!("00-{trace}-{span}-{:02x}", u8::from(is_sampled))
}
