//! What expressions mean, and that hostile ones mean nothing.

use std::cell::Cell;

use ghost_probes::{EvaluateError, Expression, Scope, Value, evaluate, is_secret};

/// The names of a call; counts look-ups.
#[derive(Default)]
struct Names {
    looked_up: Cell<usize>,
}

fn text(value: &str) -> Value {
    Value::Str(value.to_owned())
}

impl Scope for Names {
    fn look_up(&self, name: &str) -> Option<Value> {
        self.looked_up.set(self.looked_up.get() + 1);
        Some(match name {
            "amount" => Value::Int(5),
            "ratio" => Value::Float(0.5),
            "name" => text("alice"),
            "items" => Value::Sequence(vec![Value::Int(3), Value::Int(1), Value::Int(2)]),
            "order" => Value::Mapping(vec![
                (text("id"), Value::Int(7)),
                (text("apiToken"), text("CANARY")),
                (Value::Bytes(b"pass_word".to_vec()), text("CANARY")),
                (
                    text("inner"),
                    Value::Sequence(vec![Value::Mapping(vec![(text("Cookie"), text("CANARY"))])]),
                ),
            ]),
            "raw" => Value::Bytes(b"ab".to_vec()),
            "nothing" => Value::None,
            "self" => Value::Opaque("app.Order".to_owned()),
            "huge" => Value::Sequence(vec![Value::Int(1); 1_000_000]),
            "large" => Value::Mapping((0..65).map(|n| (Value::Int(n), Value::None)).collect()),
            "some" => Value::Sequence(vec![Value::Int(1); 1_000]),
            "long" => text(&"x".repeat(1_000_000)),
            "nan" => Value::Float(f64::NAN),
            "password" | "user_token" => text("CANARY"),
            _ => return None,
        })
    }
}

fn outcome(expression: &str) -> Result<String, String> {
    let parsed = Expression::parse(expression).map_err(|error| error.to_string())?;
    let value = evaluate(&parsed, &Names::default()).map_err(|error| error.to_string())?;
    Ok(value.to_string())
}

#[test]
fn expressions_mean_what_they_mean_in_python() {
    let cases = [
        ("amount", "5"),
        ("amount + 1 * 2", "7"),
        ("(amount + 1) * 2", "12"),
        ("-amount // 2", "-3"),
        ("-amount % 3", "1"),
        ("7 / 2", "3.5"),
        ("7.0 // 2", "3.0"),
        ("- -1", "1"),
        ("1_000 + .5", "1000.5"),
        ("'a' + \"b\"", "\"ab\""),
        ("[1, 2] + [3]", "[1, 2, 3]"),
        ("(1,)", "[1]"),
        ("()", "[]"),
        ("len(items)", "3"),
        ("max(items) - min(items)", "2"),
        ("max(1, amount, 3)", "5"),
        ("sum(items)", "6"),
        ("abs(-3)", "3"),
        ("int(2.9)", "2"),
        ("float(amount)", "5.0"),
        ("bool(items)", "True"),
        ("type(self)", "\"app.Order\""),
        ("items[0]", "3"),
        ("items[-1]", "2"),
        ("items[1:]", "[1, 2]"),
        ("items[:-1]", "[3, 1]"),
        ("name[1:3]", "\"li\""),
        ("name[0]", "\"a\""),
        ("raw[0]", "97"),
        ("order['id']", "7"),
        ("0 < amount <= 5 < 6", "True"),
        ("0 < amount < 5", "False"),
        ("amount == 5.0", "True"),
        ("amount != 5", "False"),
        ("True == 1", "True"),
        ("nan == nan", "False"),
        ("nan < 1", "False"),
        ("3 in items", "True"),
        ("4 not in items", "True"),
        ("'id' in order", "True"),
        ("'li' in name", "True"),
        ("nothing is None", "True"),
        ("self is not None", "True"),
        ("nothing or 'x'", "\"x\""),
        ("nothing and 1/0", "None"),
        ("not items", "False"),
        ("'big' if amount > 3 else 'small'", "\"big\""),
        ("1 if nothing else 2 if amount else 3", "2"),
        ("[amount, name][0]", "5"),
        ("self", "<app.Order>"),
    ];
    for (expression, expected) in cases {
        assert_eq!(outcome(expression).as_deref(), Ok(expected), "{expression}");
    }
}

