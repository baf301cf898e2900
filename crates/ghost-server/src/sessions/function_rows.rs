//! The functions of a session as rows, and where each of them is by the id that addresses have.
//!
//! Only numbers that were recorded, or follow from them; how they are written is `api/functions.rs`.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::hash::Hasher;

use ghost_model::{Function, FunctionId, FunctionKey, FunctionKind, Profile, Recording};

use super::table::{Column, Table};

/// What a function is called in addresses: the same in every session and reading, as long as its module,
/// file, name and line are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct FunctionAddress(pub(crate) u64);

impl FunctionAddress {
    /// The address of a function.
    pub(crate) fn of(function: &Function) -> Self {
        Self::named(&function.file, &function.key)
    }

    /// The address of what has this file and key.
    pub(crate) fn named(file: &str, key: &FunctionKey) -> Self {
        let mut hasher = Fnv1a::default();
        for part in [file, &key.module, &key.qualname] {
            hasher.write(part.as_bytes());
            // No text holds this byte, so parts cannot run into each other.
            hasher.write(&[0xff]);
        }
        hasher.write(&key.line.to_le_bytes());
        Self(hasher.finish())
    }

    /// The number of this function below a chain of callers that has a number.
    pub(crate) fn below(self, chain: u64) -> u64 {
        let mut hasher = Fnv1a::default();
        hasher.write(&chain.to_le_bytes());
        hasher.write(&self.0.to_le_bytes());
        hasher.finish()
    }

    /// Reads sixteen hexadecimal digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let is_address = text.len() == 16 && text.bytes().all(is_digit);
        u64::from_str_radix(text, 16).ok().filter(|_| is_address).map(Self)
    }
}

impl std::fmt::Display for FunctionAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// FNV-1a, 64 bits: links to functions outlive the server, so the hash must never change.
struct Fnv1a(u64);

impl Default for Fnv1a {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv1a {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The numbers of one function, and the names it is sorted by.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FunctionRow {
    /// The function in the recording of its view.
    pub(crate) id: FunctionId,
    /// What it is called in addresses.
    pub(crate) address: FunctionAddress,
    pub(crate) qualname: Box<str>,
    pub(crate) module: Box<str>,
    pub(crate) file: Box<str>,
    pub(crate) line: u32,
    pub(crate) kind: FunctionKind,
    pub(crate) call_count: u64,
    pub(crate) exception_count: u64,
    pub(crate) total_ns: u64,
    pub(crate) self_ns: u64,
    pub(crate) latency_ns_mean: Option<u64>,
    /// 50th, 95th and 99th percentile.
    pub(crate) latency_ns: [Option<u64>; 3],
    pub(crate) latency_ns_max: Option<u64>,
    pub(crate) signature_count: usize,
    pub(crate) is_estimate: bool,
}

impl FunctionRow {
    /// The row of a function.
    pub(crate) fn new(id: FunctionId, function: &Function, profile: &Profile) -> Self {
        let ended = profile.ended_count() > 0;
        Self {
            id,
            address: FunctionAddress::of(function),
            qualname: function.key.qualname.as_str().into(),
            module: function.key.module.as_str().into(),
            file: function.file.as_str().into(),
            line: function.key.line,
            kind: function.kind,
            call_count: profile.call_count(),
            exception_count: profile.exception_count(),
            total_ns: profile.total_ns,
            self_ns: profile.self_ns,
            latency_ns_mean: profile.latency_ns_mean(),
            latency_ns: [0.50, 0.95, 0.99].map(|quantile| quantile_ns(profile, quantile)),
            latency_ns_max: ended.then_some(profile.latency_ns_max),
            signature_count: profile.args.len(),
            is_estimate: profile.is_estimate(),
        }
    }

    /// Whether it is the body of a module or class, which runs once.
    pub(crate) fn is_body(&self) -> bool {
        matches!(self.kind, FunctionKind::Module | FunctionKind::ClassBody)
    }

