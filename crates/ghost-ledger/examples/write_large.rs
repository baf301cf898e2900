//! Writes a ledger with many functions, to try commands on a large session:
//! `cargo run --example write_large 10000 FILE`.
//!
//! As in real programs, most functions are called seldom and by one caller, and few of them often and
//! by many. Every number follows from the number of the function, so that the ledger is always the
//! same. Makes no session: `ghost run sh -c 'cp FILE $GHOST_RUN/4194305-1.ledger'` does.
#![expect(clippy::print_stdout, reason = "printing is all it does")]

use std::error::Error;
use std::path::Path;

use ghost_ledger::layout::CellKind;
use ghost_ledger::{Identity, Ledger};
use ghost_model::{FunctionKind, bucket_index};

/// No process has this id: it is above the largest there can be.
const IDENTITY: Identity = Identity {
    pid: 4_194_305,
    parent_pid: 1,
    kernel_start_ticks: 1,
    pid_namespace: 0,
    python_hexversion: 0x030d_00f0,
};

/// Functions of one module, as of one file.
const FUNCTIONS_PER_MODULE: u32 = 40;
/// Types that arguments have.
const TYPES: [&str; 6] = ["int", "str", "float", "NoneType", "list", "dict"];

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let (count, path) = words.next().zip(words.next()).ok_or("how many functions, and where?")?;
    let count: u32 = count.parse()?;
    let mut ledger = Ledger::create(Path::new(&path), &IDENTITY, 4)?;
    fill(&mut ledger, count).ok_or("the ledger cannot grow")?;
    ledger.close();
    println!("{count} functions in {path}");
    Ok(())
}

fn fill(ledger: &mut Ledger, count: u32) -> Option<()> {
    let [empty, overflow, root] = ["", "…", "<root>"].map(|text| ledger.add_text(text));
    let (empty, root) = (empty?, root?);
    ledger.add_type(empty, overflow?, &[])?;
    let builtins = ledger.add_text("builtins")?;
    let mut signatures = Vec::new();
    for name in TYPES {
        let name = ledger.add_text(name)?;
        let type_id = ledger.add_type(builtins, name, &[])?;
        signatures.push((ledger.add_signature(&[type_id, type_id])?, type_id));
    }
    ledger.add_function([empty, root, empty, empty], 0, FunctionKind::External)?;
    for number in 0..count {
        add_function(ledger, number, &signatures)?;
    }
    Some(())
}

fn add_function(ledger: &mut Ledger, number: u32, signatures: &[(u32, u32)]) -> Option<()> {
    let module = format!("shop.part{}", number / FUNCTIONS_PER_MODULE);
    let file = format!("{}.py", module.replace('.', "/"));
    let line = number % FUNCTIONS_PER_MODULE * 12 + 1;
    let name = format!("Service{}.handle_{number}", number % 7);
    let mut text = |text: &str| ledger.add_text(text);
    let names = [text(&module)?, text(&name)?, text(&file)?, text("self,order")?];
    let (id, slots) = ledger.add_function(names, line, FunctionKind::Function)?;
    let callers = if number.is_multiple_of(10) { 5 } else { 1 };
    let calls = u64::from(number % 97 + 1);
    for caller in 0..callers {
        // Functions before this one; the first of all has none.
        let caller = number.checked_sub(caller * 3 + 1).map_or(0, |other| other + 1);
        let place = (number + caller) as usize % signatures.len();
        let (signature, type_id) = signatures[place];
        ledger.add_cell(CellKind::ArgsByCaller, id, signature, caller)?.add(calls);
        ledger.add_cell(CellKind::ReturnsByCaller, id, type_id, caller)?.add(calls);
    }
    let latency_ns = 1_000 + u64::from(number % 1_000) * 997;
    for duration in [latency_ns, latency_ns * 2, latency_ns * 9] {
        let bucket = bucket_index(duration);
        slots.add_latency(duration, 1);
        ledger.add_histogram(id, bucket / 32 * 32)?.add(bucket, 1);
    }
    slots.add_total(latency_ns * 12);
    slots.add_self(latency_ns * 4);
    Some(())
}
