//! Scoring rules that use functions and a field of the host's own: a shop for spare parts that knows which machines its customers have,
//! and how far away they are.

#![expect(clippy::print_stdout, reason = "it is run in a terminal")]

use std::error::Error;
use std::sync::Arc;

use leadbox_core::scoring::Vocabulary;
use leadbox_core::{FieldDefinition, FieldType, LeadBox, MemoryStorage, NewLead};

/// What salespeople write. `machine_age` and `is_served` are ours; `cf.machine` is a field that we define.
const RULES: &str = r#"
ruleset("Spare parts");
priority("hot", 30);

rule("An old machine",  20, |lead| machine_age(lead.cf.machine) >= 10);
rule("A machine of ours", 10, |lead| is_known(machine_age(lead.cf.machine)));
rule("Within our reach", 10, |lead| is_served(lead.country, ["DE", "AT", "CH"]));

test("an old machine nearby is hot", #{ country: "AT", cf: #{ machine: "M-2009" } }, |it| it.priority == "hot");
"#;

/// The year of a machine follows from its number, such as `M-2009`; none of what is no machine of ours.
fn machine_age(number: String) -> Option<i64> {
    let year: i64 = number.strip_prefix("M-")?.parse().ok()?;
    // A pure function has no clock: the year is a choice of whoever runs the program.
    Some(2026 - year)
}

fn is_served(country: String, near: Vec<String>) -> bool {
    near.contains(&country)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let vocabulary = Vocabulary::default()
        .function("machine_age", machine_age)?
        .function("is_served", is_served)?;
    let leadbox =
        LeadBox::builder(Arc::new(MemoryStorage::new())).vocabulary(vocabulary).build()?;
    leadbox.definitions().define_field(&FieldDefinition::new("machine", FieldType::Text)?).await?;

    let checked = leadbox.rules().check(RULES).await?;
    for run in &checked.runs {
        let how = match &run.interpreted {
            None => "compiled".to_owned(),
            Some(because) => format!("interpreted, because of {because}"),
        };
        println!("{}: {how}", run.rule);
    }
    leadbox.rules().publish_script(&"parts".parse()?, RULES, "our first rules").await?;

    for (name, country, machine) in
        [("Ada", "AT", "M-2009"), ("Bo", "DE", "M-2024"), ("Cleo", "US", "bought elsewhere")]
    {
        let new = NewLead::new().name(name).country(country).field("machine", machine);
        let lead = leadbox.leads().capture(&new).await?.lead;
        let card = leadbox.rules().explain(lead.id, None).await?.card;
        let reasons: Vec<&str> = card.lines.iter().map(|line| line.rule.as_str()).collect();
        println!("{name}: {} points ({})", card.total, reasons.join(", "));
    }
    Ok(())
}
