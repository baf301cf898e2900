//! Collapsed stacks, one per line with the time of its last function in nanoseconds: what flame graph
//! programs read. What the stacks mean is said in `stacks`.

use std::io::Write;

use ghost_model::{FunctionId, Recording, visible};

use crate::format::{ExportError, Exporter};
use crate::stacks::stacks;
use crate::view::ExportView;

/// The format of collapsed stacks.
pub(crate) struct Collapsed;

impl Exporter for Collapsed {
    fn write(&self, view: &ExportView<'_>, output: &mut dyn Write) -> Result<(), ExportError> {
        for stack in stacks(view).iter().filter(|stack| stack.self_ns > 0) {
            let names = stack.frames.iter().map(|id| frame_name(view.recording, *id));
            let line = names.collect::<Vec<_>>().join(";");
            writeln!(output, "{line} {}", stack.self_ns)?;
        }
        Ok(())
    }
}

/// `module:qualname:line` without what separates frames.
fn frame_name(recording: &Recording, id: FunctionId) -> String {
    visible(&recording.function(id).key.to_string()).replace(';', ",")
}

#[cfg(test)]
mod tests {
    use crate::format::{Format, text_of};
    use crate::sample;

    #[test]
    fn the_lines_stay_as_they_are() {
        insta::assert_snapshot!(text_of(&sample::session(), Format::Collapsed));
    }

    #[test]
    fn every_line_is_a_stack_and_a_number() {
        let text = text_of(&sample::session(), Format::Collapsed);
        assert!(text.lines().count() > 0);
        for line in text.lines() {
            let (stack, weight) = line.rsplit_once(' ').unwrap();
            assert!(weight.parse::<u64>().unwrap() > 0 && !stack.is_empty(), "{line}");
        }
    }
}
