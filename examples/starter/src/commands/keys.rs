//! `leadbox keys`: API keys, with which programs ask.

use leadbox_core::access::Grants;
use leadbox_core::proof::Token;
use leadbox_core::service::{MadeKey, NewKey};
use leadbox_core::{LeadBox, Timestamp, TokenId, UserId};
use serde::Serialize;

use super::office::Office;
use crate::cli::{KeyOptions, KeysVerb};
use crate::exit::{Exit, Failure};
use crate::output::{Outcome, Output};
use crate::storage::Location;
use crate::table::Table;

/// A key without its secret, as programs read it.
#[derive(Debug, Serialize)]
struct Key {
    id: TokenId,
    name: String,
    /// The first characters of its secret.
    hint: String,
    /// For whom it stands; none for a key of the program's own.
    user: Option<UserId>,
    grants: Grants,
    per_minute: Option<u32>,
    created_at: Timestamp,
    used_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    /// When it was revoked.
    ended_at: Option<Timestamp>,
    live: bool,
}

impl Key {
    fn of(token: &Token, now: Timestamp) -> Self {
        let details = &token.details;
        Self {
            id: token.id,
            name: details.name.clone(),
            hint: details.hint.clone(),
            user: token.user,
            grants: details.grants.clone().unwrap_or_default(),
            per_minute: details.per_minute.map(Into::into),
            created_at: token.created_at,
            used_at: token.used_at,
            expires_at: token.expires_at,
            ended_at: token.ended_at,
            live: token.is_live(now),
        }
    }

    fn may(&self) -> String {
        if Grants::everything().is_within(&self.grants) {
            return "everything".to_owned();
        }
        let permissions = self.grants.permissions.iter();
        let permissions = permissions.map(|(permission, level)| format!("{permission}={level}"));
        let capabilities = self.grants.capabilities.iter().map(ToString::to_string);
        permissions.chain(capabilities).collect::<Vec<_>>().join(", ")
    }

    fn until(&self) -> String {
        match (self.ended_at, self.expires_at) {
            (Some(_), _) => "revoked".to_owned(),
            (None, Some(at)) if self.live => minute(at),
            (None, Some(_)) => "over".to_owned(),
            (None, None) => "for ever".to_owned(),
        }
    }
}

fn minute(at: Timestamp) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

#[derive(Debug, Serialize)]
struct Listed {
    keys: Vec<Key>,
}

impl Outcome for Listed {
    fn text(&self) -> String {
        if self.keys.is_empty() {
            return "no keys yet: `leadbox keys make --name NAME --grant lead.read=all` makes one"
                .to_owned();
        }
        let rows = self.keys.iter().map(|key| {
            let used = key.used_at.map_or_else(|| "never".to_owned(), minute);
            [
                key.name.clone(),
                format!("{}…", key.hint),
                key.may(),
                used,
                key.until(),
                key.id.to_string(),
            ]
        });
        Table::new(["key", "begins with", "may", "last used", "good until", "id"]).rows(rows).text()
    }
}

#[derive(Debug, Serialize)]
struct Made {
    /// What programs send along.
    secret: String,
    key: Key,
    /// How long the secret of before is still good.
    #[serde(skip_serializing_if = "Option::is_none")]
    old_good_until: Option<Timestamp>,
}

impl Outcome for Made {
    fn text(&self) -> String {
        let Self { secret, key, .. } = self;
        let until = key
            .expires_at
            .map_or_else(|| "for ever".to_owned(), |at| format!("until {}", minute(at)));
        let limit = key.per_minute.map(|n| format!(", at most {n} requests per minute"));
        let old =
            self.old_good_until.map(|at| format!("\nthe old secret is good until {}", minute(at)));
        format!(
            "{secret}\nthe key {} is good {until} and may: {}{}\ncopy it now: it is shown once; `leadbox keys revoke {}` ends it{}",
            key.name,
            key.may(),
            limit.unwrap_or_default(),
            key.id,
            old.unwrap_or_default()
        )
    }
}

#[derive(Debug, Serialize)]
struct Revoked {
    key: Key,
}

impl Outcome for Revoked {
    fn text(&self) -> String {
        format!("the key {} was revoked: whoever uses it is refused", self.key.name)
    }
}

/// Runs the command.
///
/// # Errors
/// `Failed` when no key is named so, or it is refused; `Unavailable`; `SchemaTooNew`.
pub(super) async fn keys(
    verb: &KeysVerb,
    location: &Location,
    output: Output,
) -> Result<Exit, Failure> {
    let office = Office::open(location, output).await?;
    let (keys, now) = (office.leadbox.keys(), office.leadbox.now());
    match verb {
        KeysVerb::List => {
            let keys = office.keys().await?.iter().map(|token| Key::of(token, now)).collect();
            Ok(office.say(&Listed { keys }))
        }
        KeysVerb::Make(options) => {
            let made = keys.make(&new_key(&office.leadbox, options)?).await?;
            office.say_written(&shown(&made, now, None)).await
        }
        KeysVerb::Rotate { key, overlap } => {
            let old = office.key(key).await?;
            let made = keys.rotate(old.id, *overlap).await?;
            let until = now.checked_add_signed(*overlap);
            let until = until.into_iter().chain(old.expires_at).min();
            office.say_written(&shown(&made, now, until)).await
        }
        KeysVerb::Revoke { key } => {
            let ended = keys.revoke(office.key(key).await?.id).await?;
            office.say_written(&Revoked { key: Key::of(&ended, now) }).await
        }
    }
}

fn new_key(leadbox: &LeadBox, options: &KeyOptions) -> Result<NewKey, Failure> {
    let mut grants = options.granted.grants();
    if options.admin {
        let Grants { permissions, capabilities, .. } = Grants::everything();
        grants = Grants { permissions, capabilities, ..grants };
    }
    if grants.permissions.is_empty() && grants.capabilities.is_empty() {
        return Err(Failure::new(Exit::Failed, "the key could do nothing")
            .hint("say what it may do with --grant, --capability or --admin"));
    }
    let expires_at = options.expires.and_then(|span| leadbox.now().checked_add_signed(span));
    let (name, per_minute) = (options.name.clone(), options.per_minute);
    Ok(NewKey { name, grants, expires_at, per_minute })
}

fn shown(made: &MadeKey, now: Timestamp, old_good_until: Option<Timestamp>) -> Made {
    Made { secret: made.text(), key: Key::of(&made.key, now), old_good_until }
}
