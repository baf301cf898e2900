//! Functions, lambdas and classes.

use ghost_model::FunctionKind;
use ruff_python_ast::visitor::Visitor;
use ruff_python_ast::{
    AnyParameterRef, Expr, ExprLambda, Parameters, Stmt, StmtClassDef, StmtFunctionDef,
};
use ruff_text_size::Ranged;

use super::super::{
    Binding, DefinedClass, DefinedFunction, DefinedParameter, Field, ParameterKind, ScopeKind,
};
use super::{BlockKind, Walker, expressions, flow, shape};

impl<'a> Walker<'a> {
    pub(super) fn function(&mut self, function: &'a StmtFunctionDef) {
        for decorator in &function.decorator_list {
            self.visit_decorator(decorator);
        }
        let index = self.module.functions.len();
        let name = function.name.as_str();
        self.bind(name, Binding::Function(index));
        let qualname = self.qualname(name);
        let generic = self.open_type_parameters(function.type_params.as_deref());
        let defined = self.defined_function(function, qualname.clone());
        self.module.functions.push(defined);
        self.visit_parameters(&function.parameters);
        let yields = self.body(qualname, Some(&function.parameters), |walker| {
            walker.visit_body(&function.body);
        });
        self.close_type_parameters(generic);
        self.set_kind(index, kind(function.is_async, yields));
    }

    fn defined_function(&self, function: &StmtFunctionDef, qualname: String) -> DefinedFunction {
        let first = function.decorator_list.first().map_or(function.start(), Ranged::start);
        let returns = function.returns.as_deref();
        DefinedFunction {
            qualname,
            line: self.lines.number(first),
            line_def: self.lines.number(function.name.start()),
            line_last: self.lines.number(function.end()),
            parameters: self.parameters(&function.parameters),
            returns: returns
                .map(|returns| expressions::annotation(self.text, &self.lines, returns)),
            returns_offset: Some(function.parameters.end().to_usize()),
            decorators: self.decorators(&function.decorator_list),
            kind: FunctionKind::Function,
            body: shape::of_body(&function.body),
            flow: flow::of_body(&function.body, &self.lines),
            scope: self.scope(),
            class: self.enclosing_class(),
            is_type_checking: self.is_type_checking,
        }
    }

    fn enclosing_class(&self) -> Option<String> {
        let block = self.blocks.last()?;
        (block.kind == BlockKind::Class).then(|| block.qualname.clone())
    }

    pub(super) fn lambda(&mut self, lambda: &'a ExprLambda) {
        let index = self.module.functions.len();
        let qualname = self.qualname("<lambda>");
        let parameters = lambda.parameters.as_deref();
        self.module.functions.push(DefinedFunction {
            qualname: qualname.clone(),
            line: self.lines.number(lambda.start()),
            line_def: self.lines.number(lambda.start()),
            line_last: self.lines.number(lambda.end()),
            parameters: parameters.map_or_else(Vec::new, |list| self.parameters(list)),
            returns: None,
            returns_offset: None,
            decorators: Vec::new(),
            kind: FunctionKind::Function,
            body: super::super::BodyShape::Code,
            flow: super::super::Flow::default(),
            scope: self.scope(),
            class: None,
            is_type_checking: self.is_type_checking,
        });
        if let Some(parameters) = parameters {
            self.visit_parameters(parameters);
        }
        let yields = self.body(qualname, parameters, |walker| walker.visit_expr(&lambda.body));
        self.set_kind(index, kind(false, yields));
    }

    /// Walks the body of a function in a scope of its own; returns whether it yields.
    fn body(
        &mut self,
        qualname: String,
        parameters: Option<&Parameters>,
        walk: impl FnOnce(&mut Self),
    ) -> bool {
        let scope = self.add_scope(ScopeKind::Function, Some(self.scope()));
        self.open(scope, qualname, BlockKind::Function);
        for parameter in parameters.into_iter().flat_map(Parameters::iter) {
            self.bind(parameter.name().as_str(), Binding::Other);
        }
        walk(self);
        self.blocks.pop().is_some_and(|block| block.yields)
    }

    fn set_kind(&mut self, index: usize, kind: FunctionKind) {
        if let Some(function) = self.module.functions.get_mut(index) {
            function.kind = kind;
        }
    }

