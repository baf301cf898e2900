//! From text to a [`SourceModule`]: parses, then walks the tree once.
//!
//! This folder alone uses the parser's crates; nothing of their types leaves it.

mod bodies;
mod deep_stack;
mod definitions;
mod ending;
mod expressions;
mod flow;
mod header;
mod names;
mod positions;
mod shape;
mod skeleton;
mod unchecked;
mod values;

use ruff_python_ast::visitor::Visitor;
use ruff_python_ast::{
    Comprehension, ExceptHandler, Expr, ModModule, Pattern, Stmt, StmtIf, StmtImport,
    StmtImportFrom, TypeParam, TypeParams, visitor,
};
use ruff_python_parser::{Parsed, parse_module};

use self::positions::Lines;
use super::{Binding, Outline, Scope, ScopeId, ScopeKind, Skeleton, SourceError, SourceModule};

/// Levels of statements and expressions that are walked; what lies deeper is not listed. People
/// write tens, generators of code hundreds.
const DEPTH_MAX: u16 = 1_000;

/// Parses a file and lists what it defines.
pub(super) fn parse(text: &str) -> Result<SourceModule, SourceError> {
    deep_stack::with(|| {
        let parsed = read(text)?;
        let mut walker = Walker::new(text, Lines::of(text));
        walker.visit_body(parsed.suite());
        let (lines_unchecked, is_unchecked) = unchecked::lines(text);
        Ok(SourceModule { lines_unchecked, is_unchecked, ..walker.module })
    })
}

/// Parses a file and outlines it.
pub(super) fn outline(text: &str) -> Result<Outline, SourceError> {
    deep_stack::with(|| {
        let parsed = read(text)?;
        let header = header::find(text, parsed.suite());
        let mut outline = Outline { header, ..Outline::default() };
        bodies::collect(text, parsed.suite(), &mut outline);
        Ok(outline)
    })
}

/// Parses a file and leaves out its bodies.
pub(super) fn skeleton(text: &str) -> Result<Skeleton, SourceError> {
    deep_stack::with(|| Ok(skeleton::read(text, read(text)?.suite())))
}

fn read(text: &str) -> Result<Parsed<ModModule>, SourceError> {
    parse_module(text).map_err(|error| SourceError {
        line: Lines::of(text).number(error.location.start()),
        message: error.error.to_string(),
    })
}

/// What is known at one place of the tree while it is walked.
struct Walker<'a> {
    text: &'a str,
    lines: Lines,
    module: SourceModule,
    /// Blocks around the current place, outermost first; the first is the module.
    blocks: Vec<Block>,
    /// Whether the current place is under `if TYPE_CHECKING:`.
    is_type_checking: bool,
    /// Levels of statements and expressions around it.
    depth: u16,
}

/// A block around the current place.
struct Block {
    scope: ScopeId,
    /// Qualified name of the function or class; empty for the module.
    qualname: String,
    kind: BlockKind,
    /// Names that `global` gives to the module.
    globals: Vec<String>,
    /// Whether a `yield` was seen in it.
    yields: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum BlockKind {
    Module,
    Class,
    Function,
    /// Has a code object of its own, but its names begin no `<locals>`.
    Generator,
}

impl<'a> Walker<'a> {
    fn new(text: &'a str, lines: Lines) -> Self {
        let mut walker = Self {
            text,
            lines,
            module: SourceModule::default(),
            blocks: Vec::new(),
            is_type_checking: false,
            depth: 0,
        };
        let scope = walker.add_scope(ScopeKind::Module, None);
        walker.open(scope, String::new(), BlockKind::Module);
        walker
    }

    fn add_scope(&mut self, kind: ScopeKind, parent: Option<ScopeId>) -> ScopeId {
        let id = ScopeId(self.module.scopes.len());
        self.module.scopes.push(Scope {
            kind,
            parent,
            bindings: std::collections::HashMap::new(),
            star_imports: Vec::new(),
        });
        id
    }

    fn open(&mut self, scope: ScopeId, qualname: String, kind: BlockKind) {
        self.blocks.push(Block { scope, qualname, kind, globals: Vec::new(), yields: false });
    }

    /// The innermost scope.
    fn scope(&self) -> ScopeId {
        self.blocks.last().map_or(ScopeId::MODULE, |block| block.scope)
    }

    /// What `CPython` would call a function or class of this name here.
    fn qualname(&self, name: &str) -> String {
        match self.blocks.last() {
            Some(block) if block.globals.iter().any(|global| global == name) => name.to_owned(),
            Some(block) if block.kind == BlockKind::Function => {
                format!("{}.<locals>.{name}", block.qualname)
            }
            Some(block) if block.kind != BlockKind::Module => {
                format!("{}.{name}", block.qualname)
            }
            _ => name.to_owned(),
        }
    }

    fn bind(&mut self, name: &str, binding: Binding) {
        let global =
            self.blocks.last().is_some_and(|block| block.globals.iter().any(|g| g == name));
        let scope = if global { ScopeId::MODULE } else { self.scope() };
        if let Some(scope) = self.module.scopes.get_mut(scope.0) {
            scope.bindings.entry(name.to_owned()).or_default().push(binding);
        }
    }

    fn import(&mut self, import: &StmtImport) {
        for alias in &import.names {
            let module = alias.name.as_str();
            self.module.imports.push(module.to_owned());
            let first = module.split('.').next().unwrap_or(module);
            match &alias.asname {
                Some(name) => self.bind(name.as_str(), Binding::Module(module.to_owned())),
                None => self.bind(first, Binding::Module(first.to_owned())),
            }
        }
    }

