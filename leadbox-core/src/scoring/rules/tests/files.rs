//! Lists with names and rules of other files.

use super::*;
use crate::scoring::{LoadError, Loader, RuleSource, Snapshot};

fn load(source: &RuleSource) -> Result<RuleSet, LoadError> {
    Loader::default().files(&source.files).load(&source.script)
}

/// Every mistake with its line and a mark under the place.
fn told(source: &RuleSource) -> String {
    let Err(LoadError { mistakes }) = load(source) else { return "fine".to_owned() };
    let told = mistakes.iter().map(|mistake| format!("{mistake}\n{}", source.shown(mistake)));
    told.collect::<Vec<_>>().join("\n")
}

fn cto() -> Lead {
    lead(NewLead::new().name("Ada Byron").title("CTO"))
}

fn score(rules: &RuleSet, lead: &Lead) -> ScoreCard {
    rules.score(&Subject { lead, stage: None, interactions: &[], as_of: now() })
}

#[test]
fn lists_are_given_names_in_the_script_and_in_files_and_are_compiled() {
    let source = RuleSource::from(
        "import \"lists\" as lists;\n\
         import \"lists\" as also;\n\
         const DACH = [\"DE\", \"AT\", \"CH\"];\n\
         let least = 50;\n\
         rule(\"Decides\", 20, |lead| lead.title.has_any(lists::decision_makers));\n\
         rule(\"Also\", also::worth, |lead| lead.title.has_any(also::decision_makers));\n\
         rule(\"Near\", 5, |lead| lead.country in DACH);\n\
         rule(\"Large\", 5, |lead| lead.employees >= least);\n\
         rule(\"Of a kind\", 5, |lead| lead.industry in lists::kinds && lead.title == lists::name);\n\
         signal(\"Opened\", \"email_open\", 1).half_life(lists::fades).when(|it| it.path in lists::paths);",
    );
    let source = source.with(
        "lists",
        "export const decision_makers = [\"cto\", \"head of\"];\n\
         const worth = 7; let kinds = [\"software\"]; let name = \"CTO\"; const paths = [\"/pricing\"];\n\
         const fades = days(14);",
    );
    let (rules, ada) = (load(&source).unwrap(), cto());
    assert!(
        rules.runs().iter().all(|run| cfg!(not(feature = "compiled")) || run.interpreted.is_none())
    );
    let card = score(&rules, &ada);
    assert_eq!((card.total, card.faults.len()), (Points::whole(27), 0));
    assert_eq!(score(&load(&source).unwrap().uncompiled(), &ada), card);
    let mut snapshot = Snapshot::with_limit(usize::MAX);
    snapshot.push(&ada, None, &[]).unwrap();
    let snapshot = std::sync::Arc::new(snapshot);
    assert_eq!(rules.over(&snapshot).score(0, now()).total, card.total);
}

#[test]
fn rules_of_a_file_belong_to_the_set_and_keep_their_own_words() {
    let source = RuleSource::from(
        "import \"shared\";\nimport \"b\" as lists;\n\
         fn is_meant(lead) { lead.title.has_any(lists::words) }\n\
         rule(\"Own\", 1, |lead| is_meant(lead));",
    );
    let source = source
        .with("a", "const words = [\"cto\"];")
        .with("b", "const words = [\"founder\"];")
        .with(
            "shared",
            "import \"a\" as lists;\ncategory(\"fit\", 60);\n\
             fn is_meant(lead) { lead.title.has_any(lists::words) }\n\
             rule(\"Shared\", \"fit\", 10, |lead| is_meant(lead));\n\
             rule(\"Compiled\", 20, |lead| lead.title.has_any(lists::words));\n\
             test(\"it fires\", #{ title: \"CTO\" }, |it| it.fired(\"Shared\") && !it.fired(\"Own\"));\n\
             test(\"it does not\", #{ title: \"CTO\" }, |it| it.score == 5);",
        );
    let rules = load(&source).unwrap();
    let names: Vec<String> = rules.runs().into_iter().map(|run| run.rule).collect();
    assert_eq!(names, ["Shared", "Compiled", "Own"]);
    assert_eq!(score(&rules, &cto()).total, Points::whole(30));
    assert_eq!(score(&rules.uncompiled(), &cto()).total, Points::whole(30));
    let tests = load(&source).unwrap().test(&crate::Catalog::new(Default::default()));
    let failed: Vec<_> = tests.iter().filter_map(|test| test.failure.clone()).collect();
    assert_eq!(failed.len(), 1);
    assert!(failed[0].to_string().starts_with("in shared, line 7, character 1: it came out as 30"));
}

