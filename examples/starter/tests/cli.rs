//! The program from outside: every command's good and bad path, exit codes, and both forms of output.

#[expect(dead_code, reason = "each test file uses its part")]
mod program;

use program::{Place, names};

#[test]
fn help_tells_of_every_command_and_exit_code() {
    let place = Place::new();
    let help = place.run(&["--help"]);
    assert_eq!(help.code, 0);
    for word in ["serve", "demo", "doctor", "analytics", "--storage", "Examples:", "Exit codes:"] {
        assert!(help.stdout.contains(word), "{word} is missing in {}", help.stdout);
    }
    for command in ["serve", "demo", "doctor", "analytics"] {
        let help = place.run(&[command, "--help"]);
        assert!(help.stdout.contains("Examples:") && help.stdout.contains("Exit codes:"), "{command}");
    }
    assert!(place.run(&["--version"]).stdout.starts_with("leadbox "));
}

#[test]
fn wrong_usage_is_code_2_in_both_forms() {
    let place = Place::new();
    for arguments in [&["fly"][..], &[], &["demo", "--size", "0"], &["doctor", "--storage", "leads.db"]] {
        let ended = place.run(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(!ended.stderr.is_empty());
    }
    let ended = place.run(&["fly", "--json"]);
    assert_eq!((ended.code, ended.json()["error"]["exit"].as_str()), (2, Some("usage")));
    assert_eq!(names(place.path(".").as_path()), Vec::<String>::new());
}

#[test]
fn the_same_seed_and_day_give_the_same_digest() {
    let place = Place::new();
    let digest = |more: &[&str]| {
        let mut arguments = vec!["demo", "--dry-run", "--json", "--size", "80", "--as-of", "2026-03-02"];
        arguments.extend(more);
        place.run(&arguments).json()["digest"].as_str().unwrap().to_owned()
    };
    let first = digest(&["--seed", "5"]);
    assert_eq!(first, digest(&["--seed", "5"]));
    assert_ne!(first, digest(&["--seed", "6"]));
    assert_eq!(names(place.path(".").as_path()), Vec::<String>::new(), "a dry run writes nothing");
    let written = place.run(&["demo", "--json", "--size", "80", "--as-of", "2026-03-02", "--seed", "5"]);
    assert_eq!(written.json()["digest"].as_str(), Some(first.as_str()));
    assert_eq!(written.json()["leads"].as_u64(), Some(80));
}

#[test]
fn a_demo_goes_only_into_an_empty_storage() {
    let place = Place::new().with_demo();
    let again = place.run(&["demo", "--size", "10"]);
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("is not empty"), "{}", again.stderr);
    let other = place.run(&["demo", "--size", "10", "--storage", "sqlite:other.sqlite"]);
    assert_eq!(other.code, 0, "{}", other.stderr);
    assert!(other.stdout.contains("10 leads") && other.stdout.contains("digest "), "{}", other.stdout);
}

#[test]
fn a_healthy_storage_passes_every_check() {
    let place = Place::new().with_demo();
    let doctor = place.run(&["doctor", "--json"]);
    assert_eq!(doctor.code, 0, "{}", doctor.stdout);
    let json = doctor.json();
    let checks = json["checks"].as_array().unwrap();
    assert!(checks.len() >= 6);
    assert!(checks.iter().all(|check| check["health"] == "ok"), "{checks:?}");
    let verify = place.run(&["analytics", "verify", "--json"]);
    assert_eq!((verify.code, verify.json()["differences"].as_array().map(Vec::len)), (0, Some(0)));
    let rebuild = place.run(&["analytics", "rebuild"]);
    assert_eq!(rebuild.code, 0);
    assert!(rebuild.stdout.contains("every count was right"), "{}", rebuild.stdout);
}

#[test]
fn an_absent_database_is_code_4_and_is_not_made() {
    let place = Place::new();
    for arguments in [&["doctor"][..], &["analytics", "verify"]] {
        let ended = place.run(arguments);
        assert_eq!(ended.code, 4, "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains("there is no database") && ended.stderr.contains("hint:"), "{}", ended.stderr);
    }
    assert_eq!(names(place.path(".").as_path()), Vec::<String>::new());
    let json = place.run(&["doctor", "--json"]).json();
    assert_eq!((json["error"]["exit"].as_str(), json["error"]["code"].as_u64()), (Some("unavailable"), Some(4)));
    let nowhere = place.run(&["doctor", "--storage", "postgres://nobody:secret@127.0.0.1:1/leads"]);
    assert_eq!(nowhere.code, 4, "{}", nowhere.stderr);
    assert!(!nowhere.stderr.contains("secret"), "{}", nowhere.stderr);
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let place = Place::new();
    place.file("leads.sqlite", &"this is a letter, not a database. ".repeat(100));
    let ended = place.run(&["doctor", "--storage", "sqlite:leads.sqlite"]);
    assert_eq!(ended.code, 4, "{}", ended.stderr);
}