    fn import_from(&mut self, import: &StmtImportFrom) {
        let dots = ".".repeat(import.level as usize);
        let module = format!("{dots}{}", import.module.as_ref().map_or("", |name| name.as_str()));
        self.module.imports.push(module.clone());
        for alias in &import.names {
            let name = alias.name.as_str();
            if name == "*" {
                let scope = self.scope();
                if let Some(scope) = self.module.scopes.get_mut(scope.0) {
                    scope.star_imports.push(module.clone());
                }
                continue;
            }
            let bound = alias.asname.as_ref().map_or(name, |name| name.as_str());
            self.bind(bound, Binding::Import { module: module.clone(), name: name.to_owned() });
        }
    }

    fn branches(&mut self, statement: &'a StmtIf) {
        self.visit_expr(&statement.test);
        let before = self.is_type_checking;
        self.is_type_checking = before || shape::is_type_checking(&statement.test);
        self.visit_body(&statement.body);
        self.is_type_checking = before;
        for clause in &statement.elif_else_clauses {
            self.visit_elif_else_clause(clause);
        }
    }

    /// A comprehension: its targets are its own, and a generator expression is a code object.
    fn comprehension(
        &mut self,
        generators: &'a [Comprehension],
        elements: &[&'a Expr],
        own_code: bool,
    ) {
        let (outer, inner) = match generators.split_first() {
            Some((first, rest)) => (Some(first), rest),
            None => (None, generators),
        };
        if let Some(first) = outer {
            self.visit_expr(&first.iter);
        }
        let scope = self.add_scope(ScopeKind::Function, Some(self.scope()));
        let (qualname, kind) = match self.blocks.last() {
            _ if own_code => (self.qualname("<genexpr>"), BlockKind::Generator),
            Some(block) => (block.qualname.clone(), block.kind),
            None => (String::new(), BlockKind::Module),
        };
        self.open(scope, qualname, kind);
        if let Some(first) = outer {
            self.visit_expr(&first.target);
            for test in &first.ifs {
                self.visit_expr(test);
            }
        }
        for generator in inner {
            self.visit_comprehension(generator);
        }
        for element in elements {
            self.visit_expr(element);
        }
        self.blocks.pop();
    }

    /// Opens the scope of `[T]`, if there is one. Returns what [`Self::close_type_parameters`] wants.
    fn open_type_parameters(&mut self, parameters: Option<&'a TypeParams>) -> bool {
        let Some(parameters) = parameters else { return false };
        let scope = self.add_scope(ScopeKind::TypeParameters, Some(self.scope()));
        let (qualname, kind) = match self.blocks.last() {
            Some(block) => (block.qualname.clone(), block.kind),
            None => (String::new(), BlockKind::Module),
        };
        self.open(scope, qualname, kind);
        for parameter in &parameters.type_params {
            let (name, bound) = match parameter {
                TypeParam::TypeVar(variable) => (&variable.name, variable.bound.as_deref()),
                TypeParam::TypeVarTuple(variable) => (&variable.name, None),
                TypeParam::ParamSpec(variable) => (&variable.name, None),
            };
            let bound = bound.map(expressions::convert);
            self.bind(name.as_str(), Binding::TypeParameter(bound));
        }
        true
    }

    fn close_type_parameters(&mut self, opened: bool) {
        if opened {
            self.blocks.pop();
        }
    }

    fn statement(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => self.function(function),
            Stmt::ClassDef(class) => self.class(class),
            Stmt::Import(import) => self.import(import),
            Stmt::ImportFrom(import) => self.import_from(import),
            Stmt::Assign(assign) => self.assign(assign),
            Stmt::AnnAssign(assign) => self.annotated_assign(assign),
            Stmt::TypeAlias(alias) => self.type_alias(alias),
            Stmt::If(branches) => self.branches(branches),
            Stmt::Global(global) => {
                let names = global.names.iter().map(|name| name.as_str().to_owned());
                if let Some(block) = self.blocks.last_mut() {
                    block.globals.extend(names);
                }
            }
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn expression(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Lambda(lambda) => self.lambda(lambda),
            Expr::Name(name) if !name.ctx.is_load() => self.bind(name.id.as_str(), Binding::Other),
            Expr::Yield(_) | Expr::YieldFrom(_) => {
                if let Some(block) = self.blocks.last_mut() {
                    block.yields = true;
                }
                visitor::walk_expr(self, expression);
            }
            Expr::Attribute(attribute) if attribute.attr.as_str() == "register" => {
                self.module.registering.extend(expressions::dotted(&attribute.value));
                visitor::walk_expr(self, expression);
            }
            Expr::ListComp(list) => self.comprehension(&list.generators, &[&list.elt], false),
            Expr::SetComp(set) => self.comprehension(&set.generators, &[&set.elt], false),
            Expr::DictComp(dict) => names::visit_dict_comprehension(self, dict),
            Expr::Generator(items) => self.comprehension(&items.generators, &[&items.elt], true),
            _ => visitor::walk_expr(self, expression),
        }
    }
}

impl<'a> Visitor<'a> for Walker<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if self.depth < DEPTH_MAX {
            self.depth += 1;
            self.statement(statement);
            self.depth -= 1;
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if self.depth < DEPTH_MAX {
            self.depth += 1;
            self.expression(expression);
            self.depth -= 1;
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(inner) = handler;
        if let Some(name) = &inner.name {
            self.bind(name.as_str(), Binding::Other);
        }
        visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        if let Some(name) = names::bound_by_pattern(pattern) {
            self.bind(name, Binding::Other);
        }
        visitor::walk_pattern(self, pattern);
    }
}
