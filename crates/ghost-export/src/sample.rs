//! A small session with everything the formats must cope with.

use ghost_model::{
    Activation, CallTree, CallTreeNode, Counter, ExceptionCount, Function, FunctionId, FunctionKey,
    FunctionKind, Histogram, Outcome, Process, ProcessState, Profile, Recording, Session,
    SessionId, SessionState, TypeId, TypeName, bucket_index,
};

use crate::view::ExportView;

/// A name with everything that could break a format.
pub(crate) const ODD_NAME: &str = "odd|\"name\",\n\u{1b}[31m`\u{202e}\\<b>\u{9b}";

/// A call tree over the functions of the sample.
pub(crate) fn call_tree() -> CallTree {
    let node = |parent, function, call_count, self_ns| CallTreeNode {
        parent,
        function: FunctionId(function),
        call_count,
        self_ns,
        total_ns: 0,
    };
    let nodes =
        [CallTreeNode::default(), node(0, 1, 1, 200), node(1, 2, 1500, 90), node(2, 1, 0, 7)];
    CallTree::of(nodes.to_vec())
}

/// A session that owns what a view borrows.
pub(crate) struct Sample {
    session: Session,
    processes: Vec<Process>,
    recording: Recording,
    activations: Vec<Vec<Activation>>,
}

impl Sample {
    pub(crate) fn view(&self) -> ExportView<'_> {
        ExportView {
            activations: &self.activations,
            ..ExportView::new(&self.session, &self.processes, &self.recording)
        }
    }
}

pub(crate) fn session() -> Sample {
    Sample {
        session: Session {
            id: SessionId::new(1_763_630_000_000_000_000, 0xc3d),
            script: "app.py".into(),
            name: None,
            note: None,
            kind: ghost_model::SessionKind::Started,
            pid: 42,
            start_unix_ns: 1_763_630_000_000_000_000,
            end_unix_ns: Some(1_763_630_002_500_000_000),
            exit_code: Some(0),
            state: SessionState::Finished,
            process_count: 1,
            call_count: 1503,
        },
        processes: vec![Process {
            pid: 42,
            parent_pid: 41,
            kernel_start_ticks: 9,
            pid_namespace: 0,
            start_unix_ns: 1_763_630_000_100_000_000,
            end_unix_ns: Some(1_763_630_002_400_000_000),
            python_version: "3.13.0".into(),
            call_cost_ps: 81_500,
            own_cost_ns: 2_000_000,
            state: ProcessState::Finished,
            counters: vec![(Counter::SignaturesRefused, 3)],
        }],
        recording: recording(),
        activations: vec![vec![
            activation(1, 1_763_630_000_100_000_123, 800_000),
            activation(2, 1_763_630_000_100_400_000, 900_001),
            Activation {
                outcome: Outcome::Raised(TypeId(4)),
                ..activation(3, 1_763_630_000_200_000_000, 15_000_000)
            },
        ]],
    }
}

/// An activation of `process`.
pub(crate) fn activation(sequence: u64, start_unix_ns: u64, latency_ns: u64) -> Activation {
    Activation {
        sequence,
        function: FunctionId(1),
        caller: FunctionId(3),
        args: vec![TypeId(1), TypeId(3)],
        outcome: Outcome::Returned(TypeId(3)),
        start_unix_ns,
        latency_ns,
        span_id: ghost_model::SpanId::NONE,
    }
}

fn recording() -> Recording {
    let mut recording = Recording::default();
    recording.types.extend([
        TypeName::new("shop", "Order"),
        TypeName::new("archive", "Order"),
        TypeName::new("builtins", "NoneType"),
        TypeName::new("builtins", "ValueError"),
        TypeName::new("shop", ODD_NAME),
    ]);
    let add = |recording: &mut Recording, function: Function, profile: Profile| {
        recording.functions.push(function);
        recording.profiles.push(profile);
    };
    add(&mut recording, function("process", 42, FunctionKind::Function), process());
    add(&mut recording, function(ODD_NAME, 7, FunctionKind::Generator), unfinished());
    add(&mut recording, function("run", 1, FunctionKind::External), Profile::default());
    recording
}

pub(crate) fn function(qualname: &str, line: u32, kind: FunctionKind) -> Function {
    Function {
        key: FunctionKey { module: "shop".into(), qualname: qualname.into(), line },
        file: "src/shop, new.py".into(),
        parameters: "order,strict".into(),
        kind,
    }
}

fn process() -> Profile {
    let mut latency = Histogram::default();
    latency.add(bucket_index(800_000), 1400);
    latency.add(bucket_index(15_000_000), 100);
    let raised = |caught_by, count| ExceptionCount { exception: TypeId(4), caught_by, count };
    Profile {
        args: vec![
            (vec![TypeId(2), TypeId(3)], 12),
            (vec![TypeId(1), TypeId(3)], 1485),
            (vec![TypeId(0)], 3),
        ],
        returns: vec![(TypeId(3), 1488)],
        exceptions: vec![raised(None, 2), raised(Some(FunctionId(3)), 10)],
        handled: vec![(TypeId(4), 1)],
        callers: vec![(FunctionId::ROOT, 1), (FunctionId(3), 1499)],
        args_by_caller: vec![
            ((FunctionId(3), vec![TypeId(1), TypeId(3)]), 1485),
            ((FunctionId(3), vec![TypeId(2), TypeId(3)]), 11),
            ((FunctionId(3), vec![TypeId(0)]), 3),
            ((FunctionId::ROOT, vec![TypeId(2), TypeId(3)]), 1),
        ],
        returns_by_caller: vec![
            ((FunctionId(3), TypeId(3)), 1487),
            ((FunctionId::ROOT, TypeId(3)), 1),
        ],
        latency,
        latency_ns_sum: 2_620_000_000,
        latency_ns_min: 800_000,
        latency_ns_max: 15_000_000,
        total_ns: 2_400_000_000,
        self_ns: 1_200_000_000,
        running_ns: 2_600_000_000,
        ..Profile::default()
    }
}

/// Called, but not ended yet: it has no latency.
fn unfinished() -> Profile {
    Profile { args: vec![(vec![TypeId(5)], 3)], yields: vec![(TypeId(1), 9)], ..Profile::default() }
}
