//! The processes of a session as rows.

use ghost_store::LiveProcess;

use super::table::{Column, Table};

/// What processes are sorted by.
pub(crate) const PROCESS_COLUMNS: [Column<LiveProcess>; 5] = [
    Column {
        name: "start_unix_ns",
        compare: |a, b| a.process.start_unix_ns.cmp(&b.process.start_unix_ns),
    },
    Column { name: "call_count", compare: |a, b| a.call_count.cmp(&b.call_count) },
    Column { name: "pid", compare: |a, b| a.process.pid.cmp(&b.process.pid) },
    Column {
        name: "state",
        compare: |a, b| a.process.state.as_str().cmp(b.process.state.as_str()),
    },
    Column {
        name: "own_cost_ns",
        compare: |a, b| a.process.own_cost_ns.cmp(&b.process.own_cost_ns),
    },
];

/// All processes. Ties are in the order of their start, then of their ids.
pub(crate) fn process_table(processes: &[LiveProcess]) -> Table<LiveProcess> {
    let mut rows = processes.to_vec();
    rows.sort_by_key(|live| (live.process.start_unix_ns, live.process.pid));
    Table::new(rows, &PROCESS_COLUMNS, |live, text| {
        let process = &live.process;
        let pids = [process.pid.to_string(), process.parent_pid.to_string()];
        let words = [process.state.as_str(), &process.python_version];
        for part in pids.iter().map(String::as_str).chain(words) {
            text.push_str(part);
            text.push('\n');
        }
    })
}
