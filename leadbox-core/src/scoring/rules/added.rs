//! Functions that a host adds to what scripts can use. Owns how plain Rust functions become words of the vocabulary: what they are given,
//! what becomes of what is not known, and that nothing gets out of them but an answer.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rhai::{Dynamic, Engine, EvalAltResult};

use super::super::reference::{Word, WordKind};
use super::fault::refusal;
use super::unknown::{Unknown, is_unknown};
use super::vocabulary::is_taken;
use crate::error::Invalid;

/// What scripts can use beside what LeadBox gives them: functions of a host's own.
///
/// A function is *pure*: the same values have the same answer, always and in every process; it asks no clock, no database and nobody
/// else, and is fast. What it is given and gives are texts (`String`), numbers (`f64`, `i64`), yes or no (`bool`) and lists of texts
/// (`Vec<String>`). Where something is not known, it is not asked, and its answer is not known either; one that takes an `Option` is
/// asked, and one that gives an `Option` may say that it does not know. Should it panic, the rule is faulty, and says so on the card.
///
/// ```
/// use leadbox_core::scoring::{Loader, Vocabulary};
///
/// let added = Vocabulary::default()
///     .function("is_long", |text: String| text.len() > 20)?
///     .function("is_near", |country: String, city: Option<String>| country == "DE" || city.is_none())?;
/// let script = "rule(\"A long name\", 5, |lead| is_long(lead.name));";
/// let rules = Loader::default().vocabulary(&added).load(script)?;
/// assert!(rules.runs()[0].interpreted.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Vocabulary {
    functions: BTreeMap<String, Added>,
}

/// A function as scripts call it.
#[derive(Clone)]
pub(super) struct Added {
    name: Arc<str>,
    pub(super) takes: Vec<Sort>,
    pub(super) gives: Sort,
    call: Call,
}

impl fmt::Debug for Added {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Added {
    /// The most values that a function takes.
    pub(super) const MOST: usize = 3;

    /// What it answers, whatever becomes of it.
    ///
    /// # Errors
    /// What is said of it where it does not: what it was given is of another kind, or it failed.
    pub(super) fn answer(&self, values: &[Dynamic]) -> Result<Dynamic, Box<EvalAltResult>> {
        let Self { name, call, .. } = self;
        // It is given values of its own, and what it leaves behind when it panics is nobody's but its own.
        match catch_unwind(AssertUnwindSafe(|| call(values))) {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(says)) => Err(refusal(format!("`{name}` {says}"))),
            Err(_) => {
                Err(refusal(format!("`{name}` failed: whoever runs this program can tell why")))
            }
        }
    }
}

/// Answers; refuses where what it is given is of another kind.
pub(super) type Call = Arc<dyn Fn(&[Dynamic]) -> Result<Dynamic, String> + Send + Sync>;

/// What kind of value a function takes or gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sort {
    /// A text.
    Text,
    /// A number.
    Number,
    /// Yes or no.
    YesOrNo,
    /// A list of texts.
    Texts,
}

impl Sort {
    pub(super) fn in_words(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number => "a number",
            Self::YesOrNo => "yes or no",
            Self::Texts => "a list of texts",
        }
    }

    /// Its name in a definition file.
    fn defined(self) -> &'static str {
        match self {
            Self::Text => "String",
            Self::Number => "float",
            Self::YesOrNo => "bool",
            Self::Texts => "Array",
        }
    }
}

impl fmt::Debug for Vocabulary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.functions.keys()).finish()
    }
}

