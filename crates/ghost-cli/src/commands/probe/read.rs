//! `ghost probe read`: what probes saw; with `--follow` until there is no probe left.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::thread;
use std::time::Duration;

use ghost_control::{Hit, Hits, Numbers, ProbeStatus, Reply, Request};
use ghost_model::visible;
use serde::Serialize;

use super::processes::Processes;
use super::{ProbeError, now_unix_ns};
use crate::args::{ColourChoice, ProbeFormat, ReadArguments};
use crate::exit::{CommandError, SUCCESS};
use crate::output::colour::standard_output;
use crate::output::talk;

/// Between two looks.
const LOOK: Duration = Duration::from_millis(200);

/// Where reading has come to in each process.
#[derive(Debug, Default)]
struct Progress {
    after: BTreeMap<u32, u64>,
    overwritten: BTreeMap<u32, u64>,
}

/// A hit, or what was added up, as a line of JSON.
#[derive(Serialize)]
struct Line<'a> {
    time_unix_ns: u64,
    pid: u32,
    id: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    numbers: Option<&'a Numbers>,
}

/// Runs the command.
pub(super) fn execute(arguments: &ReadArguments, colour: ColourChoice) -> Result<u8, CommandError> {
    let processes = Processes::of(&arguments.scope)?;
    let mut output = BufWriter::new(standard_output(colour));
    let mut progress = Progress::default();
    let mut listed = wanted(arguments, processes.probes()?)?;
    loop {
        let is_last = !arguments.follow || !is_any_live(&listed);
        progress.read(&processes, &listed, arguments.format, &mut output)?;
        if is_last {
            write_numbers(&listed, arguments.format, &mut output)?;
        }
        output.flush()?;
        if is_last {
            return Ok(SUCCESS);
        }
        thread::sleep(LOOK);
        // The last process may have ended: what it told before is all there is.
        listed = match processes.probes() {
            Ok(probes) => only(arguments, probes),
            Err(_) => return Ok(SUCCESS),
        };
    }
}

type Listed = Vec<(u32, Vec<ProbeStatus>)>;

/// The probes that are asked for, where there are any.
fn wanted(arguments: &ReadArguments, listed: Listed) -> Result<Listed, ProbeError> {
    for name in &arguments.probes {
        let is_there = listed.iter().any(|(_, probes)| probes.iter().any(|one| is(one, name)));
        if !is_there {
            return Err(ProbeError::Unknown { name: visible(name).into_owned() });
        }
    }
    Ok(only(arguments, listed))
}

fn only(arguments: &ReadArguments, mut listed: Listed) -> Listed {
    let names = &arguments.probes;
    for (_, probes) in &mut listed {
        probes.retain(|one| names.is_empty() || names.iter().any(|name| is(one, name)));
    }
    listed
}

/// Whether a probe is called that.
pub(super) fn is(status: &ProbeStatus, name: &str) -> bool {
    status.probe.id == name || status.probe.name == name
}

fn is_any_live(listed: &Listed) -> bool {
    listed.iter().any(|(_, probes)| probes.iter().any(|one| one.state.is_live()))
}

impl Progress {
    fn read(
        &mut self,
        processes: &Processes,
        listed: &Listed,
        format: ProbeFormat,
        output: &mut dyn Write,
    ) -> Result<(), CommandError> {
        loop {
            let after = |pid: u32| self.after.get(&pid).copied().unwrap_or(0);
            let replies = processes.ask_each(|pid| Request::ReadHits { after: after(pid) });
            let mut has_more = false;
            for (pid, reply) in replies {
                let Reply::Hits(hits) = reply else { continue };
                has_more |= self.take(pid, &hits, listed, format, output)? && hits.has_more;
            }
            if !has_more {
                return Ok(());
            }
        }
    }

    /// Writes what is new; tells whether anything was.
    fn take(
        &mut self,
        pid: u32,
        hits: &Hits,
        listed: &Listed,
        format: ProbeFormat,
        output: &mut dyn Write,
    ) -> Result<bool, CommandError> {
        let after = self.after.get(&pid).copied().unwrap_or(0);
        let probes = listed.iter().find(|(of, _)| *of == pid).map(|(_, probes)| probes);
        for hit in hits.hits.iter().filter(|hit| hit.number > after) {
            let probe = probes.and_then(|all| all.iter().find(|one| one.probe.id == hit.id));
            if let Some(status) = probe {
                write_hit(pid, hit, status, format, output)?;
            }
        }
        let known = self.overwritten.insert(pid, hits.overwritten_count).unwrap_or(0);
        if hits.overwritten_count > known {
            let count = hits.overwritten_count - known;
            talk::say(format_args!(
                "process {pid}: {count} hits were overwritten before they were read"
            ));
        }
        let last = hits.hits.last().map_or(after, |hit| hit.number);
        self.after.insert(pid, last.max(after));
        Ok(last > after)
    }
}

fn write_hit(
    pid: u32,
    hit: &Hit,
    status: &ProbeStatus,
    format: ProbeFormat,
    output: &mut dyn Write,
) -> Result<(), CommandError> {
    let (id, name, value) = (&hit.id, &status.probe.name, hit.value.as_deref());
    let time_unix_ns = hit.time_unix_ns;
    match format {
        ProbeFormat::Text => {
            let value = value.map_or_else(String::new, |value| format!(" = {}", visible(value)));
            writeln!(output, "{} {pid} {}{value}", time(time_unix_ns), visible(name))?;
        }
        ProbeFormat::Json => {
            write_line(&Line { time_unix_ns, pid, id, name, value, numbers: None }, output)?;
        }
    }
    Ok(())
}

/// What histograms and counters have come to.
fn write_numbers(
    listed: &Listed,
    format: ProbeFormat,
    output: &mut dyn Write,
) -> Result<(), CommandError> {
    let time_unix_ns = now_unix_ns();
    for (pid, probes) in listed {
        for status in probes {
            let Some(numbers) = &status.numbers else { continue };
            let (id, name) = (&status.probe.id, &status.probe.name);
            match format {
                ProbeFormat::Text => {
                    let Numbers { count, total, minimum, maximum, .. } = numbers;
                    let name = visible(name);
                    writeln!(
                        output,
                        "{} {pid} {name}: count {count}, total {total}, min {minimum}, max {maximum}",
                        time(time_unix_ns)
                    )?;
                }
                ProbeFormat::Json => {
                    let (pid, numbers) = (*pid, Some(numbers));
                    write_line(
                        &Line { time_unix_ns, pid, id, name, value: None, numbers },
                        output,
                    )?;
                }
            }
        }
    }
    Ok(())
}

fn write_line(line: &Line<'_>, output: &mut dyn Write) -> Result<(), CommandError> {
    let text = serde_json::to_string(line).map_err(std::io::Error::from)?;
    Ok(writeln!(output, "{text}")?)
}

/// The time of day, here.
fn time(unix_ns: u64) -> String {
    let time = jiff::Timestamp::from_nanosecond(unix_ns.into()).unwrap_or_default();
    time.to_zoned(jiff::tz::TimeZone::system()).strftime("%H:%M:%S%.3f").to_string()
}