#[test]
fn mistakes_in_files_name_the_file_and_the_place() {
    let source = |text: &str| {
        let script = "import \"shared\" as ours;\nrule(\"Mine\", 5, |lead| lead.employees > 3);";
        RuleSource::from(script).with("shared", text)
    };
    for (text, expected) in [
        (
            "// what is shared\nrule(“a”, 5, |lead| true);",
            "in shared, line 2, character 6: write straight quotes (\") instead of “\nrule(“a”, 5, |lead| true);\n     ^",
        ),
        (
            "rul(\"a\", 5, |lead| true);",
            "in shared, line 1, character 1: there is no 'rul': did you mean 'rule'?\nrul(\"a\", 5, |lead| true);\n^",
        ),
        (
            "rule(\"Mine\", 5, |lead| true);",
            "line 2, character 1: 'Mine' has that name in line 1 of shared already\nrule(\"Mine\", 5, |lead| lead.employees > 3);\n^",
        ),
        (
            "rule(\"a\", \"fit\", 5, |lead| true);",
            "in shared, line 1, character 1: there is no category 'fit': declare it with category(\"fit\", 50)\nrule(\"a\", \"fit\", 5, |lead| true);\n^",
        ),
        (
            "import \"lists\" as lists;",
            "in shared, line 1, character 8: there is no file 'lists' beside the script\nimport \"lists\" as lists;\n       ^",
        ),
        (
            "import \"shared\";",
            "in shared, line 1, character 8: 'shared' imports itself, here or by way of another file\nimport \"shared\";\n       ^",
        ),
    ] {
        assert_eq!(told(&source(text)), expected);
    }
    #[cfg(feature = "compiled")]
    assert_eq!(
        told(&source("rule(\"a\", 5, |lead| lead.emial == \"x\");")),
        "in shared, line 1, character 26: a lead has no field 'emial': did you mean 'email'?\nrule(\"a\", 5, |lead| lead.emial == \"x\");\n                         ^",
    );
    let faulty = source("rule(\"Ratio\", 5, |lead| lead.employees / 0 > 3);");
    let mut ada = cto();
    ada.company.employees = Some(4);
    let fault = score(&load(&faulty).unwrap(), &ada).faults.remove(0);
    assert_eq!((fault.file.as_deref(), fault.line), (Some("shared"), Some(1)));
}

#[test]
fn what_an_import_cannot_be_is_told_at_its_place() {
    let lists = |script: &str| {
        RuleSource::from(script)
            .with("lists", "const makers = [\"cto\"]; let r = rule(\"R\", 1, |lead| true);")
    };
    for (script, expected) in [
        (
            "import \"list\" as lists;",
            "line 1, character 8: there is no file 'list' beside the script: did you mean 'lists'?",
        ),
        (
            "import \"../lists\" as lists;",
            "line 1, character 8: '../lists' cannot be imported: only files beside the script can, by a name of letters, digits, _ and -, such as import \"lists\" as lists;",
        ),
        (
            "import lists;",
            "line 1, character 1: an import is written like this: import \"lists\" as lists;",
        ),
        (
            "if true { import \"lists\" as lists; }",
            "line 1, character 11: an import stands at the top, outside of all brackets: import \"lists\" as lists;",
        ),
        (
            "let a = lists::makers;",
            "line 1, character 9: no file is called 'lists' here: write import \"lists\" as lists; at the top",
        ),
        (
            "import \"lists\" as lists;\nlet a = lists::maker;",
            "line 2, character 9: there is no lists::maker",
        ),
        (
            "import \"lists\" as lists;\nlet a = lists::r;",
            "line 2, character 9: there is no lists::r",
        ),
        (
            "import \"lists\" as a; import \"other\" as a;",
            "line 1, character 29: 'a' stands for another file already",
        ),
    ] {
        let told = told(&lists(script).with("other", ""));
        assert_eq!(told.lines().next().unwrap(), expected, "{script}");
    }
    #[cfg(feature = "compiled")]
    for (question, expected) in [
        ("lead.title.has_any(lists::maker)", "'lists' has no 'maker': did you mean 'makers'?"),
        (
            "lead.title.has_any(list::makers)",
            "no file is called 'list' here: write import \"list\" as list; at the top",
        ),
        (
            "lists::is_so(lead)",
            "write is_so without ::, and without its file: only values are read from files",
        ),
    ] {
        let script = format!("import \"lists\" as lists; rule(\"a\", 5, |lead| {question});");
        let told = told(&lists(&script));
        let first = told.lines().next().unwrap();
        assert!(first.ends_with(&format!(": {expected}")), "{question}: {first}");
    }
}

#[test]
fn what_is_imported_is_gathered_by_plain_names_and_nothing_else() {
    let mut asked = Vec::new();
    let gathered = RuleSource::gathered("import \"a\" as a;\nimport \"b\";", |name| {
        asked.push(name.to_owned());
        Ok::<_, ()>(match name {
            "a" => Some("import \"b\" as b; import \"c\" as c; import \"a\" as me;".to_owned()),
            "b" => Some("import \"../d\" as d;".to_owned()),
            _ => None,
        })
    });
    let gathered = gathered.unwrap();
    asked.sort();
    asked.dedup();
    assert_eq!(asked, ["a", "b", "c"]);
    assert_eq!(gathered.files.keys().collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn files_without_an_end_are_refused() {
    let many = (0..=RuleSource::MOST_FILES)
        .fold(RuleSource::from(""), |source, at| source.with(format!("f{at}"), ""));
    assert_eq!(told(&many).trim(), "a script has at most 20 files beside it");
    let long = RuleSource::from("").with("long", "x".repeat(RuleSource::LONGEST_FILES));
    assert_eq!(told(&long).trim(), "the files beside a script are at most 256 KiB together");
    let chain = (0..19).fold(RuleSource::from("import \"f0\";"), |source, at| {
        source.with(format!("f{at}"), format!("import \"f{}\";", at + 1))
    });
    assert!(told(&chain.clone()).contains("in f18, line 1, character 8: there is no file 'f19'"));
    let end = chain.clone().with("f19", "rule(\"a\", 5, |lead| true);");
    assert_eq!(told(&end), "fine");
    assert!(told(&chain.with("f19", "import \"f7\";")).contains("'f7' imports itself"));
    let asked = RuleSource::gathered("import \"f0\";", |name| {
        let number: usize = name[1..].parse().unwrap();
        Ok::<_, ()>(Some(format!("import \"f{}\";", number + 1)))
    });
    assert_eq!(told(&asked.unwrap()).trim(), "a script has at most 20 files beside it");
}
