//! What function bodies return, yield and assign.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, ExprYield, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::Ranged;

use super::super::{Body, DefaultValue, Outline, Stored, Value};
use super::{ending, values};

/// Methods of generators that iterators do not have.
const DRIVING: [&str; 6] = ["close", "throw", "send", "aclose", "athrow", "asend"];

/// Walks a file and fills in everything but the header.
pub(super) fn collect(text: &str, suite: &[Stmt], outline: &mut Outline) {
    let (open, methods) = (Vec::new(), Vec::new());
    let mut walker = Walker { outline, open, methods, annotation: None, text };
    walker.visit_body(suite);
}

/// A function around the current place.
struct Method {
    offset: usize,
    /// If it is a method: the names of its class and of its first parameter.
    object: Option<(String, String)>,
}

struct Walker<'a> {
    outline: &'a mut Outline,
    /// Bodies of the functions around the current place.
    open: Vec<Body>,
    /// The functions themselves.
    methods: Vec<Method>,
    /// Annotation of the attribute that is being assigned.
    annotation: Option<String>,
    text: &'a str,
}

impl Walker<'_> {
    fn class(&mut self, class: &StmtClassDef) {
        for statement in &class.body {
            if let Stmt::FunctionDef(method) = statement {
                let first = method.parameters.iter_non_variadic_params().next();
                let first = first.map(|it| it.name().as_str().to_owned());
                self.function(method, first.map(|first| (class.name.as_str().to_owned(), first)));
            } else {
                self.visit_stmt(statement);
            }
        }
    }

    fn function(&mut self, function: &StmtFunctionDef, method: Option<(String, String)>) {
        for parameter in function.parameters.iter_non_variadic_params() {
            if let Some(default) = parameter.default() {
                let default = DefaultValue {
                    offset: default.start().to_usize(),
                    value: values::value(default),
                };
                let offset = parameter.name().end().to_usize();
                self.outline.defaults.insert(offset, default);
            }
        }
        let falls_off = ending::is_reachable(&function.body);
        self.open.push(Body { falls_off, ..Body::default() });
        let offset = function.parameters.end().to_usize();
        self.methods.push(Method { offset, object: method });
        self.visit_body(&function.body);
        self.methods.pop();
        if let Some(body) = self.open.pop() {
            self.outline.bodies.insert(offset, body);
        }
    }

    fn assign(&mut self, target: &Expr, value: &Value) {
        match target {
            Expr::Name(name) => {
                if let Some(body) = self.open.last_mut() {
                    body.assigned.push((name.id.as_str().to_owned(), value.clone()));
                }
            }
            Expr::Attribute(attribute) => {
                let name = attribute.attr.as_str().to_owned();
                if let (Some(body), Value::Name(stored)) = (self.open.last_mut(), value) {
                    body.stored.push((name.clone(), stored.clone()));
                }
                let stored = Stored {
                    class: self.owner(&attribute.value),
                    value: value.clone(),
                    annotation: self.annotation.take(),
                    function: self.methods.last().map(|method| method.offset),
                };
                self.outline.attributes.entry(name).or_default().push(stored);
            }
            Expr::Tuple(tuple) => tuple.iter().for_each(|it| self.assign(it, &Value::Unknown)),
            Expr::List(list) => list.iter().for_each(|it| self.assign(it, &Value::Unknown)),
            Expr::Starred(starred) => self.assign(&starred.value, &Value::Builtin("list")),
            _ => {}
        }
    }

    /// The class whose object this is, where it is the first parameter of a method.
    fn owner(&self, object: &Expr) -> Option<String> {
        let name = object.as_name_expr()?.id.as_str();
        let (class, first) = self.methods.last()?.object.as_ref()?;
        (first == name).then(|| class.clone())
    }

    fn yielded(&mut self, expression: &ExprYield) {
        let inner = expression.value.as_deref();
        let value = inner.map_or(Value::Builtin("NoneType"), values::value);
        if let Some(body) = self.open.last_mut() {
            body.yields.push(value);
        }
        if let Some(inner) = inner {
            self.visit_expr(inner);
        }
    }

    fn returned(&mut self, value: Option<&Expr>) {
        let value = value.map_or(Value::Builtin("NoneType"), values::value);
        if let Some(body) = self.open.last_mut() {
            body.returns.push(value);
        }
    }
}

