//! `ghost probe hotspots`: times every line of a function for a while, and shows the slowest.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufWriter, Write};
use std::thread;
use std::time::Duration;

use ghost_control::{LineTime, ProbeEvent, ProbeKind, ProbeSpec, ProbeStatus};
use ghost_model::visible;

use super::processes::Processes;
use super::{add, now_unix_ns, remove};
use crate::args::{ColourChoice, HotspotsArguments};
use crate::exit::{CommandError, NO_DATA, SUCCESS};
use crate::output::colour::standard_output;
use crate::output::number::{duration, thousands};
use crate::output::table::{Cell, Column, Table};
use crate::output::{talk, terminal};

/// What a probe lives longer than it is waited for: by then it is removed, or its controller is dead.
const GRACE_NS: u64 = 5_000_000_000;
/// No source that anybody wrote is larger.
const SOURCE_BYTES_MAX: u64 = 16 << 20;

/// Runs the command.
pub(super) fn execute(
    arguments: &HotspotsArguments,
    colour: ColourChoice,
) -> Result<u8, CommandError> {
    let processes = Processes::of(&arguments.scope)?;
    let probe = spec(arguments);
    let id = probe.id.clone();
    add::add(&processes, probe)?;
    thread::sleep(Duration::from_secs_f64(arguments.seconds));
    let listed = processes.probes();
    let _ = remove::remove(&processes, &id);
    let found = listed?.into_iter().flat_map(|(_, probes)| probes);
    let found: Vec<_> = found.filter(|status| status.probe.id == id).collect();
    let (calls, lines) = merged(&found);
    if lines.is_empty() {
        talk::say_with_hint(
            "the function was not called to its end meanwhile",
            "`--seconds` looks for longer",
        );
        return Ok(NO_DATA);
    }
    let source = source(found.iter().find_map(|status| status.file.as_deref()));
    let mut output = BufWriter::new(standard_output(colour));
    table(&lines, &source).write(&mut output, terminal::width())?;
    output.flush()?;
    talk::say(format_args!("{} calls in {} s", thousands(calls), arguments.seconds));
    Ok(SUCCESS)
}

fn spec(arguments: &HotspotsArguments) -> ProbeSpec {
    let created_unix_ns = now_unix_ns();
    let life_ns = (arguments.seconds * 1e9) as u64 + GRACE_NS;
    ProbeSpec {
        id: add::id_for("hotspots", created_unix_ns),
        target: arguments.target.clone(),
        kind: ProbeKind::Hotspots,
        event: ProbeEvent::Return,
        name: "hotspots".into(),
        value: None,
        condition: None,
        created_unix_ns,
        expires_unix_ns: created_unix_ns + life_ns,
        max_hits: None,
        rate: None,
    }
}

/// The lines of all processes, the slowest first.
fn merged(found: &[ProbeStatus]) -> (u64, Vec<LineTime>) {
    let mut sums: BTreeMap<u32, LineTime> = BTreeMap::new();
    for line in found.iter().flat_map(|status| &status.lines) {
        let none = LineTime { line: line.line, count: 0, longest_ns: 0, total_ns: 0 };
        let sum = sums.entry(line.line).or_insert(none);
        sum.count += line.count;
        sum.longest_ns = sum.longest_ns.max(line.longest_ns);
        sum.total_ns += line.total_ns;
    }
    let mut lines: Vec<_> = sums.into_values().collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.total_ns));
    (found.iter().map(|status| status.hit_count).sum(), lines)
}

/// The lines of a file, if it is there: a container may have another one.
fn source(file: Option<&str>) -> Vec<String> {
    let Some(file) = file else { return Vec::new() };
    let is_source = fs::metadata(file).is_ok_and(|it| it.is_file() && it.len() <= SOURCE_BYTES_MAX);
    let text = if is_source { fs::read_to_string(file).unwrap_or_default() } else { String::new() };
    text.lines().map(str::to_owned).collect()
}

fn table(lines: &[LineTime], source: &[String]) -> Table {
    let mut table = Table::new(vec![
        Column::number("LINE"),
        Column::number("COUNT"),
        Column::number("TOTAL"),
        Column::number("LONGEST"),
        Column::name("SOURCE"),
    ]);
    for line in lines {
        let text = (line.line as usize).checked_sub(1).and_then(|at| source.get(at));
        table.push(vec![
            Cell::plain(line.line.to_string()),
            Cell::plain(thousands(line.count)),
            Cell::plain(duration(line.total_ns)),
            Cell::plain(duration(line.longest_ns)),
            Cell::plain(text.map_or_else(|| "-".into(), |text| visible(text.trim()).into_owned())),
        ]);
    }
    table
}
