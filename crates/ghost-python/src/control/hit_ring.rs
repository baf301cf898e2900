//! What probes from outside saw, until a controller reads it: the newest hits of this process.
//!
//! Written by the program's threads at a hit, read by the thread that listens. Bounded: the oldest give
//! way, and are counted.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};

use ghost_control::{Hit, Hits};

/// Two seconds of one log at its rate.
const HITS_MAX: usize = 10_000;
/// Bytes of values that are kept.
const BYTES_MAX: usize = 4 << 20;
/// Hits of one answer, and bytes of values in it: with every character escaped it still is one.
const ANSWER_MAX: (usize, usize) = (2_000, 1 << 20);
/// Looks at a lock that is held, before a hit is given up. Whoever holds it copies some hits at most; in a
/// child of a raw `fork` it may be held for ever.
const LOOKS_MAX: usize = 10_000;

#[derive(Debug)]
struct Ring {
    hits: VecDeque<Hit>,
    bytes: usize,
    number: u64,
    overwritten_count: u64,
}

static RING: Mutex<Ring> =
    Mutex::new(Ring { hits: VecDeque::new(), bytes: 0, number: 0, overwritten_count: 0 });

/// Keeps a hit; tells whether it could.
pub(super) fn push(id: &str, time_unix_ns: u64, value: Option<String>) -> bool {
    let Some(mut ring) = lock() else { return false };
    ring.number += 1;
    let number = ring.number;
    ring.bytes += size(value.as_ref());
    ring.hits.push_back(Hit { number, time_unix_ns, id: id.to_owned(), value });
    while ring.hits.len() > HITS_MAX || ring.bytes > BYTES_MAX {
        let Some(oldest) = ring.hits.pop_front() else { break };
        ring.bytes -= size(oldest.value.as_ref());
        ring.overwritten_count += 1;
    }
    true
}

/// What came after a number.
pub(super) fn read(after: u64) -> Hits {
    let Some(ring) = lock() else { return Hits::default() };
    let (mut hits, mut bytes) = (Vec::new(), 0);
    let mut newer = ring.hits.iter().filter(|hit| hit.number > after).peekable();
    while let Some(hit) = newer.peek() {
        bytes += size(hit.value.as_ref());
        if hits.len() >= ANSWER_MAX.0 || (bytes > ANSWER_MAX.1 && !hits.is_empty()) {
            break;
        }
        hits.extend(newer.next().cloned());
    }
    let has_more = newer.peek().is_some();
    Hits { hits, overwritten_count: ring.overwritten_count, has_more }
}

/// In a forked child: what the parent saw is the parent's.
pub(super) fn begin_child() {
    if let Some(mut ring) = lock() {
        *ring = Ring { hits: VecDeque::new(), bytes: 0, number: 0, overwritten_count: 0 };
    }
}

fn size(value: Option<&String>) -> usize {
    value.map_or(0, String::len)
}

fn lock() -> Option<MutexGuard<'static, Ring>> {
    for _ in 0..LOOKS_MAX {
        if let Ok(ring) = RING.try_lock() {
            return Some(ring);
        }
        std::hint::spin_loop();
    }
    None
}
