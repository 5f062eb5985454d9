//! Passwords, invitations and reset links. Owns what is kept of them and when they are good; hashing is for whoever asks
//! people for passwords.

use chrono::TimeDelta;
use serde_json::Value;

use super::LeadBox;
use super::decision::{Announce, Decision, data};
use crate::access::{Capability, Denied, merge};
use crate::directory::UserStatus;
use crate::error::{Error, Result};
use crate::event::{EventType, Subject, SubjectKind};
use crate::id::UserId;
use crate::proof::{Credential, Lockout, Secret, Token, TokenDetails, TokenKind};
use crate::revision::{Revision, Version};
use crate::storage::Change;

/// Passwords. Made by [`LeadBox::passwords`].
#[derive(Clone, Copy, Debug)]
pub struct Passwords<'a> {
    pub(super) leadbox: &'a LeadBox,
}

/// How long an invitation is good.
const INVITED: TimeDelta = TimeDelta::days(7);
/// How long a reset link is good.
const RESET: TimeDelta = TimeDelta::hours(1);

impl Passwords<'_> {
    /// What is kept of a user's password, to hold one against it. For the host alone.
    ///
    /// # Errors
    /// `Denied`, `Storage`.
    pub async fn credential(&self, user: UserId) -> Result<Option<Credential>> {
        self.leadbox.rights().require_host()?;
        Ok(self.leadbox.storage().credential(self.leadbox.tenant(), user).await?)
    }

    /// Notes that a password was missed; after some misses it is not looked at for a while.
    ///
    /// # Errors
    /// `Denied`, `Contended`, `Storage`.
    pub async fn missed(&self, user: UserId, lockout: &Lockout) -> Result<()> {
        self.leadbox.rights().require_host()?;
        self.leadbox
            .decide("password", user, || {
                Box::pin(async move {
                    let mut decision = Decision::new(self.leadbox, Announce::Each);
                    let Some(before) = self.credential(user).await? else {
                        return decision.finish(()).await;
                    };
                    let after = before.missed(decision.at(), lockout);
                    let payload = data([
                        ("misses", Value::from(after.misses)),
                        ("locked_until", serde_json::to_value(after.locked_until)?),
                    ]);
                    decision.event(
                        subject(user),
                        EventType::SIGN_IN_FAILED,
                        Version(0),
                        &payload,
                    )?;
                    decision.push(Change::PutCredential(Box::new(after)))?;
                    decision.finish(()).await
                })
            })
            .await
    }

    /// Notes that a password was met, which forgives all misses. False when it was locked meanwhile: then it does not count.
    ///
    /// # Errors
    /// `Denied`, `Contended`, `Storage`.
    pub async fn met(&self, user: UserId) -> Result<bool> {
        self.leadbox.rights().require_host()?;
        self.leadbox
            .decide("password", user, || {
                Box::pin(async move {
                    let mut decision = Decision::new(self.leadbox, Announce::Each);
                    let before = self.credential(user).await?;
                    let Some(before) = before.filter(|before| before.is_open(decision.at())) else {
                        return decision.finish(false).await;
                    };
                    if before.misses > 0 {
                        decision.push(Change::PutCredential(Box::new(before.met())))?;
                    }
                    decision.finish(true).await
                })
            })
            .await
    }

    /// Sets a user's password, given its hash. All its sessions end but the one to be kept, and links that were sent to it.
    ///
    /// # Errors
    /// `Denied`, unless it is the asker's own; `NotFound`; `Contended`; `Storage`.
    pub async fn set(&self, user: UserId, hash: &str, kept: Option<&Token>) -> Result<()> {
        let rights = self.leadbox.rights();
        if rights.oneself() != Some(user) {
            // Whoever manages users sends a link instead: nobody but oneself knows one's password.
            rights.require_host()?;
        }
        self.leadbox
            .decide("password", user, || {
                Box::pin(async move {
                    let mut decision = Decision::new(self.leadbox, Announce::Each);
                    self.put(&mut decision, user, hash, kept).await?;
                    decision.finish(()).await
                })
            })
            .await
    }

    /// Invites a user to set its first password; earlier invitations end. The secret belongs into a link.
    ///
    /// # Errors
    /// `Denied`, also when the user may do more than the asker; `NotFound`, `Contended`, `Storage`.
    pub async fn invite(&self, user: UserId) -> Result<Secret> {
        self.leadbox.rights().require_capability(Capability::UsersManage)?;
        self.link(user, TokenKind::Invitation, INVITED, EventType::USER_INVITED).await
    }

    /// Makes a link with which a user sets another password; earlier ones end.
    ///
    /// # Errors
    /// As [`invite`](Self::invite).
    pub async fn reset(&self, user: UserId) -> Result<Secret> {
        self.leadbox.rights().require_capability(Capability::UsersManage)?;
        self.link(user, TokenKind::Reset, RESET, EventType::PASSWORD_RESET_ASKED).await
    }

    /// The token behind the secret of an invitation or reset link, if it is good; it is not used up. For the host alone.
    ///
    /// # Errors
    /// `Denied`, `Storage`.
    pub async fn link_behind(&self, kind: TokenKind, text: &str) -> Result<Option<Token>> {
        self.leadbox.rights().require_host()?;
        let Some(secret) = Secret::parse(kind.prefix(), text) else { return Ok(None) };
        let (storage, tenant) = (self.leadbox.storage(), self.leadbox.tenant());
        let found = storage.token_by_digest(tenant, &secret.digest()).await?;
        Ok(found.filter(|token| token.kind == kind && token.is_live(self.leadbox.now())))
    }

    /// Sets the password of whoever holds an invitation or reset link, which is used up by it; all sessions end.
    ///
    /// # Errors
    /// `Denied` when the link is not good, or its user is disabled; `Contended`; `Storage`.
    pub async fn redeem(&self, kind: TokenKind, text: &str, hash: &str) -> Result<UserId> {
        self.leadbox
            .decide("link", "(secret)", || {
                Box::pin(async move {
                    let token = self.link_behind(kind, text).await?.ok_or(Denied::Account)?;
                    let user = token.user.ok_or(Denied::Account)?;
                    let tenant = self.leadbox.tenant();
                    let known = self.leadbox.storage().user(tenant, user).await?;
                    if known.is_none_or(|known| known.status == UserStatus::Disabled) {
                        return Err(Denied::Account.into());
                    }
                    let mut decision = Decision::new(self.leadbox, Announce::Each);
                    decision.end(token.clone())?;
                    self.put(&mut decision, user, hash, Some(&token)).await?;
                    decision.finish(user).await
                })
            })
            .await
    }

    /// Adds the new password, and the end of the user's sessions and links but for one.
    async fn put(
        &self,
        decision: &mut Decision<'_>,
        user: UserId,
        hash: &str,
        kept: Option<&Token>,
    ) -> Result<()> {
        let known = self.leadbox.storage().user(self.leadbox.tenant(), user).await?;
        known.ok_or_else(|| Error::not_found("user", user))?;
        self.put_hash(decision, user, hash, kept).await
    }

    /// The same for a user who may come into being with it.
    pub(super) async fn put_hash(
        &self,
        decision: &mut Decision<'_>,
        user: UserId,
        hash: &str,
        kept: Option<&Token>,
    ) -> Result<()> {
        let tenant = decision.tenant();
        let before = self.leadbox.storage().credential(tenant, user).await?;
        let credential = Credential {
            tenant,
            user,
            revision: before.map_or(Revision::FIRST, |before| before.revision.next()),
            hash: hash.to_owned(),
            misses: 0,
            locked_until: None,
            set_at: decision.at(),
        };
        decision.event(subject(user), EventType::PASSWORD_SET, Version(0), &data([]))?;
        decision.push(Change::PutCredential(Box::new(credential)))?;
        let kept = kept.map(|kept| kept.id);
        let kinds = [TokenKind::Session, TokenKind::Invitation, TokenKind::Reset];
        decision.end_all(user, &kinds, kept).await
    }

    async fn link(
        &self,
        user: UserId,
        kind: TokenKind,
        good_for: TimeDelta,
        event: EventType,
    ) -> Result<Secret> {
        let event = &event;
        self.leadbox
            .decide("user", user, || {
                Box::pin(async move {
                    let found = self.leadbox.storage().user(self.leadbox.tenant(), user).await?;
                    let found = found.ok_or_else(|| Error::not_found("user", user))?;
                    // Whoever has the link can become that user.
                    let roles = self.leadbox.catalog().await?.roles_of(&found);
                    self.leadbox.rights().require_within(&merge(&roles))?;
                    let mut decision = Decision::new(self.leadbox, Announce::Each);
                    decision.end_all(user, &[kind], None).await?;
                    let until = Some(decision.at() + good_for);
                    let (token, secret) =
                        decision.mint(kind, Some(user), TokenDetails::default(), until);
                    decision.event(subject(user), event.clone(), Version(0), &data([]))?;
                    decision.push(Change::PutToken(Box::new(token)))?;
                    decision.finish(secret).await
                })
            })
            .await
    }
}

