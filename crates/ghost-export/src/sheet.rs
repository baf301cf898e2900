//! Rows for programs, whatever they are about: JSON with everything, CSV with one line per row.
//!
//! Knows no kind of row; each caller has columns of its own, in the order they are written in.

use std::io::Write;

use ghost_model::{SessionId, visible};
use serde_json::Value;

use crate::csv::quoted;
use crate::format::ExportError;

/// Version of the JSON that rows are written in.
pub const SHEET_SCHEMA_VERSION: u32 = 1;

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SheetFormat {
    /// One object.
    Json,
    /// One line per row.
    Csv,
}

/// Rows under columns.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// What the rows are: the key of their list in JSON.
    pub name: &'static str,
    /// Names of the columns.
    pub columns: Vec<&'static str>,
    /// Rows, each with one value per column.
    pub rows: Vec<Vec<Value>>,
}

impl Sheet {
    /// The rows as objects.
    pub fn objects(self) -> impl Iterator<Item = Value> {
        let columns = self.columns;
        self.rows.into_iter().map(move |row| {
            let named = columns.iter().map(|name| (*name).to_owned()).zip(row);
            Value::Object(named.collect())
        })
    }
}

/// Writes sheets about one session. CSV holds the first of them.
pub fn write_sheets(
    sheets: &[Sheet],
    session_id: &SessionId,
    format: SheetFormat,
    output: &mut dyn Write,
) -> Result<(), ExportError> {
    match format {
        SheetFormat::Json => write_json(sheets, session_id, output)?,
        SheetFormat::Csv => {
            if let Some(sheet) = sheets.first() {
                write_csv(sheet, output)?;
            }
        }
    }
    Ok(())
}

/// By hand: the order of keys is the order of columns.
fn write_json(
    sheets: &[Sheet],
    session_id: &SessionId,
    output: &mut dyn Write,
) -> std::io::Result<()> {
    write!(output, "{{\n  \"schema_version\": {SHEET_SCHEMA_VERSION},\n  ")?;
    write!(output, "\"session_id\": \"{session_id}\"")?;
    for sheet in sheets {
        write!(output, ",\n  \"{}\": [", sheet.name)?;
        for (place, row) in sheet.rows.iter().enumerate() {
            output.write_all(if place == 0 { b"\n    {" } else { b",\n    {" })?;
            for (column, (name, value)) in sheet.columns.iter().zip(row).enumerate() {
                let comma = if column == 0 { "" } else { ", " };
                write!(output, "{comma}\"{name}\": {value}")?;
            }
            output.write_all(b"}")?;
        }
        output.write_all(if sheet.rows.is_empty() { b"]" } else { b"\n  ]" })?;
    }
    output.write_all(b"\n}\n")
}

fn write_csv(sheet: &Sheet, output: &mut dyn Write) -> std::io::Result<()> {
    writeln!(output, "{}", sheet.columns.join(","))?;
    for row in &sheet.rows {
        let fields: Vec<String> = row.iter().map(field).collect();
        writeln!(output, "{}", fields.join(","))?;
    }
    Ok(())
}

/// Names are made visible before they become JSON: an escape put into finished JSON would break it.
fn field(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => quoted(text),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => quoted(&with_visible_texts(value).to_string()),
    }
}

fn with_visible_texts(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(visible(text).into_owned()),
        Value::Array(values) => values.iter().map(with_visible_texts).collect(),
        Value::Object(entries) => {
            let entry = |(key, value): (&String, &Value)| {
                (visible(key).into_owned(), with_visible_texts(value))
            };
            Value::Object(entries.iter().map(entry).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn text(format: SheetFormat) -> String {
        let sheet = Sheet {
            name: "requests",
            columns: vec!["route", "count", "share", "p50", "routes"],
            rows: vec![
                vec![json!("/a,\"b\"\u{1b}[1m"), json!(3), json!(0.5), json!(null), json!(["x\n"])],
                vec![json!("/c"), json!(0), json!(1.0), json!(7), json!([])],
            ],
        };
        let empty = Sheet { name: "flows", columns: vec!["host"], rows: vec![] };
        let mut output = Vec::new();
        let id = SessionId::new(1_763_630_000_000_000_000, 7);
        write_sheets(&[sheet, empty], &id, format, &mut output).unwrap();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn json_has_every_row_in_the_order_of_the_columns() {
        let text = text(SheetFormat::Json);
        let parsed: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(parsed["requests"][0]["route"], json!("/a,\"b\"\u{1b}[1m"));
        assert_eq!(parsed["flows"], json!([]));
        insta::assert_snapshot!(text);
    }

    #[test]
    fn csv_holds_nothing_a_terminal_obeys() {
        let text = text(SheetFormat::Csv);
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'));
        insta::assert_snapshot!(text);
    }
}
