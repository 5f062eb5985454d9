//! From the script's own tree to ours. Owns all contact with what Rhai parses a closure into; what it does not know becomes
//! [`What::Other`], and nothing else depends on it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::slice;
use std::sync::Arc;

use rhai::{
    AST, ASTFlags, ASTNode, BinaryExpr, Dynamic, Expr, FlowControl, FnCallExpr, ImmutableString,
    Module, Position, Stmt,
};

use super::call::Body;
use super::loader::absent;
use super::plan::Script;
use super::question::{Part, What};

/// The functions that a script defines under a name.
pub(super) fn functions(ast: &AST) -> BTreeSet<String> {
    ast.iter_functions().map(|one| one.name.to_owned()).collect()
}

/// The names of what a function or closure is given, and the statements of which it consists; none when there is no such.
pub(super) fn body(
    ast: &AST,
    name: &str,
    given: usize,
) -> Option<(Vec<ImmutableString>, Vec<Stmt>)> {
    let function = ast.shared_lib().get_script_fn(name, given)?;
    let (mut alone, mut statements) = (Module::new(), Vec::new());
    alone.set_script_fn(Arc::clone(function));
    // A body's own type has no name outside of its crate, so it is walked over.
    AST::new([], alone).walk(&mut |path: &[ASTNode<'_>]| {
        if let [ASTNode::Stmt(statement)] = path {
            statements.push((*statement).clone());
        }
        true
    });
    Some((function.params.to_vec(), statements))
}

/// What a closure asks.
pub(super) fn question(script: &Script, body: &Body) -> Part {
    let captured = body.captured.iter();
    let captured = captured.map(|(name, value)| (name, Meaning::Value(value.clone().flatten())));
    let names = captured.chain([(&body.about, Meaning::Subject)]);
    let names = names.map(|(name, meaning)| (name.clone(), meaning)).collect();
    let (known, zero) = (RefCell::new(names), || Cell::new(0));
    Names { script, known, begin: zero(), numbers: zero(), calls: zero() }
        .steps(&body.statements, Stands::Last)
}

/// The most calls of a script's own functions of which one question is put together; what calls itself has no end.
const MOST_CALLS: usize = 64;

/// What the names within a closure stand for.
struct Names<'n> {
    script: &'n Script,
    /// All that are given, the innermost last.
    known: RefCell<Vec<(ImmutableString, Meaning)>>,
    /// Where those begin that are known: a function knows none of those where it is called.
    begin: Cell<usize>,
    /// How many names have numbers.
    numbers: Cell<usize>,
    /// How many calls of the script's own functions were put in place of these.
    calls: Cell<usize>,
}

/// What a name stands for.
#[derive(Clone, Debug)]
enum Meaning {
    /// What is asked about.
    Subject,
    /// A value that stands in the script.
    Value(Dynamic),
    /// One that is worked out, and the number of its name.
    Named(usize),
    /// Nobody can say what.
    Changing,
}

/// Whether this returns no value but stops with one as an error.
fn is_error(flags: ASTFlags) -> bool {
    flags.contains(ASTFlags::BREAK)
}

/// Where a statement stands: what is returned ends the whole closure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stands {
    /// What it says is what the closure says.
    Last,
    /// Something goes on with what it says.
    Within,
}

