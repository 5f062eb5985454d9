//! The words that scripts can use. Owns their names, how declarations are written, and which word was meant by another; what each
//! means is its own module's.

use super::spelling::hint;

/// Everything that a script can call.
pub(in crate::scoring) const VOCABULARY: [&str; 41] = [
    "ruleset",
    "applies_to",
    "category",
    "priority",
    "rule",
    "signal",
    "test",
    "when",
    "half_life",
    "linear",
    "within",
    "cap",
    "for_industry",
    "is_known",
    "or",
    "has_any",
    "starts_with",
    "ends_with",
    "equals",
    "contains",
    "lower",
    "upper",
    "length",
    "between",
    "min",
    "max",
    "floor",
    "ceiling",
    "round",
    "abs",
    "minutes",
    "hours",
    "days",
    "weeks",
    "days_since",
    "hours_since",
    "date",
    "count",
    "last",
    "fired",
    "points",
];

/// How declarations and words are written whose brackets hold something else than they should.
pub(super) const WRITTEN: [(&str, &str); 14] = [
    ("ruleset", "ruleset(\"B2B\")"),
    ("applies_to", "applies_to(|lead| lead.industry == \"software\")"),
    ("category", "category(\"fit\", 60)"),
    ("priority", "priority(\"hot\", 75)"),
    ("rule", "rule(\"Has a phone number\", 5, |lead| is_known(lead.phone))"),
    (
        "test",
        "test(\"a gmail address is never hot\", #{ email: \"kim@gmail.com\" }, |r| r.priority != \"hot\")",
    ),
    ("signal", "signal(\"Opened an e-mail\", \"email_open\", 1)"),
    ("when", ".when(|it| it.path == \"/pricing\")"),
    ("half_life", ".half_life(days(14))"),
    ("linear", ".linear(days(60))"),
    ("cap", ".cap(10)"),
    ("for_industry", ".for_industry(\"education\", 5)"),
    ("between", "lead.employees.between(50, 249)"),
    ("count", "lead.count(\"page_view\", days(30))"),
];

/// Whether a name means something already, to scripts or to the language that they are written in.
pub(super) fn is_taken(name: &str) -> bool {
    VOCABULARY.contains(&name)
        || [
            "category",
            "lead",
            "in",
            "if",
            "else",
            "let",
            "const",
            "fn",
            "for",
            "while",
            "loop",
            "do",
            "until",
            "return",
            "throw",
            "try",
            "catch",
            "switch",
            "true",
            "false",
            "import",
            "export",
            "as",
            "global",
            "private",
            "this",
            "call",
            "curry",
            "eval",
            "print",
            "debug",
            "type_of",
            "is_shared",
            "is_def_fn",
            "is_def_var",
            "break",
            "continue",
            "static",
            "shared",
            "with",
            "goto",
            "exit",
            "match",
            "case",
            "public",
            "protected",
            "new",
            "use",
            "module",
            "package",
            "var",
            "super",
            "spawn",
            "thread",
            "go",
            "sync",
            "async",
            "await",
            "yield",
            "default",
            "void",
            "null",
            "nil",
        ]
        .contains(&name)
}

/// What is said of a word that is none; none of one that is. `added` are words of the host's own.
#[cfg(feature = "compiled")]
pub(super) fn unnamed<'w>(name: &str, added: impl Iterator<Item = &'w str>) -> Option<String> {
    (!VOCABULARY.contains(&name)).then(|| no_word(name, added))
}

/// The same of one that is known to be none.
pub(super) fn no_word<'w>(name: &str, added: impl Iterator<Item = &'w str>) -> String {
    match OTHER_NAMES.iter().find(|(other, _)| *other == name) {
        Some((_, ours)) => format!("there is no '{name}': did you mean '{ours}'?"),
        None => format!("there is no '{name}'{}", hint(name, VOCABULARY.into_iter().chain(added))),
    }
}

/// What other languages call our words.
const OTHER_NAMES: [(&str, &str); 12] = [
    ("has", "has_any"),
    ("includes", "has_any"),
    ("one_of", "has_any"),
    ("is_one_of", "has_any"),
    ("len", "length"),
    ("size", "length"),
    ("lowercase", "lower"),
    ("uppercase", "upper"),
    ("exists", "is_known"),
    ("is_empty", "is_known"),
    ("ceil", "ceiling"),
    ("default", "or"),
];
