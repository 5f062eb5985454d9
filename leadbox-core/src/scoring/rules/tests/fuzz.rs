//! Scripts that nobody would write: examples and mistakes that were mangled, and words at random. Loading them never panics and comes to
//! its end; what loads is compiled and scores leads alike in all executors. `LEADBOX_FUZZ_SECONDS` says for how long; a run prints its
//! seed, and `LEADBOX_SEED` takes one.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::executors::{difference, seed, snapshot};
use super::made_up::{Case, crowd, pick, rule_set, vocabulary};
use super::*;
use crate::scoring::rules::vocabulary::VOCABULARY;
use crate::scoring::{Example, Loader};

/// How many scripts there are unless a time is given.
const SCRIPTS: usize = if cfg!(debug_assertions) { 400 } else { 4000 };
/// The longest that one script may take from its text to its scores: its own limit for loading, the rehearsal and each of a few rules
/// that use up theirs, on a machine that has other things to do.
const LONGEST: Duration = Duration::from_secs(20);
/// The most memory of the whole process, with whatever else is tested beside it.
const MOST_MEMORY: usize = 1 << 30;

/// What is put between the words of scripts.
const SIGNS: [&str; 64] = [
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "#{",
    "|",
    "||",
    "&&",
    "!",
    "==",
    "=",
    "=>",
    "<",
    "<=",
    ">=",
    "!=",
    "..",
    "..=",
    "+",
    "-",
    "*",
    "/",
    "%",
    "**",
    ",",
    ";",
    ":",
    "::",
    ".",
    "?.",
    "??",
    "\"",
    "'",
    "`",
    "${",
    "\\",
    "//",
    "/*",
    "*/",
    "\n",
    "0",
    "1",
    "-1",
    "0.5",
    "1e308",
    "9223372036854775807",
    "99999999999999999999",
    "0x7f",
    "lead",
    "|lead|",
    "|it|",
    "lead.title",
    "lead.employees",
    "lead.cf.budget",
    "it.path",
    "if",
    "else",
    "loop",
    "while",
    "let x =",
    "fn f(x)",
    "é",
];
/// What else people and machines write.
const WORDS: [&str; 16] = [
    "import \"lists\" as lists;",
    "import \"shared\";",
    "lists::words",
    "const",
    "export",
    "return",
    "true",
    "false",
    "()",
    "for i in 0..9",
    "switch",
    "throw",
    "try { } catch { }",
    "this",
    "global::x",
    "x += x;",
];

fn word(rng: &mut StdRng) -> &'static str {
    match rng.random_range(0..4) {
        0 => pick(rng, &VOCABULARY),
        1 => pick(rng, &WORDS),
        _ => pick(rng, &SIGNS),
    }
}

/// Words that may stand for each other.
const ALIKE: [&[&str]; 6] = [
    &["==", "!=", ">=", "<=", " > ", " < "],
    &["&&", "||"],
    &[
        "lead.employees",
        "lead.value",
        "lead.completeness",
        "lead.cf.budget",
        "lead.cf.size",
        "lead.count(\"call\")",
    ],
    &[
        "lead.title",
        "lead.country",
        "lead.cf.note",
        "lead.utm.medium",
        "lead.stage",
        "lead.email_domain",
        "lead.cf.uses",
    ],
    &["has_any", "starts_with", "ends_with", "equals", "contains"],
    &[
        "0",
        "1",
        "7",
        "30",
        "250",
        "0.1",
        "-5",
        "1000000",
        "9223372036854775807",
        "1e300",
        "0.000001",
    ],
];

/// Scripts to begin with: right ones, and what people wrote wrongly.
fn seeds() -> (Vec<String>, Vec<String>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/scoring/rules/tests/mistakes");
    let wrong = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let wrong = wrong.filter(|path| path.extension().is_some_and(|it| it == "rhai"));
    let mut wrong: Vec<String> = wrong.map(|path| fs::read_to_string(path).unwrap()).collect();
    wrong.sort();
    let whole = Example::ALL.into_iter().map(|example| example.script.to_owned());
    let mut runner = TestRunner::deterministic();
    let made_up = (0..60).map(|_| rule_set().new_tree(&mut runner).unwrap().current());
    (whole.chain([SAAS.to_owned()]).chain(made_up.collect::<Vec<_>>()).collect(), wrong)
}

/// The same with a word in the place of another of its kind.
fn turned(rng: &mut StdRng, text: &str) -> String {
    let kind = pick(rng, &ALIKE);
    let (from, to) = (pick(rng, kind), pick(rng, kind));
    let places: Vec<usize> = text.match_indices(from).map(|(place, _)| place).collect();
    if places.is_empty() {
        return text.to_owned();
    }
    let place = pick(rng, &places);
    format!("{}{to}{}", &text[..place], &text[place + from.len()..])
}

/// Part of a text, by its letters.
fn part(rng: &mut StdRng, letters: &[char]) -> (usize, usize) {
    let from = rng.random_range(0..=letters.len());
    let length = [1, 3, 20, 200][rng.random_range(0..4)];
    (from, (from + rng.random_range(0..=length)).min(letters.len()))
}