impl Vocabulary {
    /// With a function under a name of small letters, digits and `_`.
    ///
    /// # Errors
    /// `name`, when it is none, or means something already.
    pub fn function<A>(
        mut self,
        name: &str,
        function: impl RuleFunction<A>,
    ) -> Result<Self, Invalid> {
        let is_plain = |one: char| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '_';
        let begins = name.starts_with(|one: char| one.is_ascii_lowercase());
        if !begins || !name.chars().all(is_plain) || name.len() > 60 {
            let says = format!("'{name}' is no name of small letters, digits and _");
            return Err(Invalid::one("name", says));
        }
        if is_taken(name) || self.functions.contains_key(name) {
            return Err(Invalid::one("name", format!("'{name}' means something already")));
        }
        let (takes, gives) = function.sorts();
        let added = Added { name: name.into(), takes, gives, call: function.call() };
        self.functions.insert(name.to_owned(), added);
        Ok(self)
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.functions.is_empty()
    }

    #[cfg(feature = "compiled")]
    pub(super) fn named(&self, name: &str) -> Option<&Added> {
        self.functions.get(name)
    }

    /// The names of what was added.
    #[cfg(feature = "compiled")]
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.functions.keys().map(String::as_str)
    }

    /// What was added, as it is told to whoever writes scripts.
    pub(in crate::scoring) fn told(&self) -> impl Iterator<Item = Word> {
        self.functions.iter().map(|(name, added)| {
            let takes: Vec<&str> = added.takes.iter().map(|sort| sort.in_words()).collect();
            let takes = takes.join(", ");
            let kinds = added.takes.iter().enumerate();
            let kinds: Vec<String> =
                kinds.map(|(n, sort)| format!("value_{}: {}", n + 1, sort.defined())).collect();
            Word {
                kind: WordKind::Added,
                name: name.clone().into(),
                written: format!("{name}({takes})").into(),
                signature: format!("({}) -> {}", kinds.join(", "), added.gives.defined()).into(),
                about: format!("Gives {}.", added.gives.in_words()).into(),
            }
        })
    }

    /// Lets scripts call what was added.
    pub(super) fn register(&self, engine: &mut Engine) {
        for (name, added) in &self.functions {
            let (arity, added) = (added.takes.len(), added.clone());
            let asked = move |values: &[Dynamic]| added.answer(values);
            match arity {
                1 => engine.register_fn(name, move |a: Dynamic| asked(&[a])),
                2 => engine.register_fn(name, move |a: Dynamic, b: Dynamic| asked(&[a, b])),
                _ => engine
                    .register_fn(name, move |a: Dynamic, b: Dynamic, c: Dynamic| asked(&[a, b, c])),
            };
        }
    }
}

/// A function of a host: one that takes one to three values, each a `String`, `f64`, `i64`, `bool`, `Vec<String>` or an `Option` of
/// one, and gives such a value.
pub trait RuleFunction<A>: sealed::Function<A> {}

impl<A, F: sealed::Function<A>> RuleFunction<A> for F {}

mod sealed {
    use rhai::{Array, Dynamic, ImmutableString};

    use super::super::numbers::number;
    use super::{Arc, Call, Sort, Unknown, is_unknown};

    /// The longest text that a function gives, in bytes, and the longest list.
    const LONGEST: usize = 4096;
    const MOST: usize = 1000;

