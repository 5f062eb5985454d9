//! API keys. Owns making, rotating and revoking them, and acting as one.

use std::num::NonZeroU32;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::decision::{Announce, Decision, data};
use super::{LeadBox, Prepared};
use crate::access::{Capability, Denied, Grants};
use crate::error::{Error, Invalid, Result};
use crate::event::{Actor, ActorKind, EventType, Subject, SubjectKind};
use crate::id::TokenId;
use crate::page::{Page, PageRequest};
use crate::proof::{Secret, Token, TokenDetails, TokenFilter, TokenKind};
use crate::revision::{Revision, Version};
use crate::storage::Change;
use crate::time::{Timestamp, to_micros};

/// API keys. Made by [`LeadBox::keys`].
#[derive(Clone, Copy, Debug)]
pub struct Keys<'a> {
    pub(super) leadbox: &'a LeadBox,
}

/// A key to be made.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// What people call it, 1 to 200 characters.
    pub name: String,
    /// What it may do. When a user makes the key it stands for that user, and may never do more than the user may.
    pub grants: Grants,
    /// Until when it is good; for ever when not set.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// How many requests it may make per minute; no limit when not set.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u32>, minimum = 1))]
    #[serde(default)]
    pub per_minute: Option<NonZeroU32>,
}

/// A key with its secret, which is not to be had again.
#[derive(Clone, PartialEq, Debug)]
pub struct MadeKey {
    /// The key.
    pub key: Token,
    /// The secret; [`MadeKey::text`] is how it is handed over.
    pub secret: Secret,
}

impl MadeKey {
    /// What the program that asks sends along: `lbk_` and 64 digits.
    pub fn text(&self) -> String {
        self.secret.reveal(TokenKind::ApiKey.prefix())
    }
}

/// How often the last use of a token is noted.
pub(super) const NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);

