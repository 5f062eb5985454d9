//! Sessions: somebody is signed in. Owns how long they last, that their secret changes now and then, and ending them.

use chrono::TimeDelta;
use serde_json::Value;

use super::decision::{Announce, Decision, data};
use super::{LeadBox, Prepared};
use crate::access::{Capability, Denied};
use crate::error::{Error, Result};
use crate::event::{Actor, EventType, Subject, SubjectKind};
use crate::id::{TokenId, UserId};
use crate::page::{Page, PageRequest};
use crate::proof::{Secret, Token, TokenDetails, TokenFilter, TokenKind};
use crate::revision::Version;
use crate::storage::Change;
use crate::time::Timestamp;

/// Sessions. Made by [`LeadBox::sessions`].
#[derive(Clone, Copy, Debug)]
pub struct Sessions<'a> {
    pub(super) leadbox: &'a LeadBox,
}

/// How long sessions last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionPolicy {
    /// A session that is not used for so long is over; 12 hours by default.
    pub idle: TimeDelta,
    /// After this one has to sign in again in any case; 14 days by default.
    pub absolute: TimeDelta,
    /// The secret changes so often; every hour by default.
    pub rotate: TimeDelta,
}

impl Default for SessionPolicy {
    fn default() -> Self {
        Self {
            idle: TimeDelta::hours(12),
            absolute: TimeDelta::days(14),
            rotate: TimeDelta::hours(1),
        }
    }
}

/// Requests that were under way when the secret changed still come in with the old one.
const OVERLAP: TimeDelta = TimeDelta::minutes(1);

/// A session that holds.
#[derive(Clone, PartialEq, Debug)]
pub struct Session {
    /// The session.
    pub token: Token,
    /// Another secret for it, when it changed: the browser has to be given it.
    pub renewed: Option<Secret>,
}