    pub trait Function<A>: Send + Sync + 'static {
        fn sorts(&self) -> (Vec<Sort>, Sort);
        fn call(self) -> Call;
    }

    /// What becomes of a value that is to be given to a function.
    pub enum Took<T> {
        Value(T),
        NotKnown,
        OfAnotherKind,
    }

    pub trait Taken: Sized {
        const SORT: Sort;
        fn take(value: &Dynamic) -> Took<Self>;
    }

    pub trait Given {
        const SORT: Sort;
        /// The value as scripts hold it; none where it is more than a script may hold.
        fn give(self) -> Option<Dynamic>;
    }

    fn took<T>(value: &Dynamic, read: impl FnOnce(&Dynamic) -> Option<T>) -> Took<T> {
        match read(value) {
            _ if is_unknown(value) => Took::NotKnown,
            Some(value) => Took::Value(value),
            None => Took::OfAnotherKind,
        }
    }

    fn text(value: &Dynamic) -> Option<String> {
        value.as_immutable_string_ref().ok().map(|text| text.to_string())
    }

    impl Taken for String {
        const SORT: Sort = Sort::Text;
        fn take(value: &Dynamic) -> Took<Self> {
            took(value, text)
        }
    }

    impl Taken for f64 {
        const SORT: Sort = Sort::Number;
        fn take(value: &Dynamic) -> Took<Self> {
            took(value, number)
        }
    }

    impl Taken for i64 {
        const SORT: Sort = Sort::Number;
        fn take(value: &Dynamic) -> Took<Self> {
            took(value, |value| value.as_int().ok())
        }
    }

    impl Taken for bool {
        const SORT: Sort = Sort::YesOrNo;
        fn take(value: &Dynamic) -> Took<Self> {
            took(value, |value| value.as_bool().ok())
        }
    }

    impl Taken for Vec<String> {
        const SORT: Sort = Sort::Texts;
        fn take(value: &Dynamic) -> Took<Self> {
            took(value, |value| value.read_lock::<Array>()?.iter().map(text).collect())
        }
    }

    impl<T: Taken> Taken for Option<T> {
        const SORT: Sort = T::SORT;
        fn take(value: &Dynamic) -> Took<Self> {
            match T::take(value) {
                Took::Value(value) => Took::Value(Some(value)),
                Took::NotKnown => Took::Value(None),
                Took::OfAnotherKind => Took::OfAnotherKind,
            }
        }
    }

    impl Given for String {
        const SORT: Sort = Sort::Text;
        fn give(self) -> Option<Dynamic> {
            (self.len() <= LONGEST).then(|| ImmutableString::from(self).into())
        }
    }

    impl Given for f64 {
        const SORT: Sort = Sort::Number;
        fn give(self) -> Option<Dynamic> {
            self.is_finite().then(|| self.into())
        }
    }

    impl Given for i64 {
        const SORT: Sort = Sort::Number;
        fn give(self) -> Option<Dynamic> {
            Some(self.into())
        }
    }

    impl Given for bool {
        const SORT: Sort = Sort::YesOrNo;
        fn give(self) -> Option<Dynamic> {
            Some(self.into())
        }
    }

    impl Given for Vec<String> {
        const SORT: Sort = Sort::Texts;
        fn give(self) -> Option<Dynamic> {
            if self.len() > MOST {
                return None;
            }
            let texts: Option<Array> = self.into_iter().map(Given::give).collect();
            texts.map(Dynamic::from_array)
        }
    }

    impl<T: Given> Given for Option<T> {
        const SORT: Sort = T::SORT;
        fn give(self) -> Option<Dynamic> {
            self.map_or_else(|| Some(Dynamic::from(Unknown)), Given::give)
        }
    }

    macro_rules! function {
        ($($kind:ident = $name:ident),+) => {
            impl<F, R, $($kind),+> Function<($($kind,)+)> for F
            where
                F: Fn($($kind),+) -> R + Send + Sync + 'static,
                R: Given,
                $($kind: Taken,)+
            {
                fn sorts(&self) -> (Vec<Sort>, Sort) {
                    (vec![$($kind::SORT),+], R::SORT)
                }

                fn call(self) -> Call {
                    Arc::new(move |values| {
                        let [$($name),+] = values else {
                            return Err("is given too much or too little".to_owned());
                        };
                        $(let $name = match $kind::take($name) {
                            Took::Value(value) => value,
                            Took::NotKnown => return Ok(Dynamic::from(Unknown)),
                            Took::OfAnotherKind => {
                                return Err(format!("wants {} here", $kind::SORT.in_words()));
                            }
                        };)+
                        let too_much = || "gives more than a script can hold".to_owned();
                        self($($name),+).give().ok_or_else(too_much)
                    })
                }
            }
        };
    }

    function!(A = a);
    function!(A = a, B = b);
    function!(A = a, B = b, C = c);
}
