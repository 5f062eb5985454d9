//! The program from outside: every command's good and bad path, exit codes, and both forms of output.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test file uses its part")]
mod program;

use program::{Place, names};

#[test]
fn help_tells_of_every_command_and_exit_code() {
    let place = Place::new();
    let help = place.run(&["--help"]);
    assert_eq!(help.code, 0);
    for word in [
        "serve",
        "import",
        "export",
        "demo",
        "doctor",
        "users",
        "teams",
        "roles",
        "keys",
        "rules",
        "leads",
        "tasks",
        "views",
        "fields",
        "settings",
        "audit",
        "analytics",
        "--storage",
        "Examples:",
        "Exit codes:",
    ] {
        assert!(help.stdout.contains(word), "{word} is missing in {}", help.stdout);
    }
    for command in [
        &["serve"][..],
        &["import"],
        &["export"],
        &["demo"],
        &["doctor"],
        &["audit"],
        &["audit", "verify"],
        &["audit", "export"],
        &["analytics"],
        &["analytics", "verify"],
        &["analytics", "rebuild"],
        &["users"],
        &["users", "list"],
        &["users", "show"],
        &["users", "add"],
        &["users", "change"],
        &["users", "invite"],
        &["users", "reset"],
        &["users", "disable"],
        &["users", "enable"],
        &["users", "access"],
        &["fields"],
        &["fields", "list"],
        &["fields", "define"],
        &["fields", "retype"],
        &["fields", "archive"],
        &["fields", "restore"],
        &["settings"],
        &["settings", "show"],
        &["settings", "set"],
        &["teams"],
        &["teams", "list"],
        &["teams", "add"],
        &["teams", "change"],
        &["leads"],
        &["leads", "list"],
        &["leads", "show"],
        &["leads", "count"],
        &["tasks"],
        &["tasks", "list"],
        &["views"],
        &["views", "list"],
        &["views", "show"],
        &["views", "delete"],
        &["roles"],
        &["roles", "list"],
        &["roles", "show"],
        &["roles", "define"],
        &["roles", "remove"],
        &["keys"],
        &["keys", "list"],
        &["keys", "make"],
        &["keys", "rotate"],
        &["keys", "revoke"],
    ] {
        let help = place.run(&[command, &["--help"]].concat());
        assert!(
            help.stdout.contains("Examples:") && help.stdout.contains("Exit codes:"),
            "{command:?}"
        );
    }
    assert!(place.run(&["--version"]).stdout.starts_with("leadbox "));
}