impl Keys<'_> {
    /// Keys, the latest first, also those that are over.
    ///
    /// # Errors
    /// `Denied`, `Storage`.
    pub async fn list(&self, page: &PageRequest) -> Result<Page<Token>> {
        self.leadbox.rights().require_capability(Capability::KeysManage)?;
        let filter = TokenFilter { kind: TokenKind::ApiKey, user: None };
        Ok(self.leadbox.storage().tokens(self.leadbox.tenant(), &filter, page).await?)
    }

    /// Makes a key.
    ///
    /// # Errors
    /// `Denied`, also when it would allow more than the asker may; `Invalid` with every problem; `Storage`.
    pub async fn make(&self, new: &NewKey) -> Result<MadeKey> {
        let prepared = self.prepare_make(new).await?;
        self.leadbox.storage().commit(&prepared.changes).await?;
        Ok(prepared.outcome)
    }

    async fn prepare_make(&self, new: &NewKey) -> Result<Prepared<MadeKey>> {
        let rights = self.leadbox.rights();
        rights.require_capability(Capability::KeysManage)?;
        // A key that made keys would outlive its own end.
        rights.require_oneself(rights.user())?;
        rights.require_within(&new.grants)?;
        let mut invalid = Invalid::default();
        super::access::check_kept_back(&mut invalid, &new.grants, &*self.leadbox.catalog().await?);
        super::directory::check_name(&mut invalid, &new.name);
        if new.expires_at.is_some_and(|at| at <= self.leadbox.now()) {
            invalid.push("expires_at", "lies in the past");
        }
        invalid.or(())?;
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        let details = TokenDetails {
            name: new.name.trim().to_owned(),
            origin: self.leadbox.actor().origin.clone(),
            grants: Some(new.grants.clone().written_out()),
            per_minute: new.per_minute,
            ..TokenDetails::default()
        };
        let made = decision.mint(TokenKind::ApiKey, rights.user(), details, new.expires_at);
        decision.put_key(EventType::KEY_MADE, made.0.clone())?;
        decision.finish(MadeKey { key: made.0, secret: made.1 }).await
    }

    /// Makes another secret for a key. The old one is good for `overlap` more, so that programs can change over.
    ///
    /// # Errors
    /// `Denied`, also when the key stands for another user; `NotFound` when there is no such key, or it is over;
    /// `Contended`; `Storage`.
    pub async fn rotate(&self, id: TokenId, overlap: TimeDelta) -> Result<MadeKey> {
        self.leadbox
            .decide("API key", id, || {
                Box::pin(async move {
                    let old = self.live(id).await?;
                    // Whoever has its secret acts as whom it stands for.
                    self.leadbox.rights().require_oneself(old.user)?;
                    self.leadbox.rights().require_within(&granted(&old))?;
                    let mut decision = Decision::new(self.leadbox, Announce::Each);
                    let (key, secret) =
                        decision.mint(old.kind, old.user, old.details.clone(), old.expires_at);
                    let until = decision.at().checked_add_signed(overlap.max(TimeDelta::zero()));
                    decision.put_key(EventType::KEY_ROTATED, key.clone())?;
                    let fading = old.expiring(until.unwrap_or(Timestamp::MAX_UTC));
                    decision.push(Change::PutToken(Box::new(fading)))?;
                    decision.finish(MadeKey { key, secret }).await
                })
            })
            .await
    }

    /// Revokes a key: it is refused from then on. Revoking one that is over does nothing.
    ///
    /// # Errors
    /// `Denied`, `NotFound`, `Contended`, `Storage`.
    pub async fn revoke(&self, id: TokenId) -> Result<Token> {
        self.leadbox
            .decide("API key", id, || {
                Box::pin(async move {
                    let old = self.stored(id).await?;
                    let mut decision = Decision::new(self.leadbox, Announce::Each);
                    if !old.is_live(decision.at()) {
                        return decision.finish(old).await;
                    }
                    let ended = old.ended(decision.at());
                    decision.put_key(EventType::KEY_REVOKED, ended.clone())?;
                    decision.finish(ended).await
                })
            })
            .await
    }

    async fn stored(&self, id: TokenId) -> Result<Token> {
        self.leadbox.rights().require_capability(Capability::KeysManage)?;
        let found = self.leadbox.storage().token(self.leadbox.tenant(), id).await?;
        let found = found.filter(|token| token.kind == TokenKind::ApiKey);
        found.ok_or_else(|| Error::not_found("API key", id))
    }

    async fn live(&self, id: TokenId) -> Result<Token> {
        let found = self.stored(id).await?;
        if found.is_live(self.leadbox.now()) {
            Ok(found)
        } else {
            Err(Error::not_found("API key", id))
        }
    }
}

impl Decision<'_> {
    /// Adds a key as it is to be, and the event that tells of it.
    pub(super) fn put_key(&mut self, kind: EventType, key: Token) -> Result<()> {
        let subject = Subject { kind: SubjectKind::Key, id: key.id.uuid() };
        let payload = data([
            ("name", Value::from(key.details.name.as_str())),
            ("hint", Value::from(key.details.hint.as_str())),
            ("grants", serde_json::to_value(&key.details.grants)?),
            ("expires_at", serde_json::to_value(key.expires_at)?),
        ]);
        self.event(subject, kind, Version(key.revision.0), &payload)?;
        self.push(Change::PutToken(Box::new(key)))
    }
}

fn granted(key: &Token) -> Grants {
    key.details.grants.clone().unwrap_or_default()
}

