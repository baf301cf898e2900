//! A trace drawn: one line per node, its place in time as a bar.

use ghost_analysis::spans::{Node, TraceSummary};
use ghost_model::SpanKind;

use crate::commands::span_remarks::statement_text;
use crate::output::colour::{EMPHASIS, FAINT, WARNING};
use crate::output::number::{counted, duration};
use crate::output::table::{Cell, Column, Table};

/// Columns of the bar: enough to see what follows what, and little enough for names.
const BAR_WIDTH: u64 = 20;

/// One line.
pub(super) struct Line {
    cells: Vec<Cell>,
}

/// The lines of a table.
pub(super) fn table(lines: impl Iterator<Item = Line>) -> Table {
    let mut table = Table::new(vec![
        Column::name("WHAT"),
        Column::number("TIME"),
        Column::number("SELF"),
        Column::text("WHEN (█ what the end waited for)"),
    ]);
    for line in lines {
        table.push(line.cells);
    }
    table
}

/// The lines of all trees, in the order they are read.
pub(super) fn lines(roots: &[Node], trace: &TraceSummary) -> Vec<Line> {
    let start = roots.iter().map(|root| root.start_unix_ns).min().unwrap_or(trace.start_unix_ns);
    let end = roots.iter().map(|root| root.end_unix_ns).max().unwrap_or(start);
    let mut drawing =
        Drawing { start, length: end.saturating_sub(start).max(1), lines: Vec::new() };
    for root in roots {
        drawing.add(root, "", "");
    }
    drawing.lines
}

struct Drawing {
    start: u64,
    length: u64,
    lines: Vec<Line>,
}

/// What is drawn below a node.
enum Below<'a> {
    Node(&'a Node),
    Gap(u64, u64),
}

impl Below<'_> {
    fn start(&self) -> u64 {
        match self {
            Self::Node(node) => node.start_unix_ns,
            Self::Gap(start, _) => *start,
        }
    }
}

impl Drawing {
    fn add(&mut self, node: &Node, before: &str, indent: &str) {
        let name = format!("{before}{}", name(node));
        let styled_bytes = name.len();
        let style = if node.is_error { WARNING } else { anstyle::Style::new() };
        let style = if before.is_empty() && !node.is_error { EMPHASIS } else { style };
        let own = if node.children.is_empty() {
            Cell::plain("")
        } else {
            Cell::plain(duration(node.self_ns))
        };
        let bar = self.bar(node.start_unix_ns, node.end_unix_ns, node.is_critical);
        self.lines.push(Line {
            cells: vec![
                Cell::styled_start(name, style, styled_bytes),
                Cell::plain(duration(node.duration_ns)),
                own,
                Cell::plain(bar),
            ],
        });
        let mut below: Vec<Below<'_>> = node.children.iter().map(Below::Node).collect();
        // Of several that are folded, gaps would be a mixture.
        if node.count == 1 {
            let gaps = node.gaps.iter();
            below.extend(gaps.map(|gap| Below::Gap(gap.start_unix_ns, gap.duration_ns)));
        }
        below.sort_by_key(Below::start);
        let last = below.len().saturating_sub(1);
        for (place, part) in below.into_iter().enumerate() {
            let (branch, more) =
                if place == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            let branch = format!("{indent}{branch}");
            match part {
                Below::Node(child) => self.add(child, &branch, &format!("{indent}{more}")),
                Below::Gap(start, length) => self.add_gap(&branch, start, length),
            }
        }
    }

    fn add_gap(&mut self, branch: &str, start: u64, length: u64) {
        let bar = " ".repeat(self.place(start) as usize) + "·";
        self.lines.push(Line {
            cells: vec![
                Cell::styled(format!("{branch}(nothing recorded)"), FAINT),
                Cell::styled(duration(length), FAINT),
                Cell::plain(""),
                Cell::styled(bar, FAINT),
            ],
        });
    }

    fn bar(&self, start: u64, end: u64, is_critical: bool) -> String {
        let (from, to) = (self.place(start), self.place(end));
        let mark = if is_critical { "█" } else { "░" };
        let width = to.saturating_sub(from).max(1);
        " ".repeat(from as usize) + &mark.repeat(width as usize)
    }

    /// Column of a moment.
    fn place(&self, moment: u64) -> u64 {
        let since = u128::from(moment.saturating_sub(self.start));
        let place = since * u128::from(BAR_WIDTH) / u128::from(self.length);
        u64::try_from(place).unwrap_or(BAR_WIDTH).min(BAR_WIDTH - 1)
    }
}

/// `GET /users/{id} → 500 ValueError`, `SELECT … ×14 (14 rows)`.
fn name(node: &Node) -> String {
    let called = match node.kind {
        SpanKind::Request if node.method.is_empty() => node.name.clone(),
        SpanKind::Request => format!("{} {}", node.method, node.name),
        SpanKind::Query => query(node),
        SpanKind::Client => format!("→ {} {}", node.method, node.name),
        SpanKind::Function | SpanKind::Event => node.name.clone(),
    };
    let failed = match node.exception_type.as_str() {
        "" if node.is_activation => "raised",
        "" => "failed",
        exception_type => exception_type,
    };
    let rows = node.rows.and_then(|rows| u64::try_from(rows).ok());
    let parts = [
        Some(called),
        node.status.map(|status| format!("→ {status}")),
        node.is_error.then(|| format!("✗ {failed}")),
        (node.count > 1).then(|| format!("×{}", node.count)),
        rows.map(|rows| format!("({})", counted(rows, "row", "rows"))),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn query(node: &Node) -> String {
    if !node.name.is_empty() {
        return statement_text(&node.name);
    }
    let words = [&node.system, &node.method, &node.collection];
    let words: Vec<&str> =
        words.into_iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}