fn mangled(rng: &mut StdRng, text: &str, all: &[String]) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    for _ in 0..rng.random_range(0..5) {
        let (from, to) = part(rng, &letters);
        let with: Vec<char> = match rng.random_range(0..6) {
            0 => Vec::new(),
            1 => letters[from..to].repeat(2),
            2 => word(rng).repeat([1, 1, 1, 2, 90][rng.random_range(0..5)]).chars().collect(),
            3 => {
                let other: Vec<char> = pick(rng, all).chars().collect();
                let (from, to) = part(rng, &other);
                other[from..to].to_vec()
            }
            4 => letters[from..to].iter().rev().copied().collect(),
            _ => vec![char::from_u32(rng.random_range(0..0x3000)).unwrap_or('ü')],
        };
        letters.splice(from..to, with);
    }
    letters.into_iter().collect()
}

fn at_random(rng: &mut StdRng) -> String {
    let words = (0..rng.random_range(0..60)).map(|_| word(rng));
    words.collect::<Vec<_>>().join(if rng.random_range(0..2) == 0 { " " } else { "" })
}

fn script(rng: &mut StdRng, right: &[String], wrong: &[String]) -> String {
    match rng.random_range(0..8) {
        0 => at_random(rng),
        1 => format!("rule(\"it\", 5, |lead| {});", at_random(rng)),
        2 => {
            let text = pick(rng, wrong);
            mangled(rng, &text, right)
        }
        kind => {
            let mut text = pick(rng, right);
            for _ in 0..rng.random_range(0..8) {
                text = turned(rng, &text);
            }
            if kind == 3 { mangled(rng, &text, wrong) } else { text }
        }
    }
}

/// Loads a script and has a lead scored by it in every way; how many of its rules are compiled.
fn tried(script: &str, loader: Loader<'_>, case: &Case, stage: &Stage) -> Option<usize> {
    let rules = match loader.load(script) {
        Ok(rules) => rules,
        Err(wrong) => {
            assert!(!wrong.mistakes.is_empty() && !wrong.to_string().is_empty());
            return None;
        }
    };
    let (lead, interactions, as_of) = case;
    let subject = Subject { lead, stage: Some(stage), interactions, as_of: *as_of };
    let (card, snapshot) = (rules.score(&subject), snapshot(std::slice::from_ref(case), stage));
    assert_eq!(card, rules.interpreted(&subject));
    assert_eq!(difference(&rules, &card, &rules.over(&snapshot).score(0, *as_of)), None);
    Some(rules.runs().iter().filter(|run| run.interpreted.is_none()).count())
}

/// The most memory that this process ever had, in bytes; none where nobody says.
fn memory() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<usize>().ok().map(|kib| kib * 1024)
}

#[test]
fn no_script_panics_or_lasts_and_what_loads_is_scored_alike() {
    let seed = seed();
    let time = std::env::var("LEADBOX_FUZZ_SECONDS").ok().and_then(|time| time.parse().ok());
    let (began, time) = (Instant::now(), time.map(Duration::from_secs));
    let (mut rng, (right, wrong), stage) = (StdRng::seed_from_u64(seed), seeds(), stage());
    let (crowd, added) = (crowd(40, seed), vocabulary());
    let (mut scripts, mut loaded, mut compiled, mut slowest) = (0, 0, 0, Duration::ZERO);
    while time.map_or(scripts < SCRIPTS, |time| began.elapsed() < time) {
        let text = script(&mut rng, &right, &wrong);
        let mut files = BTreeMap::new();
        if rng.random_range(0..4) == 0 {
            files.insert("lists".to_owned(), "export const words = [\"cto\", \"ceo\"];".to_owned());
            files.insert("shared".to_owned(), script(&mut rng, &right, &wrong));
        }
        let case = &crowd[rng.random_range(0..crowd.len())];
        let begins = Instant::now();
        let loader = Loader::default().files(&files).vocabulary(&added);
        let tried = catch_unwind(AssertUnwindSafe(|| tried(&text, loader, case, &stage)));
        let took = begins.elapsed();
        let told =
            || format!("LEADBOX_SEED={seed}, script {scripts}:\n{text}\n{files:?}\n{case:?}");
        let Ok(tried) = tried else { panic!("{}", told()) };
        assert!(took < LONGEST, "{took:?}: {}", told());
        slowest = slowest.max(took);
        scripts += 1;
        if let Some(rules) = tried {
            (loaded, compiled) = (loaded + 1, compiled + rules);
        }
    }
    let memory = memory();
    println!(
        "fuzz: {scripts} scripts, {loaded} loaded, {compiled} rules compiled, the slowest {} ms, at most {} MiB, LEADBOX_SEED={seed}",
        slowest.as_millis(),
        memory.unwrap_or_default() >> 20
    );
    assert!(loaded * 20 > scripts && compiled > loaded, "the test says little");
    assert!(memory.is_none_or(|memory| memory < MOST_MEMORY), "{memory:?} bytes");
}
