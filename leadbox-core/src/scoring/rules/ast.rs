//! From the script's own tree to ours. Owns all contact with what Rhai parses a closure into; what it does not know becomes
//! [`What::Other`], and nothing else depends on it.

use std::collections::BTreeSet;

use rhai::{
    AST, ASTFlags, ASTNode, Dynamic, Expr, FnCallExpr, FnPtr, ImmutableString, Position, Stmt,
};

use super::loader::absent;
use super::plan::{Imported, Script};
use super::question::{Part, What};

/// The functions that a script defines under a name.
pub(super) fn functions(ast: &AST) -> BTreeSet<String> {
    ast.iter_functions().map(|one| one.name.to_owned()).collect()
}

/// What a closure asks; none when its body is not found.
pub(super) fn question(script: &Script, closure: &FnPtr) -> Option<Part> {
    let Script { ast, imported, .. } = script;
    let captured: Vec<Dynamic> =
        closure.iter_curry().map(|value| value.clone().flatten()).collect();
    let function = ast.shared_lib().get_script_fn(closure.fn_name(), captured.len() + 1)?;
    let names = Names { params: &function.params, captured: &captured, imported };
    let body = function.body.start_position();
    let mut found = None;
    // The body's own type has no name outside of its crate, so it is found by where it begins.
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        if let ([ASTNode::Stmt(statement)], None) = (path, &found)
            && begins_at(statement, body)
        {
            found = Some(names.statement(statement));
        }
        found.is_none()
    });
    found
}

fn begins_at(statement: &Stmt, at: Position) -> bool {
    let inner = match statement {
        Stmt::Expr(expression) => expression.start_position() == at || expression.position() == at,
        _ => false,
    };
    inner || statement.position() == at
}

/// What the names within a closure stand for.
struct Names<'n> {
    params: &'n [ImmutableString],
    captured: &'n [Dynamic],
    imported: &'n Imported,
}

impl Names<'_> {
    fn statement(&self, statement: &Stmt) -> Part {
        let at = statement.position();
        let what = match statement {
            Stmt::Expr(expression) => return self.part(expression),
            Stmt::FnCall(call, at) => return self.call(call, *at, None),
            Stmt::Return(Some(expression), ..) => return self.part(expression),
            Stmt::If(choice, _) => {
                let branch = |statements: &[Stmt]| match statements {
                    [one] => Some(self.statement(one)),
                    _ => None,
                };
                match (branch(choice.body.statements()), branch(choice.branch.statements())) {
                    (Some(then), Some(otherwise)) => {
                        What::If(Box::new([self.part(&choice.expr), then, otherwise]))
                    }
                    _ => What::Other(vec![self.part(&choice.expr)]),
                }
            }
            Stmt::Assignment(_) => What::Change,
            _ => What::Other(Vec::new()),
        };
        Part { what, at }
    }

    fn part(&self, expression: &Expr) -> Part {
        let at = expression.position();
        let parts = |list: &[Expr]| list.iter().map(|one| self.part(one)).collect();
        let what = match expression {
            Expr::DynamicConstant(value, _) => What::Value((**value).clone()),
            Expr::BoolConstant(value, _) => What::Value((*value).into()),
            Expr::IntegerConstant(value, _) => What::Value((*value).into()),
            Expr::FloatConstant(value, _) => What::Value((**value).into()),
            Expr::CharConstant(value, _) => What::Value((*value).into()),
            Expr::StringConstant(value, _) => What::Value(value.clone().into()),
            Expr::Unit(_) => What::Value(Dynamic::UNIT),
            Expr::Array(list, _) => match self.values(list) {
                Some(values) => What::Value(Dynamic::from_array(values)),
                None => What::List(parts(list)),
            },
            Expr::Variable(variable, ..) if variable.2.is_empty() => self.named(&variable.1),
            Expr::Variable(variable, ..) => self.read_from(&variable.2.to_string(), &variable.1),
            Expr::And(list, _) => What::All(parts(list)),
            Expr::Or(list, _) => What::Any(parts(list)),
            Expr::Coalesce(list, _) => What::Other(parts(list)),
            Expr::InterpolatedString(list, _) => What::Other(parts(list)),
            Expr::FnCall(call, at) => return self.call(call, *at, None),
            Expr::Dot(pair, flags, _) if !flags.contains(ASTFlags::NEGATED) => {
                return self.behind(self.part(&pair.lhs), &pair.rhs);
            }
            Expr::Index(pair, ..) => What::Other(vec![self.part(&pair.lhs), self.part(&pair.rhs)]),
            Expr::Stmt(block) => match block.statements() {
                [one] => return self.statement(one),
                many => What::Other(many.iter().map(|one| self.statement(one)).collect()),
            },
            _ => What::Other(Vec::new()),
        };
        Part { what, at }
    }

    /// The values of a list in which there is nothing else.
    fn values(&self, list: &[Expr]) -> Option<rhai::Array> {
        let value = |one: &Expr| match self.part(one).what {
            What::Value(value) => Some(value),
            _ => None,
        };
        list.iter().map(value).collect()
    }

    fn named(&self, name: &str) -> What {
        match self.params.iter().position(|param| param == name) {
            Some(place) => match self.captured.get(place) {
                Some(value) => What::Value(value.clone()),
                None => What::Subject,
            },
            None => What::Other(Vec::new()),
        }
    }

    /// A value of an imported file.
    fn read_from(&self, alias: &str, name: &str) -> What {
        match self.imported.get(alias).map(|values| values.get(name)) {
            Some(Some(value)) => What::Value(value.clone()),
            _ => What::Unnamed(absent(self.imported, alias, name)),
        }
    }

    /// What stands behind a dot.
    fn behind(&self, owner: Part, expression: &Expr) -> Part {
        match expression {
            Expr::Property(property, at) => {
                Part { what: What::Field(Box::new(owner), property.2.clone()), at: *at }
            }
            Expr::MethodCall(call, at) => self.call(call, *at, Some(owner)),
            Expr::Dot(pair, flags, _) if !flags.contains(ASTFlags::NEGATED) => {
                self.behind(self.behind(owner, &pair.lhs), &pair.rhs)
            }
            other => Part { what: What::Other(vec![owner]), at: other.position() },
        }
    }

    fn call(&self, call: &FnCallExpr, at: Position, owner: Option<Part>) -> Part {
        let given = call.args.iter().map(|one| self.part(one));
        let of: Vec<Part> = owner.into_iter().chain(given).collect();
        let what = if call.is_qualified() {
            What::Unnamed(format!(
                "write {0} without ::, and without its file: only values are read from files",
                call.name
            ))
        } else {
            let is_operator = call.is_operator_call();
            What::Call { name: call.name.clone(), of, is_operator }
        };
        Part { what, at }
    }
}
