use std::sync::Arc;

use leadbox_core::{IdentityKind, LeadBox, NewInteraction, NewLead, Position, Storage};
use leadbox_storage_sqlite::{SqliteConfig, SqliteStorage};

const RULES: &str = r#"
rule("Decides", 20, |lead| lead.title.has_any(["cto", "head of"]));
signal("Looked at prices", "page_view", 8).when(|it| it.path == "/pricing").half_life(days(14));
"#;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let storage = SqliteStorage::open(SqliteConfig::at("leads.db")).await?;
    storage.migrate().await?;
    let leadbox = LeadBox::builder(Arc::new(storage)).build()?;
    leadbox.rules().publish_script(&"ours".parse()?, RULES, "our first rules").await?;

    // Captured once, however often it comes in: the e-mail address says who it is.
    let ada = NewLead::new().name("Ada Lovelace").title("CTO").email("ada@analytical.example");
    let ada = ada.upsert_by(IdentityKind::Email);
    let ada = leadbox.leads().capture(&ada).await?.lead;

    // What happens with it, and where it stands. The same key is the same visit.
    let visit = NewInteraction::new("page_view").prop("path", "/pricing").key("visit-1");
    leadbox.leads().record_interaction(ada.id, &visit).await?;
    leadbox.leads().advance(ada.id, "qualified").await?;

    // What it is worth, and why.
    for line in leadbox.rules().explain(ada.id, None).await?.card.lines {
        println!("{}: {} points, {}", ada.display_name(), line.points, line.rule);
    }
    // And everything that was announced, in order, for your own consumers.
    for event in leadbox.log().after(Position(0), 100).await? {
        println!("{} {} {}", event.position, event.kind, event.payload()?);
    }
    Ok(())
}