impl Sessions<'_> {
    /// Begins a session of a user who has proved who it is. `browser` is what people recognise it by.
    ///
    /// # Errors
    /// `Denied` when there is no such user, or it is disabled; `Storage`.
    pub async fn begin(
        &self,
        user: UserId,
        browser: &str,
        policy: &SessionPolicy,
    ) -> Result<(Token, Secret)> {
        // Whoever may not work cannot sign in either.
        self.leadbox.as_user(user).await?;
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        let details = TokenDetails {
            name: browser.chars().filter(|letter| !letter.is_control()).take(200).collect(),
            origin: self.leadbox.actor().origin.clone(),
            ..TokenDetails::default()
        };
        let until = decision.at().checked_add_signed(policy.absolute);
        let made = decision.mint(TokenKind::Session, Some(user), details, until);
        announce(&mut decision, EventType::SESSION_STARTED, &made.0)?;
        decision.push(Change::PutToken(Box::new(made.0.clone())))?;
        self.leadbox.storage().commit(&decision.finish(()).await?.changes).await?;
        Ok(made)
    }

    /// The session with this secret, if it holds; its use is noted, and its secret changed when it is time.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn resume(&self, text: &str, policy: &SessionPolicy) -> Result<Option<Session>> {
        let (storage, now) = (self.leadbox.storage(), self.leadbox.now());
        let Some(Session { token, .. }) = self.session(text, policy).await? else {
            return Ok(None);
        };
        if now - token.created_at < policy.rotate || is_fading(&token, now) {
            self.leadbox.note_use(&token).await?;
            return Ok(Some(Session { token, renewed: None }));
        }
        let prepared = self.renew(&token).await?;
        match storage.commit(&prepared.changes).await {
            Ok(_) => Ok(Some(prepared.outcome)),
            // Another request of the same browser was first, and has the new secret.
            Err(error) if error.is_conflict() => Ok(Some(Session { token, renewed: None })),
            Err(error) => Err(error.into()),
        }
    }

    /// The session with this secret, if it holds, and nothing else: for what a page asks by itself, which is no use of it.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn session(&self, text: &str, policy: &SessionPolicy) -> Result<Option<Session>> {
        let Some(secret) = Secret::parse(TokenKind::Session.prefix(), text) else {
            return Ok(None);
        };
        let (storage, tenant) = (self.leadbox.storage(), self.leadbox.tenant());
        let found = storage.token_by_digest(tenant, &secret.digest()).await?;
        Ok(self.holding(found, policy))
    }

    /// The same for one that began earlier: whether it still holds. One whose secret was changed does not.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn still(&self, id: TokenId, policy: &SessionPolicy) -> Result<Option<Session>> {
        let found = self.leadbox.storage().token(self.leadbox.tenant(), id).await?;
        Ok(self.holding(found, policy))
    }

    fn holding(&self, found: Option<Token>, policy: &SessionPolicy) -> Option<Session> {
        let now = self.leadbox.now();
        let token = found.filter(|token| token.kind == TokenKind::Session)?;
        let holds = token.is_live(now) && !is_idle(&token, now, policy);
        holds.then_some(Session { token, renewed: None })
    }

    async fn renew(&self, old: &Token) -> Result<Prepared<Session>> {
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        let (mut token, secret) =
            decision.mint(old.kind, old.user, old.details.clone(), old.expires_at);
        token.used_at = Some(decision.at());
        let fading = old.clone().expiring(decision.at() + OVERLAP);
        decision.push(Change::PutToken(Box::new(token.clone())))?;
        decision.push(Change::PutToken(Box::new(fading)))?;
        decision.finish(Session { token, renewed: Some(secret) }).await
    }

    /// A user's sessions, the latest first, also those that are over.
    ///
    /// # Errors
    /// `Denied`, unless the asker is that user or manages users; `Storage`.
    pub async fn list(&self, user: UserId, page: &PageRequest) -> Result<Page<Token>> {
        self.require_known(user)?;
        let filter = TokenFilter { kind: TokenKind::Session, user: Some(user) };
        Ok(self.leadbox.storage().tokens(self.leadbox.tenant(), &filter, page).await?)
    }

    /// A user's sessions that can still be gone on with, the latest first.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub async fn live(&self, user: UserId, policy: &SessionPolicy) -> Result<Vec<Token>> {
        self.require_known(user)?;
        let (mut live, now) =
            (self.leadbox.live_tokens(user, TokenKind::Session).await?, self.leadbox.now());
        live.retain(|token| !is_idle(token, now, policy));
        Ok(live)
    }

    /// Refuses whoever may not know where a user is signed in.
    fn require_known(&self, user: UserId) -> Result<()> {
        let rights = self.leadbox.rights();
        if rights.oneself() != Some(user) {
            rights.require_capability(Capability::UsersManage)?;
        }
        Ok(())
    }

    /// Ends a session. Ending one that is over does nothing.
    ///
    /// # Errors
    /// `Denied`, unless it is the asker's or the asker manages users; `NotFound`; `Contended`; `Storage`.
    pub async fn end(&self, id: TokenId) -> Result<()> {
        self.leadbox
            .decide("session", id, || {
                Box::pin(async move {
                    let found = self.leadbox.storage().token(self.leadbox.tenant(), id).await?;
                    let found = found.filter(|token| token.kind == TokenKind::Session);
                    let token = found.ok_or_else(|| Error::not_found("session", id))?;
                    let mut decision = Decision::new(self.leadbox, Announce::Each);
                    decision.end(token)?;
                    decision.finish(()).await
                })
            })
            .await
    }

    /// Ends all sessions of a user but one.
    ///
    /// # Errors
    /// As [`end`](Self::end).
    pub async fn end_others(&self, user: UserId, kept: Option<TokenId>) -> Result<()> {
        let live = self.leadbox.live_tokens(user, TokenKind::Session).await?;
        for token in live.into_iter().filter(|token| Some(token.id) != kept) {
            self.end(token.id).await?;
        }
        Ok(())
    }
}

/// Whether the session was not used for too long.
fn is_idle(token: &Token, now: Timestamp, policy: &SessionPolicy) -> bool {
    now - token.used_at.unwrap_or(token.created_at) >= policy.idle
}

/// Whether the session's secret was changed, and this is the old one.
fn is_fading(token: &Token, now: Timestamp) -> bool {
    token.expires_at.is_some_and(|until| until - now <= OVERLAP)
}