    fn parameters(&self, parameters: &Parameters) -> Vec<DefinedParameter> {
        let mut defined: Vec<(usize, DefinedParameter)> = Vec::new();
        for parameter in parameters {
            let inner = parameter.as_parameter();
            let annotation = inner.annotation.as_deref();
            defined.push((
                inner.start().to_usize(),
                DefinedParameter {
                    name: inner.name.as_str().to_owned(),
                    kind: parameter_kind(parameters, parameter),
                    annotation: annotation
                        .map(|it| expressions::annotation(self.text, &self.lines, it)),
                    default: parameter.default().map(|value| self.written(value)),
                    annotation_offset: inner.name.end().to_usize(),
                },
            ));
        }
        defined.sort_by_key(|(start, _)| *start);
        defined.into_iter().map(|(_, parameter)| parameter).collect()
    }

    fn written(&self, node: &impl Ranged) -> String {
        self.text.get(node.range().to_std_range()).unwrap_or_default().to_owned()
    }

    fn decorators(
        &self,
        decorators: &[ruff_python_ast::Decorator],
    ) -> Vec<super::super::Decorator> {
        decorators.iter().map(|it| expressions::decorator(&self.lines, it)).collect()
    }

    pub(super) fn class(&mut self, class: &'a StmtClassDef) {
        for decorator in &class.decorator_list {
            self.visit_decorator(decorator);
        }
        let index = self.module.classes.len();
        let name = class.name.as_str();
        self.bind(name, Binding::Class(index));
        let qualname = self.qualname(name);
        let generic = self.open_type_parameters(class.type_params.as_deref());
        let scope = self.scope();
        let body = self.add_scope(ScopeKind::Class, Some(scope));
        self.module.classes.push(DefinedClass {
            scope,
            body,
            ..self.defined_class(class, qualname.clone())
        });
        if let Some(arguments) = class.arguments.as_deref() {
            self.visit_arguments(arguments);
        }
        self.open(body, qualname, BlockKind::Class);
        self.visit_body(&class.body);
        self.blocks.pop();
        self.close_type_parameters(generic);
    }

    fn defined_class(&self, class: &StmtClassDef, qualname: String) -> DefinedClass {
        let first = class.decorator_list.first().map_or(class.start(), Ranged::start);
        let keywords = class.arguments.iter().flat_map(|arguments| arguments.keywords.iter());
        let metaclass = keywords
            .clone()
            .find(|keyword| keyword.arg.as_ref().is_some_and(|name| name.as_str() == "metaclass"));
        let bases = class.bases();
        DefinedClass {
            qualname,
            line: self.lines.number(first),
            line_last: self.lines.number(class.end()),
            bases: bases.iter().map(expressions::convert).collect(),
            metaclass: metaclass.map(|keyword| expressions::convert(&keyword.value)),
            is_open: bases.iter().any(Expr::is_starred_expr)
                || keywords.clone().any(|keyword| keyword.arg.is_none()),
            decorators: self.decorators(&class.decorator_list),
            fields: class.body.iter().filter_map(|it| self.field(it)).collect(),
            scope: self.scope(),
            body: self.scope(),
            is_type_checking: self.is_type_checking,
        }
    }

    fn field(&self, statement: &Stmt) -> Option<Field> {
        let assign = statement.as_ann_assign_stmt()?;
        Some(Field {
            name: assign.target.as_name_expr()?.id.as_str().to_owned(),
            annotation: expressions::annotation(self.text, &self.lines, &assign.annotation),
            default: assign.value.as_deref().map(|value| self.written(value)),
        })
    }
}

fn kind(is_async: bool, yields: bool) -> FunctionKind {
    match (is_async, yields) {
        (false, false) => FunctionKind::Function,
        (false, true) => FunctionKind::Generator,
        (true, false) => FunctionKind::Coroutine,
        (true, true) => FunctionKind::AsyncGenerator,
    }
}

fn parameter_kind(parameters: &Parameters, parameter: AnyParameterRef<'_>) -> ParameterKind {
    let start = parameter.as_parameter().start();
    let is_in = |list: &[ruff_python_ast::ParameterWithDefault]| {
        list.iter().any(|other| other.parameter.start() == start)
    };
    let is = |other: Option<&ruff_python_ast::Parameter>| {
        other.is_some_and(|other| other.start() == start)
    };
    match () {
        () if is(parameters.vararg.as_deref()) => ParameterKind::VarPositional,
        () if is(parameters.kwarg.as_deref()) => ParameterKind::VarKeyword,
        () if is_in(&parameters.posonlyargs) => ParameterKind::PositionalOnly,
        () if is_in(&parameters.kwonlyargs) => ParameterKind::KeywordOnly,
        () => ParameterKind::Plain,
    }
}
