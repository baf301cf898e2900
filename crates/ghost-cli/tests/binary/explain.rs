//! `ghost explain` from outside: which function it finds, what it shows of it.

use crate::sandbox::{Ran, Sandbox};
use crate::staged::{Staged, record, without_ids};

const SOURCE: &str = "\
def main() -> None:
    for price in (1, 2.5):
        calculate_discount(price)


def calculate_discount(price: int) -> int:
    return int(price * 0.9)  # secret-comment
";

pub(crate) const FUNCTIONS: [Staged; 4] = [
    Staged::named("main", 1),
    Staged {
        parameter: "price",
        calls: &[("int", 5), ("float", 3)],
        failed: 2,
        latency_ns: 4_200_000,
        caller: Some(0),
        ..Staged::named("calculate_discount", 6)
    },
    Staged { calls: &[("int", 40)], caller: Some(1), ..Staged::named("round_up", 20) },
    Staged { calls: &[("int", 2)], ..Staged::named("Cart.round", 30) },
];

/// A session to explain, and its source.
pub(crate) fn recorded() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("shop.py", SOURCE);
    record(&sandbox, &FUNCTIONS);
    sandbox
}

/// Runs it where no model and no proxy is known, on a terminal that speaks UTF-8.
pub(crate) fn explained(sandbox: &Sandbox, words: &[&str], variables: &[(&str, &str)]) -> Ran {
    let mut command = sandbox.ghost(&[&["explain"], words].concat());
    for name in ["GEMINI_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_API_KEY"] {
        command.env_remove(name);
    }
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env_remove(name).env_remove(name.to_ascii_lowercase());
    }
    command.env("LC_ALL", "C.UTF-8").envs(variables.iter().copied());
    Ran::from(command.output().unwrap())
}

#[test]
fn everything_is_told_of_one_function() {
    let ran = explained(&recorded(), &["calculate_discount"], &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!("explain_text", without_ids(&ran.stdout));
}

#[test]
fn a_part_of_a_name_is_enough_and_a_whole_name_wins() {
    let sandbox = recorded();
    let title = |pattern: &str| {
        let ran = explained(&sandbox, &[pattern], &[]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        ran.stdout.split(' ').next().unwrap().to_owned()
    };
    assert_eq!(title("discount"), "calculate_discount");
    assert_eq!(title("Cart.round"), "Cart.round");
    assert_eq!(title("shop.round_up"), "round_up");
    assert_eq!(title("round_up:20"), "round_up");
}

#[test]
fn several_functions_are_listed_and_none_is_said() {
    let sandbox = recorded();
    let ran = explained(&sandbox, &["round"], &[]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    let names: Vec<&str> =
        ran.stdout.lines().skip(1).map(|row| row.split(' ').next().unwrap()).collect();
    assert_eq!(names, ["shop:round_up:20", "shop:Cart.round:30"]);
    let expected = "ghost: 2 functions match `round` (hint: name one of them in full)";
    assert_eq!(ran.lines(), [expected]);

    for unknown in ["nothing", "\u{1b}[31m", "%", ""] {
        let ran = explained(&sandbox, &[unknown], &[]);
        let code = if unknown.is_empty() { 2 } else { 4 };
        assert_eq!(ran.code, Some(code), "{ran:?}");
        assert!(!ran.stderr.contains('\u{1b}') && ran.lines().len() == 1, "{ran:?}");
    }
    assert_eq!(explained(&Sandbox::new(), &["f"], &[]).code, Some(4));
}

#[test]
fn the_source_is_shown_where_it_is() {
    let sandbox = recorded();
    std::fs::remove_file(sandbox.here().join("shop.py")).unwrap();
    let ran = explained(&sandbox, &["calculate_discount"], &[]);
    assert!(!ran.stdout.contains("Source") && ran.stdout.contains("Explanation"), "{ran:?}");
    sandbox.write("shop.py", "def calculate_discount(\x00");
    assert_eq!(explained(&sandbox, &["calculate_discount"], &[]).code, Some(0));
    sandbox.write("shop.py", "\n\ndef calculate_discount(price):\n    '\u{1b}[31m'\n");
    let ran = explained(&sandbox, &["calculate_discount"], &[]);
    assert!(ran.stdout.contains("shop.py:3 (changed since it was recorded)"), "{ran:?}");
    assert!(!ran.stdout.contains('\u{1b}'), "{ran:?}");
}

#[test]
fn a_terminal_that_speaks_ascii_gets_it() {
    let ran = explained(&recorded(), &["calculate_discount"], &[("LC_ALL", "C")]);
    assert!(ran.stdout.contains("####") && !ran.stdout.contains('█'), "{ran:?}");
}

#[test]
fn programs_get_json() {
    let ran = explained(&recorded(), &["calculate_discount", "--format", "json"], &[]);
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(document["schema_version"], 1);
    assert_eq!(document["fn_key"], "shop:calculate_discount:6");
    assert_eq!(document["parameters"][0]["type_dist"]["float"], 3);
    assert_eq!(document["declared"]["parameters"][0]["annotation"], "int");
    assert_eq!(document["explanation"]["backend"], "template");
    let markdown = explained(&recorded(), &["calculate_discount", "--format", "markdown"], &[]);
    assert!(markdown.stdout.starts_with("## `calculate_discount`"), "{markdown:?}");
}
