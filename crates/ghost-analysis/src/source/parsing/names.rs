//! Statements that bind names: assignments, aliases, patterns.
//!
//! Keeps the value of a plain assignment as a possible alias; every other target is only known to
//! be bound.

use ruff_python_ast::visitor::Visitor;
use ruff_python_ast::{Expr, ExprDictComp, Pattern, StmtAnnAssign, StmtAssign, StmtTypeAlias};

use super::super::Binding;
use super::{Walker, expressions};

impl<'a> Walker<'a> {
    pub(super) fn assign(&mut self, assign: &'a StmtAssign) {
        self.visit_expr(&assign.value);
        for target in &assign.targets {
            match target {
                Expr::Name(name) => {
                    let value = expressions::convert(&assign.value);
                    self.bind(name.id.as_str(), Binding::Alias(value));
                }
                _ => self.visit_expr(target),
            }
        }
    }

    pub(super) fn annotated_assign(&mut self, assign: &'a StmtAnnAssign) {
        self.visit_annotation(&assign.annotation);
        if let Some(value) = &assign.value {
            self.visit_expr(value);
        }
        match &*assign.target {
            Expr::Name(name) => {
                let annotation = expressions::convert(&assign.annotation);
                let value = assign.value.as_deref().map(expressions::convert);
                self.bind(name.id.as_str(), Binding::Annotated { annotation, value });
            }
            target => self.visit_expr(target),
        }
    }

    pub(super) fn type_alias(&mut self, alias: &'a StmtTypeAlias) {
        let Expr::Name(name) = &*alias.name else { return };
        let is_generic = alias.type_params.is_some();
        let value = expressions::convert(&alias.value);
        // The parameters of a generic alias are out of sight where it is used.
        let binding = if is_generic { Binding::Other } else { Binding::Alias(value) };
        self.bind(name.id.as_str(), binding);
    }
}

/// `{key: value for …}`; the key is missing in `{**value for …}`.
pub(super) fn visit_dict_comprehension<'a>(walker: &mut Walker<'a>, dict: &'a ExprDictComp) {
    let value: &'a Expr = &dict.value;
    match dict.key.as_deref() {
        Some(key) => walker.comprehension(&dict.generators, &[key, value], false),
        None => walker.comprehension(&dict.generators, &[value], false),
    }
}

/// The name that a pattern itself binds.
pub(super) fn bound_by_pattern(pattern: &Pattern) -> Option<&str> {
    let name = match pattern {
        Pattern::MatchMapping(mapping) => mapping.rest.as_ref(),
        Pattern::MatchStar(star) => star.name.as_ref(),
        Pattern::MatchAs(capture) => capture.name.as_ref(),
        _ => None,
    };
    name.map(ruff_python_ast::Identifier::as_str)
}
