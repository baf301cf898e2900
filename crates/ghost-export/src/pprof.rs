//! pprof: a gzip-compressed protobuf `Profile` with two values per stack, calls and time. What the
//! stacks mean is said in `stacks`.
//!
//! The messages are the part of `profile.proto` that is needed, with its field numbers.

use std::collections::HashMap;
use std::io::Write;

use flate2::{Compression, GzBuilder};
use ghost_model::FunctionId;
use prost::Message;

use crate::format::{ExportError, Exporter};
use crate::stacks::{are_exact, stacks};
use crate::view::ExportView;

/// The pprof format.
pub(crate) struct Pprof;

const COMMENT: &str = "Ghostglass counts callers, not whole stacks: time stands below callers that \
are the only ones; calls stand below their caller.";

#[derive(Clone, PartialEq, Message)]
struct Profile {
    #[prost(message, repeated, tag = "1")]
    sample_type: Vec<ValueType>,
    #[prost(message, repeated, tag = "2")]
    sample: Vec<Sample>,
    #[prost(message, repeated, tag = "4")]
    location: Vec<Location>,
    #[prost(message, repeated, tag = "5")]
    function: Vec<Function>,
    /// Everything that is a text elsewhere is an index into this; the first is empty.
    #[prost(string, repeated, tag = "6")]
    string_table: Vec<String>,
    #[prost(int64, tag = "9")]
    time_nanos: i64,
    #[prost(int64, tag = "10")]
    duration_nanos: i64,
    #[prost(int64, repeated, tag = "13")]
    comment: Vec<i64>,
    #[prost(int64, tag = "14")]
    default_sample_type: i64,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct ValueType {
    #[prost(int64, tag = "1")]
    kind: i64,
    #[prost(int64, tag = "2")]
    unit: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Sample {
    /// The function itself first, then its callers.
    #[prost(uint64, repeated, tag = "1")]
    location_id: Vec<u64>,
    #[prost(int64, repeated, tag = "2")]
    value: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct Location {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(message, repeated, tag = "4")]
    line: Vec<Line>,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct Line {
    #[prost(uint64, tag = "1")]
    function_id: u64,
    #[prost(int64, tag = "2")]
    line: i64,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct Function {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(int64, tag = "2")]
    name: i64,
    #[prost(int64, tag = "3")]
    system_name: i64,
    #[prost(int64, tag = "4")]
    filename: i64,
    #[prost(int64, tag = "5")]
    start_line: i64,
}

impl Exporter for Pprof {
    fn write(&self, view: &ExportView<'_>, output: &mut dyn Write) -> Result<(), ExportError> {
        let bytes = profile(view).encode_to_vec();
        // Without a time in the header, so that the same session is the same file.
        let mut gzip = GzBuilder::new().write(output, Compression::default());
        gzip.write_all(&bytes)?;
        gzip.finish()?;
        Ok(())
    }
}

fn profile(view: &ExportView<'_>) -> Profile {
    let mut tables = Tables::new(view);
    let mut sample_type =
        |kind, unit| ValueType { kind: tables.text(kind), unit: tables.text(unit) };
    let sample_types = vec![sample_type("calls", "count"), sample_type("self", "nanoseconds")];
    let session = view.session;
    let end = session.end_unix_ns.unwrap_or(session.start_unix_ns);
    let sample = stacks(view)
        .into_iter()
        .filter(|stack| stack.calls > 0 || stack.self_ns > 0)
        .map(|stack| Sample {
            location_id: stack.frames.iter().rev().map(|id| tables.location(*id)).collect(),
            value: vec![signed(stack.calls), signed(stack.self_ns)],
        })
        .collect();
    let comment = if are_exact(view) { Vec::new() } else { vec![tables.text(COMMENT)] };
    let default_sample_type = tables.text("self");
    Profile {
        sample_type: sample_types,
        sample,
        location: tables.locations,
        function: tables.functions,
        string_table: tables.texts,
        time_nanos: signed(session.start_unix_ns),
        duration_nanos: signed(end.saturating_sub(session.start_unix_ns)),
        comment,
        default_sample_type,
    }
}

/// What samples refer to, written once each.
struct Tables<'a> {
    view: &'a ExportView<'a>,
    texts: Vec<String>,
    text_places: HashMap<String, i64>,
    locations: Vec<Location>,
    functions: Vec<Function>,
    location_ids: HashMap<FunctionId, u64>,
}

impl<'a> Tables<'a> {
    fn new(view: &'a ExportView<'a>) -> Self {
        Self {
            view,
            texts: vec![String::new()],
            text_places: HashMap::from([(String::new(), 0)]),
            locations: Vec::new(),
            functions: Vec::new(),
            location_ids: HashMap::new(),
        }
    }

    fn text(&mut self, text: &str) -> i64 {
        if let Some(place) = self.text_places.get(text) {
            return *place;
        }
        let place = self.texts.len() as i64;
        self.texts.push(text.to_owned());
        self.text_places.insert(text.to_owned(), place);
        place
    }

    /// A function has one location: its first line.
    fn location(&mut self, id: FunctionId) -> u64 {
        if let Some(location) = self.location_ids.get(&id) {
            return *location;
        }
        let function = self.view.recording.function(id);
        let number = self.locations.len() as u64 + 1;
        let name = self.text(&format!("{}.{}", function.key.module, function.key.qualname));
        let filename = self.text(&function.file);
        let line = i64::from(function.key.line);
        self.functions.push(Function {
            id: number,
            name,
            system_name: name,
            filename,
            start_line: line,
        });
        self.locations
            .push(Location { id: number, line: vec![Line { function_id: number, line }] });
        self.location_ids.insert(id, number);
        number
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use crate::format::{Format, bytes_of};
    use crate::sample;
    use std::fmt::Write as _;
    use std::io::Read as _;

    fn unpacked() -> Vec<u8> {
        let packed = bytes_of(&sample::session(), Format::Pprof);
        let mut bytes = Vec::new();
        flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut bytes).unwrap();
        bytes
    }

    /// A reader of the protobuf wire format that knows nothing of the messages above.
    fn varint(bytes: &mut &[u8]) -> u64 {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (first, rest) = bytes.split_first().unwrap();
            *bytes = rest;
            number |= u64::from(first & 0x7f) << shift;
            if first & 0x80 == 0 {
                break;
            }
        }
        number
    }

    enum Field<'a> {
        Number(u64),
        Bytes(&'a [u8]),
    }

    fn fields(mut bytes: &[u8]) -> Vec<(u64, Field<'_>)> {
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let key = varint(&mut bytes);
            let field = match key & 7 {
                0 => Field::Number(varint(&mut bytes)),
                2 => {
                    let length = varint(&mut bytes) as usize;
                    let (content, rest) = bytes.split_at(length);
                    bytes = rest;
                    Field::Bytes(content)
                }
                other => panic!("wire type {other}"),
            };
            fields.push((key >> 3, field));
        }
        fields
    }