#[test]
fn errors_say_what_is_wrong() {
    let cases = [
        ("unknown", "there is no name `unknown`"),
        ("1/0", "division by zero"),
        ("1 % 0", "division by zero"),
        ("items[9]", "there is no such item"),
        ("order['none']", "there is no such item"),
        ("self + 1", "`+` is not for `app.Order`"),
        ("self == 1", "`==` is not for `app.Order`"),
        ("len(self)", "`len` is not for `app.Order`"),
        ("not self", "`bool` is not for `app.Order`"),
        ("self in items", "`in` is not for `app.Order`"),
        ("large == large", "`==` is not for `dict`"),
        ("items is items", "`is` is not for `list`"),
        ("9223372036854775807 + 1", "the result is out of range"),
        ("f()", "`f` cannot be called"),
        ("a.b", "attributes are not allowed in an expression"),
        ("2 ** 3", "powers are not allowed in an expression"),
        ("[x for x in items]", "comprehensions are not allowed in an expression"),
        ("lambda: 1", "functions are not allowed in an expression"),
        ("(x := 1)", "assignments are not allowed in an expression"),
        ("f'{name}'", "`a string` was not expected"),
        ("", "`the end` was not expected"),
        ("'a", "a string has no end"),
        ("0x10", "`0x10` is not a decimal number of 64 bits"),
    ];
    for (expression, expected) in cases {
        assert_eq!(outcome(expression), Err(expected.to_owned()), "{expression}");
    }
}

#[test]
fn secrets_are_hidden_wherever_they_are() {
    for name in ["password", "user_token", "X-Api-Key", "accessToken", "PIN", "session_id", "auth"]
    {
        assert!(is_secret(name), "{name}");
    }
    for name in ["author", "amount", "spinning", "compass", "items"] {
        assert!(!is_secret(name), "{name}");
    }
    let asked = [
        "password",
        "user_token",
        "order",
        "order['apiToken']",
        "order[b'pass_word']",
        "[order]",
        "order['inner']",
        "order['inner'][0]['Cookie']",
        "password + 'x'",
        "'C' in password",
        "password[0]",
        "password[:3]",
        "len(password)",
        "password == 'CANARY'",
        "password < 'D'",
        "'x' if password else 'y'",
        "not password",
        "password and 1",
        "password is None",
        "[password] == ['CANARY']",
        "password in ['CANARY']",
        "'CANARY' in [password]",
        "max([password, 'A'])",
        "type(password)",
        "order == order",
        "bool(password)",
        "sum([password])",
    ];
    for expression in asked {
        let shown = outcome(expression).unwrap_or_default();
        assert!(!shown.contains("CANARY"), "{expression}: {shown}");
        assert!(
            !["True", "False", "\"x\"", "\"y\"", "6"].contains(&shown.as_str()),
            "{expression}: {shown}"
        );
    }
}

/// Ways to reach code or memory. What is a bomb here is one for evaluation: it parses.
const ATTACKS: [&str; 110] = [
    "__import__('os').system('id')",
    "__builtins__",
    "__class__",
    "().__class__",
    "name.upper()",
    "self.save()",
    "self.__dict__",
    "f.__globals__",
    "getattr(self, 'x')",
    "setattr(self, 'x', 1)",
    "eval('1')",
    "exec('1')",
    "compile('1', '', 'eval')",
    "open('/etc/passwd')",
    "input()",
    "print(1)",
    "globals()",
    "locals()",
    "vars(self)",
    "dir(self)",
    "str(self)",
    "repr(self)",
    "format(self)",
    "hash(self)",
    "iter(self)",
    "next(self)",
    "id(self)",
    "range(10)",
    "list(self)",
    "dict(self)",
    "isinstance(self, int)",
    "type(self)(1)",
    "type('X', (), {})",
    "super()",
    "breakpoint()",
    "exit()",
    "[x for x in items]",
    "{x for x in items}",
    "{x: 1 for x in items}",
    "(x for x in items)",
    "lambda: 1",
    "(lambda: 1)()",
    "(x := 1)",
    "x = 1",
    "x += 1",
    "del x",
    "import os",
    "from os import path",
    "await self",
    "yield 1",
    "(yield)",
    "*items",
    "[*items]",
    "{**order}",
    "len(*items)",
    "len(obj=items)",
    "f'{self}'",
    "f\"{name!r}\"",
    "rb'x'",
    "u'x'",
    "'%s' % self",
    "'{}'.format(self)",
    "'{0.__class__}'",
    "name @ name",
    "~amount",
    "amount << 64",
    "amount & 1",
    "amount | 1",
    "amount ^ 1",
    "2 ** 2",
    "9**9**9",
    "'a' * 10**10",
    "'a' * 1000000000",
    "[0] * 1000000000",
    "items * amount",
    "huge",
    "huge + huge",
    "huge == huge",
    "sum(huge)",
    "1 in huge",
    "long + long",
    "'y' in long",
    "[some, some, some, some, some]",
    "some + some + some + some + some",
    "some == some == some == some",
    "9999999999999999999999",
    "1e999",
    "0b1",
    "0o7",
    "1j",
    "1__0__",
    "1if 1else 2.__class__",
    "a; b",
    "a\nb",
    "a\\\nb",
    "# comment",
    "...",
    "Ellipsis.x",
    "None.x",
    "True()",
    "items[::2]",
    "items[0, 1:2]",
    "items[1](2)",
    "len(items)(1)",
    "self[0]",
    "self()",
    "self < self",
    "self == self",
    "-self",
    "not self",
];

