//! A recording as text, for the cases of documentation pages.
//!
//! ```text
//! type shop.Missing: KeyError, LookupError, Exception
//! threshold exc 10%
//! orders.py shop.orders:validate:34 (order, strict) [KIND]
//!     called (shop.Order, bool) 30 from shop.orders:sync:60
//!     returned bool 12 to shop.orders:sync:60
//!     raised ValueError 18 caught by shop.orders:sync:60
//!     handled KeyError 3
//!     yielded int 7
//!     took 30 around 1.5ms spread 1.3
//!     self 20ms
//! ```
//!
//! Functions that are named but not defined are external. Where `from` or `to` is missing it is the
//! root. `took` gives durations in one heap; own time is all of it unless `self` says otherwise.

use ghost_model::{
    ExceptionCount, Function, FunctionId, FunctionKey, FunctionKind, Profile, Recording, Signature,
    TypeId, TypeName, bucket_index,
};

use crate::evidence::Thresholds;

/// Reads it; anything wrong in it ends the test.
pub(super) fn parse(text: &str) -> (Recording, Thresholds) {
    let mut reader = Reader { recording: Recording::default(), thresholds: Thresholds::default() };
    // Functions first, so that those named as callers are not taken for external.
    for line in text.lines().filter(|line| !line.starts_with(' ') && !line.is_empty()) {
        reader.heading(line);
    }
    let mut current = FunctionId::ROOT;
    for line in text.lines() {
        match line.strip_prefix(' ') {
            Some(fact) => reader.fact(current, fact.trim()),
            None if line.contains(':') && line.contains('(') => {
                current = reader.function(key_of(line));
            }
            None => {}
        }
    }
    for profile in &mut reader.recording.profiles {
        if profile.self_ns == 0 {
            profile.self_ns = profile.latency_ns_sum;
        }
        profile.running_ns = profile.latency_ns_sum;
        profile.total_ns = profile.latency_ns_sum;
    }
    (reader.recording, reader.thresholds)
}

struct Reader {
    recording: Recording,
    thresholds: Thresholds,
}

/// The second word of `FILE KEY (PARAMETERS)`.
fn key_of(line: &str) -> &str {
    line.split(' ').nth(1).unwrap()
}

impl Reader {
    fn heading(&mut self, line: &str) {
        if let Some(rest) = line.strip_prefix("type ") {
            let (name, bases) = rest.split_once(": ").unwrap();
            let id = self.type_id(name);
            let mro = [name].into_iter().chain(bases.split(", ")).map(str::to_owned);
            self.recording.types[id.index()].mro = mro.collect();
        } else if let Some(rest) = line.strip_prefix("threshold exc ") {
            self.thresholds.exc_threshold =
                rest.trim_end_matches('%').parse::<f64>().unwrap() / 100.0;
        } else if let Some(rest) = line.strip_prefix("threshold latency ") {
            self.thresholds.latency_z = rest.parse().unwrap();
        } else {
            self.define(line);
        }
    }

    fn define(&mut self, line: &str) {
        let (before, rest) = line.split_once(" (").unwrap();
        let (parameters, kind) = rest.split_once(')').unwrap();
        let id = self.function(key_of(before));
        let function = &mut self.recording.functions[id.index()];
        function.file = before.split(' ').next().unwrap().to_owned();
        function.parameters = parameters.replace(", ", ",");
        function.kind = FunctionKind::from_word(kind.trim()).unwrap_or_default();
    }

    fn fact(&mut self, id: FunctionId, fact: &str) {
        let (word, rest) = fact.split_once(' ').unwrap();
        match word {
            "called" => self.called(id, rest),
            "returned" => self.returned(id, rest),
            "raised" => self.raised(id, rest),
            "handled" | "yielded" => {
                let (name, count) = rest.split_once(' ').unwrap();
                let entry = (self.type_id(name), count.parse().unwrap());
                let profile = &mut self.recording.profiles[id.index()];
                if word == "handled" {
                    profile.handled.push(entry);
                } else {
                    profile.yields.push(entry);
                }
            }
            "took" => self.took(id, rest),
            "self" => self.recording.profiles[id.index()].self_ns = nanoseconds(rest) as u64,
            other => panic!("`{other}` is no fact"),
        }
    }

