//! What people write who do not program, and what they are told: a script for each mistake in the folder `mistakes`, and beside it
//! what is said, with the line and a mark under the place. `LEADBOX_REWRITE=1` writes anew what is said, to be read before it is kept.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::scoring::LoadError;

/// Words of the language that scripts are written in. Who writes rules does not know them.
const INTERNAL: [&str; 21] = [
    "Fn",
    "anon$",
    "closure",
    "i64",
    "f64",
    "INT",
    "FLOAT",
    "bool",
    "()",
    "Dynamic",
    "ImmutableString",
    "&str",
    "engine",
    "rhai",
    "Rhai",
    "AST",
    "Syntax",
    "token",
    "expression",
    "operator",
    "variable",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/scoring/rules/tests/mistakes")
}

/// Every mistake with its line and a mark under the place.
fn told(script: &str) -> String {
    let LoadError { mistakes } = match RuleSet::load(script) {
        Ok(rules) => return format!("fine: {rules:?}\n"),
        Err(wrong) => wrong,
    };
    let shown = mistakes.iter().map(|mistake| format!("{mistake}\n{}\n", mistake.shown(script)));
    shown.map(|one| format!("{}\n", one.trim_end())).collect()
}

#[test]
fn every_mistake_is_told_with_its_place_and_what_to_write() {
    let rewrite = std::env::var_os("LEADBOX_REWRITE").is_some();
    let mut scripts: Vec<PathBuf> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rhai"))
        .collect();
    scripts.sort();
    assert!(scripts.len() >= 50, "{} mistakes are few", scripts.len());
    let mut different = Vec::new();
    for path in scripts {
        let (script, expected) = (fs::read_to_string(&path).unwrap(), path.with_extension("txt"));
        let told = told(&script);
        assert!(!told.starts_with("fine"), "{}: {told}", path.display());
        let says: String = told.lines().filter(|line| !script.contains(*line)).collect();
        for word in INTERNAL {
            let is_internal = says.contains(word) && !script.contains(word);
            assert!(!is_internal, "{} is told of '{word}': {says}", path.display());
        }
        if rewrite {
            fs::write(&expected, &told).unwrap();
        } else if fs::read_to_string(&expected).unwrap_or_default() != told {
            different.push(format!("{}\n{told}", expected.display()));
        }
    }
    assert!(different.is_empty(), "told otherwise than expected:\n{}", different.join("\n"));
}

#[test]
fn a_name_that_a_script_gave_to_a_list_is_held_against_what_there_is() {
    let script = "let near = [\"DE\", \"Austria\"];\nrule(\"a\", 5, |lead| lead.country in near);";
    let says = "line 2, character 37: write \"AT\" instead of \"Austria\"";
    assert_eq!(RuleSet::load(script).unwrap_err().to_string(), says);
}

#[test]
fn everything_is_told_at_once() {
    let script = "rule(\"a\", |lead| lead.title, |lead| true);\n\
                  signal(\"b\", \"call\", 5).when(|it| it.minutes > 3 && it.at > 3);\n\
                  test(\"c\", #{}, |it| it.score);";
    let says = "line 1, character 23: the points have to be a number, and this is a text; \
                line 2, character 58: this compares a moment with a number, which is never so: ask how long ago it was, such as days_since(lead.created_at) < 14; \
                line 3, character 24: this has to be yes or no, and it is a number: compare it with something, or ask is_known(...) of it";
    assert_eq!(RuleSet::load(script).unwrap_err().to_string(), says);
}