/// Each attack in several surroundings, and texts that are hard to parse.
fn hostile() -> Vec<String> {
    let around = ["{}", "[{}]", "({}) + 1", "len([{}]) if nothing is None else {}"];
    let surrounded =
        ATTACKS.iter().flat_map(|attack| around.iter().map(|around| around.replace("{}", attack)));
    let nested = (0..12).map(|power| {
        let depth = 1 << power;
        format!("{}1{}", "(".repeat(depth), ")".repeat(depth))
    });
    let other = [
        "[".repeat(1_000),
        "-".repeat(1_999),
        "not ".repeat(499),
        "1+".repeat(999),
        "a[0]".repeat(400),
        "x".repeat(3_000),
        "1 if ".repeat(300),
        "\0".to_owned(),
        "\u{202e}x".to_owned(),
        "ſelf.x".to_owned(),
        format!("items{}", "[0]".repeat(600)),
        format!("1{}", " < 1".repeat(400)),
        format!("[{}]", "1,".repeat(900)),
    ];
    surrounded.chain(nested).chain(other).collect()
}

#[test]
fn three_hundred_hostile_expressions_are_harmless() {
    let hostile = hostile();
    assert!(hostile.len() >= 300, "{}", hostile.len());
    for expression in &hostile {
        let Ok(parsed) = Expression::parse(expression) else { continue };
        let names = Names::default();
        let result = evaluate(&parsed, &names);
        // Each look-up is of a node, of which there are fewer than bytes.
        assert!(names.looked_up.get() <= expression.len());
        if let Ok(value) = result {
            assert!(value.to_string().len() < 100_000, "{expression}");
        }
    }
}

#[test]
fn what_reaches_beyond_values_does_not_parse() {
    let refused = [
        "__import__('os')",
        "().__class__",
        "self.save()",
        "getattr(self, 'x')",
        "eval('1')",
        "type(self)(1)",
        "str(self)",
        "repr(self)",
        "9**9**9",
        "[x for x in items]",
        "lambda: 1",
        "(x := 1)",
        "f'{self}'",
        "await self",
        "(yield)",
        "*items",
        "a; b",
        "import os",
        "items[1](2)",
        "__builtins__",
        "~amount",
        "len(obj=items)",
        "1j",
        "items[::2]",
    ];
    for expression in refused {
        assert!(Expression::parse(expression).is_err(), "{expression}");
    }
}

#[test]
fn bombs_run_out_of_steps() {
    let bombs = [
        "huge",
        "huge + huge",
        "long",
        "[some, some, some, some, some]",
        "some + some + some + some",
    ];
    for bomb in bombs {
        let parsed = Expression::parse(bomb).expect("a bomb is an expression");
        assert_eq!(evaluate(&parsed, &Names::default()), Err(EvaluateError::Steps), "{bomb}");
    }
}

#[test]
fn the_names_of_an_expression_are_all_that_it_reads() {
    let names = |text: &str| Expression::parse(text).unwrap().names().join(" ");
    assert_eq!(
        names("b[a:c] if len(d) < e < f else [g, -h, not i, (j, 'k')][l]"),
        "a b c d e f g h i j l"
    );
    assert_eq!(names("a and a or max(a, 1)"), "a");
    assert_eq!(names("'a' + \"b\""), "");
}