    fn called(&mut self, id: FunctionId, rest: &str) {
        let (types, rest) = rest.trim_start_matches('(').split_once(") ").unwrap();
        let (count, caller) = self.counted(rest, " from ");
        let names = types.split(", ").filter(|name| !name.is_empty());
        let signature: Signature = names.map(|name| self.type_id(name)).collect();
        let profile = &mut self.recording.profiles[id.index()];
        add(&mut profile.args, signature.clone(), count);
        add(&mut profile.callers, caller, count);
        add(&mut profile.args_by_caller, (caller, signature), count);
    }

    fn returned(&mut self, id: FunctionId, rest: &str) {
        let (name, rest) = rest.split_once(' ').unwrap();
        let (count, caller) = self.counted(rest, " to ");
        let result = self.type_id(name);
        let profile = &mut self.recording.profiles[id.index()];
        add(&mut profile.returns, result, count);
        add(&mut profile.returns_by_caller, (caller, result), count);
    }

    fn raised(&mut self, id: FunctionId, rest: &str) {
        let (name, rest) = rest.split_once(' ').unwrap();
        let (count, catcher) = self.counted(rest, " caught by ");
        let exception = self.type_id(name);
        let caught_by = (catcher != FunctionId::ROOT).then_some(catcher);
        let entry = ExceptionCount { exception, caught_by, count };
        self.recording.profiles[id.index()].exceptions.push(entry);
    }

    /// `COUNT around DURATION [spread FACTOR]`
    fn took(&mut self, id: FunctionId, rest: &str) {
        let words: Vec<&str> = rest.split(' ').collect();
        let count: u64 = words[0].parse().unwrap();
        let middle = nanoseconds(words[2]);
        let spread: f64 = words.get(4).map_or(1.0, |factor| factor.parse().unwrap());
        let profile = &mut self.recording.profiles[id.index()];
        for number in 0..count {
            // Quantiles of the logistic distribution: one heap, the same every time.
            let share = (number as f64 + 0.5) / count as f64;
            let duration_ns = middle * spread.powf((share / (1.0 - share)).ln() / 1.7);
            profile.latency.add(bucket_index(duration_ns as u64), 1);
            profile.latency_ns_sum += duration_ns as u64;
            profile.latency_ns_max = profile.latency_ns_max.max(duration_ns as u64);
            if profile.latency_ns_min == 0 || profile.latency_ns_min > duration_ns as u64 {
                profile.latency_ns_min = duration_ns as u64;
            }
        }
    }

    /// `COUNT` or `COUNT<word>KEY`.
    fn counted(&mut self, rest: &str, word: &str) -> (u64, FunctionId) {
        match rest.split_once(word) {
            Some((count, key)) => (count.parse().unwrap(), self.function(key)),
            None => (rest.parse().unwrap(), FunctionId::ROOT),
        }
    }

    fn function(&mut self, key: &str) -> FunctionId {
        let mut parts = key.split(':');
        let key = FunctionKey {
            module: parts.next().unwrap().to_owned(),
            qualname: parts.next().unwrap().to_owned(),
            line: parts.next().unwrap().parse().unwrap(),
        };
        let functions = &mut self.recording.functions;
        let found = functions.iter().position(|function| function.key == key);
        let index = found.unwrap_or_else(|| {
            let (file, parameters) = (String::new(), String::new());
            functions.push(Function { key, file, parameters, kind: FunctionKind::External });
            self.recording.profiles.push(Profile::default());
            functions.len() - 1
        });
        FunctionId(index as u32)
    }

    fn type_id(&mut self, name: &str) -> TypeId {
        let (module, qualname) = match name {
            "…" | "*args" | "**kwargs" => ("", name),
            _ => name.rsplit_once('.').unwrap_or(("builtins", name)),
        };
        let types = &mut self.recording.types;
        let is_it = |known: &TypeName| known.module == module && known.qualname == qualname;
        let index = types.iter().position(is_it).unwrap_or_else(|| {
            types.push(TypeName::new(module, qualname));
            types.len() - 1
        });
        TypeId(index as u32)
    }
}

fn add<K: PartialEq>(counts: &mut Vec<(K, u64)>, key: K, count: u64) {
    match counts.iter_mut().find(|(other, _)| *other == key) {
        Some((_, sum)) => *sum += count,
        None => counts.push((key, count)),
    }
}

fn nanoseconds(text: &str) -> f64 {
    let digits = text.find(|c: char| c.is_ascii_alphabetic() || c == 'µ').unwrap();
    let (number, unit) = text.split_at(digits);
    let factor = match unit {
        "ns" => 1.0,
        "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        other => panic!("`{other}` is no unit"),
    };
    number.parse::<f64>().unwrap() * factor
}
