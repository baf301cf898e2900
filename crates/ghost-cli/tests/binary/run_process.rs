//! The program is a process like without `ghost`: exit codes, signals, terminal, streams.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};

use crate::sandbox::{Ran, Sandbox, ghost_path};

#[test]
fn the_exit_code_is_that_of_the_program() {
    let sandbox = Sandbox::new();
    for (code, expected) in [("exit 0", 0), ("exit 1", 1), ("exit 42", 42), ("exit 255", 255)] {
        assert_eq!(sandbox.run(&["run", "--quiet", "sh", "-c", code]).code, Some(expected));
    }
}

#[test]
fn a_signal_that_ends_the_program_is_128_more() {
    let sandbox = Sandbox::new();
    for (signal, expected) in [("TERM", 143), ("KILL", 137), ("INT", 130), ("SEGV", 139)] {
        let ran = sandbox.run(&["run", "--quiet", "sh", "-c", &format!("kill -{signal} $$")]);
        assert_eq!(ran.code, Some(expected), "{ran:?}");
    }
}

/// Starts a program that catches signals, and waits until it does.
fn started(sandbox: &Sandbox, program: &str) -> Child {
    let mut command = sandbox.ghost(&["run", "--quiet", "-c", program]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut ready = [0; 6];
    child.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
    assert_eq!(&ready, b"ready\n");
    child
}

fn send(signal: &str, pid: u32) {
    let sent = Command::new("kill").args([signal, &pid.to_string()]).status().unwrap();
    assert!(sent.success());
}

fn ended(child: Child) -> Ran {
    Ran::from(child.wait_with_output().unwrap())
}

#[test]
fn signals_sent_to_ghost_reach_the_program_once_each() {
    let sandbox = Sandbox::new();
    for name in ["HUP", "INT", "QUIT", "USR1", "USR2", "TTIN", "TTOU", "WINCH", "TERM", "ABRT"] {
        let program = format!(
            "import signal, os\n\
             signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIG{name}])\n\
             os.write(1, b'ready\\n')\n\
             got = signal.sigwait([signal.SIG{name}])\n\
             print(got.name, signal.sigtimedwait([signal.SIG{name}], 0), flush=True)"
        );
        let child = started(&sandbox, &program);
        send(&format!("-{name}"), child.id());
        let ran = ended(child);
        assert_eq!((ran.stdout, ran.code), (format!("SIG{name} None\n"), Some(0)));
    }
}

#[test]
fn a_signal_the_program_does_not_catch_ends_it() {
    let child =
        started(&Sandbox::new(), "import os, signal; os.write(1, b'ready\\n'); signal.pause()");
    send("-TERM", child.id());
    assert_eq!(ended(child).code, Some(143));
}

/// In a container, the leaders of our group and session may be outside of what we can see.
#[test]
fn a_session_whose_leader_is_out_of_sight_is_no_obstacle() {
    let sandbox = Sandbox::new();
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--pid", "--fork", "--mount-proc"]);
    command.arg(ghost_path()).args(["run", "--quiet", "sh", "-c", "cat /proc/$PPID/stat; exit 7"]);
    sandbox.prepare(&mut command);
    let ran = Ran::from(command.output().unwrap());
    if ran.stdout.is_empty() && ran.stderr.starts_with("unshare:") {
        eprintln!("not tested: this machine makes no PID namespaces: {}", ran.stderr);
        return;
    }
    // It may be caught awake or asleep.
    let out_of_sight = ["(ghost) S 0 0 0 ", "(ghost) R 0 0 0 "];
    assert!(out_of_sight.iter().any(|stat| ran.stdout.contains(stat)), "{ran:?}");
    assert!(ran.code == Some(7) && !ran.stderr.contains("internal error"), "{ran:?}");
}

#[test]
fn when_ghost_is_killed_the_program_goes_on() {
    let program = "import os, signal\n\
                   signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])\n\
                   os.write(1, b'ready\\n%d\\n' % os.getpid())\n\
                   signal.sigwait([signal.SIGUSR1]); print('done', flush=True)";
    let mut child = started(&Sandbox::new(), program);
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut pid = String::new();
    output.read_line(&mut pid).unwrap();
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(9));
    send("-USR1", pid.trim().parse().unwrap());
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "done\n");
}