fn announce(decision: &mut Decision<'_>, kind: EventType, token: &Token) -> Result<()> {
    let user = token.user.ok_or(Denied::Account)?;
    let subject = Subject { kind: SubjectKind::User, id: user.uuid() };
    let payload = data([
        ("session", Value::from(token.id.to_string())),
        ("browser", Value::from(token.details.name.as_str())),
    ]);
    decision.event(subject, kind, Version(0), &payload)?;
    Ok(())
}

impl Decision<'_> {
    /// Ends what stands for a user of these kinds, but for one.
    pub(super) async fn end_all(
        &mut self,
        user: UserId,
        kinds: &[TokenKind],
        kept: Option<TokenId>,
    ) -> Result<()> {
        for kind in kinds {
            for token in self.leadbox().live_tokens(user, *kind).await? {
                if Some(token.id) != kept {
                    self.end(token)?;
                }
            }
        }
        Ok(())
    }

    /// Ends a session or a link, if it is not over.
    pub(super) fn end(&mut self, token: Token) -> Result<()> {
        if !token.is_live(self.at()) {
            return Ok(());
        }
        let ended = token.ended(self.at());
        if ended.kind == TokenKind::Session {
            announce(self, EventType::SESSION_ENDED, &ended)?;
        }
        self.push(Change::PutToken(Box::new(ended)))
    }
}

impl LeadBox {
    /// All tokens of a kind that stand for a user and are not over.
    pub(super) async fn live_tokens(&self, user: UserId, kind: TokenKind) -> Result<Vec<Token>> {
        let filter = TokenFilter { kind, user: Some(user) };
        let (mut live, mut page) = (Vec::new(), PageRequest::first(PageRequest::MAX));
        loop {
            let found = self.storage().tokens(self.tenant(), &filter, &page).await?;
            live.extend(found.items.into_iter().filter(|token| token.is_live(self.now())));
            match found.next {
                Some(cursor) => page = PageRequest::after(PageRequest::MAX, cursor),
                None => return Ok(live),
            }
        }
    }

