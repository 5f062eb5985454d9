//! What is not known. Owns its meaning in every operator: a comparison with it is false, whatever is worked out from it is not known
//! either; knows nothing of leads.

use rhai::{Dynamic, Engine};

/// The value of a field that is not known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unknown;

/// How authors read the type's name in messages.
pub(super) const NAME: &str = "something that is not known";

pub(super) const COMPARISONS: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];
const ARITHMETIC: [&str; 6] = ["+", "-", "*", "/", "%", "**"];

/// A value, or that there is none.
pub(super) fn known<T>(value: Option<T>, make: impl FnOnce(T) -> Dynamic) -> Dynamic {
    value.map_or_else(|| Dynamic::from(Unknown), make)
}

pub(super) fn is_unknown(value: &Dynamic) -> bool {
    value.is::<Unknown>()
}

pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Unknown>(NAME);
    for operator in COMPARISONS {
        engine.register_fn(operator, |_: Unknown, _: Unknown| false);
        engine.register_fn(operator, |_: Unknown, _: Dynamic| false);
        engine.register_fn(operator, |_: Dynamic, _: Unknown| false);
    }
    for operator in ARITHMETIC {
        engine.register_fn(operator, |_: Unknown, _: Unknown| Unknown);
        engine.register_fn(operator, |_: Unknown, _: Dynamic| Unknown);
        engine.register_fn(operator, |_: Dynamic, _: Unknown| Unknown);
    }
    engine.register_fn("!", |_: Unknown| Unknown);
    engine.register_fn("-", |_: Unknown| Unknown);
    engine.register_fn("+", |_: Unknown| Unknown);
    engine.register_fn("is_known", |value: Dynamic| !is_unknown(&value));
    engine.register_fn(
        "or",
        |value: Dynamic, other: Dynamic| {
            if is_unknown(&value) { other } else { value }
        },
    );
}
