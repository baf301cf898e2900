//! `ghost watch` in a terminal and without one.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use ghost_ledger::layout::CellKind;
use ghost_ledger::{Identity, Ledger, Slot};
use ghost_model::FunctionKind;

use crate::sandbox::{Ran, Sandbox};
use crate::staged::{Staged, record, without_ids};
use crate::terminal::Terminal;

const SHOP: [Staged; 3] = [
    Staged { calls: &[("int", 900), ("float", 24)], latency_ns: 2_000, ..Staged::named("fib", 3) },
    Staged {
        calls: &[("str", 40)],
        failed: 18,
        latency_ns: 4_200_000,
        caller: Some(0),
        ..Staged::named("Cart.validate", 12)
    },
    Staged { latency_ns: 1_300_000_000, ..Staged::named("sync_orders", 30) },
];

/// A terminal in which the recorded shop is watched.
fn watched(sandbox: &Sandbox) -> Terminal {
    record(sandbox, &SHOP);
    let mut terminal = Terminal::with_shell(sandbox);
    terminal.run("$GHOST watch; echo code $?");
    terminal.wait_for("sync_orders:30");
    terminal
}

/// The first row of the table.
fn first_row(terminal: &Terminal) -> String {
    let text = terminal.text();
    let below = text.lines().skip_while(|line| !line.starts_with("FUNCTION")).nth(1);
    below.unwrap_or_default().to_owned()
}

#[test]
fn keys_sort_filter_and_open_pages() {
    let sandbox = Sandbox::new();
    let mut terminal = watched(&sandbox);
    assert!(terminal.is_taken_over() && first_row(&terminal).starts_with("fib:3"));
    terminal.press("4");
    terminal.wait_until("the slowest first", |t| first_row(t).starts_with("sync_orders:30"));
    terminal.press("/CART\r");
    terminal.wait_until("one row", |t| first_row(t).starts_with("Cart.validate:12"));
    terminal.press("\r");
    terminal.wait_for("ValueError, caught by shop:fib:3");
    terminal.press("\x1b");
    terminal.wait_for("only names with `CART`");
    terminal.press("e");
    terminal.wait_for("CAUGHT BY");
    terminal.press("p");
    terminal.wait_for("4194305");
    terminal.press("?");
    terminal.wait_for("module and class bodies, too");
    terminal.press("q");
    terminal.wait_for("code 0");
    assert!(!terminal.is_taken_over());
}

#[test]
fn the_screen_follows_the_size_of_the_terminal() {
    let sandbox = Sandbox::new();
    let mut terminal = watched(&sandbox);
    assert!(terminal.text().contains("DOM. ARG SIG"));
    terminal.resize(40, 8);
    terminal.wait_until("fewer columns", |t| {
        t.text().contains("MEAN LAT") && !t.text().contains("ARG SIG")
    });
    terminal.resize(10, 3);
    terminal.wait_until("the table alone", |t| t.text().starts_with("FUNCTION\n"));
    terminal.resize(150, 50);
    terminal.wait_for("SELF DOM. ARG SIG");
    terminal.press("q");
    terminal.wait_for("code 0");
}

#[test]
fn the_terminal_is_as_before_after_keys_and_signals() {
    let sandbox = Sandbox::new();
    record(&sandbox, &SHOP);
    let mut terminal = Terminal::with_shell(&sandbox);
    let before = terminal.modes();
    for (end, code) in [("q", 0), ("\x03", 0), ("TERM", 143), ("INT", 130), ("HUP", 129)] {
        terminal.run("$GHOST watch");
        terminal.wait_for("sync_orders:30");
        if code == 0 {
            terminal.press(end);
        } else {
            send(end, terminal.job());
        }
        terminal.wait_for_shell();
        terminal.press("echo code $?\n");
        terminal.wait_for(&format!("code {code}\n"));
        assert!(!terminal.is_taken_over(), "{end}");
        assert_eq!(terminal.modes(), before, "{end}");
    }
}

fn send(signal: &str, pid: u32) {
    let sent = Command::new("kill").args([format!("-{signal}"), pid.to_string()]).status();
    assert!(sent.unwrap().success());
}

