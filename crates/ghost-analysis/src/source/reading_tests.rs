//! What is read from whole texts; the parts have their own tests.

use ghost_model::FunctionKind::{AsyncGenerator, Coroutine, Function, Generator};

use super::*;

fn read(text: &str) -> SourceModule {
    SourceModule::parse(text).unwrap()
}

fn listed(text: &str) -> Vec<(u32, String)> {
    read(text).functions.iter().map(|it| (it.line, it.qualname.clone())).collect()
}

#[test]
fn names_and_lines_are_those_of_cpython() {
    // Written down from `co_qualname` and `co_firstlineno` of CPython 3.13.
    let text = "\
@decorate(lambda: 1)
@other
def outer(a=lambda: 2):
    def inner(): return [lambda: 3 for _ in a]
    global shared
    def shared():
        def below(): pass
    class Local:
        def method[T](self): return (lambda: x for x in a)
    return inner
class Class:
    @property
    def name(self): pass
    class Inner:
        async def run(self): pass
";
    let expected = [
        (1, "<lambda>"),
        (1, "outer"),
        (3, "<lambda>"),
        (4, "outer.<locals>.inner"),
        (4, "outer.<locals>.inner.<locals>.<lambda>"),
        (6, "shared"),
        (7, "shared.<locals>.below"),
        (9, "outer.<locals>.Local.method"),
        (9, "outer.<locals>.Local.method.<locals>.<genexpr>.<lambda>"),
        (12, "Class.name"),
        (15, "Class.Inner.run"),
    ];
    let found = listed(text);
    let found: Vec<_> = found.iter().map(|(line, name)| (*line, name.as_str())).collect();
    assert_eq!(found, expected);
}

#[test]
fn parameters_stand_in_order_with_kind_annotation_and_default() {
    let module = read("def f(a, /, b: int = 3, *args: str, c: 'X | None' = None, **rest): ...");
    let function = &module.functions[0];
    let listed: Vec<_> = function
        .parameters
        .iter()
        .map(|it| (it.name.as_str(), it.kind, it.annotation.as_ref().map(|it| it.text.as_str())))
        .collect();
    assert_eq!(
        listed,
        [
            ("a", ParameterKind::PositionalOnly, None),
            ("b", ParameterKind::Plain, Some("int")),
            ("args", ParameterKind::VarPositional, Some("str")),
            ("c", ParameterKind::KeywordOnly, Some("X | None")),
            ("rest", ParameterKind::VarKeyword, None),
        ]
    );
    assert_eq!(function.parameters[1].default.as_deref(), Some("3"));
    assert!(function.parameters[3].default_is_none());
    assert_eq!(function.body, BodyShape::Empty);
}

#[test]
fn a_missing_annotation_has_a_place_to_go() {
    let text = "def f(self, *args, key=1) :\n    pass\n";
    let function = &read(text).functions[0];
    let offsets: Vec<_> = function.parameters.iter().map(|it| it.annotation_offset).collect();
    let before: Vec<_> = offsets.iter().map(|&offset| &text[..offset]).collect();
    assert_eq!(before, ["def f(self", "def f(self, *args", "def f(self, *args, key"]);
    assert_eq!(&text[..function.returns_offset.unwrap()], "def f(self, *args, key=1)");
}

#[test]
fn the_kind_comes_from_the_bodys_own_yields() {
    let text = "\
def plain():
    def inner(): yield 1
    return (x for x in inner())
def generator(): x = yield
async def coroutine(): return [await y for y in []]
async def both(): yield 1
def holds_lambda(): return lambda: (yield)
";
    let kinds: Vec<_> = read(text).functions.iter().map(|it| it.kind).collect();
    let expected = [Function, Generator, Generator, Coroutine, AsyncGenerator, Function, Generator];
    assert_eq!(kinds, expected);
}

#[test]
fn decorators_and_bodies_say_what_never_runs() {
    let text = "\
class Shape:
    @abc.abstractmethod
    def area(self): ...
    @typing.overload
    def size(self): ...
    def scale(self):
        'Documented.'
        raise NotImplementedError('no')
if TYPE_CHECKING:
    def hidden(): return 1
else:
    def shown(): return 1
";
    let functions = read(text).functions;
    assert!(functions[0].is_abstract() && functions[1].is_overload());
    assert_eq!(functions[0].class.as_deref(), Some("Shape"));
    assert_eq!(functions[2].body, BodyShape::NotImplemented);
    let hidden: Vec<_> = functions.iter().map(|it| it.is_type_checking).collect();
    assert_eq!(hidden, [false, false, false, true, false]);
}

#[test]
fn names_are_looked_up_as_python_does() {
    let text = "\
from a import X
class C:
    X = 1
    def method(self):
        def inner(): pass
";
    let module = read(text);
    let import = Binding::Import { module: "a".into(), name: "X".into() };
    let scope_of = |name: &str| module.functions.iter().find(|it| it.name() == name).unwrap().scope;
    // In the class body its own name is seen, in functions below it is not.
    let in_class = module.lookup(scope_of("method"), "X").unwrap();
    assert!(matches!(in_class.1, [Binding::Alias(_)]));
    assert_eq!(module.lookup(scope_of("inner"), "X").unwrap(), (ScopeId::MODULE, &[import][..]));
    assert_eq!(module.lookup(scope_of("inner"), "int"), None);
}

#[test]
fn a_function_is_found_by_its_line_or_by_its_only_name() {
    let module = read("def a(): pass\nif x:\n    def b(): 1\nelse:\n    def b(): 2\n");
    assert_eq!(module.function("b", 5).unwrap().line, 5);
    assert_eq!(module.function("a", 90).unwrap().line, 1);
    assert_eq!(module.function("b", 90), None);
    assert_eq!(module.function("c", 1), None);
}

#[test]
fn what_is_no_python_is_an_error_with_its_line() {
    let error = SourceModule::parse("x = 1\ndef (:\n").unwrap_err();
    assert_eq!(error.line, 2);
}

#[test]
fn no_file_is_too_deep() {
    let sum = "1+".repeat(100_000);
    let dots = ".b".repeat(100_000);
    let choices = "int|".repeat(100_000);
    let text = format!("x = {sum}1\ny = a{dots}\ndef f(a: {choices}str): pass\n");
    assert_eq!(read(&text).functions.len(), 1);
    let nested = format!("x = {}1{}\n", "(".repeat(50_000), ")".repeat(50_000));
    let _ = SourceModule::parse(&nested);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "(?s).{0,200}") {
        let _ = SourceModule::parse(&text);
    }

    #[test]
    fn no_program_like_text_makes_it_panic(
        tokens in proptest::collection::vec(
            proptest::sample::select(&[
                "def", "f", "(", ")", ":", "\n", "    ", "class", "lambda", "x", ",", "[", "]",
                "for", "in", "=", "->", "'a'", "*", "**", "@", "yield", "async", "global", "type",
            ][..]),
            0..60,
        ),
    ) {
        let _ = SourceModule::parse(&tokens.join(" "));
    }
}
