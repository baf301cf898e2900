//! Annotating and stubbing whole files: golden results, and what holds for every file.

use ghost_model::{
    Function, FunctionKey, FunctionKind, Profile, Recording, Signature, TypeId, TypeName,
};
use proptest::prelude::*;

use crate::annotating::annotate;
use crate::inference::{Project, ProjectFile};
use crate::source::SourceModule;
use crate::stubbing::stub;

const FILE: &str = "shop/cart.py";

/// A recording of one file in which every function was called once with each of the types given for
/// it: those of the arguments, and last that of the result.
struct Session(Recording);

impl Session {
    fn new() -> Self {
        Self(Recording::default())
    }

    fn type_id(&mut self, full: &str) -> TypeId {
        let (module, qualname) = full.rsplit_once(':').unwrap_or(("builtins", full));
        let mut name = TypeName::new(module, qualname);
        name.mro = vec![name.full_name(), "object".into()];
        let types = &mut self.0.types;
        let known = types.iter().position(|it| *it == name);
        let at = known.unwrap_or_else(|| {
            types.push(name);
            types.len() - 1
        });
        TypeId(at as u32)
    }

    fn call(&mut self, source: &SourceModule, qualname: &str, calls: &[&[&str]]) {
        let function = source.functions_named(qualname).next().unwrap();
        let mut profile = Profile::default();
        for call in calls {
            let ids: Signature = call.iter().map(|full| self.type_id(full)).collect();
            let (result, arguments) = ids.split_last().unwrap();
            profile.args.push((arguments.to_vec(), 1));
            let is_generator = function.kind == FunctionKind::Generator;
            let (yielded, returned) = (&mut profile.yields, &mut profile.returns);
            (if is_generator { yielded } else { returned }).push((*result, 1));
        }
        let names: Vec<&str> = function.parameters.iter().map(|it| it.name.as_str()).collect();
        let key = FunctionKey {
            module: "shop.cart".into(),
            qualname: qualname.into(),
            line: function.line,
        };
        let (file, parameters) = (FILE.to_owned(), names.join(","));
        self.0.functions.push(Function { key, file, parameters, kind: function.kind });
        self.0.profiles.push(profile);
    }
}

fn parsed(text: &str) -> ProjectFile {
    ProjectFile::parse(FILE, "shop.cart", false, text.to_owned()).unwrap()
}

const CART: &str = r#"#!/usr/bin/env python
"""What is in the basket."""
import re
from decimal import Decimal as D

LIMIT = 10
NAMES = {}
Pair = tuple[int, int]


class Cart:
    size = 0

    def __init__(self, owner=None, *, limit=LIMIT):
        self.owner = owner
        self.limit: int = limit

    def add(self, price, count = 1, /, note="") :
        return price * count

    @property
    def total(self): return self.size

    @staticmethod
    def parse(text, pattern):
        if text:
            return pattern.match(text)


def numbers(n):  # counts
    yield n


def other(cart):
    x = lambda y: y
    return cart
"#;

fn cart_session(file: &ProjectFile) -> Session {
    let mut session = Session::new();
    let cart = "shop.cart:Cart";
    for (qualname, calls) in [
        ("Cart.__init__", &[[cart, "str", "int", "NoneType"].as_slice()][..]),
        (
            "Cart.add",
            &[
                &[cart, "decimal:Decimal", "int", "str", "decimal:Decimal"],
                &[cart, "int", "int", "str", "int"],
            ],
        ),
        ("Cart.total", &[&[cart, "int"]]),
        ("Cart.parse", &[&["str", "re:Pattern", "re:Match"]]),
        ("numbers", &[&["int", "int"]]),
        ("other", &[&[cart, cart]]),
    ] {
        session.call(&file.source, qualname, calls);
    }
    session
}

#[test]
fn a_file_is_annotated_where_it_says_nothing() {
    let file = parsed(CART);
    let session = cart_session(&file);
    let project = Project::new(&session.0, std::slice::from_ref(&file));
    let annotated = annotate(&project, &file, 1).unwrap();
    insta::assert_snapshot!(annotated.text);
    let left_out: Vec<String> = annotated
        .left_out
        .iter()
        .map(|it| format!("{} {:?}: {}", it.qualname, it.parameter, it.reason))
        .collect();
    assert_eq!(left_out, ["Cart.parse None: it may end without `return`"]);
    assert!(annotated.missing.is_empty());
}

#[test]
fn a_stub_has_what_the_file_defines() {
    let file = parsed(CART);
    let session = cart_session(&file);
    let project = Project::new(&session.0, std::slice::from_ref(&file));
    insta::assert_snapshot!(stub(&project, &file, 1).unwrap().text);
}

#[test]
fn few_calls_are_no_reason_if_more_are_asked_for() {
    let file = parsed(CART);
    let session = cart_session(&file);
    let project = Project::new(&session.0, std::slice::from_ref(&file));
    let annotated = annotate(&project, &file, 3).unwrap();
    assert_eq!((annotated.added, annotated.text.as_str()), (0, CART));
    assert!(
        annotated.left_out.iter().any(|it| it.reason.to_string() == "only 1 of 3 calls were seen")
    );
}

