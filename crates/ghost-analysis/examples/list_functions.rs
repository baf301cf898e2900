//! Prints `file:line:qualname:kind:parameters` of every function of the files given, to compare with
//! what `CPython` compiles.
//!
//! A tool for developers; reads nothing but those files.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "printing is all it does")]

use ghost_analysis::source::SourceModule;

fn main() {
    for path in std::env::args().skip(1) {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        match SourceModule::parse(&text) {
            Ok(module) => module.functions.iter().for_each(|function| {
                let (line, name) = (function.line, &function.qualname);
                let parameters: Vec<_> =
                    function.parameters.iter().map(|it| it.name.as_str()).collect();
                let kind = function.kind.as_str();
                println!("{path}:{line}:{name}:{kind}:{}", parameters.join(","));
            }),
            Err(error) => println!("{path}: {error}"),
        }
    }
}