#[test]
fn wrong_usage_is_code_2_in_both_forms() {
    let place = Place::new();
    for arguments in [
        &["fly"][..],
        &[],
        &["demo", "--size", "0"],
        &["doctor", "--storage", "leads.db"],
        &["serve", "--listen", "8080"],
    ] {
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
        let mut arguments =
            vec!["demo", "--dry-run", "--json", "--size", "80", "--as-of", "2026-03-02"];
        arguments.extend(more);
        place.run(&arguments).json()["digest"].as_str().unwrap().to_owned()
    };
    let first = digest(&["--seed", "5"]);
    assert_eq!(first, digest(&["--seed", "5"]));
    assert_ne!(first, digest(&["--seed", "6"]));
    assert_eq!(names(place.path(".").as_path()), Vec::<String>::new(), "a dry run writes nothing");
    let written =
        place.run(&["demo", "--json", "--size", "80", "--as-of", "2026-03-02", "--seed", "5"]);
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
    assert!(
        other.stdout.contains("10 leads") && other.stdout.contains("digest "),
        "{}",
        other.stdout
    );
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
fn counts_that_were_tampered_with_are_found_and_repaired() {
    let place = Place::new().with_demo();
    place.sql("update rollup_lead set n = n + 1");
    let verify = place.run(&["analytics", "verify", "--json"]);
    assert_eq!(verify.code, 6, "{}", verify.stdout);
    assert_ne!(verify.json()["differences"].as_array().map(Vec::len), Some(0));
    let doctor = place.run(&["doctor"]);
    assert_eq!(doctor.code, 6);
    assert!(
        doctor.stdout.contains("BAD") && doctor.stdout.contains("rebuild"),
        "{}",
        doctor.stdout
    );
    assert_ne!(place.run(&["analytics", "rebuild", "--json"]).json()["repaired"].as_u64(), Some(0));
    assert_eq!(place.run(&["analytics", "verify"]).code, 0);
}

#[test]
fn a_changed_event_is_found() {
    let place = Place::new().with_demo();
    place.sql("update event set payload = '{}' where position = 20");
    let doctor = place.run(&["doctor"]);
    assert_eq!(doctor.code, 6);
    assert!(doctor.stdout.contains("event 20 is not what was written"), "{}", doctor.stdout);
}

#[test]
fn the_log_is_checked_and_written_out_and_checked_again_without_the_database() {
    let place = Place::new().with_demo();
    let verified = place.run(&["audit", "verify", "--json"]).json();
    assert_eq!(verified["intact"], true);
    let exported = place.run(&["audit", "export", "--output", "log.jsonl", "--json"]);
    let events = exported.json()["events"].as_u64().unwrap();
    let log = std::fs::read_to_string(place.path("log.jsonl")).unwrap();
    assert_eq!(
        (events, log.lines().count() as u64),
        (verified["head"]["position"].as_u64().unwrap(), events)
    );
    let again = place.run(&["audit", "verify", "log.jsonl", "--json"]);
    assert_eq!((again.code, again.json()), (0, verified), "the copy says the same");
    let piped = place.run(&["audit", "export"]);
    assert_eq!(piped.stdout, log);
    assert!(piped.stderr.contains("events written to standard output"), "{}", piped.stderr);

    place.file("changed.jsonl", &log.replacen("\"bulk\":false", "\"bulk\":true", 1));
    place.file("short.jsonl", log.split_once('\n').unwrap().1);
    for (file, finding) in
        [("changed.jsonl", "is not what was written"), ("short.jsonl", "event 1 is missing")]
    {
        let found = place.run(&["audit", "verify", file]);
        assert_eq!(found.code, 6, "{file}");
        assert!(found.stdout.contains(finding), "{file}: {}", found.stdout);
    }
    place.file("other.jsonl", "{}\n");
    let other = place.run(&["audit", "verify", "other.jsonl"]);
    assert_eq!(other.code, 1);
    assert!(other.stderr.contains("line 1 of other.jsonl is no event"), "{}", other.stderr);
    assert_eq!(place.run(&["audit", "verify", "nowhere.jsonl"]).code, 1);

    place.sql("update event set payload = '{}' where position = 20");
    let found = place.run(&["audit", "verify"]);
    assert_eq!((found.code, found.stdout.trim()), (6, "event 20 is not what was written"));
}

#[test]
fn a_newer_database_is_code_5_and_stays_untouched() {
    let place = Place::new().with_demo();
    place.sql(
        "insert into leadbox_migrations (version, description, success, checksum, execution_time)
         values (9999, 'of a later program', true, x'00', 0)",
    );
    for arguments in [
        &["doctor"][..],
        &["serve", "--listen", "127.0.0.1:0"],
        &["export"],
        &["demo"],
        &["analytics", "verify"],
    ] {
        let ended = place.run(arguments);
        assert_eq!(ended.code, 5, "{arguments:?}: {}{}", ended.stdout, ended.stderr);
    }
}

#[test]
fn an_absent_database_is_code_4_and_is_not_made() {
    let place = Place::new();
    for arguments in [&["doctor"][..], &["analytics", "verify"], &["export"]] {
        let ended = place.run(arguments);
        assert_eq!(ended.code, 4, "{arguments:?}: {}", ended.stderr);
        assert!(
            ended.stderr.contains("there is no database") && ended.stderr.contains("hint:"),
            "{}",
            ended.stderr
        );
    }
    assert_eq!(names(place.path(".").as_path()), Vec::<String>::new());
    let json = place.run(&["doctor", "--json"]).json();
    assert_eq!(
        (json["error"]["exit"].as_str(), json["error"]["code"].as_u64()),
        (Some("unavailable"), Some(4))
    );
    let nowhere = place.run(&["doctor", "--storage", "postgres://nobody:secret@127.0.0.1:1/leads"]);
    assert_eq!(nowhere.code, 4, "{}", nowhere.stderr);
    assert!(!nowhere.stderr.contains("secret"), "{}", nowhere.stderr);
}

#[test]
fn rows_that_are_wrong_come_back_in_a_file_that_can_be_mended() {
    let place = Place::new();
    place.file("c.csv", "Email Address;First Name;Last Name\nada@analytical.example;Ada;Lovelace\nbo@@;Bo;Diddley\n");
    let dry = place.run(&["import", "c.csv", "--dry-run"]);
    assert!(dry.stdout.contains("in no file: name one with --errors"), "{}", dry.stdout);
    let dry = place.run(&["import", "c.csv", "--dry-run", "--json"]);
    assert_eq!((dry.code, dry.json()["created"].as_u64()), (3, Some(1)), "{}", dry.stdout);
    assert_eq!(names(place.path(".").as_path()), ["c.csv"], "a dry run writes nothing");
    let first = place.run(&["import", "c.csv", "--json"]);
    assert_eq!(first.code, 3, "{}", first.stdout);
    let json = first.json();
    assert_eq!((json["created"].as_u64(), json["failed"].as_u64()), (Some(1), Some(1)));
    assert_eq!(json["errors"][0]["field"].as_str(), Some("email"));
    assert_eq!(json["error_file"].as_str(), Some("c.errors.csv"));

    let refused = std::fs::read_to_string(place.path("c.errors.csv")).unwrap();
    place.file("c.errors.csv", &refused.replace("bo@@", "bo@diddley.example"));
    let mended = place.run(&["import", "c.errors.csv", "--json"]);
    assert_eq!((mended.code, mended.json()["created"].as_u64()), (0, Some(1)), "{}", mended.stdout);
    assert!(!place.path("c.errors.errors.csv").exists());
    let dry = place.run(&["import", "c.csv", "--dry-run", "--again", "--json"]);
    assert_eq!((dry.code, dry.json()["unchanged"].as_u64()), (3, Some(1)), "{}", dry.stdout);
}

#[test]
fn a_file_that_was_finished_before_says_again_what_was_refused() {
    let place = Place::new();
    place.file("c.csv", "email\nada@analytical.example\nbo@@\n");
    place.file("good.csv", "email\ncy@c.example\n");
    assert_eq!(place.run(&["import", "c.csv"]).code, 3);
    let refused = std::fs::read_to_string(place.path("c.errors.csv")).unwrap();
    let again = place.run(&["import", "c.csv"]);
    assert_eq!(again.code, 3, "{}", again.stdout);
    for words in [
        "was finished before",
        "it had 2 rows, of which 1 was refused",
        "written to c.errors.csv, which is still there",
    ] {
        assert!(again.stdout.contains(words), "{words} is missing in {}", again.stdout);
    }
    assert_eq!(std::fs::read_to_string(place.path("c.errors.csv")).unwrap(), refused);

    std::fs::remove_file(place.path("c.errors.csv")).unwrap();
    let gone = place.run(&["import", "c.csv"]);
    assert_eq!(gone.code, 3, "{}", gone.stdout);
    assert!(gone.stdout.contains("not in c.errors.csv (any more): --again"), "{}", gone.stdout);
    let gone = place.run(&["import", "c.csv", "--json"]);
    let json = gone.json();
    assert_eq!((gone.code, json["ending"].as_str()), (3, Some("finished_before")));
    assert_eq!((json["failed"].as_u64(), json["error_file"].as_str()), (Some(1), None));
    assert_eq!(json["error_file_gone"].as_str(), Some("c.errors.csv"));
    assert!(!place.path("c.errors.csv").exists());
    assert_eq!(place.run(&["import", "c.csv", "--again"]).code, 3);
    assert_eq!(std::fs::read_to_string(place.path("c.errors.csv")).unwrap(), refused);

    assert_eq!(place.run(&["import", "good.csv"]).code, 0);
    let again = place.run(&["import", "good.csv"]);
    assert_eq!(again.code, 0, "{}", again.stdout);
    assert!(again.stdout.contains("was finished before") && !again.stdout.contains("errors"));
}

#[test]
fn a_file_is_imported_again_as_often_as_it_is_asked_for() {
    let place = Place::new();
    place.file("c.csv", "name\nAda\n");
    let import = |more: &[&str]| {
        let arguments = [&["import", "c.csv", "--always-new", "--json"], more].concat();
        let json = place.run(&arguments).json();
        (json["ending"].as_str().unwrap().to_owned(), json["import"].to_string())
    };
    let (first, second, third) = (import(&[]), import(&["--again"]), import(&["--again"]));
    for one in [&first, &second, &third] {
        assert_eq!(one.0, "finished");
    }
    assert!(first.1 != second.1 && second.1 != third.1);
    assert_eq!(import(&[]), ("finished_before".to_owned(), first.1));
    assert_eq!(place.run(&["export", "--format", "jsonl"]).stdout.lines().count(), 3);
}

#[test]
fn an_import_done_again_goes_on_where_it_stopped() {
    let place = Place::new();
    place.file("open.csv", "name\nAda\n\"Bo\n");
    for _ in 0..2 {
        let stopped = place.run(&["import", "open.csv", "--always-new", "--again"]);
        assert_eq!(stopped.code, 1, "{}", stopped.stdout);
    }
    assert_eq!(place.run(&["export", "--format", "jsonl"]).stdout.lines().count(), 1);
}

#[test]
fn a_file_for_refused_rows_costs_no_other_file() {
    let place = Place::new();
    let text = "email\nada@analytical.example\nbo@@\n";
    place.file("c.csv", text);
    let itself = place.run(&["import", "c.csv", "--errors", "./c.csv"]);
    assert_eq!(itself.code, 1, "{}", itself.stdout);
    assert!(itself.stderr.contains("cannot be the file itself"), "{}", itself.stderr);
    assert_eq!(std::fs::read_to_string(place.path("c.csv")).unwrap(), text);

    std::os::unix::fs::symlink("/dev/null", place.path("hole")).unwrap();
    let hole = place.run(&["import", "c.csv", "--errors", "hole"]);
    assert_eq!(hole.code, 1, "{}", hole.stdout);
    assert!(hole.stderr.contains("no regular file"), "{}", hole.stderr);
    assert!(place.path("hole").exists());

    let lost = place.run(&["import", "c.csv", "--storage", "sqlite:no/such/folder/leads.sqlite"]);
    assert_eq!(lost.code, 4, "{}", lost.stderr);
    assert_eq!(names(place.path(".").as_path()), ["c.csv", "hole"]);
}

#[test]
fn an_import_that_stops_says_what_is_done() {
    let place = Place::new();
    place.file("open.csv", "email,name\nada@a.example,Ada\nbo@@,Bo\ncy@c.example,\"Cy\n");
    let stopped = place.run(&["import", "open.csv"]);
    assert_eq!(stopped.code, 1, "{}", stopped.stdout);
    for words in [
        "row 3 (line 4) opens a quote",
        "the 2 rows before that are done",
        "in open.errors.csv",
        "once mended",
    ] {
        assert!(stopped.stderr.contains(words), "{words} is missing in {}", stopped.stderr);
    }
    place.file("open.csv", "email,name\nada@a.example,Ada\nbo@b.example,Bo\ncy@c.example,Cy\n");
    let mended = place.run(&["import", "open.csv", "--json"]).json();
    assert_eq!((mended["created"].as_u64(), mended["unchanged"].as_u64()), (Some(2), Some(1)));
    assert!(!place.path("open.errors.csv").exists());
}

#[test]
fn a_copy_of_the_file_alone_has_everything() {
    let place = Place::new();
    place.file("c.csv", "email\nada@analytical.example\n");
    assert_eq!(place.run(&["import", "c.csv"]).code, 0);
    std::fs::copy(place.path("leadbox.sqlite"), place.path("copy.sqlite")).unwrap();
    let copy = place.run(&["export", "--format", "jsonl", "--storage", "sqlite:copy.sqlite"]);
    assert!(copy.stdout.contains("ada@analytical.example"), "{}", copy.stderr);
}

#[test]
fn a_pipe_with_a_name_is_read_once() {
    let place = Place::new();
    let pipe = place.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let writer = std::thread::spawn(move || {
        std::fs::write(pipe, "email\nada@analytical.example\nbo@@\n").unwrap();
    });
    let read = place.run(&["import", "pipe", "--json"]);
    writer.join().unwrap();
    let json = read.json();
    assert_eq!((read.code, json["created"].as_u64()), (3, Some(1)), "{}", read.stdout);
    assert!(!place.path("pipe.errors").exists());
}

#[test]
fn a_file_that_cannot_be_imported_is_refused_as_a_whole() {
    let place = Place::new();
    place.file("odd.csv", "E-Mail,Colour of hair\nada@analytical.example,brown\n");
    let odd = place.run(&["import", "odd.csv"]);
    assert_eq!(odd.code, 1);
    assert!(
        odd.stderr.contains("Colour of hair") && odd.stderr.contains("--ignore"),
        "{}",
        odd.stderr
    );
    let passed_over = place.run(&["import", "odd.csv", "--ignore", "Colour of hair"]);
    assert_eq!(passed_over.code, 0, "{}", passed_over.stderr);
    let absent = place.run(&["import", "absent.csv"]);
    assert_eq!(absent.code, 1);
    assert!(
        absent.stderr.contains("cannot read absent.csv") && absent.stderr.contains("cause:"),
        "{}",
        absent.stderr
    );
    assert_eq!(place.run(&["import"]).code, 2);
    assert_eq!(place.run(&["import", "x.csv", "--map", "nonsense"]).code, 2);
}

#[test]
fn what_is_exported_can_be_imported() {
    let place = Place::new().with_demo();
    for (format, file) in [("csv", "all.csv"), ("jsonl", "all.jsonl")] {
        let export = place.run(&["export", "--format", format, "--output", file, "--json"]);
        assert_eq!(
            (export.code, export.json()["rows"].as_u64()),
            (0, Some(60)),
            "{}",
            export.stdout
        );
        let piped = place.run(&["export", "--format", format]);
        assert_eq!(piped.stdout, std::fs::read_to_string(place.path(file)).unwrap());
        assert!(piped.stderr.contains("60 leads"), "{}", piped.stderr);
        let import = place.run(&["import", file, "--json"]);
        assert_eq!(import.code, 0, "{}", import.stdout);
        assert_eq!(import.json()["failed"].as_u64(), Some(0));
    }
    let won = place.run(&["export", "--filter", r#"["stage","eq","won"]"#]);
    assert_eq!(won.code, 0, "{}", won.stderr);
    assert!(won.stdout.lines().count() < 60);
    for filter in ["nonsense", r#"["colour","eq","red"]"#] {
        assert_eq!(place.run(&["export", "--filter", filter]).code, 1, "{filter}");
    }
    assert_eq!(place.run(&["export", "--format", "xml"]).code, 2);
    let lost = place.run(&["export", "--output", "no/such/folder/all.csv"]);
    assert_eq!(lost.code, 1, "{}", lost.stderr);
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let place = Place::new();
    place.file("leads.sqlite", &"this is a letter, not a database. ".repeat(100));
    let ended = place.run(&["doctor", "--storage", "sqlite:leads.sqlite"]);
    assert_eq!(ended.code, 4, "{}", ended.stderr);
}
