//! Exceptions that left functions, by function, type and end: those that somebody swallowed first.

use ghost_analysis::escapes;
use ghost_model::{FunctionId, Labels, Recording};

use super::function_rows::FunctionAddress;
use super::table::{Column, Table};

/// Exceptions of one type that left one function and ended in one other, or in none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ErrorRow {
    /// The function they left.
    pub(crate) function: FunctionId,
    /// What it is called in addresses.
    pub(crate) address: FunctionAddress,
    pub(crate) qualname: Box<str>,
    /// Type of the exceptions.
    pub(crate) exception_type: Box<str>,
    /// Whose handler ended them.
    pub(crate) caught_by: Option<FunctionId>,
    /// How many left the function.
    pub(crate) count: u64,
    /// Of them those that began in it.
    pub(crate) raised_count: u64,
    /// Calls of the function.
    pub(crate) call_count: u64,
}

impl ErrorRow {
    /// Whether another function ended them: nobody else will hear of them.
    pub(crate) fn is_swallowed(&self) -> bool {
        self.caught_by.is_some()
    }
}

/// What errors are sorted by.
pub(crate) const ERROR_COLUMNS: [Column<ErrorRow>; 6] = [
    Column { name: "is_swallowed", compare: by_swallowed },
    Column { name: "count", compare: |a, b| a.count.cmp(&b.count) },
    Column { name: "raised_count", compare: |a, b| a.raised_count.cmp(&b.raised_count) },
    Column { name: "call_count", compare: |a, b| a.call_count.cmp(&b.call_count) },
    Column { name: "qualname", compare: |a, b| a.qualname.cmp(&b.qualname) },
    Column { name: "exception_type", compare: |a, b| a.exception_type.cmp(&b.exception_type) },
];

fn by_swallowed(a: &ErrorRow, b: &ErrorRow) -> std::cmp::Ordering {
    (a.is_swallowed(), a.raised_count, a.count).cmp(&(b.is_swallowed(), b.raised_count, b.count))
}

/// All of a recording.
pub(crate) fn error_table(recording: &Recording) -> Table<ErrorRow> {
    let labels = Labels::new(recording);
    let escapes = escapes(recording).into_iter();
    let mut rows: Vec<ErrorRow> = escapes
        .map(|escape| {
            let function = recording.function(escape.function);
            let profile = recording.profiles.get(escape.function.index());
            ErrorRow {
                function: escape.function,
                address: FunctionAddress::of(function),
                qualname: function.key.qualname.as_str().into(),
                exception_type: labels.type_name(escape.exception).into(),
                caught_by: escape.caught_by,
                count: escape.count,
                raised_count: escape.raised_count,
                call_count: profile.map_or(0, ghost_model::Profile::call_count),
            }
        })
        .collect();
    let address = |id: Option<FunctionId>| id.map(|id| FunctionAddress::of(recording.function(id)));
    rows.sort_by_cached_key(|row| {
        (row.address, row.exception_type.clone(), address(row.caught_by), row.function)
    });
    Table::new(rows, &ERROR_COLUMNS, |row, text| {
        let function = recording.function(row.function);
        for part in [&*function.key.module, ":", &row.qualname, "\n", &row.exception_type] {
            text.push_str(part);
        }
        if let Some(catcher) = row.caught_by {
            text.push('\n');
            text.push_str(&recording.function(catcher).key.qualname);
        }
    })
}
