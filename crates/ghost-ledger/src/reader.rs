//! The reading side: bytes in, model out. Trusts nothing it reads, takes no lock, never panics.
//!
//! The file is copied with `read` rather than mapped: a ledger that somebody truncates is then a
//! short read instead of a `SIGBUS`.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ghost_model::{
    Activation, CallTree, CallTreeNode, Counter, ExceptionCount, Function, FunctionId, FunctionKey,
    FunctionKind, Outcome, Process, ProcessState, Profile, Recording, Signature, SpanId, TypeId,
    TypeName,
};

use crate::by_caller::{ByCaller, CallerCell};
use crate::layout::{
    BLOCK_BUCKETS, CELL_COUNT, CellKind, FUNCTION_SLOTS, HEADER_BYTES, HISTOGRAM_COUNTS, MAGIC,
    NODE_SLOTS, RING_ENTRIES, RING_ENTRY_BYTES, RING_ENTRY_CHECKED, RecordKind, VERSION, header,
    ring_check, ring_check_of_layout_1,
};
use crate::snapshot::LedgerSnapshot;

/// What names and signatures may grow to when each reference to them becomes a copy. The writer's
/// bounds keep real ledgers below a tenth of this; a made-up one of a megabyte could ask for more
/// memory than there is.
const EXPANDED_BYTES_MAX: usize = 1 << 30;

/// Why a ledger cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be opened or read.
    #[error("cannot read ledger `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It does not begin like a ledger; a process killed while creating it leaves one of these.
    #[error("not a ledger, or one that was never begun")]
    NotALedger,
    /// It was written by a newer Ghostglass.
    #[error("ledger layout {found} is newer than {VERSION}, the newest this version reads")]
    Newer {
        /// Its layout version.
        found: u32,
    },
    /// A record is impossible.
    #[error("ledger is damaged at byte {offset}")]
    Damaged {
        /// Where the impossible record begins.
        offset: usize,
    },
}

/// Reads the ledger at `path` as it stands; it may be growing.
pub fn read_ledger(path: &Path) -> Result<LedgerSnapshot, ReadError> {
    let fail = |source| ReadError::Io { path: path.to_owned(), source };
    parse(&copy(File::open(path).map_err(fail)?).map_err(fail)?)
}

