//! `ghost serve` as a process: what it prints, what it logs, and when it ends. What it answers is tested
//! where the server is.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::sandbox::{Ran, Sandbox};

/// A server that said where it is.
struct Serving {
    child: Child,
    stdout: BufReader<std::process::ChildStdout>,
    first_line: String,
}

impl Serving {
    fn start(sandbox: &Sandbox, options: &[&str]) -> Self {
        Self::of(sandbox.ghost(&[&["serve"], options].concat()))
    }

    fn of(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut first_line = String::new();
        stdout.read_line(&mut first_line).unwrap();
        Self { child, stdout, first_line }
    }

    /// Port and token of a link.
    fn link(&self) -> (u16, String) {
        let rest = self.first_line.trim_end().strip_prefix("http://127.0.0.1:").unwrap();
        let (port, token) = rest.split_once("/#token=").unwrap();
        (port.parse().unwrap(), token.to_owned())
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for its end.
    fn end(mut self) -> Ran {
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        let mut ran = Ran::from(self.child.wait_with_output().unwrap());
        ran.stdout = self.first_line + &rest;
        ran
    }
}

fn ask(port: u16, target: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let head = format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n");
    write!(stream, "{head}{headers}\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn announcements(sandbox: &Sandbox) -> Vec<PathBuf> {
    let entries = fs::read_dir(sandbox.data().join("serve")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

#[test]
fn a_link_is_all_that_is_printed_and_a_signal_ends_it() {
    let sandbox = Sandbox::new();
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let serving = Serving::start(&sandbox, &[]);
        let (port, token) = serving.link();
        assert!(ask(port, "/health", "").ends_with("\r\n\r\n{\"status\":\"ok\"}"));
        assert!(ask(port, "/api/v1/nothing", "").starts_with("HTTP/1.1 401 "));
        let authorization = format!("Authorization: Bearer {token}\r\n");
        assert!(ask(port, "/api/v1/nothing", &authorization).starts_with("HTTP/1.1 404 "));
        let begin = Instant::now();
        serving.signal(signal);
        let ran = serving.end();
        assert!(begin.elapsed() < Duration::from_secs(3));
        assert_eq!((ran.code, ran.stdout.lines().count(), ran.stderr.as_str()), (Some(0), 1, ""));
        assert!(announcements(&sandbox).is_empty());
    }
}

#[test]
fn its_file_is_private_and_that_of_a_killed_one_is_removed_by_the_next() {
    let sandbox = Sandbox::new();
    let killed = Serving::start(&sandbox, &[]);
    let [file] = announcements(&sandbox).try_into().unwrap();
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    let first = killed.link();
    killed.signal(Signal::KILL);
    assert_eq!(killed.end().code, None);
    let serving = Serving::start(&sandbox, &[]);
    let [next] = announcements(&sandbox).try_into().unwrap();
    assert!(file != next && fs::read_to_string(next).unwrap().contains(&serving.link().1));
    assert_ne!(first.1, serving.link().1);
    serving.signal(Signal::TERM);
    assert_eq!(serving.end().code, Some(0));
}

#[test]
fn a_sidecar_prints_json_and_ends_with_its_standard_input() {
    let sandbox = Sandbox::new();
    let mut serving = Serving::start(&sandbox, &["--sidecar"]);
    let line: serde_json::Value = serde_json::from_str(&serving.first_line).unwrap();
    let line = line.as_object().unwrap();
    assert_eq!(line.keys().collect::<Vec<_>>(), ["api_port", "token"]);
    let port = u16::try_from(line["api_port"].as_u64().unwrap()).unwrap();
    assert!(ask(port, "/health", "").starts_with("HTTP/1.1 200 "));
    drop(serving.child.stdin.take());
    let ran = serving.end();
    assert_eq!((ran.code, ran.stdout.lines().count(), ran.stderr.as_str()), (Some(0), 1, ""));
}

#[test]
fn what_clients_send_is_logged_without_control_characters_and_tokens() {
    let sandbox = Sandbox::new();
    let serving = Serving::start(&sandbox, &["--log", "trace"]);
    let (port, token) = serving.link();
    let authorization = format!("Authorization: Bearer {token}\r\n");
    ask(port, "/first%0d%0asecond%1b[31m", &authorization);
    ask(port, &format!("/third?token={token}"), "");
    ask(port, "/fourth", "User-Agent: a\u{1b}[2Jb\r\n");
    ask(port, "/fifth\u{9b}31m\u{202e}", "");
    ask(port, "/sixth", "X: \u{9b}31m\r\n");
    serving.signal(Signal::TERM);
    let ran = serving.end();
    assert!(ran.stderr.contains("/first%0d%0asecond%1b[31m"), "{}", ran.stderr);
    assert!(ran.stderr.contains("path=\"/third\" status=400"), "{}", ran.stderr);
    let is_control = |character: char| character.is_control() && character != '\n';
    assert!(!ran.stderr.contains(is_control) && !ran.stderr.contains('\u{202e}'));
    assert!(!ran.stderr.contains(&token));
}

#[test]
fn the_token_is_in_no_command_line_and_no_environment() {
    let sandbox = Sandbox::new();
    // Stands for the browser: it keeps running, so that everybody can look at it.
    let script = "#!/bin/sh\necho \"$1\" > opened\nexec sleep 60\n";
    let browser = sandbox.write_executable("bin/xdg-open", script);
    let mut command = sandbox.ghost(&["serve", "--open"]);
    command.env("PATH", format!("{}:/usr/bin:/bin", browser.parent().unwrap().display()));
    let serving = Serving::of(command);
    let token = serving.link().1;
    let note = sandbox.here().join("opened");
    while !note.exists() || fs::read(&note).unwrap().is_empty() {
        std::thread::sleep(Duration::from_millis(10));
    }
    let doorway = PathBuf::from(fs::read_to_string(note).unwrap().trim_end());
    assert!(fs::read_to_string(&doorway).unwrap().contains(&token));
    assert_eq!(mode(&doorway), 0o600);
    let children = descendants(serving.child.id());
    for process in &children {
        for part in ["cmdline", "environ"] {
            let bytes = fs::read(format!("/proc/{process}/{part}")).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains(&token), "{process} {part}");
        }
    }
    serving.signal(Signal::TERM);
    // What it started lives on, as a browser does.
    for process in children.iter().skip(1) {
        let _ = kill_process(Pid::from_raw(process.cast_signed()).unwrap(), Signal::KILL);
    }
    assert_eq!(serving.end().code, Some(0));
    assert!(!doorway.exists());
}

/// A process and all below it.
fn descendants(process: u32) -> Vec<u32> {
    let mut found = vec![process];
    let tasks = fs::read_dir(format!("/proc/{process}/task")).unwrap();
    for task in tasks {
        let children =
            fs::read_to_string(task.unwrap().path().join("children")).unwrap_or_default();
        for child in children.split_whitespace() {
            found.extend(descendants(child.parse().unwrap()));
        }
    }
    found
}

#[test]
fn a_port_that_is_taken_is_one_line() {
    let sandbox = Sandbox::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ran = sandbox.run(&["serve", "--port", &port]);
    let expected = format!(
        "ghost: cannot listen at `127.0.0.1`, port {port}: Address already in use (os error 98) \
         (hint: `--port 0` takes one that is free)\n"
    );
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr), (Some(3), "", expected));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let sandbox = Sandbox::new();
    for (options, code) in [
        (&["--port", "65536"][..], 2),
        (&["--port", "-1"], 2),
        (&["--log", "loud"], 2),
        (&["--sidecar", "--open"], 2),
        (&["--host", ""], 3),
        (&["--host", "no such host"], 3),
        (&["--host", "192.0.2.1"], 3),
        (&["no-such-session"], 4),
    ] {
        let ran = sandbox.run(&[&["serve"], options].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(code), ""), "{options:?}");
    }
    let ran = Ran::from(sandbox.ghost(&["serve"]).env("GHOST_LOG", "loud").output().unwrap());
    assert_eq!((ran.code, ran.lines().len()), (Some(2), 1));
}