#[test]
fn control_z_gives_the_terminal_back_and_fg_takes_it_again() {
    let sandbox = Sandbox::new();
    record(&sandbox, &SHOP);
    let mut terminal = Terminal::with_shell(&sandbox);
    let before = terminal.modes();
    terminal.run("$GHOST watch");
    terminal.wait_for("sync_orders:30");
    terminal.press("\x1a");
    terminal.wait_until("Stopped", |t| !t.is_taken_over() && t.text().contains("Stopped"));
    assert_eq!(terminal.modes(), before);
    terminal.run("fg");
    terminal
        .wait_until("the table again", |t| t.is_taken_over() && first_row(t).starts_with("fib"));
    terminal.press("4");
    terminal.wait_until("keys work", |t| first_row(t).starts_with("sync_orders"));
    terminal.press("q");
    terminal.wait_for_shell();
    assert_eq!(terminal.modes(), before);
}

#[test]
fn stopped_from_outside_it_takes_the_terminal_again_when_continued() {
    let sandbox = Sandbox::new();
    let mut terminal = watched(&sandbox);
    send("STOP", terminal.job());
    terminal.wait_for("Stopped");
    terminal.run("fg");
    terminal.wait_until("the table again", |t| first_row(t).starts_with("fib"));
    terminal.press("q");
    terminal.wait_for_shell();
}

#[test]
fn a_terminal_that_hangs_up_ends_it() {
    let sandbox = Sandbox::new();
    record(&sandbox, &SHOP);
    let ghost = crate::sandbox::ghost_path().to_str().unwrap();
    let mut terminal = Terminal::with(&sandbox, &[ghost, "watch"], &[]);
    terminal.wait_for("sync_orders:30");
    terminal.hang_up();
}

#[test]
fn colours_and_characters_are_those_the_terminal_has() {
    let sandbox = Sandbox::new();
    record(&sandbox, &SHOP);
    let ghost = crate::sandbox::ghost_path().to_str().unwrap();
    let detail = |variables: &[(&str, &str)]| {
        let mut terminal = Terminal::with(&sandbox, &[ghost, "watch"], variables);
        terminal.wait_for("sync_orders:30");
        terminal.press("\r");
        terminal.wait_for("LATENCY");
        let colours = terminal.colours();
        let text = terminal.text();
        terminal.press("q");
        (text, colours)
    };
    let (text, colours) = detail(&[]);
    assert!(text.contains('█') && colours > 0);
    let (text, colours) = detail(&[("NO_COLOR", "1"), ("LC_ALL", "C")]);
    assert!(text.is_ascii() && text.contains("####") && colours == 0, "{text}");
}

/// A running session whose only process is this one, as far as `ghost` can see.
struct Running {
    run: Child,
    run_dir: PathBuf,
}

