//! The beginning of a box: its first administrator. Owns that account, password, zone and currency come into being together, or
//! not at all, and that nobody else is the first at the same time.

use chrono_tz::Tz;

use super::decision::{Announce, Decision};
use super::{Access, NewUser};
use crate::access::Role;
use crate::directory::{User, UserStatus};
use crate::error::{Invalid, Result};
use crate::event::EventType;
use crate::id::UserId;
use crate::money::Currency;
use crate::revision::Revision;
use crate::settings::Settings;
use crate::storage::{Definition, DefinitionKind};

/// Who begins, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Founding {
    /// The administrator's name.
    pub name: String,
    /// Its address. A user who has it already becomes the administrator.
    pub email: String,
    /// The hash of its password.
    pub hash: String,
    /// The zone in which days are counted.
    pub zone: Tz,
    /// The currency of amounts that come without one.
    pub currency: Currency,
}

impl Access<'_> {
    /// Makes the first administrator with its password, and sets zone and currency, in one commit.
    ///
    /// # Errors
    /// `Denied` for anybody but the host; `Invalid` with every problem, and when there is an administrator; `Contended`;
    /// `Storage`.
    pub async fn found(&self, founding: &Founding) -> Result<User> {
        self.leadbox.rights().require_host()?;
        let id: UserId = self.leadbox.new_id();
        let founded = self
            .leadbox
            .decide("settings", self.leadbox.tenant(), || {
                Box::pin(async move {
                    // Of two who begin at once, the settings let one pass; the other finds an administrator.
                    self.leadbox.forget_people();
                    if !self.administrators().await?.is_empty() {
                        return Err(Invalid::one(
                            "email",
                            "is too late: there is an administrator",
                        )
                        .into());
                    }
                    let mut decision = Decision::new(self.leadbox, Announce::Each);
                    self.put_settings(&mut decision, founding).await?;
                    let user = self.put_founder(&mut decision, id, founding).await?;
                    let passwords = self.leadbox.passwords();
                    passwords.put_hash(&mut decision, user.id, &founding.hash, None).await?;
                    decision.finish(user).await
                })
            })
            .await;
        self.leadbox.forget_people();
        self.leadbox.forget_catalog();
        founded
    }

    async fn put_settings(&self, decision: &mut Decision<'_>, founding: &Founding) -> Result<()> {
        let (kind, key) = (DefinitionKind::Settings, Definition::SETTINGS);
        let known = self.leadbox.storage().definition(decision.tenant(), kind, key).await?;
        let (before, stored) = match known {
            Some((revision, Definition::Settings(settings))) => (revision, settings),
            _ => (Revision(0), Settings::default()),
        };
        let (zone, currency) = (founding.zone, founding.currency);
        let old = Definition::Settings(stored.clone());
        let new = Definition::Settings(Settings { zone, currency, ..stored });
        decision.put_definition(before, Some(&old), new, EventType::SETTINGS_CHANGED)
    }

    async fn put_founder(
        &self,
        decision: &mut Decision<'_>,
        id: UserId,
        founding: &Founding,
    ) -> Result<User> {
        let directory = self.leadbox.directory();
        let role = Role::ADMIN.parse().map_err(|error| Invalid::one("role", error))?;
        let known = directory.user_by_email(founding.email.trim()).await?;
        let after = match &known {
            Some(known) => {
                let roles = known.roles.iter().cloned().chain([role]).collect();
                let name = founding.name.trim().to_owned();
                User { name, roles, status: UserStatus::Active, ..known.clone() }
            }
            None => {
                let (name, email) = (founding.name.clone(), founding.email.clone());
                let new = NewUser { name, email, team: None, roles: [role].into() };
                directory.new_user(id, &new)
            }
        };
        directory.put_user(decision, known.as_ref(), after).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::event::Position;
    use crate::testing::Sandbox;

    fn founding(email: &str) -> Founding {
        Founding {
            name: " Ann Lee ".to_owned(),
            email: email.to_owned(),
            hash: "hashed".to_owned(),
            zone: Tz::Europe__Berlin,
            currency: "USD".parse().unwrap(),
        }
    }

    #[tokio::test]
    async fn everything_comes_in_one_commit_and_only_once() {
        let sandbox = Sandbox::new().unwrap();
        let leadbox = &sandbox.leadbox;
        let ann = leadbox.access().found(&founding("ann@office.example")).await.unwrap();
        assert_eq!(ann.name, "Ann Lee");
        assert_eq!(leadbox.access().administrators().await.unwrap(), std::slice::from_ref(&ann));
        let credential = leadbox.passwords().credential(ann.id).await.unwrap().unwrap();
        assert_eq!(credential.hash, "hashed");
        let settings = leadbox.definitions().settings().await.unwrap();
        assert_eq!((settings.zone, settings.currency.as_str()), (Tz::Europe__Berlin, "USD"));
        let log = leadbox.log().after(Position(0), 10).await.unwrap();
        let mut told: Vec<&str> = log.iter().map(|event| event.kind.as_str()).collect();
        told.sort_unstable();
        assert_eq!(told, ["password.set", "settings.changed", "user.changed"]);
        assert!(log.iter().all(|event| event.change_set == log[0].change_set));
        let again = leadbox.access().found(&founding("bob@office.example")).await;
        assert!(matches!(again, Err(Error::Invalid(_))), "{again:?}");
    }

    #[tokio::test]
    async fn what_is_wrong_leaves_nothing_and_somebody_known_is_promoted() {
        let sandbox = Sandbox::new().unwrap();
        let leadbox = &sandbox.leadbox;
        let wrong = Founding { name: " ".to_owned(), ..founding("nobody") };
        let Err(Error::Invalid(invalid)) = leadbox.access().found(&wrong).await else { panic!() };
        let fields: Vec<&str> = invalid.issues.iter().map(|issue| issue.field.as_str()).collect();
        assert_eq!(fields, ["name", "email"]);
        assert!(leadbox.log().after(Position(0), 10).await.unwrap().is_empty());
        let new = NewUser {
            name: "Ann".to_owned(),
            email: "ann@office.example".to_owned(),
            team: None,
            roles: ["agent".parse().unwrap()].into(),
        };
        let known = leadbox.directory().add_user(&new).await.unwrap();
        let ann = leadbox.access().found(&founding("ann@office.example")).await.unwrap();
        assert_eq!((ann.id, ann.roles.len()), (known.id, 2));
    }

    #[tokio::test]
    async fn of_two_who_begin_at_once_one_is_the_first() {
        let sandbox = Sandbox::new().unwrap();
        let access = sandbox.leadbox.access();
        let (one, two) = (founding("ann@office.example"), founding("bob@office.example"));
        let (one, two) = tokio::join!(access.found(&one), access.found(&two));
        assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1);
        assert_eq!(access.administrators().await.unwrap().len(), 1);
    }
}
