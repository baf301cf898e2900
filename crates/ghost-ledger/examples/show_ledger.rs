//! Prints what a ledger holds, one function a line: `cargo run --example show_ledger FILE`.
#![expect(clippy::print_stdout, reason = "printing is all it does")]

use std::path::Path;

use ghost_ledger::read_ledger;
use ghost_model::type_label;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).ok_or("which ledger?")?;
    let snapshot = read_ledger(Path::new(&path))?;
    println!("{:?}", snapshot.process);
    let labels = type_label(&snapshot.recording.types);
    for (_, function, profile) in snapshot.recording.observed() {
        let types = |types: &[ghost_model::TypeId]| {
            types.iter().map(|id| labels[id.index()].as_str()).collect::<Vec<_>>().join(", ")
        };
        println!("{} [{}] {} calls", function.key, function.kind.as_str(), profile.call_count());
        for (signature, count) in &profile.args {
            println!("    ({}) {count}", types(signature));
        }
        println!("    returns {:?} yields {:?}", profile.returns, profile.yields);
        for exception in &profile.exceptions {
            let catcher =
                exception.caught_by.map(|id| snapshot.recording.function(id).key.to_string());
            println!(
                "    raises {} {catcher:?} {}",
                types(&[exception.exception]),
                exception.count
            );
        }
        println!("    handled {:?}", profile.handled);
        for (caller, count) in &profile.callers {
            println!("    from {} {count}", snapshot.recording.function(*caller).key);
        }
        println!(
            "    latency {} total {} self {} running {} p50 {:?}",
            profile.latency_ns_sum,
            profile.total_ns,
            profile.self_ns,
            profile.running_ns,
            profile.latency.quantile_ns(0.5)
        );
    }
    println!("{} activations", snapshot.activations.len());
    Ok(())
}
