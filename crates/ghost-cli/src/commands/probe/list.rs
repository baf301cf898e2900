//! `ghost probe list`: the probes of a session and their state in each process.

use std::io::{BufWriter, Write};

use ghost_control::ProbeStatus;
use ghost_model::visible;
use serde::Serialize;

use super::processes::Processes;
use crate::args::{ColourChoice, ListArguments, ProbeFormat};
use crate::exit::{CommandError, SUCCESS};
use crate::output::colour::standard_output;
use crate::output::number::thousands;
use crate::output::table::{Cell, Column, Table};
use crate::output::terminal;

/// A probe in a process, as a line of JSON.
#[derive(Serialize)]
struct Row<'a> {
    pid: u32,
    #[serde(flatten)]
    status: &'a ProbeStatus,
}

/// Runs the command.
pub(super) fn execute(arguments: &ListArguments, colour: ColourChoice) -> Result<u8, CommandError> {
    let listed = Processes::of(&arguments.scope)?.probes()?;
    let rows = listed.iter().flat_map(|(pid, probes)| probes.iter().map(|status| (*pid, status)));
    let mut output = BufWriter::new(standard_output(colour));
    match arguments.format {
        ProbeFormat::Text => {
            let mut table = Table::new(vec![
                Column::name("PROBE"),
                Column::name("TARGET"),
                Column::name("EVENT"),
                Column::name("TYPE"),
                Column::number("PID"),
                Column::name("STATE"),
                Column::number("HITS"),
                Column::number("DROPPED"),
                Column::name("WHY"),
            ]);
            rows.for_each(|(pid, status)| table.push(cells(pid, status)));
            table.write(&mut output, terminal::width())?;
        }
        ProbeFormat::Json => {
            for (pid, status) in rows {
                let text = serde_json::to_string(&Row { pid, status });
                writeln!(output, "{}", text.map_err(std::io::Error::from)?)?;
            }
        }
    }
    output.flush()?;
    Ok(SUCCESS)
}

fn cells(pid: u32, status: &ProbeStatus) -> Vec<Cell> {
    let probe = &status.probe;
    let why = status.error.as_ref().or(status.reason.as_ref());
    vec![
        Cell::plain(&probe.id),
        Cell::plain(visible(&probe.target)),
        Cell::plain(word(&probe.event)),
        Cell::plain(word(&probe.kind)),
        Cell::plain(pid.to_string()),
        Cell::plain(status.state.word()),
        Cell::plain(thousands(status.hit_count)),
        Cell::plain(thousands(status.dropped_count)),
        Cell::plain(why.map_or_else(|| "-".into(), |why| visible(why).into_owned())),
    ]
}

/// The word that stands in JSON, too.
fn word(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}