    fn messages(bytes: &[u8], tag: u64) -> Vec<&[u8]> {
        let wanted = fields(bytes).into_iter().filter(|(found, _)| *found == tag);
        wanted
            .map(|(_, field)| match field {
                Field::Bytes(content) => content,
                Field::Number(number) => panic!("a message, not {number}"),
            })
            .collect()
    }

    fn numbers(bytes: &[u8], tag: u64) -> Vec<u64> {
        let mut numbers = Vec::new();
        for (_, field) in fields(bytes).into_iter().filter(|(found, _)| *found == tag) {
            match field {
                Field::Number(number) => numbers.push(number),
                Field::Bytes(mut packed) => {
                    while !packed.is_empty() {
                        numbers.push(varint(&mut packed));
                    }
                }
            }
        }
        numbers
    }

    #[test]
    fn another_reader_finds_the_stacks() {
        let bytes = unpacked();
        let texts: Vec<&str> =
            messages(&bytes, 6).into_iter().map(|text| str::from_utf8(text).unwrap()).collect();
        let text = |message: &[u8], tag| texts[numbers(message, tag)[0] as usize];
        assert_eq!(texts[0], "");
        let mut shown = String::new();
        for kind in messages(&bytes, 1) {
            writeln!(shown, "{}/{}", text(kind, 1), text(kind, 2)).unwrap();
        }
        let functions = messages(&bytes, 5);
        let function = |id: u64| functions.iter().find(|f| numbers(f, 1) == [id]).unwrap();
        let locations = messages(&bytes, 4);
        let name = |id: u64| {
            let location = locations.iter().find(|l| numbers(l, 1) == [id]).unwrap();
            let line = messages(location, 4)[0];
            let function = function(numbers(line, 1)[0]);
            format!("{} ({}:{})", text(function, 2), text(function, 4), numbers(line, 2)[0])
        };
        for sample in messages(&bytes, 2) {
            let stack: Vec<String> = numbers(sample, 1).into_iter().map(name).collect();
            writeln!(shown, "{} {:?}", stack.join(" < "), numbers(sample, 2)).unwrap();
        }
        writeln!(shown, "{:?} {:?}", numbers(&bytes, 9), numbers(&bytes, 10)).unwrap();
        insta::assert_snapshot!(shown);
    }

    #[test]
    fn the_same_session_is_the_same_file() {
        let file = || bytes_of(&sample::session(), Format::Pprof);
        assert_eq!(file(), file());
        assert_eq!(file()[..2], [0x1f, 0x8b]);
    }
}
