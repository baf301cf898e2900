//! The `ghost` command. Reads the command line, runs one command, turns its result into an exit
//! code; everything else is in `commands`.
#![forbid(unsafe_code)]

mod args;
mod commands;
mod configuration;
mod environment;
mod exit;
mod output;
mod process_stat;

use std::panic::{self, catch_unwind};
use std::process::ExitCode;

use args::{Arguments, Command};
use exit::CommandError;

fn main() -> ExitCode {
    // A fault of ours is one line and its exit code, not a backtrace over the program's output.
    panic::set_hook(Box::new(|fault| {
        let hint = "please report this line together with `ghost --version`";
        output::talk::say_with_hint(format_args!("internal error: {fault}"), hint);
    }));
    let code = catch_unwind(|| match configuration::arguments(std::env::args_os()) {
        Ok(arguments) => exit::code_of(execute(arguments)),
        Err(problem) => exit::code_of_configuration(&problem),
    });
    ExitCode::from(code.unwrap_or(exit::FAILURE))
}

fn execute(arguments: Arguments) -> Result<u8, CommandError> {
    match arguments.command {
        Command::Run(run) => commands::run::execute(&run),
        Command::Attach(attach) => commands::attach::execute(&attach),
        Command::Report(report) => commands::report::execute(&report, arguments.color),
        Command::Requests(requests) => commands::requests::execute(&requests, arguments.color),
        Command::Queries(queries) => commands::queries::execute(&queries, arguments.color),
        Command::Trace(trace) => commands::trace::execute(&trace, arguments.color),
        Command::Anomalies(anomalies) => commands::anomalies::execute(&anomalies, arguments.color),
        Command::Sessions(sessions) => commands::sessions::execute(&sessions, arguments.color),
        Command::Explain(explain) => commands::explain::execute(&explain, arguments.color),
        Command::Diff(diff) => commands::diff::execute(&diff, arguments.color),
        Command::Watch(watch) => commands::watch::execute(&watch, arguments.color),
        Command::Serve(serve) => commands::serve::execute(&serve),
        Command::Probe(probe) => commands::probe::execute(&probe, arguments.color),
        Command::Export(export) => commands::export::execute(&export),
        Command::Clean(clean) => commands::clean::execute(&clean, arguments.color),
        Command::Annotate(annotate) => commands::annotate::execute(&annotate, arguments.color),
        Command::Stubs(stubs) => commands::stubs::execute(&stubs, arguments.color),
        Command::Telemetry(telemetry) => commands::telemetry::execute(&telemetry),
        Command::Completions(completions) => commands::completions::execute(&completions),
        Command::Man(man) => commands::man::execute(&man),
        Command::Relay(relay) => commands::relay::execute(&relay),
    }
}
