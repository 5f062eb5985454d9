//! Calling a closure. Owns what a thread keeps from one call to the next: which functions the names in a script stand for, which would
//! otherwise be looked up in every call. Knows nothing of what is asked, and of what is answered.

use std::cell::Cell;
use std::fmt;

use rhai::{
    AST, Caches, Dynamic, EvalAltResult, FnPtr, GlobalRuntimeState, ImmutableString, Scope, Stmt,
};
use thread_local::ThreadLocal;

use super::ast::body;
use super::plan::Script;

/// The most functions that are kept; more than any script names, unless it makes names up.
const MOST_KEPT: usize = 4096;

/// What a closure does, taken out of its script.
#[derive(Clone, Debug)]
pub(super) struct Body {
    /// The values that it took from around it, by their names.
    pub(super) captured: Box<[(ImmutableString, Dynamic)]>,
    /// Its name of what is asked about.
    pub(super) about: ImmutableString,
    pub(super) statements: Box<[Stmt]>,
}

/// What threads keep between calls into a script.
#[derive(Default)]
pub(super) struct Kept(ThreadLocal<Cell<Option<Box<Running>>>>);

/// A script as a thread runs it.
struct Running {
    state: GlobalRuntimeState,
    caches: Caches,
    scope: Scope<'static>,
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kept")
    }
}

impl Body {
    /// The body of a closure about one thing; none when it is not found.
    pub(super) fn of(ast: &AST, closure: &FnPtr) -> Option<Self> {
        let values: Vec<Dynamic> = closure.iter_curry().cloned().collect();
        let (params, statements) = body(ast, closure.fn_name(), values.len() + 1)?;
        let (about, names) = params.split_last()?;
        let captured = names.iter().cloned().zip(values).collect();
        Some(Self { captured, about: about.clone(), statements: statements.into() })
    }

    /// What it says of something.
    ///
    /// # Errors
    /// What running it ended with.
    pub(super) fn call(
        &self,
        script: &Script,
        about: Dynamic,
    ) -> Result<Dynamic, Box<EvalAltResult>> {
        // Whatever asks the same script meanwhile, and whatever comes after a panic, begins anew.
        let kept = script.kept.0.get_or_default();
        let mut running = kept.take().unwrap_or_else(|| Box::new(Running::new(script)));
        let answer = self.run(script, &mut running, about);
        if answer.is_ok() && !running.is_too_much() {
            kept.set(Some(running));
        }
        answer
    }

    #[expect(deprecated, reason = "whatever else runs statements begins with empty caches")]
    fn run(
        &self,
        script: &Script,
        Running { state, caches, scope }: &mut Running,
        about: Dynamic,
    ) -> Result<Dynamic, Box<EvalAltResult>> {
        state.num_operations = Default::default();
        for (name, value) in &self.captured {
            scope.push_dynamic(name.clone(), value.clone());
        }
        scope.push_dynamic(self.about.clone(), about);
        let answer = script.engine.eval_statements_raw(state, caches, scope, &self.statements);
        scope.clear();
        answer
    }
}

impl Running {
    fn new(script: &Script) -> Self {
        let mut state = script.engine.new_global_runtime_state();
        state.lib.push(script.ast.shared_lib().clone());
        // As deep as any function that is called.
        state.level = 1;
        Self { state, caches: Caches::new(), scope: Scope::new() }
    }

    fn is_too_much(&mut self) -> bool {
        self.caches.fn_resolution_cache_mut().dict.len() > MOST_KEPT
    }
}
