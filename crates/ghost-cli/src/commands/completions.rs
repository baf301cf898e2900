//! `ghost completions`: what a shell needs to complete our command lines, on standard output.

use std::io::{Write, stdout};

use clap::CommandFactory;

use crate::args::{Arguments, CompletionsArguments};
use crate::exit::{CommandError, SUCCESS};

/// Runs the command.
pub(crate) fn execute(arguments: &CompletionsArguments) -> Result<u8, CommandError> {
    // Into memory first: the generator panics where it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "ghost", &mut script);
    let mut output = stdout().lock();
    output.write_all(&script)?;
    output.flush()?;
    Ok(SUCCESS)
}
