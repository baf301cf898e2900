//! `ghost explain`: everything that is known of one function.
//!
//! Facts come from the session and are shown first; the words for them come from a back end, which
//! may be a model elsewhere. Whatever goes wrong there, the template has words.

mod backend;
mod source;

use std::io::{BufWriter, Write};
use std::time::Duration;

use ghost_analysis::explain::{Excerpt, Facts, Found, find};
use ghost_export::{
    Drawing, ExplainLine, ExplainView, Explanation, explanation_lines, fact_lines,
    write_explanation,
};
use ghost_model::{FunctionId, Recording};
use ghost_store::SessionReader;

use super::session_choice;
use crate::args::{ColourChoice, ExplainArguments, ExplainFormat};
use crate::environment;
use crate::exit::{CommandError, SUCCESS, USAGE};
use crate::output::colour::{EMPHASIS, FAINT, HEADING, standard_output};
use crate::output::number::{counted, thousands};
use crate::output::table::{Cell, Column, Table};
use crate::output::{talk, terminal};
use backend::{Backend, Question};

/// No function is called like that.
#[derive(Debug, thiserror::Error)]
#[error("no function matches `{pattern}`")]
pub(crate) struct UnknownFunction {
    pattern: String,
}

/// Runs the command.
pub(crate) fn execute(
    arguments: &ExplainArguments,
    colour: ColourChoice,
) -> Result<u8, CommandError> {
    let reader = session_choice::open(&arguments.session)?;
    let recording = reader.recording()?;
    let unknown = || UnknownFunction { pattern: arguments.pattern.clone() };
    match find(&recording, &arguments.pattern) {
        Found::Nothing => Err(unknown().into()),
        Found::Several(ids) => list(&recording, &ids, &arguments.pattern, colour),
        Found::One(id) => {
            let facts = gather(&reader, &recording, id)?.ok_or_else(unknown)?;
            explain(&reader, &facts, arguments, colour)
        }
    }
}

/// Examples are read only where types by caller were not counted.
fn gather(
    reader: &SessionReader,
    recording: &Recording,
    id: FunctionId,
) -> Result<Option<Facts>, CommandError> {
    let profile = recording.profiles.get(id.index());
    let is_counted = profile.is_some_and(|profile| !profile.args_by_caller.is_empty());
    let examples = if is_counted { Vec::new() } else { reader.activations(id)? };
    Ok(Facts::gather(recording, id, &examples))
}

fn explain(
    reader: &SessionReader,
    facts: &Facts,
    arguments: &ExplainArguments,
    colour: ColourChoice,
) -> Result<u8, CommandError> {
    let excerpt = source::read(facts).and_then(|text| Excerpt::new(&text, &facts.key));
    let view = ExplainView { session: reader.session(), facts, excerpt: excerpt.as_ref() };
    let mut output = BufWriter::new(standard_output(colour));
    let format = match arguments.format {
        ExplainFormat::Json => ghost_export::ExplainFormat::Json,
        ExplainFormat::Markdown => ghost_export::ExplainFormat::Markdown,
        ExplainFormat::Text => {
            let drawing =
                if environment::is_unicode_shown() { Drawing::Unicode } else { Drawing::Ascii };
            write_lines(&fact_lines(&view, drawing), &mut output)?;
            // They can be read while a model thinks.
            output.flush()?;
            let explanation = explanation(facts, excerpt.as_ref(), arguments);
            write_lines(&explanation_lines(&explanation), &mut output)?;
            output.flush()?;
            return Ok(SUCCESS);
        }
    };
    let explanation = explanation(facts, excerpt.as_ref(), arguments);
    write_explanation(&view, &explanation, format, &mut output)?;
    output.flush()?;
    Ok(SUCCESS)
}

/// Asks the back end; says in one line why there is no answer, and asks the template.
fn explanation(
    facts: &Facts,
    excerpt: Option<&Excerpt>,
    arguments: &ExplainArguments,
) -> Explanation {
    let wish = backend::Wish {
        choice: arguments.backend,
        model: arguments.model.as_deref(),
        base_url: arguments.base_url.as_deref(),
        timeout: Duration::from_secs(arguments.timeout),
    };
    let source = excerpt.filter(|_| arguments.with_source);
    let question = Question { facts, source };
    let asked = backend::choose(&wish).and_then(|backend| ask(backend.as_ref(), &question));
    asked.unwrap_or_else(|error| {
        talk::say_with(format_args!("{error}; the template explains instead"), error.hint());
        backend::template(&question)
    })
}

fn ask(
    backend: &dyn Backend,
    question: &Question<'_>,
) -> Result<Explanation, backend::BackendError> {
    if let Some(place) = backend.place() {
        let what = if question.source.is_some() {
            "names, numbers and source"
        } else {
            "names and numbers"
        };
        let model = backend.model().unwrap_or("its model");
        talk::say(format_args!(
            "asking {} ({model}) at {place}, with {what} of this function",
            backend.name()
        ));
    }
    let paragraphs = backend.explain(question)?;
    let model = backend.model().map(Into::into);
    Ok(Explanation { backend: backend.name(), model, paragraphs })
}

fn write_lines(lines: &[ExplainLine], output: &mut dyn Write) -> Result<(), CommandError> {
    for line in lines {
        match line {
            ExplainLine::Title(name, rest) => {
                writeln!(output, "{EMPHASIS}{name}{EMPHASIS:#}  {FAINT}{rest}{FAINT:#}")?;
            }
            ExplainLine::Heading(text) => writeln!(output, "{HEADING}{text}{HEADING:#}")?,
            ExplainLine::Empty | ExplainLine::Text(_) => writeln!(output, "{}", line.text())?,
        }
    }
    Ok(())
}

/// Several functions: which of them is meant is up to the user.
fn list(
    recording: &Recording,
    ids: &[FunctionId],
    pattern: &str,
    colour: ColourChoice,
) -> Result<u8, CommandError> {
    let mut table = Table::new(vec![Column::name("FUNCTION"), Column::number("CALLS")]);
    for id in ids {
        let calls = recording.profiles.get(id.index()).map_or(0, ghost_model::Profile::call_count);
        let name = recording.function(*id).key.to_string();
        table.push(vec![Cell::plain(name), Cell::plain(thousands(calls))]);
    }
    let mut output = BufWriter::new(standard_output(colour));
    table.write(&mut output, terminal::width())?;
    output.flush()?;
    let matching = counted(ids.len() as u64, "function matches", "functions match");
    talk::say_with_hint(format_args!("{matching} `{pattern}`"), "name one of them in full");
    Ok(USAGE)
}
