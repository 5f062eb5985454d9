//! Custom fields and settings from outside: what is done is stored and in the log, and what is wrong is said.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test file uses its part")]
mod program;

use program::{Ended, Place};
use serde_json::json;

fn done(ended: Ended) -> Ended {
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    ended
}

fn refused(ended: &Ended, words: &[&str]) {
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{}", ended.stderr);
    for word in words {
        assert!(ended.stderr.contains(word), "{word} is missing in {}", ended.stderr);
    }
}

fn storage() -> Place {
    let place = Place::new();
    place.file("none.csv", "email\nada@analytical.example\n");
    done(place.run(&["import", "none.csv"]));
    place
}

#[test]
fn a_field_is_declared_changed_archived_and_brought_back() {
    let place = storage();
    let empty = done(place.run(&["fields", "list"]));
    assert!(empty.stdout.contains("leadbox fields define"), "{}", empty.stdout);
    let define = ["fields", "define", "plan"];
    let with = |more: &[&'static str]| [&define[..], more].concat();
    refused(&place.run(&define), &["is new and has no type", "--type"]);
    refused(&place.run(&with(&["--type", "choice"])), &["choices"]);
    let made = with(&["--label", "Plan", "--type", "choice", "--choice", "Free"]);
    assert!(done(place.run(&made)).stdout.contains("was declared"));
    assert!(done(place.run(&made)).stdout.contains("is like that already"));
    let more = done(place.run(&with(&["--choice", "Paid", "--json"]))).json();
    assert_eq!(more["field"]["choices"], json!(["Free", "Paid"]));
    assert_eq!(more["field"]["label"], "Plan", "what is not named stays");
    refused(&place.run(&with(&["--type", "date"])), &["cannot become date"]);
    assert_eq!(place.run(&with(&["--type", "magic"])).code, 2);

    assert!(done(place.run(&["fields", "archive", "plan"])).stdout.contains("is archived"));
    let list = done(place.run(&["fields", "list"])).stdout;
    assert!(list.contains("choice: Free, Paid") && list.contains("archived"), "{list}");
    done(place.run(&["fields", "restore", "plan"]));
    let list = done(place.run(&["fields", "list", "--json"])).json();
    assert_eq!(list["fields"][0].get("status"), None);
    let log = place.run(&["audit", "export"]).stdout;
    assert_eq!(log.matches("field.defined").count(), 4);
    for verb in ["archive", "restore"] {
        refused(&place.run(&["fields", verb, "colour"]), &["no custom field 'colour'", "list"]);
    }
}

#[test]
fn another_type_is_planned_and_then_done() {
    let place = storage();
    done(place.run(&["fields", "define", "seats", "--type", "text"]));
    place.file("seats.csv", "email,cf.seats\na@b.example,12\nc@d.example,some\ne@f.example,7\n");
    done(place.run(&["import", "seats.csv"]));
    let retype = ["fields", "retype", "seats", "--type", "number"];
    let with = |more: &[&'static str]| [&retype[..], more].concat();
    let plan = done(place.run(&with(&["--plan", "--json"]))).json();
    assert_eq!((&plan["plan"]["holding"], &plan["plan"]["converting"]), (&json!(3), &json!(2)));
    let told = done(place.run(&with(&["--plan"]))).stdout;
    for says in ["2 would convert, 1 would not", "'some' is not a number", "nothing was written"] {
        assert!(told.contains(says), "{says}: {told}");
    }
    refused(&place.run(&with(&["--keep-in", "seats"])), &["is there already"]);
    let begun = done(place.run(&with(&["--keep-in", "seats_before"]))).stdout;
    assert!(begun.contains("3 leads were converted, 1 values did not convert"), "{begun}");
    let out = done(place.run(&["export", "--format", "csv"])).stdout;
    assert!(out.contains("seats_before") && out.contains("some"), "{out}");
    refused(&place.run(&retype), &["is what it has already"]);
    refused(&place.run(&["fields", "retype", "colour", "--type", "text"]), &["no custom field"]);
}

#[test]
fn settings_are_shown_and_set() {
    let place = storage();
    let shown = done(place.run(&["settings", "show"])).stdout;
    assert!(shown.contains("UTC") && shown.contains("EUR"), "{shown}");
    let set = ["settings", "set", "--zone", "Europe/Berlin", "--currency", "chf", "--region"];
    let set = [&set[..], &["Germany", "--weight", "phone=30", "--json"]].concat();
    let settings = done(place.run(&set)).json()["settings"].clone();
    assert_eq!(settings["zone"], "Europe/Berlin");
    assert_eq!((&settings["currency"], &settings["region"]), (&json!("CHF"), &json!("DE")));
    assert_eq!(settings["completeness"]["phone"], 30);
    done(place.run(&["settings", "set", "--no-region"]));
    let shown = done(place.run(&["settings", "show", "--json"])).json()["settings"].clone();
    assert_eq!((&shown["region"], &shown["zone"]), (&json!(null), &settings["zone"]));
    let look = ["settings", "set", "--brand", "Brightmere", "--accent", "#0b6e4f", "--industry"];
    let look = [&look[..], &["Homes=real_estate", "--json"]].concat();
    let settings = done(place.run(&look)).json()["settings"].clone();
    assert_eq!(
        (&settings["brand"], &settings["accent"]),
        (&json!("Brightmere"), &json!("#0B6E4F"))
    );
    assert_eq!(settings["industry_aliases"]["Homes"], "real_estate");
    let plain = ["settings", "set", "--no-brand", "--no-accent", "--json"];
    let settings = done(place.run(&plain)).json()["settings"].clone();
    assert_eq!((&settings["brand"], &settings["accent"]), (&json!(null), &json!(null)));
    assert!(place.run(&["audit", "export"]).stdout.contains("settings.changed"));
    refused(&place.run(&["settings", "set", "--weight", "phone=1001"]), &["0 to 1000"]);
    for wrong in [
        &["settings", "set"][..],
        &["settings", "set", "--zone", "Mars/Olympus"],
        &["settings", "set", "--currency", "gold"],
        &["settings", "set", "--region", "Atlantis"],
        &["settings", "set", "--weight", "phone"],
        &["settings", "set", "--accent", "reddish"],
        &["settings", "set", "--industry", "Homes=wizardry"],
    ] {
        assert_eq!(place.run(wrong).code, 2, "{wrong:?}");
    }
}