impl Running {
    fn start(sandbox: &Sandbox) -> Self {
        let mut command = sandbox.ghost(&["run", "--quiet", "sh", "-c", "echo $GHOST_RUN; read x"]);
        let mut run = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(run.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        Self { run, run_dir: PathBuf::from(line.trim()) }
    }

    /// A ledger of this process with a function `work`, and the counter of its calls.
    fn ledger(&self) -> (Ledger, Slot) {
        let pid = std::process::id();
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
        let after_name = stat.rsplit_once(") ").unwrap().1;
        let kernel_start_ticks = after_name.split(' ').nth(19).unwrap().parse().unwrap();
        let who = Identity { pid, kernel_start_ticks, ..Identity::default() };
        let path = self.run_dir.join(format!("{pid}-1.ledger"));
        let mut ledger = Ledger::create(&path, &who, 4).unwrap();
        let mut text = |text: &str| ledger.add_text(text).unwrap();
        let [empty, overflow, root] = ["", "…", "<root>"].map(&mut text);
        let [module, name, file] = ["shop", "work", "shop.py"].map(&mut text);
        ledger.add_type(empty, overflow, &[]).unwrap();
        let signature = ledger.add_signature(&[]).unwrap();
        ledger.add_function([empty, root, empty, empty], 0, FunctionKind::External).unwrap();
        let names = [module, name, file, empty];
        let (id, _) = ledger.add_function(names, 3, FunctionKind::Function).unwrap();
        let calls = ledger.add_cell(CellKind::ArgsByCaller, id, signature, 0).unwrap();
        (ledger, calls)
    }

    fn end(mut self) {
        self.run.stdin.take().unwrap().write_all(b"\n").unwrap();
        assert!(self.run.wait().unwrap().success());
    }
}

#[test]
fn a_running_session_is_followed_from_its_ledgers() {
    let sandbox = Sandbox::new();
    let running = Running::start(&sandbox);
    let (ledger, calls) = running.ledger();
    calls.add(1_234);
    let ghost = crate::sandbox::ghost_path().to_str().unwrap();
    let mut terminal = Terminal::with(&sandbox, &[ghost, "watch", "--interval", "0.1"], &[]);
    terminal.wait_until("the calls so far", |t| first_row(t).contains(" 1,234 "));
    calls.add(50_000);
    terminal.wait_until("the new calls", |t| first_row(t).contains(" 51,234 "));
    terminal.wait_until("a sparkline", |t| first_row(t).contains('█'));
    ledger.close();
    running.end();
    terminal.wait_for(" · finished · ");
    assert!(first_row(&terminal).contains(" 51,234 "));
    terminal.press("q");
}

#[test]
fn without_a_terminal_tables_are_written_until_the_session_ends() {
    let sandbox = Sandbox::new();
    let running = Running::start(&sandbox);
    let (ledger, calls) = running.ledger();
    calls.add(1_234);
    let mut watch = sandbox.ghost(&["watch", "--interval", "0.1"]);
    let mut watch = watch.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(watch.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut until = |text: &str| {
        let found = output.find(|line| line.contains(text));
        found.unwrap_or_else(|| panic!("no `{text}`"))
    };
    assert!(until("session ").contains(" · running"));
    until(" 1,234 ");
    calls.add(50_000);
    until(" 51,234 ");
    ledger.close();
    running.end();
    assert!(until(" · finished").contains("1 process"));
    assert!(until("work:3").contains(" 51,234 "));
    assert_eq!(output.next(), None);
    let mut said = String::new();
    watch.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((watch.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}

#[test]
fn of_a_session_that_ended_there_is_one_table() {
    let sandbox = Sandbox::new();
    record(&sandbox, &SHOP);
    let ran = sandbox.run(&["watch", "--sort", "total", "--top", "2"]);
    assert_eq!(ran.code, Some(0));
    let table = ran.stdout.split_once('\n').unwrap().1;
    insta::assert_snapshot!("watch_plain", format!("{table}{}", without_ids(&ran.stderr)));
    let piped = sandbox.run(&["watch", "--module", "other.*"]);
    assert_eq!((piped.code, piped.stdout.lines().count()), (Some(0), 2));
}

#[test]
fn a_dumb_terminal_gets_plain_text() {
    let sandbox = Sandbox::new();
    record(&sandbox, &SHOP);
    let mut terminal = Terminal::with_shell(&sandbox);
    terminal.run("TERM=dumb $GHOST watch; echo code $?");
    terminal.wait_for("code 0");
    assert!(!terminal.is_taken_over() && terminal.text().contains("sync_orders:30"));
}

#[test]
fn what_cannot_be_watched_is_said_in_one_line() {
    let sandbox = Sandbox::new();
    let refused = |arguments: &[&str]| -> Ran { sandbox.run(&[&["watch"], arguments].concat()) };
    let none = refused(&[]);
    assert_eq!((none.code, none.lines().len()), (Some(4), 1), "{none:?}");
    for interval in ["0", "-1", "nan", "1e99", "abc"] {
        let ran = refused(&["--interval", interval]);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains("--interval"), "{ran:?}");
    }
    record(&sandbox, &SHOP);
    damage(&sandbox.data().join("sessions"));
    let mut terminal = Terminal::with_shell(&sandbox);
    terminal.run("$GHOST watch; echo code $?");
    terminal.wait_for("code 3");
    assert!(!terminal.is_taken_over() && terminal.text().contains("ghost: session file"));
}

fn damage(sessions: &Path) {
    for entry in std::fs::read_dir(sessions).unwrap() {
        std::fs::write(entry.unwrap().path(), "no database ".repeat(1_000)).unwrap();
    }
}