    /// Calls that ended by an exception, of all calls.
    pub(crate) fn exception_share(&self) -> f64 {
        self.exception_count as f64 / self.call_count.max(1) as f64
    }
}

/// The middle of a bucket may lie beyond the durations that are in it.
fn quantile_ns(profile: &Profile, quantile: f64) -> Option<u64> {
    let estimate = profile.latency.quantile_ns(quantile)?;
    Some(estimate.min(profile.latency_ns_max).max(profile.latency_ns_min))
}

/// What functions are sorted by.
pub(crate) const FUNCTION_COLUMNS: [Column<FunctionRow>; 15] = [
    Column { name: "call_count", compare: |a, b| a.call_count.cmp(&b.call_count) },
    Column { name: "exception_count", compare: |a, b| a.exception_count.cmp(&b.exception_count) },
    Column { name: "exception_share", compare: by_exception_share },
    Column { name: "total_ns", compare: |a, b| a.total_ns.cmp(&b.total_ns) },
    Column { name: "self_ns", compare: |a, b| a.self_ns.cmp(&b.self_ns) },
    Column { name: "latency_ns_mean", compare: |a, b| a.latency_ns_mean.cmp(&b.latency_ns_mean) },
    Column { name: "latency_ns_p50", compare: |a, b| a.latency_ns[0].cmp(&b.latency_ns[0]) },
    Column { name: "latency_ns_p95", compare: |a, b| a.latency_ns[1].cmp(&b.latency_ns[1]) },
    Column { name: "latency_ns_p99", compare: |a, b| a.latency_ns[2].cmp(&b.latency_ns[2]) },
    Column { name: "latency_ns_max", compare: |a, b| a.latency_ns_max.cmp(&b.latency_ns_max) },
    Column { name: "signature_count", compare: |a, b| a.signature_count.cmp(&b.signature_count) },
    Column { name: "qualname", compare: |a, b| a.qualname.cmp(&b.qualname) },
    Column { name: "module", compare: |a, b| a.module.cmp(&b.module) },
    Column { name: "file", compare: |a, b| (&a.file, a.line).cmp(&(&b.file, b.line)) },
    Column { name: "kind", compare: |a, b| a.kind.as_str().cmp(b.kind.as_str()) },
];

fn by_exception_share(a: &FunctionRow, b: &FunctionRow) -> Ordering {
    a.exception_share().total_cmp(&b.exception_share())
}

/// The functions that were called. Ties are in the order of addresses, which no reading changes.
pub(crate) fn function_table(recording: &Recording) -> Table<FunctionRow> {
    let observed = recording.observed();
    let rows = observed.map(|(id, function, profile)| FunctionRow::new(id, function, profile));
    let mut rows: Vec<FunctionRow> = rows.filter(|row| row.call_count > 0).collect();
    rows.sort_unstable_by_key(|row| (row.address, row.id));
    Table::new(rows, &FUNCTION_COLUMNS, |row, text| {
        for part in [&row.module, ":", &row.qualname, "\n", &row.file] {
            text.push_str(part);
        }
    })
}

/// Where the functions of a recording are, by address, also those that were not observed.
pub(crate) fn by_address(recording: &Recording) -> HashMap<FunctionAddress, FunctionId> {
    let ids = (0..).map(FunctionId).zip(&recording.functions).skip(1);
    ids.map(|(id, function)| (FunctionAddress::of(function), id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(module: &str, qualname: &str, line: u32) -> Function {
        Function {
            key: FunctionKey { module: module.into(), qualname: qualname.into(), line },
            file: "app.py".into(),
            parameters: String::new(),
            kind: FunctionKind::Function,
        }
    }

    #[test]
    fn an_address_is_written_down_and_read_again() {
        let address = FunctionAddress::of(&function("app", "Cart.add", 7));
        assert_eq!(address.to_string(), "4a4210ba09b33a55");
        assert_eq!(FunctionAddress::parse(&address.to_string()), Some(address));
        for text in [
            "",
            "0",
            "../../etc/passwd",
            "00000000000000000",
            "+000000000000000",
            "A000000000000000",
        ] {
            assert_eq!(FunctionAddress::parse(text), None, "{text}");
        }
    }

    #[test]
    fn whatever_differs_has_another_address() {
        let all = [
            function("app", "f", 1),
            function("ap", "pf", 1),
            function("app", "f", 2),
            function("__main__", "f", 1),
        ];
        let mut addresses: Vec<_> = all.iter().map(FunctionAddress::of).collect();
        addresses.sort();
        addresses.dedup();
        assert_eq!(addresses.len(), all.len());
    }
}
