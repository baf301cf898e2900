//! From statements to the items of a stub.
//!
//! Blocks whose condition nobody knows are taken as if all of them ran; the first definition of a
//! name then counts.

use ruff_python_ast::{
    Decorator, Expr, Operator, Stmt, StmtAnnAssign, StmtAssign, StmtClassDef, StmtFunctionDef,
    StmtIf, StmtImport, StmtImportFrom, StmtTry,
};
use ruff_text_size::{Ranged, TextRange};

use super::super::{Item, Skeleton};
use super::{shape, values};

/// Calls whose result is a type or a part of types.
const TYPE_MAKERS: [&str; 11] = [
    "TypeVar",
    "ParamSpec",
    "TypeVarTuple",
    "NewType",
    "namedtuple",
    "NamedTuple",
    "TypedDict",
    "TypeAliasType",
    "Enum",
    "IntEnum",
    "StrEnum",
];
/// Built-in types that take arguments in aliases.
const GENERICS: [&str; 6] = ["list", "dict", "set", "frozenset", "tuple", "type"];

/// Reads all statements.
pub(super) fn read(text: &str, suite: &[Stmt]) -> Skeleton {
    let mut reader = Reader { text, exported: Vec::new() };
    let items = reader.block(suite);
    Skeleton { items, exported: reader.exported }
}

struct Reader<'a> {
    text: &'a str,
    exported: Vec<String>,
}

impl Reader<'_> {
    fn block(&mut self, block: &[Stmt]) -> Vec<Item> {
        let mut items = Vec::new();
        for statement in block {
            self.statement(statement, &mut items);
        }
        items
    }

    fn statement(&mut self, statement: &Stmt, items: &mut Vec<Item>) {
        match statement {
            Stmt::Import(import) => items.extend(imports(import)),
            Stmt::ImportFrom(import) => items.extend(imports_from(import)),
            Stmt::FunctionDef(function) => items.push(self.function(function)),
            Stmt::ClassDef(class) => items.push(self.class(class)),
            Stmt::Assign(assign) => self.assign(assign, items),
            Stmt::AnnAssign(assign) => items.extend(self.annotated(assign)),
            Stmt::TypeAlias(alias) => {
                let name = values::path(&alias.name).unwrap_or_default();
                items.push(Item::Kept { name, text: self.written(alias.range) });
            }
            Stmt::If(branches) => self.branches(branches, items),
            Stmt::Try(attempt) => self.attempt(attempt, items),
            Stmt::With(with) => items.extend(self.block(&with.body)),
            _ => {}
        }
    }

    fn written(&self, range: TextRange) -> String {
        self.text.get(range.to_std_range()).unwrap_or_default().to_owned()
    }

    fn decorators(&self, decorators: &[Decorator]) -> Vec<String> {
        decorators.iter().map(|it| format!("@{}", self.written(it.expression.range()))).collect()
    }

    fn function(&self, function: &StmtFunctionDef) -> Item {
        let parameters = function.type_params.as_deref();
        Item::Function {
            name: function.name.as_str().to_owned(),
            offset: function.parameters.end().to_usize(),
            decorators: self.decorators(&function.decorator_list),
            type_parameters: parameters.map_or_else(String::new, |it| self.written(it.range)),
        }
    }

    fn class(&mut self, class: &StmtClassDef) -> Item {
        let name_end = class.name.end();
        let end = class.type_params.as_deref().map_or(name_end, Ranged::end);
        let end = class.arguments.as_deref().map_or(end, Ranged::end);
        Item::Class {
            name: class.name.as_str().to_owned(),
            decorators: self.decorators(&class.decorator_list),
            header: self.written(TextRange::new(class.name.start(), end)),
            body: self.block(&class.body),
        }
    }

    fn assign(&mut self, assign: &StmtAssign, items: &mut Vec<Item>) {
        for target in &assign.targets {
            match target {
                Expr::Name(name) => items.push(self.named(name.id.as_str(), assign)),
                Expr::Tuple(tuple) => {
                    let names = tuple.iter().filter_map(Expr::as_name_expr);
                    items.extend(names.map(|name| Item::Variable {
                        name: name.id.as_str().to_owned(),
                        annotation: None,
                        value: None,
                    }));
                }
                _ => {}
            }
        }
    }

    fn named(&mut self, name: &str, assign: &StmtAssign) -> Item {
        if name == "__all__" {
            self.exported.extend(strings(&assign.value));
        }
        let is_kept =
            matches!(name, "__all__" | "__slots__" | "__match_args__") || is_type(&assign.value);
        let name = name.to_owned();
        let text = self.written(assign.value.range());
        if is_kept {
            return Item::Kept { text: format!("{name} = {text}"), name };
        }
        Item::Variable { name, annotation: None, value: Some((values::value(&assign.value), text)) }
    }

    fn annotated(&self, assign: &StmtAnnAssign) -> Option<Item> {
        let name = assign.target.as_name_expr()?.id.as_str().to_owned();
        let annotation = self.written(assign.annotation.range());
        let last = annotation.rsplit('.').next().unwrap_or_default();
        if matches!(last, "TypeAlias" | "Final") {
            return Some(Item::Kept { name, text: self.written(assign.range) });
        }
        let value = assign.value.as_deref();
        let value = value.map(|value| (values::value(value), self.written(value.range())));
        Some(Item::Variable { name, annotation: Some(annotation), value })
    }

    fn branches(&mut self, branches: &StmtIf, items: &mut Vec<Item>) {
        if is_main_test(&branches.test) {
            return;
        }
        let mut rest = branches.elif_else_clauses.iter();
        if shape::is_type_checking(&branches.test) {
            items.extend(self.block(&branches.body));
            return;
        }
        if is_decided_by_checkers(&branches.test) && rest.len() < 2 {
            let body = self.block(&branches.body);
            let orelse = rest.next().map_or_else(Vec::new, |clause| self.block(&clause.body));
            items.push(Item::Branch { test: self.written(branches.test.range()), body, orelse });
            return;
        }
        let first = self.block(&branches.body);
        add_new(items, first);
        for clause in rest {
            let other = self.block(&clause.body);
            add_new(items, other);
        }
    }

    fn attempt(&mut self, attempt: &StmtTry, items: &mut Vec<Item>) {
        items.extend(self.block(&attempt.body));
        items.extend(self.block(&attempt.orelse));
        for handler in attempt.handlers.iter().filter_map(|it| it.as_except_handler()) {
            let other = self.block(&handler.body);
            add_new(items, other);
        }
        items.extend(self.block(&attempt.finalbody));
    }
}