fn subject(user: UserId) -> Subject {
    Subject { kind: SubjectKind::User, id: user.uuid() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Grants, Role};
    use crate::directory::User;
    use crate::page::PageRequest;
    use crate::service::{NewUser, SessionPolicy};
    use crate::testing::Sandbox;

    async fn user(sandbox: &Sandbox, name: &str, role: &str) -> UserId {
        let new = NewUser {
            name: name.to_owned(),
            email: format!("{name}@x.example"),
            roles: [role.parse().unwrap()].into(),
            ..NewUser::default()
        };
        sandbox.leadbox.directory().add_user(&new).await.unwrap().id
    }

    #[tokio::test]
    async fn an_invitation_is_good_once_and_for_a_week() {
        let sandbox = Sandbox::new().unwrap();
        let ann = user(&sandbox, "ann", "agent").await;
        let passwords = sandbox.leadbox.passwords();
        let text = |secret: &Secret| secret.reveal(TokenKind::Invitation.prefix());
        let (first, second) =
            (passwords.invite(ann).await.unwrap(), passwords.invite(ann).await.unwrap());
        let kind = TokenKind::Invitation;
        assert!(passwords.redeem(kind, &text(&first), "hash").await.is_err(), "replaced");
        assert!(passwords.redeem(TokenKind::Reset, &text(&second), "hash").await.is_err());
        assert_eq!(passwords.redeem(kind, &text(&second), "hash").await.unwrap(), ann);
        assert_eq!(passwords.credential(ann).await.unwrap().unwrap().hash, "hash");
        assert!(passwords.redeem(kind, &text(&second), "other").await.is_err(), "used up");
        let third = passwords.invite(ann).await.unwrap();
        sandbox.clock.advance(TimeDelta::days(7));
        assert!(passwords.redeem(kind, &text(&third), "other").await.is_err(), "expired");
    }

    #[tokio::test]
    async fn a_new_password_ends_the_other_sessions() {
        let sandbox = Sandbox::new().unwrap();
        let ann = user(&sandbox, "ann", "agent").await;
        let (sessions, policy) = (sandbox.leadbox.sessions(), SessionPolicy::default());
        let (kept, _) = sessions.begin(ann, "here", &policy).await.unwrap();
        sessions.begin(ann, "there", &policy).await.unwrap();
        let handle = sandbox.leadbox.as_user(ann).await.unwrap();
        handle.passwords().set(ann, "hash", Some(&kept)).await.unwrap();
        let page = handle.sessions().list(ann, &PageRequest::default()).await.unwrap();
        let now = sandbox.leadbox.now();
        let live: Vec<_> = page.items.iter().filter(|token| token.is_live(now)).collect();
        assert_eq!(live.iter().map(|token| token.id).collect::<Vec<_>>(), [kept.id]);
        let reset = sandbox.leadbox.passwords().reset(ann).await.unwrap();
        let text = reset.reveal(TokenKind::Reset.prefix());
        sandbox.leadbox.passwords().redeem(TokenKind::Reset, &text, "third").await.unwrap();
        let page = handle.sessions().list(ann, &PageRequest::default()).await.unwrap();
        assert!(page.items.iter().all(|token| !token.is_live(now)));
    }

    #[tokio::test]
    async fn links_end_with_a_new_password_another_address_and_the_account() {
        let sandbox = Sandbox::new().unwrap();
        let leadbox = &sandbox.leadbox;
        let ann = user(&sandbox, "ann", "agent").await;
        let change = async |email: &str, status| {
            let known = leadbox.directory().user(ann).await.unwrap().unwrap();
            let changed = User { email: email.to_owned(), status, ..known };
            leadbox.directory().change_user(&changed).await.unwrap();
        };
        for way in ["password", "address", "disabled"] {
            let (invited, reset) = (
                leadbox.passwords().invite(ann).await.unwrap(),
                leadbox.passwords().reset(ann).await.unwrap(),
            );
            let (session, _) =
                leadbox.sessions().begin(ann, "here", &SessionPolicy::default()).await.unwrap();
            match way {
                "password" => {
                    leadbox.passwords().set(ann, "hash", Some(&session)).await.unwrap();
                }
                "address" => change("ann@y.example", UserStatus::Active).await,
                _ => {
                    change("ann@y.example", UserStatus::Disabled).await;
                    change("ann@y.example", UserStatus::Active).await;
                }
            }
            for (kind, secret) in [(TokenKind::Invitation, invited), (TokenKind::Reset, reset)] {
                let text = secret.reveal(kind.prefix());
                assert!(
                    leadbox.passwords().link_behind(kind, &text).await.unwrap().is_none(),
                    "{way} {kind:?}"
                );
            }
            let found = leadbox.storage().token(leadbox.tenant(), session.id).await.unwrap();
            assert_eq!(found.unwrap().is_live(leadbox.now()), way != "disabled", "{way}");
        }
    }

    #[tokio::test]
    async fn misses_lock_and_a_hit_forgives() {
        let sandbox = Sandbox::new().unwrap();
        let ann = user(&sandbox, "ann", "agent").await;
        let (passwords, lockout) = (sandbox.leadbox.passwords(), Lockout::default());
        passwords.missed(ann, &lockout).await.unwrap();
        passwords.set(ann, "hash", None).await.unwrap();
        for _ in 0..6 {
            passwords.missed(ann, &lockout).await.unwrap();
        }
        let locked = passwords.credential(ann).await.unwrap().unwrap();
        assert!(!locked.is_open(sandbox.leadbox.now()));
        assert!(!passwords.met(ann).await.unwrap(), "guessed at the same time, and too late");
        assert!(!passwords.credential(ann).await.unwrap().unwrap().is_open(sandbox.leadbox.now()));
        sandbox.clock.advance(lockout.first);
        assert!(passwords.met(ann).await.unwrap());
        assert!(passwords.met(ann).await.unwrap());
        let met = passwords.credential(ann).await.unwrap().unwrap();
        assert!(met.is_open(sandbox.leadbox.now()) && met.misses == 0);
    }

    #[tokio::test]
    async fn nobody_sets_anothers_password() {
        let sandbox = Sandbox::new().unwrap();
        let ann = user(&sandbox, "ann", "agent").await;
        let adi = user(&sandbox, "adi", "admin").await;
        let admin = sandbox.leadbox.as_user(adi).await.unwrap();
        let agent = sandbox.leadbox.as_user(ann).await.unwrap();
        assert!(matches!(admin.passwords().set(ann, "hash", None).await, Err(Error::Denied(_))));
        assert!(matches!(admin.passwords().credential(ann).await, Err(Error::Denied(_))));
        assert!(matches!(agent.passwords().reset(adi).await, Err(Error::Denied(_))));
        admin.passwords().invite(ann).await.unwrap();

        let grants = Grants::default().enable(Capability::UsersManage);
        let role = Role { key: "hr".parse().unwrap(), name: "HR".to_owned(), grants };
        sandbox.leadbox.access().define_role(&role).await.unwrap();
        let hal = user(&sandbox, "hal", "hr").await;
        let hr = sandbox.leadbox.as_user(hal).await.unwrap();
        assert!(matches!(hr.passwords().reset(adi).await, Err(Error::Denied(Denied::Beyond))));
    }
}