/// Runs `sh -c SCRIPT` with `$GHOST` set, once around `ghost run --quiet` and once around nothing.
fn same_with_and_without(script: &str) {
    let run = |prefix: &str| {
        let sandbox = Sandbox::new();
        let mut command = Command::new("sh");
        command.args(["-c", script]).env("RUN", prefix);
        sandbox.prepare(&mut command);
        Ran::from(command.stdin(Stdio::null()).output().unwrap())
    };
    let with = run(&format!("{} run --quiet", ghost_path().display()));
    let without = run("");
    assert_eq!((&with.stdout, with.code), (&without.stdout, without.code), "{with:?}");
    assert!(!without.stdout.is_empty());
}

#[test]
fn ignored_and_blocked_signals_are_inherited() {
    let show = "grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status";
    same_with_and_without(&format!("$RUN {show}"));
    same_with_and_without(&format!("trap '' HUP INT USR1; $RUN {show}"));
}

#[test]
fn group_session_and_terminal_are_inherited() {
    same_with_and_without(
        "$RUN sh -c 'cut -d\" \" -f5-8 /proc/$$/stat' | sed s/$$/GROUP/g | tr -dc 'GROUP \\n-'",
    );
}

#[test]
fn only_one_variable_is_added() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.ghost(&["run", "--quiet", "env", "-0"]);
    let output = command.env("EMPTY", "").env("LINES_", "a\nb").output().unwrap();
    let with: Vec<&[u8]> = output.stdout.split(|&byte| byte == 0).collect();
    let mut plain = Command::new("env");
    sandbox.prepare(plain.arg("-0").env("EMPTY", "").env("LINES_", "a\nb"));
    let output = plain.output().unwrap();
    let mut without: Vec<&[u8]> = output.stdout.split(|&byte| byte == 0).collect();
    let (added, mut kept): (Vec<_>, Vec<_>) =
        with.into_iter().partition(|variable| variable.starts_with(b"GHOST_RUN="));
    kept.sort_unstable();
    without.sort_unstable();
    assert_eq!(kept, without);
    assert_eq!(added.len(), 1);
}

#[test]
fn nothing_but_the_standard_streams_is_passed_on() {
    same_with_and_without("$RUN sh -c 'ls /proc/self/fd | wc -l'");
    same_with_and_without("exec 7</dev/null; $RUN sh -c 'ls -l /proc/self/fd/7 | sed s/.*7//'");
}

#[test]
fn a_closed_stream_of_ours_never_becomes_one_of_our_files() {
    let sandbox = Sandbox::new();
    let script =
        format!("{} run sh -c 'echo x; echo y >&2; exit 5' <&- >&- 2>&-", ghost_path().display());
    let mut command = Command::new("sh");
    sandbox.prepare(command.args(["-c", &script]));
    let ran = Ran::from(command.output().unwrap());
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str(), ran.code), ("", "", Some(5)));
    let sessions = sandbox.data().join("sessions");
    for entry in std::fs::read_dir(sessions).unwrap() {
        let content = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(content.starts_with(b"SQLite format 3\0"));
    }
}

