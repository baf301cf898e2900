//! What is shown of a session in which something was recorded. The program leaves a ledger as an
//! observed process would, so that no interpreter is needed.

use std::process::Command;

use ghost_ledger::layout::CellKind;
use ghost_ledger::{Counter, Identity, Ledger};
use ghost_model::{FunctionKind, bucket_index};

use crate::sandbox::{Ran, Sandbox, ghost_path};

/// No process has this id: it is above the largest there can be.
const DEAD: Identity = Identity {
    pid: 4_194_305,
    parent_pid: 1,
    kernel_start_ticks: 1,
    pid_namespace: 0,
    python_hexversion: 0x030d_00f0,
};

/// One function of the ledger: name, kind, calls, failed calls, duration of each.
type Entry = (&'static str, FunctionKind, u64, u64, u64);

const ENTRIES: [Entry; 5] = [
    ("fib", FunctionKind::Function, 635_621, 0, 900),
    ("Catalogue.<locals>.lookup_everything_by_name", FunctionKind::Generator, 1_234, 0, 12_500),
    ("validate", FunctionKind::Function, 40, 18, 4_200_000),
    ("sync_orders", FunctionKind::Coroutine, 2, 0, 1_300_000_000),
    ("<module>", FunctionKind::Module, 1, 0, 2_000_000_000),
];

/// Where `sync_orders` stands in the ledger: the first function after the root is 1.
const SYNC_ORDERS: u32 = 4;

/// Writes a ledger into the sandbox.
fn write_ledger(sandbox: &Sandbox) {
    let path = sandbox.write("kept/remove", "").with_file_name("ledger");
    let mut ledger = Ledger::create(&path, &DEAD, 4).unwrap();
    let mut text = |text: &str| ledger.add_text(text).unwrap();
    let [empty, overflow, root] = ["", "…", "<root>"].map(&mut text);
    let [builtins, int, error, module, file, n] =
        ["builtins", "int", "ValueError", "shop", "shop.py", "n"].map(&mut text);
    let names = ENTRIES.map(|(name, ..)| text(name));
    ledger.add_type(empty, overflow, &[]).unwrap();
    let [int, error] = [int, error].map(|name| ledger.add_type(builtins, name, &[]).unwrap());
    let signature = ledger.add_signature(&[int]).unwrap();
    ledger.add_function([empty, root, empty, empty], 0, FunctionKind::External).unwrap();
    for ((_, kind, calls, raised, latency_ns), name) in ENTRIES.into_iter().zip(names) {
        let (id, slots) = ledger.add_function([module, name, file, n], 3, kind).unwrap();
        let mut add = |kind, key, second, count| {
            ledger.add_cell(kind, id, key, second).unwrap().add(count);
        };
        add(CellKind::Args, signature, 0, calls);
        add(CellKind::Caller, 0, 0, calls);
        if raised > 0 {
            add(CellKind::Exception, error, SYNC_ORDERS + 1, raised);
        }
        let bucket = bucket_index(latency_ns);
        let histogram = ledger.add_histogram(id, bucket / 32 * 32).unwrap();
        for _ in 0..calls.min(2_000) {
            slots.add_latency(latency_ns, 1);
            histogram.add(bucket, 1);
        }
        slots.add_total(latency_ns * calls);
        slots.add_self(latency_ns);
    }
    ledger.counter(Counter::EndsMissed).add(3);
    ledger.close();
}

/// A sandbox with one session, and what `ghost run` said.
pub(crate) fn recorded() -> (Sandbox, Ran) {
    let sandbox = Sandbox::new();
    write_ledger(&sandbox);
    let ran = sandbox.run(&["run", "sh", "-c", "cp kept/ledger $GHOST_RUN/4194305-1.ledger"]);
    (sandbox, ran)
}

/// The text without what differs from run to run.
fn redacted(text: &str) -> String {
    let mut words: Vec<String> = text.split(' ').map(Into::into).collect();
    for word in &mut words {
        let id = word.trim_end_matches([':', '\n']);
        if id.len() == 19 && id.as_bytes()[10] == b'-' {
            *word = word.replace(id, "ID");
        }
    }
    words.join(" ")
}

#[test]
fn the_end_of_a_run_sums_up() {
    let (sandbox, ran) = recorded();
    let expected = "ghost: recording session ID\n\
                    ghost: session ID: 3 calls whose end was not seen\n\
                    ghost: session ID: 636,898 calls of 5 functions in 1 process (ghost report)\n";
    let lines: Vec<String> = ran.lines().into_iter().map(redacted).collect();
    assert_eq!(lines.join("\n") + "\n", expected);
    assert_eq!(std::fs::read_dir(sandbox.data().join("runs")).unwrap().count(), 0);
}

#[test]
fn quiet_leaves_only_problems() {
    let sandbox = Sandbox::new();
    write_ledger(&sandbox);
    let program =
        "cp kept/ledger $GHOST_RUN/4194305-1.ledger; echo x > $GHOST_RUN/4194306-2.ledger";
    let ran = sandbox.run(&["run", "--quiet", "sh", "-c", program]);
    let lines = ran.lines();
    assert_eq!(lines.len(), 2, "{ran:?}");
    assert!(lines[0].contains("cannot use `") && lines[0].contains("4194306-2"), "{ran:?}");
    assert!(lines[1].ends_with(": 3 calls whose end was not seen"), "{ran:?}");
}

#[test]
fn a_report_is_a_table_and_remarks() {
    let (sandbox, _) = recorded();
    let ran = sandbox.run(&["report"]);
    assert_eq!(ran.code, Some(0));
    let (heading, table) = ran.stdout.split_once('\n').unwrap();
    let parts: Vec<&str> = heading.split(" · ").collect();
    assert_eq!((parts[1], parts[2], parts[4]), ("sh", "1 process", "finished"));
    insta::assert_snapshot!("report_table", table);
    insta::assert_snapshot!("report_remarks", ran.stderr);
}

#[test]
fn a_report_can_be_cut_filtered_and_sorted() {
    let (sandbox, _) = recorded();
    let names = |options: &[&str]| {
        let ran = sandbox.run(&[&["report"], options].concat());
        let rows = ran.stdout.lines().skip(2).map(|row| row.split([':', ' ']).next().unwrap());
        rows.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(names(&["--sort", "exceptions", "--top", "1"]), ["validate"]);
    assert_eq!(names(&["--sort", "latency", "--top", "2"]), ["sync_orders", "validate"]);
    assert_eq!(names(&["--sort", "self", "--top", "1", "--all"]), ["<module>"]);
    assert!(names(&["--module", "other.*"]).is_empty());
    assert_eq!(names(&["--module", "sh?p"]).len(), 4);
}

#[test]
fn a_table_fits_its_terminal() {
    let (sandbox, _) = recorded();
    let driver = "import fcntl, os, pty, struct, sys, termios\n\
        leader, follower = pty.openpty()\n\
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack('4H', 24, 80, 0, 0))\n\
        if os.fork() == 0:\n\
        \x20   os.dup2(follower, 1)\n\
        \x20   os.execv(sys.argv[1], [sys.argv[1], 'report', '--color', 'never'])\n\
        os.close(follower)\n\
        shown = b''\n\
        try:\n\
        \x20   while True: shown += os.read(leader, 65536)\n\
        except OSError: pass\n\
        print(shown.decode())";
    let mut command = Command::new("python3");
    sandbox.prepare(command.args(["-c", driver]).arg(ghost_path()));
    let ran = Ran::from(command.env("PYTHONIOENCODING", "utf-8").output().unwrap());
    let widths: Vec<usize> =
        ran.stdout.lines().skip(1).map(|row| row.trim_end().chars().count()).collect();
    assert!(widths.len() > 4 && widths.iter().all(|&width| width <= 80), "{ran:?}");
    assert!(ran.stdout.contains('…'), "{ran:?}");
}

#[test]
fn programs_left_behind_are_completed_by_the_next_command() {
    let sandbox = Sandbox::new();
    write_ledger(&sandbox);
    let program = "kill -9 $PPID; cp kept/ledger $GHOST_RUN/4194305-1.ledger";
    let mut ghost = sandbox.ghost(&["run", "--quiet", "sh", "-c", program]);
    // The pipe closes when the last writer, the program, is gone.
    assert_eq!(Ran::from(ghost.output().unwrap()).code, None);
    let ran = sandbox.run(&["sessions"]);
    let row: Vec<&str> = ran.stdout.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!((row[2], row[3], row[7]), ("1", "636,898", "killed"), "{ran:?}");
}

#[test]
fn exports_and_reports_share_their_formats() {
    let (sandbox, _) = recorded();
    let exported = sandbox.run(&["export"]);
    assert_eq!((exported.code, exported.stderr.as_str()), (Some(0), ""));
    assert!(exported.stdout.contains("\"fn_key\": \"shop:fib:3\""), "{exported:?}");
    assert!(exported.stdout.contains("\"fn_key\": \"shop:<module>:3\""), "{exported:?}");

    let ran = sandbox.run(&["export", "--format", "csv", "-o", "profile.csv"]);
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (Some(0), "", ""));
    let written = std::fs::read_to_string(sandbox.here().join("profile.csv")).unwrap();
    assert_eq!(written, sandbox.run(&["export", "--format", "csv"]).stdout);

    let report = |options: &[&str]| sandbox.run(&[&["report", "--all"], options].concat());
    assert_eq!(report(&["--format", "json"]).stdout, exported.stdout);
    assert_eq!(report(&["--format", "csv"]).stdout, written);
    let markdown = report(&["--format", "markdown", "--top", "1"]);
    assert!(markdown.stdout.contains("fib") && !markdown.stdout.contains("validate"));
    assert!(markdown.lines()[0].contains("4 more functions"), "{markdown:?}");
}