    /// The same, acting as the user of a session.
    ///
    /// # Errors
    /// As [`as_user`](Self::as_user).
    pub async fn as_session(&self, session: &Session) -> Result<Self> {
        let user = session.token.user.ok_or(Denied::Account)?;
        let origin = self.actor().origin.clone();
        let asker = self.as_user(user).await?;
        Ok(asker.by(Actor { origin, ..Actor::user(user) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::User;
    use crate::service::NewUser;
    use crate::testing::Sandbox;

    const POLICY: SessionPolicy = SessionPolicy {
        idle: TimeDelta::hours(12),
        absolute: TimeDelta::days(14),
        rotate: TimeDelta::hours(1),
    };

    async fn user(sandbox: &Sandbox, name: &str) -> User {
        let (name, email) = (name.to_owned(), format!("{name}@x.example"));
        let new = NewUser { name, email, ..NewUser::default() };
        sandbox.leadbox.directory().add_user(&new).await.unwrap()
    }

    fn text(secret: &Secret) -> String {
        secret.reveal(TokenKind::Session.prefix())
    }

    #[tokio::test]
    async fn a_session_ends_when_it_is_not_used_and_in_any_case() {
        let sandbox = Sandbox::new().unwrap();
        let sessions = sandbox.leadbox.sessions();
        let user = user(&sandbox, "ann").await;
        let (_, secret) = sessions.begin(user.id, "Firefox", &POLICY).await.unwrap();
        sandbox.clock.advance(TimeDelta::hours(12));
        assert_eq!(sessions.resume(&text(&secret), &POLICY).await.unwrap(), None, "idle");

        let (_, mut secret) = sessions.begin(user.id, "Firefox", &POLICY).await.unwrap();
        let mut hours = 0;
        while let Some(session) = sessions.resume(&text(&secret), &POLICY).await.unwrap() {
            assert_eq!(
                sandbox.leadbox.as_session(&session).await.unwrap().rights().user(),
                Some(user.id)
            );
            secret = session.renewed.unwrap_or(secret);
            sandbox.clock.advance(TimeDelta::hours(6));
            hours += 6;
        }
        assert_eq!(hours, 14 * 24);
    }

    #[tokio::test]
    async fn the_secret_changes_and_the_old_one_soon_fails() {
        let sandbox = Sandbox::new().unwrap();
        let sessions = sandbox.leadbox.sessions();
        let user = user(&sandbox, "ann").await;
        let (_, first) = sessions.begin(user.id, "Firefox", &POLICY).await.unwrap();
        sandbox.clock.advance(TimeDelta::minutes(59));
        let held = sessions.resume(&text(&first), &POLICY).await.unwrap().unwrap();
        assert_eq!(held.renewed, None);
        sandbox.clock.advance(TimeDelta::minutes(1));
        let renewed = sessions.resume(&text(&first), &POLICY).await.unwrap().unwrap();
        let second = renewed.renewed.unwrap();
        // A request that was under way.
        let late = sessions.resume(&text(&first), &POLICY).await.unwrap().unwrap();
        assert_eq!(late.renewed, None);
        sandbox.clock.advance(TimeDelta::minutes(2));
        assert_eq!(sessions.resume(&text(&first), &POLICY).await.unwrap(), None);
        assert!(sessions.resume(&text(&second), &POLICY).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn what_is_asked_by_itself_keeps_no_session_alive() {
        let sandbox = Sandbox::new().unwrap();
        let sessions = sandbox.leadbox.sessions();
        let user = user(&sandbox, "ann").await;
        let (token, secret) = sessions.begin(user.id, "Firefox", &POLICY).await.unwrap();
        for _ in 0..11 {
            sandbox.clock.advance(TimeDelta::hours(1));
            let asked = sessions.session(&text(&secret), &POLICY).await.unwrap().unwrap();
            assert_eq!((asked.token.id, asked.renewed), (token.id, None));
            assert!(sessions.still(token.id, &POLICY).await.unwrap().is_some());
        }
        sandbox.clock.advance(TimeDelta::hours(1));
        assert_eq!(sessions.session(&text(&secret), &POLICY).await.unwrap(), None);
        assert_eq!(sessions.still(token.id, &POLICY).await.unwrap(), None);
        let (token, _) = sessions.begin(user.id, "Firefox", &POLICY).await.unwrap();
        sessions.end(token.id).await.unwrap();
        assert_eq!(sessions.still(token.id, &POLICY).await.unwrap(), None, "ended");
    }

    #[tokio::test]
    async fn one_ends_ones_own_sessions_and_nobody_elses() {
        let sandbox = Sandbox::new().unwrap();
        let sessions = sandbox.leadbox.sessions();
        let (ann, bob) = (user(&sandbox, "ann").await, user(&sandbox, "bob").await);
        let (first, _) = sessions.begin(ann.id, "Firefox", &POLICY).await.unwrap();
        let (second, secret) = sessions.begin(ann.id, "Phone", &POLICY).await.unwrap();
        let (_, theirs) = sessions.begin(bob.id, "Safari", &POLICY).await.unwrap();
        let anns = sandbox.leadbox.as_user(ann.id).await.unwrap();
        let bobs = sandbox.leadbox.as_user(bob.id).await.unwrap();
        assert!(matches!(bobs.sessions().end(first.id).await, Err(Error::Denied(_))));
        assert!(bobs.sessions().list(ann.id, &PageRequest::default()).await.is_err());
        anns.sessions().end_others(ann.id, Some(second.id)).await.unwrap();
        let listed = anns.sessions().list(ann.id, &PageRequest::default()).await.unwrap().items;
        let live = listed.iter().filter(|token| token.is_live(sandbox.leadbox.now()));
        assert_eq!(live.map(|token| token.id).collect::<Vec<_>>(), [second.id]);
        assert!(sessions.resume(&text(&secret), &POLICY).await.unwrap().is_some());
        anns.sessions().end(second.id).await.unwrap();
        assert_eq!(sessions.resume(&text(&secret), &POLICY).await.unwrap(), None);
        assert!(sessions.resume(&text(&theirs), &POLICY).await.unwrap().is_some());
    }
}
