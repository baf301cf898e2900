//! Sessions made to order: a ledger as an observed process would leave it, so that no interpreter is
//! needed.

use std::collections::HashMap;

use ghost_ledger::layout::CellKind;
use ghost_ledger::{Identity, Ledger};
use ghost_model::{FunctionKind, bucket_index};

use crate::sandbox::Sandbox;

/// No process has this id: it is above the largest there can be.
const DEAD: Identity = Identity {
    pid: 4_194_305,
    parent_pid: 1,
    kernel_start_ticks: 1,
    pid_namespace: 0,
    python_hexversion: 0x030d_00f0,
};

/// The number of the first function: the root is 0.
const FIRST: u32 = 1;

/// One function: all of its calls are alike, but for the types of their argument.
#[derive(Clone, Copy)]
pub(crate) struct Staged {
    pub(crate) name: &'static str,
    pub(crate) line: u32,
    /// Name of its parameter.
    pub(crate) parameter: &'static str,
    /// Calls by the built-in type of the argument. They return what the first of them takes.
    pub(crate) calls: &'static [(&'static str, u64)],
    /// Calls that end by a `ValueError`, caught by the first function.
    pub(crate) failed: u64,
    pub(crate) latency_ns: u64,
    /// Who calls it, as a place in the list; `None` is no Python caller.
    pub(crate) caller: Option<u32>,
}

impl Staged {
    /// A function that is called once, by nobody, with an `int`, and takes a millisecond.
    pub(crate) const fn named(name: &'static str, line: u32) -> Self {
        Self {
            name,
            line,
            parameter: "n",
            calls: &[("int", 1)],
            failed: 0,
            latency_ns: 1_000_000,
            caller: None,
        }
    }
}

/// Records a session with these functions of a module `shop` in `shop.py`.
pub(crate) fn record(sandbox: &Sandbox, functions: &[Staged]) {
    let path = sandbox.write("kept/remove", "").with_file_name("ledger");
    let mut ledger = Ledger::create(&path, &DEAD, 4).unwrap();
    let mut text = |text: &str| ledger.add_text(text).unwrap();
    let [empty, overflow, root] = ["", "…", "<root>"].map(&mut text);
    let [builtins, error, module, file] =
        ["builtins", "ValueError", "shop", "shop.py"].map(&mut text);
    ledger.add_type(empty, overflow, &[]).unwrap();
    let error = ledger.add_type(builtins, error, &[]).unwrap();
    ledger.add_function([empty, root, empty, empty], 0, FunctionKind::External).unwrap();
    let mut types = HashMap::new();
    for staged in functions {
        let [name, parameter] =
            [staged.name, staged.parameter].map(|text| ledger.add_text(text).unwrap());
        let names = [module, name, file, parameter];
        let (id, slots) = ledger.add_function(names, staged.line, FunctionKind::Function).unwrap();
        let caller = staged.caller.map_or(0, |place| place + 1);
        let add = |ledger: &mut Ledger, kind, key, second, count| {
            ledger.add_cell(kind, id, key, second).unwrap().add(count);
        };
        for &(type_name, count) in staged.calls {
            let type_id = *types.entry(type_name).or_insert_with(|| {
                let name = ledger.add_text(type_name).unwrap();
                ledger.add_type(builtins, name, &[]).unwrap()
            });
            let signature = ledger.add_signature(&[type_id]).unwrap();
            add(&mut ledger, CellKind::ArgsByCaller, signature, caller, count);
        }
        let calls: u64 = staged.calls.iter().map(|(_, count)| count).sum();
        let returned = types[staged.calls[0].0];
        add(&mut ledger, CellKind::ReturnsByCaller, returned, caller, calls - staged.failed);
        if staged.failed > 0 {
            add(&mut ledger, CellKind::Exception, error, FIRST + 1, staged.failed);
        }
        let bucket = bucket_index(staged.latency_ns);
        let histogram = ledger.add_histogram(id, bucket / 32 * 32).unwrap();
        for _ in 0..calls {
            slots.add_latency(staged.latency_ns, 1);
            histogram.add(bucket, 1);
        }
        slots.add_total(staged.latency_ns * calls);
        slots.add_self(staged.latency_ns * calls);
    }
    ledger.close();
    let program = "cp kept/ledger $GHOST_RUN/4194305-1.ledger";
    let ran = sandbox.run(&["run", "--quiet", "sh", "-c", program]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    std::fs::remove_file(path).unwrap();
}

/// The text with ids of sessions and times of day replaced.
pub(crate) fn without_ids(text: &str) -> String {
    let is_id = |word: &str| word.len() == 19 && word.as_bytes()[10] == b'-';
    let redact = |word: &str| {
        let core = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        if is_id(core) { word.replace(core, "ID") } else { word.to_owned() }
    };
    let line = |line: &str| line.split(' ').map(redact).collect::<Vec<_>>().join(" ");
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}