/// A terminal with a job in it, as a shell would start one: process group of its own, in front.
/// A stopped job is continued at once. Prints what the terminal showed.
const TERMINAL: &str = r#"
import os, pty, signal, sys, termios
leader, follower = pty.openpty()
job = os.fork()
if job == 0:
    os.setsid()
    tty = os.open(os.ttyname(follower), os.O_RDWR)
    for stream in 0, 1, 2:
        os.dup2(tty, stream)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    inner = os.fork()
    if inner == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.execvp(sys.argv[1], sys.argv[1:])
    while True:
        _, status = os.waitpid(inner, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            os.write(1, b"shell: ended %d\n" % os.waitstatus_to_exitcode(status))
            os._exit(0)
        os.write(1, b"shell: stopped\n")
        os.tcsetpgrp(0, inner)
        os.killpg(inner, signal.SIGCONT)
os.close(follower)
seen = b""
def until(text):
    global seen
    while text not in seen:
        try:
            seen += os.read(leader, 4096)
        except OSError:
            break
until(b"ready")
"#;

fn in_terminal(steps: &str, program: &str) -> String {
    let sandbox = Sandbox::new();
    let mut command = Command::new("python3");
    let driver = format!("{TERMINAL}\n{steps}\nuntil(b'shell: ended')\nprint(seen.decode())");
    command.args(["-c", &driver]).arg(ghost_path());
    command.args(["run", "--quiet", "-c", program]);
    sandbox.prepare(&mut command);
    let ran = Ran::from(command.output().unwrap());
    assert_eq!(ran.stderr, "");
    ran.stdout.replace('\r', "")
}

#[test]
fn control_c_reaches_the_program_once() {
    let program = "import os, signal\n\
                   signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGTERM])\n\
                   os.write(1, b'ready %d\\n' % os.getppid())\n\
                   signal.sigwait([signal.SIGINT])\n\
                   os.write(1, b'first\\n')\n\
                   signal.sigwait([signal.SIGTERM])\n\
                   os.write(1, b'second: %s\\n' % (b'no', b'yes')[signal.SIGINT in signal.sigpending()])";
    let steps = "os.write(leader, b'\\x03'); until(b'first')\n\
                 until(b'\\n'); os.kill(int(seen.split(b'ready ')[1].split()[0]), signal.SIGTERM)";
    let seen = in_terminal(steps, program);
    assert!(seen.contains("second: no") && seen.contains("shell: ended 0"), "{seen}");
}

#[test]
fn control_c_ends_a_program_that_does_not_catch_it() {
    let program = "import os, signal; signal.signal(signal.SIGINT, signal.SIG_DFL)\n\
                   os.write(1, b'ready\\n'); signal.pause()";
    let seen = in_terminal("os.write(leader, b'\\x03')", program);
    assert!(seen.contains("shell: ended 130"), "{seen}");
}

#[test]
fn control_z_stops_both_and_the_shell_continues_both() {
    let program = "import os, signal\n\
                   signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCONT])\n\
                   os.write(1, b'ready\\n'); signal.sigwait([signal.SIGCONT])\n\
                   os.write(1, b'continued\\n')";
    let seen = in_terminal("os.write(leader, b'\\x1a')", program);
    let order =
        ["ready", "shell: stopped", "continued", "shell: ended 0"].map(|text| seen.find(text));
    assert!(order.iter().all(Option::is_some) && order.is_sorted(), "{seen}");
}

#[test]
fn a_program_that_handles_control_z_keeps_the_terminal() {
    let program = "import os, signal\n\
                   signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTSTP])\n\
                   os.write(1, b'ready\\n'); signal.sigwait([signal.SIGTSTP])\n\
                   os.write(1, b'kept\\n')";
    let seen = in_terminal("os.write(leader, b'\\x1a')", program);
    assert!(seen.contains("kept") && !seen.contains("shell: stopped"), "{seen}");
}

#[test]
fn a_background_job_waits_to_be_in_front_before_it_speaks() {
    let program = "import os, signal, termios\n\
                   modes = termios.tcgetattr(0); modes[3] |= termios.TOSTOP\n\
                   termios.tcsetattr(0, termios.TCSANOW, modes)\n\
                   os.write(1, b'ready\\n')\n\
                   signal.signal(signal.SIGTTOU, signal.SIG_IGN)\n\
                   os.tcsetpgrp(0, os.getsid(0))";
    // The summary of a program that nobody observed is what it has to say.
    let seen = in_terminal("", program);
    let order = ["shell: stopped", "nothing was observed", "shell: ended 0"];
    let order = order.map(|text| seen.find(text));
    assert!(order.iter().all(Option::is_some) && order.is_sorted(), "{seen}");
}