/// Adds definitions of names that are not defined yet.
fn add_new(items: &mut Vec<Item>, more: Vec<Item>) {
    let known: Vec<String> = items.iter().filter_map(Item::name).map(ToOwned::to_owned).collect();
    let is_new = |item: &Item| item.name().is_none_or(|name| !known.iter().any(|it| it == name));
    items.extend(more.into_iter().filter(is_new));
}

fn imports(import: &StmtImport) -> Vec<Item> {
    let item = |alias: &ruff_python_ast::Alias| {
        let module = alias.name.as_str();
        let first = module.split('.').next().unwrap_or(module);
        let (bound, text) = match &alias.asname {
            Some(name) => (name.as_str(), format!("import {module} as {name}")),
            None => (first, format!("import {module}")),
        };
        let exporting = if module.contains('.') && alias.asname.is_none() {
            text.clone()
        } else {
            format!("import {module} as {bound}")
        };
        Item::Import { bound: bound.to_owned(), text, exporting }
    };
    import.names.iter().map(item).collect()
}

fn imports_from(import: &StmtImportFrom) -> Vec<Item> {
    let dots = ".".repeat(import.level as usize);
    let module = format!("{dots}{}", import.module.as_ref().map_or("", |name| name.as_str()));
    // Stubs are never evaluated.
    if module == "__future__" {
        return Vec::new();
    }
    let item = |alias: &ruff_python_ast::Alias| {
        let name = alias.name.as_str();
        let bound = alias.asname.as_ref().map_or(name, |it| it.as_str());
        let plain = format!("from {module} import {name}");
        let exporting = format!("{plain} as {bound}");
        let (text, exporting) = match (name, bound == name) {
            ("*", _) => (plain.clone(), plain),
            (_, true) => (plain, exporting),
            (_, false) => (exporting.clone(), exporting),
        };
        Item::Import { bound: bound.to_owned(), text, exporting }
    };
    import.names.iter().map(item).collect()
}

/// Whether the value is a type, or makes one.
fn is_type(value: &Expr) -> bool {
    match value {
        Expr::Call(call) => {
            let called = values::path(&call.func).unwrap_or_default();
            TYPE_MAKERS.contains(&called.rsplit('.').next().unwrap_or_default())
        }
        Expr::Subscript(subscript) => {
            let base = values::path(&subscript.value).unwrap_or_default();
            GENERICS.contains(&base.as_str()) || is_camel_case(&base)
        }
        Expr::BinOp(operation) if operation.op == Operator::BitOr => {
            [&operation.left, &operation.right]
                .into_iter()
                .all(|side| side.is_none_literal_expr() || is_type(side) || is_builtin_type(side))
        }
        _ => values::path(value).is_some_and(|path| is_camel_case(&path)),
    }
}

fn is_builtin_type(value: &Expr) -> bool {
    const NAMES: [&str; 7] = ["int", "str", "bytes", "float", "bool", "complex", "object"];
    value.as_name_expr().is_some_and(|name| {
        NAMES.contains(&name.id.as_str()) || GENERICS.contains(&name.id.as_str())
    })
}

/// `Path`, `typing.Union`; neither `PATH` nor `path`.
fn is_camel_case(path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or_default();
    last.starts_with(|c: char| c.is_ascii_uppercase())
        && last.contains(|c: char| c.is_ascii_lowercase())
}

fn is_main_test(test: &Expr) -> bool {
    let name = |side: &Expr| values::path(side).is_some_and(|path| path == "__name__");
    test.as_compare_expr().is_some_and(|it| name(&it.left) || it.comparators.iter().any(name))
}

/// Type checkers know the version and the platform.
fn is_decided_by_checkers(test: &Expr) -> bool {
    let left = test.as_compare_expr().map(|compare| &*compare.left);
    let left = left.map(|left| left.as_subscript_expr().map_or(left, |it| &*it.value));
    let path = left.and_then(values::path).unwrap_or_default();
    matches!(path.as_str(), "sys.version_info" | "sys.platform")
}

/// The texts of a list or tuple of texts.
fn strings(value: &Expr) -> Vec<String> {
    let elements: &[Expr] = match value {
        Expr::List(list) => &list.elts,
        Expr::Tuple(tuple) => &tuple.elts,
        _ => &[],
    };
    let text = |element: &Expr| Some(element.as_string_literal_expr()?.value.to_str().to_owned());
    elements.iter().filter_map(text).collect()
}