impl<'a> Visitor<'a> for Walker<'_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => return self.function(function, None),
            Stmt::ClassDef(class) => return self.class(class),
            Stmt::Return(returned) => self.returned(returned.value.as_deref()),
            Stmt::Assign(assign) => {
                let value = values::value(&assign.value);
                assign.targets.iter().for_each(|target| self.assign(target, &value));
            }
            Stmt::AugAssign(assign) => {
                let operation = ruff_python_ast::ExprBinOp {
                    node_index: ruff_python_ast::AtomicNodeIndex::default(),
                    range: assign.range,
                    left: assign.target.clone(),
                    op: assign.op,
                    right: assign.value.clone(),
                };
                self.assign(&assign.target, &values::value(&Expr::BinOp(operation)));
            }
            Stmt::AnnAssign(assign) => {
                let annotation = self.text.get(assign.annotation.range().to_std_range());
                if let Some(value) = &assign.value {
                    self.annotation = annotation.map(ToOwned::to_owned);
                    self.assign(&assign.target, &values::value(value));
                    self.annotation = None;
                }
            }
            Stmt::For(each) => self.assign(&each.target, &Value::Unknown),
            // A bare `yield` as a statement uses no value.
            Stmt::Expr(expression) => {
                if let Expr::Yield(inner) = &*expression.value {
                    return self.yielded(inner);
                }
            }
            _ => {}
        }
        visitor::walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Yield(inner) => {
                if let Some(body) = self.open.last_mut() {
                    body.receives = true;
                }
                return self.yielded(inner);
            }
            Expr::Named(named) => self.assign(&named.target, &values::value(&named.value)),
            // What a lambda yields or assigns is its own.
            Expr::Lambda(_) => return,
            Expr::Call(call) => {
                let called = values::path(&call.func);
                let compiles = |path: &str| matches!(path, "exec" | "eval" | "compile");
                let drives = |call: &ruff_python_ast::ExprCall| {
                    let method = call.func.as_attribute_expr().map(|it| it.attr.as_str());
                    method.is_some_and(|method| DRIVING.contains(&method))
                };
                self.outline.drives_generators |= drives(call);
                self.outline.header.compiles |= called.as_deref().is_some_and(compiles);
            }
            _ => {}
        }
        visitor::walk_expr(self, expression);
    }

    fn visit_with_item(&mut self, item: &'a ruff_python_ast::WithItem) {
        if let Some(target) = &item.optional_vars {
            self.assign(target, &Value::Unknown);
        }
        visitor::walk_with_item(self, item);
    }

    fn visit_except_handler(&mut self, handler: &'a ruff_python_ast::ExceptHandler) {
        let name = handler.as_except_handler().and_then(|inner| inner.name.as_ref());
        if let (Some(name), Some(body)) = (name, self.open.last_mut()) {
            body.assigned.push((name.as_str().to_owned(), Value::Unknown));
        }
        visitor::walk_except_handler(self, handler);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only_body(text: &str) -> Body {
        let outline = Outline::parse(text).unwrap();
        outline.bodies.into_values().next().unwrap()
    }

    #[test]
    fn returned_values_are_those_of_the_function_itself() {
        let body = only_body(
            "def f(x):\n  if x:\n    return\n  g = lambda: 5\n  return 'a' if x else [x]\n",
        );
        let strings = Value::Either(vec![Value::Builtin("str"), Value::Builtin("list")]);
        assert_eq!(body.returns, [Value::Builtin("NoneType"), strings]);
        assert!(!body.falls_off && !body.receives);
    }

    #[test]
    fn assignments_are_kept_with_what_they_assign() {
        let body = only_body(
            "def f(self, x, y):\n  x = x or 1\n  x += 1\n  self.a = x\n  for y in x: pass\n",
        );
        let names: Vec<(&str, &Value)> =
            body.assigned.iter().map(|(name, value)| (name.as_str(), value)).collect();
        let x = Value::Name("x".into());
        let either = Value::Either(vec![x.clone(), Value::Builtin("int")]);
        assert_eq!(names, [("x", &either), ("x", &x), ("y", &Value::Unknown)]);
        assert_eq!(body.stored, [("a".to_owned(), "x".to_owned())]);
        assert!(body.falls_off);
    }

    #[test]
    fn a_yield_receives_only_where_its_value_is_used() {
        assert!(!only_body("def f():\n  yield 1\n").receives);
        assert!(only_body("def f():\n  x = yield 1\n").receives);
    }
}
