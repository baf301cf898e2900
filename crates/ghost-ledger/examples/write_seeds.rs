//! Writes small valid ledgers for the fuzzer to begin with: `cargo run --example write_seeds FOLDER`.
//!
//! `FOLDER/ledger` gets whole ledgers, `FOLDER/ledger_records` the records alone behind the byte
//! that the target of that name reads first. Files already there are written again.

use std::error::Error;
use std::fs;
use std::path::Path;

use ghost_ledger::layout::{CellKind, HEADER_BYTES, VERSION, header};
use ghost_ledger::{ActivationEntry, Counter, Identity, Ledger};
use ghost_model::FunctionKind;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or("which folder?")?;
    let folder = Path::new(&folder);
    let (whole, records) = (folder.join("ledger"), folder.join("ledger_records"));
    fs::create_dir_all(&whole)?;
    fs::create_dir_all(&records)?;
    let scratch = folder.join("seed.ledger");
    for (index, seed) in [empty, one_call, every_record].into_iter().enumerate() {
        // The writer refuses to write over a file; a run that was broken off may have left one.
        let _ = fs::remove_file(&scratch);
        let mut ledger = Ledger::create(&scratch, &Identity::default(), index as u32)?;
        seed(&mut ledger).ok_or("the ledger has no room")?;
        ledger.close();
        let bytes = published(&fs::read(&scratch)?).ok_or("the ledger is damaged")?;
        let name = format!("seed-{index}");
        fs::write(whole.join(&name), &bytes)?;
        fs::write(records.join(&name), [&[VERSION as u8], &bytes[HEADER_BYTES..]].concat())?;
    }
    fs::remove_file(&scratch)?;
    Ok(())
}

/// The part of the file that the header says is in use.
fn published(file: &[u8]) -> Option<Vec<u8>> {
    let used = u64::from_le_bytes(file.get(header::USED..)?.first_chunk().copied()?);
    Some(file.get(..usize::try_from(used).ok()?)?.to_vec())
}

#[expect(clippy::unnecessary_wraps, reason = "one of several seeds that can fail")]
fn empty(_ledger: &mut Ledger) -> Option<()> {
    Some(())
}

fn one_call(ledger: &mut Ledger) -> Option<()> {
    let name = ledger.add_text("f")?;
    let signature = ledger.add_signature(&[])?;
    let (id, slots) = ledger.add_function([name; 4], 1, FunctionKind::Function)?;
    slots.add_latency(1000, 1);
    ledger.add_cell(CellKind::Args, id, signature, 0)?.add(1);
    Some(())
}

fn every_record(ledger: &mut Ledger) -> Option<()> {
    let [module, name] = [ledger.add_text("app")?, ledger.add_text("größe")?];
    let overflow = ledger.add_type(module, name, &[])?;
    let kind = ledger.add_type(module, name, &[name, module])?;
    let signature = ledger.add_signature(&[overflow, kind])?;
    let (root, _) = ledger.add_function([name; 4], 0, FunctionKind::External)?;
    let (id, _) = ledger.add_function([module, name, module, name], 9, FunctionKind::Generator)?;
    for cell in CellKind::ALL {
        ledger.add_cell(cell, id, signature, root + 1)?.add(3);
    }
    ledger.add_histogram(id, 32)?.add(33, 1);
    ledger.counter(Counter::VolatileBytes).add(1);
    for raised in [false, true, true] {
        ledger.add_activation(&ActivationEntry {
            start_unix_ns: 1 << 60,
            latency_ns: 1000,
            function: id,
            caller: root,
            signature,
            outcome_type: kind,
            raised,
            span_id: 1,
        });
    }
    Some(())
}
