//! What scripts may use. Owns the engine: only the vocabulary, nothing that reads files, clocks or chance, and an end to everything.

use std::cell::Cell;
use std::time::{Duration, Instant};

use rhai::packages::{ArithmeticPackage, LogicPackage, Package};
use rhai::{Array, Dynamic, Engine, OptimizationLevel};

use super::{card_value, interaction_value, lead_value, moments, numbers, unknown, words};

/// The longest script, in bytes.
pub(super) const LONGEST_SCRIPT: usize = 256 * 1024;
/// The most steps of one question, or of loading.
const MOST_STEPS: u64 = 100_000;
/// The longest that one question may take, or loading: far more than the steps take, unless something is wrong with a host's own
/// functions.
const LONGEST: Duration = Duration::from_secs(2);
/// The clock is looked at after so many steps.
const LOOKS: u64 = 64;
/// The longest text, in bytes.
const LONGEST_TEXT: usize = 4096;
/// The most entries of a list.
const MOST_ENTRIES: usize = 1000;

thread_local! {
    /// When what this thread works on began, if it takes long enough to matter.
    static BEGAN: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// An engine that knows the vocabulary and nothing else.
pub(super) fn engine() -> Engine {
    let mut engine = Engine::new_raw();
    ArithmeticPackage::new().register_into_engine(&mut engine);
    LogicPackage::new().register_into_engine(&mut engine);
    engine.register_iterator::<Array>();
    unknown::register(&mut engine);
    words::register(&mut engine);
    numbers::register(&mut engine);
    moments::register(&mut engine);
    lead_value::register(&mut engine);
    interaction_value::register(&mut engine);
    card_value::register(&mut engine);
    limit(&mut engine);
    engine
}

fn limit(engine: &mut Engine) {
    engine.set_strict_variables(true);
    // What is asked is asked as it is written: `x && true` still wants yes or no of x.
    engine.set_optimization_level(OptimizationLevel::None);
    for word in ["eval", "import", "print", "debug"] {
        engine.disable_symbol(word);
    }
    engine.set_max_modules(0);
    engine.set_max_operations(MOST_STEPS);
    engine.set_max_call_levels(16);
    engine.set_max_expr_depths(64, 32);
    engine.set_max_functions(4000);
    engine.set_max_variables(200);
    engine.set_max_string_size(LONGEST_TEXT);
    engine.set_max_array_size(MOST_ENTRIES);
    engine.set_max_map_size(MOST_ENTRIES);
    // Interning takes a lock that all threads share.
    engine.set_max_strings_interned(0);
    engine.on_progress(|steps| {
        // Each question counts from one, and most are answered before anybody looks at a clock.
        if !steps.is_multiple_of(LOOKS) {
            return None;
        }
        if steps == LOOKS {
            BEGAN.set(Some(Instant::now()));
        }
        let is_late = BEGAN.get().is_some_and(|began| began.elapsed() > LONGEST);
        is_late.then_some(Dynamic::UNIT)
    });
}
