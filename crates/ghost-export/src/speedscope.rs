//! The file format of speedscope: two profiles over the same frames, time and calls. What the stacks
//! mean is said in `stacks`.

use std::collections::HashMap;
use std::io::{self, Write};

use ghost_model::FunctionId;
use serde::Serialize;

use crate::format::{ExportError, Exporter};
use crate::stacks::{Stack, stacks};
use crate::view::ExportView;

/// The speedscope format.
pub(crate) struct Speedscope;

const SCHEMA: &str = "https://www.speedscope.app/file-format-schema.json";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    name: &'a str,
    exporter: &'static str,
    active_profile_index: usize,
    shared: Shared<'a>,
    profiles: [SampledProfile; 2],
}

#[derive(Serialize)]
struct Shared<'a> {
    frames: Vec<Frame<'a>>,
}

#[derive(Serialize)]
struct Frame<'a> {
    name: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SampledProfile {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'static str,
    unit: &'static str,
    start_value: u64,
    end_value: u64,
    samples: Vec<Vec<usize>>,
    weights: Vec<u64>,
}

impl Exporter for Speedscope {
    fn write(&self, view: &ExportView<'_>, output: &mut dyn Write) -> Result<(), ExportError> {
        let stacks = stacks(view);
        let mut frames = Frames::default();
        let time = frames.profile("self time", "nanoseconds", &stacks, |stack| stack.self_ns);
        let calls = frames.profile("calls", "none", &stacks, |stack| stack.calls);
        let document = Document {
            schema: SCHEMA,
            name: &view.session.script,
            exporter: concat!("ghostglass@", env!("CARGO_PKG_VERSION")),
            active_profile_index: 0,
            shared: Shared { frames: frames.described(view) },
            profiles: [time, calls],
        };
        serde_json::to_writer(&mut *output, &document).map_err(io::Error::from)?;
        output.write_all(b"\n")?;
        Ok(())
    }
}

/// Functions by the place they got in the list of frames.
#[derive(Default)]
struct Frames {
    places: HashMap<FunctionId, usize>,
    functions: Vec<FunctionId>,
}

impl Frames {
    fn place(&mut self, id: FunctionId) -> usize {
        let next = self.functions.len();
        let place = *self.places.entry(id).or_insert(next);
        if place == next {
            self.functions.push(id);
        }
        place
    }

    fn profile(
        &mut self,
        name: &'static str,
        unit: &'static str,
        stacks: &[Stack],
        weight: fn(&Stack) -> u64,
    ) -> SampledProfile {
        let counted = || stacks.iter().filter(|stack| weight(stack) > 0);
        let mut sample = |stack: &Stack| stack.frames.iter().map(|id| self.place(*id)).collect();
        let samples = counted().map(&mut sample).collect();
        let weights: Vec<u64> = counted().map(weight).collect();
        let end_value = weights.iter().fold(0, |sum: u64, weight| sum.saturating_add(*weight));
        SampledProfile { kind: "sampled", name, unit, start_value: 0, end_value, samples, weights }
    }

    fn described<'a>(&self, view: &ExportView<'a>) -> Vec<Frame<'a>> {
        let recording = view.recording;
        let described = self.functions.iter().map(|id| recording.function(*id));
        described
            .map(|function| Frame {
                name: format!("{}:{}", function.key.module, function.key.qualname),
                file: &function.file,
                line: Some(function.key.line).filter(|&line| line > 0),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::format::{Format, text_of};
    use crate::sample;
    use serde_json::Value;

    /// As published by the project; `tests/schemas/README.md` says from where.
    const PUBLISHED: &str = include_str!("../tests/schemas/speedscope.schema.json");

    #[test]
    fn the_document_stays_as_it_is() {
        insta::assert_snapshot!(text_of(&sample::session(), Format::Speedscope));
    }

    #[test]
    fn the_document_follows_the_published_schema() {
        let schema: Value = serde_json::from_str(PUBLISHED).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let mut document: Value =
            serde_json::from_str(&text_of(&sample::session(), Format::Speedscope)).unwrap();
        let problems = |document: &Value| {
            validator.iter_errors(document).map(|error| error.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(problems(&document), Vec::<String>::new());
        document["profiles"][0]["weights"] = "none".into();
        assert!(!problems(&document).is_empty());
    }

    #[test]
    fn every_sample_has_a_weight_and_every_frame_exists() {
        let document: Value =
            serde_json::from_str(&text_of(&sample::session(), Format::Speedscope)).unwrap();
        let frames = document["shared"]["frames"].as_array().unwrap().len() as u64;
        for profile in document["profiles"].as_array().unwrap() {
            let samples = profile["samples"].as_array().unwrap();
            assert_eq!(samples.len(), profile["weights"].as_array().unwrap().len());
            let places = samples.iter().flat_map(|sample| sample.as_array().unwrap());
            assert!(places.clone().count() > 0);
            assert!(places.into_iter().all(|place| place.as_u64().unwrap() < frames));
        }
    }
}
