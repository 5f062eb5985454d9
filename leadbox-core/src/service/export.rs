//! That leads are taken out as a file. Owns the fact that tells of it, which is written before the first lead leaves: who asks
//! for a file and goes away half-way has had half of it. Knows nothing of files.

use serde_json::{Map, Value};

use super::LeadBox;
use super::decision::{Announce, Decision};
use crate::error::Result;
use crate::event::{EventType, Payload, Subject, SubjectKind};
use crate::revision::Version;

impl LeadBox {
    /// Tells that an export begins.
    pub(crate) async fn export_begins(&self, data: Map<String, Value>) -> Result<()> {
        let mut decision = Decision::new(self, Announce::Each);
        let subject = Subject { kind: SubjectKind::Export, id: decision.id() };
        let payload = Payload { data, ..Payload::default() };
        decision.event(subject, EventType::LEADS_EXPORTED, Version::FIRST, &payload)?;
        self.storage().commit(&decision.finish(()).await?.changes).await?;
        Ok(())
    }
}