#[test]
fn beyond_this_machine_is_said() {
    let sandbox = Sandbox::new();
    let serving = Serving::start(&sandbox, &["--host", "0.0.0.0"]);
    let port = serving.link().0;
    assert!(ask(port, "/health", "").starts_with("HTTP/1.1 200 "));
    assert!(ask(port, "/api/v1/sessions", "").starts_with("HTTP/1.1 401 "));
    serving.signal(Signal::TERM);
    let ran = serving.end();
    assert!(ran.stderr.starts_with("ghost: listening beyond this machine"), "{}", ran.stderr);
    assert_eq!(ran.lines().len(), 1);
}

#[test]
fn by_default_only_this_machine_is_listened_to() {
    let sandbox = Sandbox::new();
    let serving = Serving::start(&sandbox, &[]);
    let listening = listening_at(serving.link().0);
    assert_eq!(listening, ["0100007F"], "127.0.0.1 as the kernel writes it, and nothing else");
    serving.signal(Signal::TERM);
    serving.end();
}

/// Addresses where somebody listens at that port, IPv4 and IPv6.
fn listening_at(port: u16) -> Vec<String> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"]
        .map(|path| fs::read_to_string(path).unwrap_or_default());
    let lines = tables.iter().flat_map(|table| table.lines().skip(1));
    let fields = lines.map(|line| line.split_whitespace().collect::<Vec<_>>());
    let listening = fields.filter(|fields| fields[3] == "0A");
    let at = listening.filter_map(|fields| {
        fields[1].split_once(':').map(|(ip, at)| (ip.to_owned(), at.to_owned()))
    });
    at.filter(|(_, at)| *at == format!("{port:04X}")).map(|(ip, _)| ip).collect()
}