impl Names<'_> {
    /// Steps of which the last has the answer: those before it give names to values, or answer at once in some cases. From a step on
    /// for which there is no shape it is only known what is asked.
    fn steps(&self, statements: &[Stmt], stands: Stands) -> Part {
        let (first, rest) = match statements {
            [] => return Part { what: What::Other(Vec::new()), at: Position::NONE },
            [last] => return self.statement(last, stands),
            [first, rest @ ..] => (first, rest),
        };
        let at = first.position();
        match first {
            Stmt::Var(named, ..) => {
                let value = self.part(&named.1);
                self.with(named.0.name.clone(), value, || self.steps(rest, stands))
            }
            Stmt::If(choice, _) if choice.branch.statements().is_empty() => {
                match choice.body.statements() {
                    [then @ Stmt::Return(Some(_), flags, _)]
                        if !is_error(*flags) && stands == Stands::Last =>
                    {
                        let then = self.statement(then, stands);
                        let parts = [self.part(&choice.expr), then, self.steps(rest, stands)];
                        Part { what: What::If(Box::new(parts)), at }
                    }
                    _ => self.shapeless(statements),
                }
            }
            _ => self.shapeless(statements),
        }
    }

    fn statement(&self, statement: &Stmt, stands: Stands) -> Part {
        let at = statement.position();
        let what = match statement {
            Stmt::Expr(expression) => return self.part(expression),
            Stmt::FnCall(call, at) => return self.call(call, *at, None),
            Stmt::Return(Some(expression), flags, _)
                if !is_error(*flags) && stands == Stands::Last =>
            {
                return self.part(expression);
            }
            Stmt::If(choice, _) if !choice.branch.statements().is_empty() => {
                let steps = |statements| self.steps(statements, stands);
                let (then, otherwise) = (&choice.body, &choice.branch);
                What::If(Box::new([
                    self.part(&choice.expr),
                    steps(then.statements()),
                    steps(otherwise.statements()),
                ]))
            }
            Stmt::Assignment(_) => What::Change,
            Stmt::Block(block) => return self.steps(block.statements(), stands),
            _ => return self.shapeless(slice::from_ref(statement)),
        };
        Part { what, at }
    }

    /// Statements for which there is no shape: all that is asked in them, whatever comes of it.
    fn shapeless(&self, statements: &[Stmt]) -> Part {
        let at = statements.first().map_or(Position::NONE, Stmt::position);
        let (mut parts, outside) = (Vec::new(), self.known.borrow().clone());
        // They may change whatever has a name.
        for (_, meaning) in self.known.borrow_mut().iter_mut().skip(self.begin.get()) {
            if !matches!(meaning, Meaning::Subject) {
                *meaning = Meaning::Changing;
            }
        }
        for statement in statements {
            match statement {
                Stmt::Var(named, ..) => {
                    parts.push(self.part(&named.1));
                    self.changing(&named.0.name);
                }
                Stmt::If(choice, _) | Stmt::While(choice, _) | Stmt::Do(choice, ..) => {
                    parts.extend(self.choice(choice));
                }
                Stmt::For(repeated, _) => {
                    let (each, count, choice) = &**repeated;
                    let inside = self.known.borrow().len();
                    self.changing(&each.name);
                    if let Some(count) = count {
                        self.changing(&count.name);
                    }
                    parts.extend(self.choice(choice));
                    self.known.borrow_mut().truncate(inside);
                }
                Stmt::Switch(chosen, _) => {
                    let (of, cases) = &**chosen;
                    let cases = cases.expressions.iter();
                    let cases = cases.flat_map(|case| [self.part(&case.lhs), self.part(&case.rhs)]);
                    parts.push(self.part(of));
                    parts.extend(cases);
                }
                Stmt::Assignment(change) => {
                    let BinaryExpr { lhs, rhs } = &change.1;
                    parts.push(self.part(rhs));
                    if !matches!(lhs, Expr::Variable(..)) {
                        parts.push(Part { what: What::Change, at: statement.position() });
                    }
                }
                Stmt::Return(Some(said), ..) => parts.push(self.part(said)),
                Stmt::Block(block) => parts.push(self.shapeless(block.statements())),
                Stmt::Expr(said) => parts.push(self.part(said)),
                Stmt::FnCall(call, at) => parts.push(self.call(call, *at, None)),
                _ => {}
            }
        }
        self.known.replace(outside);
        Part { what: What::Other(parts), at }
    }

    fn choice(&self, choice: &FlowControl) -> [Part; 3] {
        let FlowControl { expr, body, branch } = choice;
        [self.part(expr), self.shapeless(body.statements()), self.shapeless(branch.statements())]
    }

    /// From here on this is a name of which nobody can say what it stands for.
    fn changing(&self, name: &ImmutableString) {
        self.known.borrow_mut().push((name.clone(), Meaning::Changing));
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
            Expr::Stmt(block) => return self.steps(block.statements(), Stands::Within),
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

    /// What is said where a name stands for a value.
    fn with(&self, name: ImmutableString, value: Part, rest: impl FnOnce() -> Part) -> Part {
        let meaning = match &value.what {
            What::Subject => Meaning::Subject,
            What::Value(value) => Meaning::Value(value.clone()),
            _ => Meaning::Named(self.numbers.replace(self.numbers.get() + 1)),
        };
        let number = match meaning {
            Meaning::Named(number) => Some(number),
            _ => None,
        };
        self.known.borrow_mut().push((name, meaning));
        let rest = rest();
        self.known.borrow_mut().pop();
        match number {
            Some(number) => {
                let at = value.at;
                Part { what: What::Let(number, Box::new([value, rest])), at }
            }
            None => rest,
        }
    }

    /// What a function of the script says of these; none when there is no such, or it is called too often.
    fn inlined(&self, name: &str, given: &[Part]) -> Option<Part> {
        let (params, statements) = body(&self.script.ast, name, given.len())?;
        if self.calls.replace(self.calls.get() + 1) >= MOST_CALLS {
            return None;
        }
        let outside = self.known.borrow().len();
        Some(self.given(&params, given, &|| {
            let before = self.begin.replace(outside);
            let said = self.steps(&statements, Stands::Last);
            self.begin.set(before);
            said
        }))
    }

    /// What is said where each of these names stands for one of these values.
    fn given(&self, names: &[ImmutableString], values: &[Part], rest: &dyn Fn() -> Part) -> Part {
        match (names, values) {
            ([name, names @ ..], [value, values @ ..]) => {
                self.with(name.clone(), value.clone(), || self.given(names, values, rest))
            }
            _ => rest(),
        }
    }

    fn named(&self, name: &str) -> What {
        let known = self.known.borrow();
        let mut visible = known.iter().skip(self.begin.get()).rev();
        let meaning = visible.find(|(known, _)| known == name);
        match meaning.map(|(_, meaning)| meaning.clone()) {
            Some(Meaning::Subject) => What::Subject,
            Some(Meaning::Value(value)) => What::Value(value),
            Some(Meaning::Named(number)) => What::Named(number),
            Some(Meaning::Changing) | None => What::Other(Vec::new()),
        }
    }

    /// A value of an imported file.
    fn read_from(&self, alias: &str, name: &str) -> What {
        match self.script.imported.get(alias).map(|values| values.get(name)) {
            Some(Some(value)) => What::Value(value.clone()),
            _ => What::Unnamed(absent(&self.script.imported, alias, name)),
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
        let is_method = owner.is_some();
        let given = call.args.iter().map(|one| self.part(one));
        let of: Vec<Part> = owner.into_iter().chain(given).collect();
        if !is_method
            && !call.is_qualified()
            && let Some(said) = self.inlined(&call.name, &of)
        {
            return said;
        }
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