impl LeadBox {
    /// The same, acting as the API key with this text, and the key. For the host's handle: it asks who somebody is.
    ///
    /// # Errors
    /// `Denied` when there is no such key, it is over, or its user may no longer work; `Storage`.
    pub async fn as_key(&self, text: &str) -> Result<(Self, Token)> {
        self.rights().require_host()?;
        let secret = Secret::parse(TokenKind::ApiKey.prefix(), text).ok_or(Denied::Account)?;
        let found = self.storage().token_by_digest(self.tenant(), &secret.digest()).await?;
        let key = found.filter(|key| key.kind == TokenKind::ApiKey && key.is_live(self.now()));
        let key = key.ok_or(Denied::Account)?;
        let rights = match key.user {
            None => self.rights().clone(),
            Some(user) => self.as_user(user).await?.rights().clone(),
        };
        let rights = rights.limited_to(&granted(&key));
        self.note_use(&key).await?;
        let actor = Actor {
            kind: ActorKind::ApiKey,
            id: Some(key.id.uuid()),
            on_behalf_of: key.user,
            origin: self.actor().origin.clone(),
        };
        Ok((self.with_rights(actor, rights), key))
    }

    /// Notes that a token was used, at most once a minute.
    pub(super) async fn note_use(&self, token: &Token) -> Result<()> {
        let now = to_micros(self.now());
        if token.used_at.is_some_and(|at| now - at < NOTED_EVERY) {
            return Ok(());
        }
        let mut decision = Decision::new(self, Announce::Each);
        let (revision, used_at) = (token.revision.next(), Some(now));
        decision.push(Change::PutToken(Box::new(Token { revision, used_at, ..token.clone() })))?;
        match self.storage().commit(&decision.finish(()).await?.changes).await {
            Ok(_) => Ok(()),
            // Somebody else has just noted it, or ended it.
            Err(error) if error.is_conflict() => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Decision<'_> {
    /// A new token and its secret.
    pub(super) fn mint(
        &self,
        kind: TokenKind,
        user: Option<crate::id::UserId>,
        details: TokenDetails,
        expires_at: Option<Timestamp>,
    ) -> (Token, Secret) {
        let secret = self.secret();
        let hint = secret.reveal(kind.prefix()).chars().take(kind.prefix().len() + 6).collect();
        let token = Token {
            id: self.id(),
            tenant: self.tenant(),
            revision: Revision::FIRST,
            kind,
            digest: secret.digest(),
            user,
            details: TokenDetails { hint, ..details },
            created_at: self.at(),
            used_at: None,
            expires_at: expires_at.map(to_micros),
            ended_at: None,
        };
        (token, secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Level, Permission};
    use crate::directory::UserStatus;
    use crate::service::NewUser;
    use crate::testing::{Announced, Sandbox, some_lead};

    fn reading(level: Level) -> NewKey {
        let grants = Grants::default().allow(Permission::LeadRead, level);
        NewKey { name: "Website".to_owned(), grants, ..NewKey::default() }
    }

    #[tokio::test]
    async fn a_key_may_do_what_it_was_made_for_until_it_is_revoked() {
        let sandbox = Sandbox::new().unwrap();
        let leadbox = &sandbox.leadbox;
        let lead = leadbox.leads().capture(&some_lead(1)).await.unwrap().lead;
        let made = leadbox.keys().make(&reading(Level::All)).await.unwrap();
        assert!(made.text().starts_with(&made.key.details.hint));
        let (asker, key) = leadbox.as_key(&made.text()).await.unwrap();
        assert!(asker.leads().lead(lead.id).await.unwrap().is_some());
        assert!(matches!(asker.leads().delete(lead.id).await, Err(Error::Denied(_))));
        assert!(matches!(asker.keys().list(&PageRequest::default()).await, Err(Error::Denied(_))));
        assert_eq!(asker.actor().id, Some(key.id.uuid()));
        leadbox.keys().revoke(key.id).await.unwrap();
        leadbox.keys().revoke(key.id).await.unwrap();
        assert!(leadbox.as_key(&made.text()).await.is_err());
        for wrong in ["", "lbk_", "lbk_00", &made.text().to_uppercase(), "Bearer x"] {
            assert!(leadbox.as_key(wrong).await.is_err(), "{wrong}");
        }
        let announced = Announced::all(leadbox).await.unwrap();
        let said: String = announced.0.iter().filter_map(|event| event.payload.clone()).collect();
        assert!(said.contains("Website") && !said.contains(&made.text()[4..]));
    }

    #[tokio::test]
    async fn a_key_has_no_say_over_the_account_it_stands_for() {
        let sandbox = Sandbox::new().unwrap();
        let new = NewUser {
            name: "Adi".to_owned(),
            email: "adi@office.example".to_owned(),
            roles: ["admin".parse().unwrap()].into(),
            ..NewUser::default()
        };
        let adi = sandbox.leadbox.directory().add_user(&new).await.unwrap().id;
        let admin = sandbox.leadbox.as_user(adi).await.unwrap();
        let made = admin.keys().make(&reading(Level::Own)).await.unwrap();
        let (asker, key) = sandbox.leadbox.as_key(&made.text()).await.unwrap();
        assert_eq!((key.user, asker.rights().user()), (Some(adi), Some(adi)));
        let denied = |error: Error| assert!(matches!(error, Error::Denied(_)));
        denied(asker.passwords().set(adi, "hash", None).await.unwrap_err());
        denied(asker.directory().change_own("Eve", None).await.unwrap_err());
        denied(asker.sessions().list(adi, &PageRequest::default()).await.unwrap_err());
        admin.passwords().set(adi, "hash", None).await.unwrap();
    }

    #[tokio::test]
    async fn only_whom_a_key_stands_for_gets_another_secret_for_it() {
        let sandbox = Sandbox::new().unwrap();
        let leadbox = &sandbox.leadbox;
        let mut asked = Vec::new();
        for name in ["ann", "bea"] {
            let new = NewUser {
                name: name.to_owned(),
                email: format!("{name}@office.example"),
                roles: ["admin".parse().unwrap()].into(),
                ..NewUser::default()
            };
            let user = leadbox.directory().add_user(&new).await.unwrap().id;
            asked.push(leadbox.as_user(user).await.unwrap());
        }
        let overlap = TimeDelta::hours(1);
        let anns = asked[0].keys().make(&reading(Level::Own)).await.unwrap();
        let taken = asked[1].keys().rotate(anns.key.id, overlap).await.unwrap_err();
        assert!(matches!(taken, Error::Denied(Denied::Oneself)));
        asked[0].keys().rotate(anns.key.id, overlap).await.unwrap();
        asked[1].keys().revoke(anns.key.id).await.unwrap();

        // A key that made keys would outlive its own end.
        let grants = Grants::default().enable(Capability::KeysManage);
        let manages = NewKey { name: "Robot".to_owned(), grants, ..NewKey::default() };
        for maker in [leadbox, &asked[0]] {
            let made = maker.keys().make(&manages).await.unwrap();
            let (key, _) = leadbox.as_key(&made.text()).await.unwrap();
            key.keys().list(&PageRequest::default()).await.unwrap();
            let another = key.keys().make(&manages).await.unwrap_err();
            assert!(matches!(another, Error::Denied(Denied::Oneself)));
            let rotated = key.keys().rotate(made.key.id, TimeDelta::MAX).await.unwrap_err();
            assert!(matches!(rotated, Error::Denied(Denied::Oneself)));
            maker.keys().rotate(made.key.id, TimeDelta::MAX).await.unwrap();
        }
    }

    #[tokio::test]
    async fn what_a_key_does_not_see_it_does_not_write() {
        let sandbox = Sandbox::new().unwrap();
        let mut new = reading(Level::All);
        new.grants.hidden.insert("phone".to_owned());
        let made = sandbox.leadbox.keys().make(&new).await.unwrap();
        assert!(!made.key.details.grants.unwrap().writes("phone"));
        new.grants.hidden.insert("fone".to_owned());
        let misspelt = sandbox.leadbox.keys().make(&new).await.unwrap_err();
        assert!(misspelt.to_string().contains("fone"), "{misspelt}");
    }

    #[tokio::test]
    async fn the_old_secret_is_good_for_the_overlap() {
        let sandbox = Sandbox::new().unwrap();
        let leadbox = &sandbox.leadbox;
        let old = leadbox.keys().make(&reading(Level::All)).await.unwrap();
        let new = leadbox.keys().rotate(old.key.id, TimeDelta::hours(1)).await.unwrap();
        assert_ne!(old.text(), new.text());
        sandbox.clock.advance(TimeDelta::minutes(59));
        assert!(leadbox.as_key(&old.text()).await.is_ok());
        assert!(leadbox.as_key(&new.text()).await.is_ok());
        sandbox.clock.advance(TimeDelta::minutes(1));
        assert!(leadbox.as_key(&old.text()).await.is_err());
        assert!(leadbox.as_key(&new.text()).await.is_ok());
        assert!(leadbox.keys().rotate(old.key.id, TimeDelta::zero()).await.is_err(), "it is over");
    }

    #[tokio::test]
    async fn a_key_never_may_more_than_whoever_made_it() {
        let sandbox = Sandbox::new().unwrap();
        let leadbox = &sandbox.leadbox;
        let new = NewUser {
            name: "Adi".to_owned(),
            email: "adi@x.example".to_owned(),
            roles: ["admin".parse().unwrap()].into(),
            ..NewUser::default()
        };
        let admin = leadbox.directory().add_user(&new).await.unwrap();
        let handle = leadbox.as_user(admin.id).await.unwrap();
        let made = handle.keys().make(&reading(Level::All)).await.unwrap();
        leadbox.leads().capture(&some_lead(1)).await.unwrap();
        let seen = async || {
            let (asker, _) = leadbox.as_key(&made.text()).await?;
            asker.leads().count(&Default::default(), 10).await
        };
        assert_eq!(seen().await.unwrap(), 1);
        leadbox.directory().give_roles(admin.id, ["agent".parse().unwrap()]).await.unwrap();
        assert_eq!(seen().await.unwrap(), 0, "only its own");
        let lost = leadbox.as_user(admin.id).await.unwrap().keys().make(&reading(Level::Own)).await;
        assert!(matches!(lost, Err(Error::Denied(_))));
        let mut user = leadbox.directory().user(admin.id).await.unwrap().unwrap();
        user.status = UserStatus::Disabled;
        leadbox.directory().change_user(&user).await.unwrap();
        assert!(matches!(seen().await, Err(Error::Denied(_))));
    }

    #[tokio::test]
    async fn an_expired_key_is_refused_and_its_last_use_is_known_to_the_minute() {
        let sandbox = Sandbox::new().unwrap();
        let leadbox = &sandbox.leadbox;
        let expires_at = Some(leadbox.now() + TimeDelta::days(1));
        let new = NewKey { expires_at, ..reading(Level::All) };
        let made = leadbox.keys().make(&new).await.unwrap();
        for _ in 0..3 {
            leadbox.as_key(&made.text()).await.unwrap();
        }
        let used = async || {
            let page = leadbox.keys().list(&PageRequest::default()).await.unwrap();
            (page.items[0].used_at, page.items[0].revision)
        };
        assert_eq!(used().await, (Some(leadbox.now()), Revision(2)));
        sandbox.clock.advance(TimeDelta::minutes(2));
        leadbox.as_key(&made.text()).await.unwrap();
        assert_eq!(used().await, (Some(leadbox.now()), Revision(3)));
        sandbox.clock.advance(TimeDelta::days(1));
        assert!(leadbox.as_key(&made.text()).await.is_err());
        let past = NewKey { name: " ".to_owned(), expires_at, ..new };
        let Err(Error::Invalid(invalid)) = leadbox.keys().make(&past).await else { panic!() };
        assert_eq!(invalid.issues.len(), 2);
    }
}
