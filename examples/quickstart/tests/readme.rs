//! The README's first code block is this program, letter for letter, and short.

use std::path::Path;
use std::process::Command;

fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_readme_shows_this_program_in_under_forty_lines() {
    let (readme, program) = (file("../../README.md"), file("src/main.rs"));
    let block = readme
        .split("```rust\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("a code block");
    assert_eq!(block, program);
    assert!(program.lines().count() < 40, "{} lines", program.lines().count());
}

#[test]
fn it_runs_and_says_what_happened_also_the_second_time() {
    let folder = tempfile::tempdir().expect("a folder");
    for (run, events) in [(1, 4), (2, 4)] {
        let output = Command::new(env!("CARGO_BIN_EXE_leadbox-quickstart"))
            .current_dir(folder.path())
            .output()
            .expect("the program runs");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "run {run}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(text.contains("Ada Lovelace: 20 points, Decides\n"), "{text}");
        assert!(text.contains("points, Looked at prices\n"), "{text}");
        assert_eq!(text.lines().count(), 2 + events, "{text}");
    }
}
