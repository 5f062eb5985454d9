use std::sync::Arc;

use leadbox_core::{IdentityKind, LeadBox, LeadList, NewInteraction, NewLead, Position, Storage};
use leadbox_storage_sqlite::{SqliteConfig, SqliteStorage};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let storage = SqliteStorage::open(SqliteConfig::at("leads.db")).await?;
    storage.migrate().await?;
    let leadbox = LeadBox::builder(Arc::new(storage)).build()?;
    let leads = leadbox.leads();

    // Captured once, however often it comes in: the e-mail address says who it is.
    let ada = NewLead::new().name("Ada Lovelace").email("ada@analytical.example");
    let ada = ada.source("webinar").upsert_by(IdentityKind::Email);
    let ada = leads.capture(&ada).await?.lead;

    // What happens with it, and where it stands. The same key is the same visit.
    let visit = NewInteraction::new("page_view").prop("path", "/pricing").key("visit-1");
    leads.record_interaction(ada.id, &visit).await?;
    leads.advance(ada.id, "qualified").await?;

    // All leads, the latest first, with what lies beside them.
    for row in leads.list(&LeadList::default(), &Default::default()).await?.items {
        let (name, known) = (row.lead.display_name(), row.lead.completeness);
        println!("{name}: {known} % known, {} interactions", row.activity.count);
    }

    // And everything that was announced, in order, for your own consumers.
    for event in leadbox.log().after(Position(0), 100).await? {
        println!("{} {} {}", event.position, event.kind, event.payload()?);
    }
    Ok(())
}