#[test]
fn a_function_that_is_elsewhere_is_missing() {
    let session = cart_session(&parsed(CART));
    let moved = parsed(&format!("\n{CART}"));
    let project = Project::new(&session.0, std::slice::from_ref(&moved));
    let annotated = annotate(&project, &moved, 1).unwrap();
    assert_eq!((annotated.added, annotated.missing.len()), (0, 6));
}

#[test]
fn what_frameworks_read_stays_as_it_is() {
    let text = "import typer\napp = typer.Typer()\n\n@app.command()\ndef main(name):\n    pass\n";
    let file = parsed(text);
    let mut session = Session::new();
    session.call(&file.source, "main", &[&["str", "NoneType"]]);
    let project = Project::new(&session.0, std::slice::from_ref(&file));
    assert_eq!(annotate(&project, &file, 1).unwrap().text, text);
}

/// Functions of many shapes; `{}` is the number that makes the name unique.
const SHAPES: [&str; 9] = [
    "def f{}(a, b=1, *c, d = None, **e): return a\n",
    "def f{}(a,\n        b,  # why\n        ):\n    \"\"\"Doc.\"\"\"\n    yield b\n",
    "async def f{}(a, /, b):\n    return None\n",
    "@property\ndef f{}(a): return [a]\n",
    "def f{}(a=(1, 2), b=lambda x: x):\n\tif a:\n\t\treturn b\n",
    "def f{}[T](a: T, b): return a\n",
    "class K{}:\n    def __init__(self, a='x'): self.a = a\n    def f{}(self, b): return self\n",
    "def f{}(a, b):\n    def inner(c): return c\n    a = inner(b)\n    return a\n",
    "def f{}(): ...\n",
];
const HEADERS: [&str; 6] = [
    "",
    "'''Doc.'''\n",
    "from __future__ import annotations\n",
    "import typing\nX: int = 1\n",
    "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import re\n",
    "# -*- coding: utf-8 -*-\nlist = 1; Pattern = 2\n",
];
const TYPES: [&str; 8] =
    ["int", "str", "NoneType", "list", "re:Pattern", "function", "decimal:Decimal", "shop.cart:K0"];

/// A file of these shapes with a session in which everything was called with these types.
fn session_of(header: usize, shapes: &[usize], types: &[usize]) -> (String, Session) {
    let mut text = HEADERS[header].to_owned();
    for (number, &shape) in shapes.iter().enumerate() {
        text.push_str(&SHAPES[shape].replace("{}", &number.to_string()));
    }
    let file = parsed(&text);
    let mut session = Session::new();
    let mut types = types.iter().cycle().map(|&at| TYPES[at]);
    let names: Vec<(String, usize)> = file
        .source
        .functions
        .iter()
        .filter(|function| !function.is_lambda())
        .map(|function| (function.qualname.clone(), function.parameters.len()))
        .collect();
    for (qualname, count) in names {
        let calls: Vec<Vec<&str>> =
            (0..2).map(|_| types.by_ref().take(count + 1).collect()).collect();
        let calls: Vec<&[&str]> = calls.iter().map(Vec::as_slice).collect();
        session.call(&file.source, &qualname, &calls);
    }
    (text, session)
}

/// Everything of a file but its annotations, lines and imports.
fn skeleton(text: &str) -> Vec<String> {
    let source = SourceModule::parse(text).unwrap();
    let parameter =
        |it: &crate::source::DefinedParameter| format!("{}{:?}{:?}", it.name, it.kind, it.default);
    let function = |it: &crate::source::DefinedFunction| {
        let parameters: Vec<String> = it.parameters.iter().map(parameter).collect();
        format!("{} {:?} {parameters:?} {:?} {:?}", it.qualname, it.kind, it.body, it.class)
    };
    source.functions.iter().map(function).collect()
}

proptest! {
    #[test]
    fn annotating_adds_annotations_and_nothing_else(
        header in 0..HEADERS.len(),
        shapes in prop::collection::vec(0..SHAPES.len(), 1..6),
        types in prop::collection::vec(0..TYPES.len(), 1..12),
        crlf in any::<bool>(),
    ) {
        let (text, session) = session_of(header, &shapes, &types);
        let text = if crlf { text.replace('\n', "\r\n") } else { text };
        let file = parsed(&text);
        let project = Project::new(&session.0, std::slice::from_ref(&file));
        let annotated = annotate(&project, &file, 1).unwrap();
        prop_assert_eq!(skeleton(&annotated.text), skeleton(&text));
        if crlf {
            prop_assert_eq!(annotated.text.matches('\n').count(), annotated.text.matches("\r\n").count());
        }
        let again = parsed(&annotated.text);
        let project = Project::new(&session.0, std::slice::from_ref(&again));
        let twice = annotate(&project, &again, 1).unwrap();
        // Where lines were added at the top, nothing is at its place any more.
        prop_assert_eq!(twice.text, annotated.text);
        prop_assert!(stub(&project, &again, 1).is_ok());
    }
}
