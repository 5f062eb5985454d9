//! Values that go into another field. Owns that whoever must not see or write the one must not see or write the other: the
//! rules of roles and API keys go along.

use super::super::decision::Decision;
use crate::access::{Grants, Role};
use crate::error::Result;
use crate::event::EventType;
use crate::key::FieldKey;
use crate::page::PageRequest;
use crate::proof::{Token, TokenDetails, TokenFilter, TokenKind};
use crate::revision::Revision;
use crate::storage::{Definition, DefinitionKind};

/// The same grants with the rules of one field for another as well; none when there are no such rules.
fn with_rules(grants: &Grants, from: &FieldKey, to: &FieldKey) -> Option<Grants> {
    let (from, to) = (format!("cf.{from}"), format!("cf.{to}"));
    match (grants.hidden.contains(&from), grants.writes(&from)) {
        (true, _) => Some(grants.clone().hide(to)),
        (false, false) => Some(grants.clone().protect(to)),
        (false, true) => None,
    }
}

impl Decision<'_> {
    /// Adds the rules of one field for another, in every role and every API key that is not over.
    pub(super) async fn keep_back(&mut self, from: &FieldKey, to: &FieldKey) -> Result<()> {
        let leadbox = self.leadbox();
        let (storage, tenant) = (leadbox.storage(), leadbox.tenant());
        for (before, definition) in storage.definitions(tenant, DefinitionKind::Role).await? {
            if let Definition::Role(role) = definition
                && let Some(grants) = with_rules(&role.grants, from, to)
            {
                self.put_role(before, Some(&role.grants), Role { grants, ..role.clone() })?;
            }
        }
        let filter = TokenFilter { kind: TokenKind::ApiKey, user: None };
        let mut page = PageRequest::first(PageRequest::MAX);
        loop {
            let found = storage.tokens(tenant, &filter, &page).await?;
            let now = self.at();
            for key in found.items.into_iter().filter(|key| key.is_live(now)) {
                let grants = key.details.grants.as_ref();
                if let Some(grants) = grants.and_then(|grants| with_rules(grants, from, to)) {
                    let details = TokenDetails { grants: Some(grants), ..key.details.clone() };
                    let revision: Revision = key.revision.next();
                    self.put_key(EventType::KEY_CHANGED, Token { revision, details, ..key })?;
                }
            }
            match found.next {
                Some(next) => page = PageRequest::after(PageRequest::MAX, next),
                None => return Ok(()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_back_of_one_field_is_kept_back_of_the_other() {
        let (from, to) = ("pay".parse().unwrap(), "pay_text".parse().unwrap());
        assert_eq!(with_rules(&Grants::default().hide("cf.other"), &from, &to), None);
        let hidden = with_rules(&Grants::default().hide("cf.pay"), &from, &to).unwrap();
        assert!(hidden.hidden.contains("cf.pay_text") && !hidden.writes("cf.pay_text"));
        let protected = with_rules(&Grants::default().protect("cf.pay"), &from, &to).unwrap();
        assert!(protected.hidden.is_empty() && !protected.writes("cf.pay_text"));
    }
}