#[test]
fn ipv6_is_an_address_like_others() {
    if TcpListener::bind("[::1]:0").is_err() {
        return;
    }
    let sandbox = Sandbox::new();
    let serving = Serving::start(&sandbox, &["--host", "::1"]);
    let rest = serving.first_line.strip_prefix("http://[::1]:").unwrap();
    let port: u16 = rest.split_once('/').unwrap().0.parse().unwrap();
    let mut stream = TcpStream::connect(("::1", port)).unwrap();
    write!(stream, "GET /health HTTP/1.1\r\nHost: [::1]:{port}\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    serving.signal(Signal::TERM);
    assert_eq!(serving.end().code, Some(0));
}

#[test]
fn a_run_shows_itself_and_says_how_to_look_again() {
    let sandbox = Sandbox::new();
    let program = "echo out; until [ -e seen ]; do sleep 0.02; done";
    let script = sandbox.write_executable("program", &format!("#!/bin/sh\n{program}\n"));
    let mut command = sandbox.ghost(&["run", "--serve", script.to_str().unwrap()]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut run = command.spawn().unwrap();
    let mut stderr = BufReader::new(run.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains("#token=") {
        assert!(stderr.read_line(&mut said).unwrap() > 0, "{said}");
    }
    let link = said.lines().find_map(|line| line.strip_prefix("ghost: dashboard at ")).unwrap();
    let port = link.strip_prefix("http://127.0.0.1:").unwrap().split_once('/').unwrap().0;
    let port: u16 = port.parse().unwrap();
    assert!(ask(port, "/health", "").starts_with("HTTP/1.1 200 "));
    sandbox.write("seen", "");
    stderr.read_to_string(&mut said).unwrap();
    let output = run.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), &b"out\n"[..]));
    assert!(said.contains("` opens it again") && said.contains("`ghost serve "), "{said}");
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn a_run_whose_port_is_taken_runs_all_the_same() {
    let sandbox = Sandbox::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let serve = format!("--serve={}", taken.local_addr().unwrap().port());
    let ran = sandbox.run(&["run", &serve, "sh", "-c", "exit 7"]);
    assert_eq!(ran.code, Some(7));
    assert!(ran.stderr.contains("cannot listen at `127.0.0.1`"), "{}", ran.stderr);
}
