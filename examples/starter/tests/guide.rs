//! The guide for authors of scoring rules, carried out: every example is checked, every file written, and every command says what
//! the guide says that it does.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test file uses its part")]
mod program;

use program::Place;

const GUIDE: &str = include_str!("../../../leadbox-core/docs/scoring.md");

/// What stands between fences, with what is said behind the first: a language, and perhaps a file.
fn blocks(guide: &str) -> Vec<(String, String)> {
    let (mut blocks, mut open): (Vec<(String, String)>, _) = (Vec::new(), None::<(String, String)>);
    for line in guide.lines() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(said), None) => open = Some((said.to_owned(), String::new())),
            (Some(_), Some(block)) => blocks.push(block),
            (None, Some((said, text))) => open = Some((said, format!("{text}{line}\n"))),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a fence is not closed");
    blocks
}

/// Runs what stands behind each `$`, and holds it against the lines below; `...` stands for whatever is said.
fn carry_out(place: &Place, transcript: &str) -> usize {
    let commands: Vec<&str> = transcript.split("$ ").skip(1).collect();
    for command in &commands {
        let (command, expected) = command.split_once('\n').unwrap();
        let arguments = words(command);
        assert_eq!(arguments[0], "leadbox", "{command}");
        let arguments: Vec<&str> = arguments[1..].iter().map(String::as_str).collect();
        let ran = place.run(&arguments);
        let told = format!("{command}\n{}{}", ran.stdout, ran.stderr);
        if expected.trim() == "..." {
            assert_eq!(ran.code, 0, "{told}");
        } else {
            let lines = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
            assert_eq!(lines(&ran.stdout).trim_end(), lines(expected).trim_end(), "{told}");
        }
    }
    commands.len()
}

/// A command's words; quotes keep some together.
fn words(command: &str) -> Vec<String> {
    let parts = command.split('"').enumerate();
    let words = parts.flat_map(|(place, part)| match place % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}

#[test]
fn the_guide_says_what_happens() {
    let place = Place::new();
    let (mut snippets, mut commands) = (0, 0);
    for (said, text) in blocks(GUIDE) {
        match said.split_once(' ').unwrap_or((&said, "")) {
            ("console", _) => commands += carry_out(&place, &text),
            ("rhai", "") => {
                snippets += 1;
                place.file("snippet.rhai", &text);
                let checked = place.run(&["rules", "check", "snippet.rhai"]);
                assert_eq!(checked.code, 0, "{}\n{text}", checked.stdout);
            }
            ("rhai" | "csv", file) => {
                place.file(file, &text);
            }
            (language, _) => panic!("the guide has a block of {language}"),
        }
    }
    assert!(snippets >= 5 && commands >= 12, "{snippets} snippets, {commands} commands");
}

#[test]
fn before_the_first_published_score_nobody_has_to_know_a_programming_language() {
    let (before, _) = GUIDE.split_once("leadbox rules publish").unwrap();
    for word in ["Rust", "cargo", "crate", "closure", "struct", "trait", "enum", "boolean", "API"] {
        assert!(!before.contains(word), "{word}");
    }
}