/// Copies the published part of a ledger that may be growing.
///
/// What was written before a word is in the copy if the word was read by an earlier call: each
/// call takes and drops its reference to the page by an atomic operation. Within one call the
/// order is the kernel's. Hence a call for the magic, one for the header, the rest for the records.
pub(crate) fn copy(mut source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES);
    source.by_ref().take(MAGIC.len() as u64).read_to_end(&mut bytes)?;
    if bytes != MAGIC {
        return Ok(bytes);
    }
    source.by_ref().take((HEADER_BYTES - MAGIC.len()) as u64).read_to_end(&mut bytes)?;
    let used = u64_at(&bytes, header::USED).unwrap_or(0);
    source.take(used.saturating_sub(HEADER_BYTES as u64)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a ledger from its bytes. Where a full disk kept later records out of the file, what is
/// there is read: the header then says how much was volatile.
pub fn parse(bytes: &[u8]) -> Result<LedgerSnapshot, ReadError> {
    parse_within(bytes, EXPANDED_BYTES_MAX)
}

fn parse_within(bytes: &[u8], expanded_bytes_max: usize) -> Result<LedgerSnapshot, ReadError> {
    if bytes.get(..8) != Some(&MAGIC) || bytes.len() < HEADER_BYTES {
        return Err(ReadError::NotALedger);
    }
    let version = u32_at(bytes, header::VERSION).unwrap_or(0);
    if version > VERSION {
        return Err(ReadError::Newer { found: version });
    }
    let used = u64_at(bytes, header::USED).unwrap_or(0);
    let end = bytes.len().min(usize::try_from(used).unwrap_or(usize::MAX));
    let mut parts = Parts::default();
    let names = Names { file: bytes, bytes_left: Cell::new(expanded_bytes_max) };
    let mut at = HEADER_BYTES;
    while at < end {
        let size = u32_at(bytes, at + 4).ok_or(ReadError::Damaged { offset: at })? as usize;
        let record = bytes.get(at..at.saturating_add(size)).filter(|_| size >= 8);
        let Some(record) = record else {
            return if volatile(bytes) { Ok(()) } else { Err(ReadError::Damaged { offset: at }) }
                .map(|()| parts.finish(process(bytes)));
        };
        parts.add(version, &names, record).ok_or(ReadError::Damaged { offset: at })?;
        at += size;
    }
    Ok(parts.finish(process(bytes)))
}

fn volatile(bytes: &[u8]) -> bool {
    u64_at(bytes, header::COUNTERS + 8 * Counter::VolatileBytes as usize).is_some_and(|n| n > 0)
}

fn process(bytes: &[u8]) -> Process {
    let word = |at| u64_at(bytes, at).unwrap_or(0);
    let half = |at| u32_at(bytes, at).unwrap_or(0);
    let end = Some(word(header::END_UNIX_NS)).filter(|&end| end > 0);
    let counter = |counter: Counter| (counter, word(header::COUNTERS + 8 * counter as usize));
    let hexversion = half(header::PYTHON_VERSION);
    Process {
        pid: half(header::PID),
        parent_pid: half(header::PARENT_PID),
        kernel_start_ticks: word(header::KERNEL_START_TICKS),
        pid_namespace: word(header::PID_NAMESPACE),
        start_unix_ns: word(header::START_UNIX_NS),
        end_unix_ns: end,
        python_version: version_text(hexversion),
        call_cost_ps: word(header::CALL_COST_PS),
        own_cost_ns: word(header::OWN_COST_NS),
        state: match end {
            None => ProcessState::Running,
            Some(_) if word(header::IS_DETACHED) == 0 => ProcessState::Finished,
            Some(_) => ProcessState::Detached,
        },
        counters: Counter::ALL.map(counter).into_iter().filter(|(_, n)| *n > 0).collect(),
    }
}

pub(crate) fn version_text(hexversion: u32) -> String {
    let [major, minor, micro, _] = hexversion.to_be_bytes();
    format!("{major}.{minor}.{micro}")
}

/// What the records add up to so far.
#[derive(Default)]
struct Parts {
    types: Vec<TypeName>,
    functions: Vec<Function>,
    profiles: Vec<Profile>,
    signatures: Vec<Signature>,
    activations: Vec<Activation>,
    by_caller: ByCaller,
    nodes: Vec<CallTreeNode>,
}

impl Parts {
    fn add(&mut self, version: u32, names: &Names<'_>, record: &[u8]) -> Option<()> {
        match RecordKind::from_number(u16_at(record, 0)?) {
            Some(RecordKind::Type) => self.types.push(type_name(names, record)?),
            Some(RecordKind::Function) => {
                let function = function(names, record)?;
                self.profiles.push(timed_profile(record, function.kind)?);
                self.functions.push(function);
            }
            Some(RecordKind::Signature) => self.signatures.push(signature(record)?),
            Some(RecordKind::Cell) => self.add_cell(names, record)?,
            Some(RecordKind::Histogram) => self.add_histogram(record)?,
            Some(RecordKind::Ring) => self.add_ring(version, record)?,
            Some(RecordKind::Node) => self.add_node(record)?,
            // Texts are read where they are referred to; unknown kinds belong to a later minor layout.
            Some(RecordKind::Text) | None => {}
        }
        Some(())
    }

    fn profile(&mut self, function: u32) -> Option<&mut Profile> {
        self.profiles.get_mut(function as usize)
    }

    fn add_cell(&mut self, names: &Names<'_>, record: &[u8]) -> Option<()> {
        let count = u64_at(record, CELL_COUNT)?;
        let (key, second) = (u32_at(record, 12)?, u32_at(record, 16)?);
        let kind = CellKind::from_number(u16_at(record, 2)?)?;
        let function = u32_at(record, 8)?;
        let copies = match kind {
            CellKind::Args => 1,
            // One with the caller, and one for the sum over all callers.
            CellKind::ArgsByCaller => 2,
            _ => 0,
        };
        if copies > 0 {
            names.spend(copies * size_of_val(self.signatures.get(key as usize)?.as_slice()))?;
        }
        let profile = self.profiles.get_mut(function as usize)?;
        if count == 0 {
            return Some(());
        }
        let type_id = TypeId(key);
        let cell = CallerCell { function, key, caller: second, count };
        match kind {
            CellKind::ArgsByCaller => self.by_caller.args.push(cell),
            CellKind::ReturnsByCaller => self.by_caller.returns.push(cell),
            CellKind::Args => {
                profile.args.push((self.signatures.get(key as usize)?.clone(), count));
            }
            CellKind::Return => profile.returns.push((type_id, count)),
            CellKind::Yield => profile.yields.push((type_id, count)),
            CellKind::Handled => profile.handled.push((type_id, count)),
            CellKind::Caller => profile.callers.push((FunctionId(key), count)),
            CellKind::BucketWraps => profile.latency.add(key, count.saturating_mul(1 << 32)),
            CellKind::Exception => profile.exceptions.push(ExceptionCount {
                exception: type_id,
                caught_by: second.checked_sub(1).map(FunctionId),
                count,
            }),
        }
        Some(())
    }

    fn add_histogram(&mut self, record: &[u8]) -> Option<()> {
        let first = u32_at(record, 12)?;
        let profile = self.profile(u32_at(record, 8)?)?;
        for offset in 0..BLOCK_BUCKETS as u32 {
            let count = u32_at(record, HISTOGRAM_COUNTS + 4 * offset as usize)?;
            profile.latency.add(first.checked_add(offset)?, count.into());
        }
        Some(())
    }

    fn add_ring(&mut self, version: u32, record: &[u8]) -> Option<()> {
        let entries = record.get(RING_ENTRIES..)?.chunks_exact(RING_ENTRY_BYTES);
        self.activations.extend(entries.filter_map(|entry| ring_entry(version, entry)));
        Some(())
    }

    /// A node comes after its parent; only the first is its own.
    fn add_node(&mut self, record: &[u8]) -> Option<()> {
        let parent = u32_at(record, 8)?;
        if parent as usize >= self.nodes.len().max(1) {
            return None;
        }
        let slot = |index: usize| u64_at(record, NODE_SLOTS + 8 * index);
        let self_ns = slot(1)?.cast_signed();
        self.nodes.push(CallTreeNode {
            parent,
            function: FunctionId(u32_at(record, 12)?),
            call_count: slot(0)?,
            self_ns: u64::try_from(self_ns).unwrap_or(0),
            total_ns: 0,
        });
        Some(())
    }

    /// Resolves what records refer to before their targets are known.
    fn finish(mut self, process: Process) -> LedgerSnapshot {
        std::mem::take(&mut self.by_caller).settle(&mut self.profiles, &self.signatures);
        self.settle_types();
        self.settle_functions();
        let mut activations = std::mem::take(&mut self.activations);
        activations.retain_mut(|activation| self.settle_activation(activation).is_some());
        activations.sort_by_key(|activation| activation.sequence);
        let Self { types, functions, profiles, nodes, .. } = self;
        let recording = Recording { types, functions, profiles, is_late: false };
        LedgerSnapshot { process, recording, call_tree: CallTree::of(nodes), activations }
    }

    /// Makes every type number valid: those of types whose record is missing become `…`.
    fn settle_types(&mut self) {
        if self.types.is_empty() {
            self.types.push(TypeName::new("", "…"));
        }
        let known = self.types.len() as u32;
        let settle = |id: &mut TypeId| {
            if id.0 >= known {
                *id = TypeId::OVERFLOW;
            }
        };
        self.signatures.iter_mut().flatten().for_each(settle);
        for profile in &mut self.profiles {
            profile.args.iter_mut().flat_map(|(types, _)| types).for_each(settle);
            profile.args_by_caller.iter_mut().flat_map(|((_, types), _)| types).for_each(settle);
            profile.returns_by_caller.iter_mut().for_each(|((_, id), _)| settle(id));
            let counts = profile.returns.iter_mut().chain(&mut profile.yields);
            counts.chain(&mut profile.handled).for_each(|(id, _)| settle(id));
            profile.exceptions.iter_mut().for_each(|exception| settle(&mut exception.exception));
        }
    }

    /// Makes every function number valid, and what was never called here external.
    fn settle_functions(&mut self) {
        if self.functions.is_empty() {
            let empty = Recording::default();
            (self.functions, self.profiles) = (empty.functions, empty.profiles);
        }
        let known = self.functions.len() as u32;
        let settle = |id: &mut FunctionId| {
            if id.0 >= known {
                *id = FunctionId::ROOT;
            }
        };
        self.nodes.iter_mut().for_each(|node| settle(&mut node.function));
        for (profile, function) in self.profiles.iter_mut().zip(&mut self.functions) {
            profile.callers.iter_mut().for_each(|(id, _)| settle(id));
            profile.args_by_caller.iter_mut().for_each(|((id, _), _)| settle(id));
            profile.returns_by_caller.iter_mut().for_each(|((id, _), _)| settle(id));
            let caught = profile.exceptions.iter_mut().filter_map(|e| e.caught_by.as_mut());
            caught.for_each(settle);
            if profile.args.is_empty() {
                // A forked child knows its parent's functions; it reports those it called.
                function.kind = FunctionKind::External;
            }
        }
    }

    fn settle_activation(&self, activation: &mut Activation) -> Option<()> {
        let known = |id: FunctionId| (id.index() < self.functions.len()).then_some(());
        known(activation.function)?;
        known(activation.caller)?;
        let signature = activation.args.first()?;
        activation.args.clone_from(self.signatures.get(signature.index())?);
        let (Outcome::Returned(id) | Outcome::Raised(id)) = activation.outcome;
        (id.index() < self.types.len()).then_some(())
    }
}

fn type_name(names: &Names<'_>, record: &[u8]) -> Option<TypeName> {
    let mro = words(record, 16, 20)?.map(|at| names.text(at));
    Some(TypeName {
        module: names.text(u32_at(record, 8)?)?,
        qualname: names.text(u32_at(record, 12)?)?,
        mro: mro.collect::<Option<_>>()?,
    })
}

fn function(names: &Names<'_>, record: &[u8]) -> Option<Function> {
    let field = |at| names.text(u32_at(record, at)?);
    let kind = u8::try_from(u32_at(record, 28)?).ok()?;
    Some(Function {
        key: FunctionKey { module: field(8)?, qualname: field(12)?, line: u32_at(record, 24)? },
        file: field(16)?,
        parameters: field(20)?,
        kind: FunctionKind::from_number(kind)?,
    })
}

fn timed_profile(record: &[u8], kind: FunctionKind) -> Option<Profile> {
    use FunctionKind::{AsyncGenerator, Coroutine, Generator};
    let suspends = matches!(kind, Generator | Coroutine | AsyncGenerator);
    let slot = |index: usize| u64_at(record, FUNCTION_SLOTS + 8 * index);
    Some(Profile {
        latency_ns_sum: slot(0)?,
        latency_ns_min: slot(1)?.saturating_sub(1),
        latency_ns_max: slot(2)?,
        total_ns: slot(3)?,
        // Of sampled callees only the mean is right, so the rest may come out below zero.
        self_ns: u64::try_from(slot(4)?.cast_signed()).unwrap_or(0),
        running_ns: if suspends { slot(5)? } else { slot(0)? },
        call_count_se: standard_error(f64::from_bits(slot(6)?), f64::from_bits(slot(7)?)),
        ..Profile::default()
    })
}

/// From a variance and a bias; whatever bytes they are.
fn standard_error(variance: f64, bias: f64) -> u64 {
    let square = variance.max(0.0) + bias * bias;
    // Saturates, and what is no number is 0.
    square.sqrt().ceil() as u64
}

fn signature(record: &[u8]) -> Option<Signature> {
    Some(words(record, 8, 12)?.map(TypeId).collect())
}

/// An entry with its signature number kept as the only type of `args` until all are known.
fn ring_entry(version: u32, entry: &[u8]) -> Option<Activation> {
    let mut word = [0_u64; RING_ENTRY_CHECKED + 1];
    let (checked, span) = word.split_at_mut(RING_ENTRY_CHECKED);
    for (index, slot) in checked.iter_mut().enumerate() {
        *slot = u64_at(entry, 8 * index)?;
    }
    let check = match version {
        0 | 1 => ring_check_of_layout_1(checked),
        2 | 3 => ring_check(checked),
        _ => {
            span[0] = u64_at(entry, 56)?;
            ring_check(&word)
        }
    };
    if word[0] == 0 || u64_at(entry, 48)? != check {
        return None;
    }
    let outcome = TypeId((word[4] >> 32) as u32);
    Some(Activation {
        sequence: word[0],
        function: FunctionId(word[3] as u32),
        caller: FunctionId((word[3] >> 32) as u32),
        args: vec![TypeId(word[4] as u32)],
        outcome: if word[5] == 0 { Outcome::Returned(outcome) } else { Outcome::Raised(outcome) },
        start_unix_ns: word[1],
        latency_ns: word[2],
        span_id: SpanId(word[6]),
    })
}

/// The names of a ledger, and how many bytes copies of its parts may still take.
struct Names<'a> {
    file: &'a [u8],
    bytes_left: Cell<usize>,
}

impl Names<'_> {
    fn spend(&self, bytes: usize) -> Option<()> {
        self.bytes_left.set(self.bytes_left.get().checked_sub(bytes)?);
        Some(())
    }

    fn text(&self, offset: u32) -> Option<String> {
        let offset = offset as usize;
        if u16_at(self.file, offset)? != RecordKind::Text as u16 {
            return None;
        }
        let length = u32_at(self.file, offset.checked_add(8)?)? as usize;
        let start = offset.checked_add(12)?;
        let bytes = self.file.get(start..start.checked_add(length)?)?;
        self.spend(size_of::<String>() + length)?;
        Some(String::from_utf8_lossy(bytes).into_owned())
    }
}

/// The words of a record from `at`, as many as the word at `count_at` says.
fn words(record: &[u8], count_at: usize, at: usize) -> Option<impl Iterator<Item = u32> + '_> {
    let bytes = (u32_at(record, count_at)? as usize).checked_mul(4)?;
    let list = record.get(at..at.checked_add(bytes)?)?;
    Some(list.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]])))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// A name of 100 bytes, and a type that has it as module, as name and twice as base.
    fn ledger() -> Vec<u8> {
        let mut bytes = vec![0; HEADER_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[header::VERSION] = VERSION as u8;
        bytes[header::USED..][..8].copy_from_slice(&u64::MAX.to_le_bytes());
        let name = HEADER_BYTES as u32;
        bytes
            .extend([RecordKind::Text as u32, 112, 100].iter().flat_map(|word| word.to_le_bytes()));
        bytes.extend([b'n'; 100]);
        let words = [RecordKind::Type as u32, 32, name, name, 2, name, name, 0];
        bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        bytes
    }

    #[test]
    fn references_cannot_ask_for_endless_copies() {
        let needed = 4 * (100 + size_of::<String>());
        let recording = parse_within(&ledger(), needed).unwrap().recording;
        assert_eq!(recording.types[0].mro, ["n".repeat(100), "n".repeat(100)]);
        let refused = parse_within(&ledger(), needed - 1);
        let offset = HEADER_BYTES + 112;
        assert!(matches!(refused, Err(ReadError::Damaged { offset: at }) if at == offset));
    }
}
