//! Who is behind a socket. Owns what they may be told, and looking up again who they are and what they may do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::http::request::Parts;
use leadbox_core::access::Capability;
use leadbox_core::{Error, LeadBox, Owners, Position};

use super::fact::Fact;
use super::news::{Found, News};
use super::topic::{Topic, Topics};
use crate::who::{Access, Principal, Refusal, Via};

/// Who is behind a socket.
#[derive(Debug)]
pub(super) struct Listener {
    pub(super) access: Arc<dyn Access>,
    /// The host's own handle.
    pub(super) host: LeadBox,
    /// The request that it came with.
    pub(super) parts: Parts,
    pub(super) principal: Principal,
    pub(super) topics: Topics,
    /// Up to where it was told already.
    pub(super) until: Position,
}

/// What a socket is to be told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Told {
    /// The topics that changed, each with the last place in the log that changed it.
    Topics(BTreeMap<Topic, Position>),
    /// That it missed something, up to here.
    Missed(Position),
}

impl Listener {
    /// What of the news this one may be told.
    pub(super) async fn told(&mut self, news: &News) -> Told {
        let found = match news {
            News::Found(found) => found,
            News::Missed(until) => {
                self.until = self.until.max(*until);
                return Told::Missed(*until);
            }
        };
        let told = self.topics_of(found).await;
        self.until = self.until.max(news.until());
        told.map_or_else(
            |error| {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "it cannot be found out who may be told what"
                );
                // It says nothing, and nothing is missed.
                Told::Missed(news.until())
            },
            Told::Topics,
        )
    }

    async fn topics_of(&self, found: &Found) -> Result<BTreeMap<Topic, Position>, Error> {
        let mut told = BTreeMap::new();
        // Whether work is one's own is asked once for all that it did.
        let mut own_work: BTreeMap<Topic, bool> = BTreeMap::new();
        let tenant = self.principal.leadbox.tenant();
        let ours = found.facts.iter().filter(|fact| fact.tenant == tenant);
        for fact in ours.filter(|fact| fact.position > self.until) {
            for topic in fact.topics.iter().copied().filter(|topic| self.topics.wants(*topic)) {
                let may = match own_work.get(&topic) {
                    Some(known) => *known,
                    None => self.may_hear(topic, fact, found).await?,
                };
                if matches!(topic, Topic::Bulk(_)) {
                    own_work.insert(topic, may);
                }
                if may {
                    told.insert(topic, fact.position);
                }
            }
        }
        Ok(told)
    }

    async fn may_hear(&self, topic: Topic, fact: &Fact, found: &Found) -> Result<bool, Error> {
        let rights = self.principal.leadbox.rights();
        Ok(match topic {
            Topic::Leads | Topic::Lead(_) | Topic::Tasks | Topic::Overview => {
                self.sees(fact, found).await?
            }
            Topic::Settings => true,
            Topic::Users => rights.can(Capability::UsersManage),
            Topic::Roles => rights.can(Capability::RolesManage),
            Topic::Rules => rights.can(Capability::RulesManage),
            Topic::Keys => rights.can(Capability::KeysManage),
            Topic::Import(_) => rights.can(Capability::LeadsImport),
            // As the log itself: whoever does not see all leads finds there what is about its own.
            Topic::Log => {
                let all = self.principal.leadbox.scope().owners == Owners::All;
                rights.can(Capability::AuditRead)
                    && (all || (fact.lead.is_some() && self.sees(fact, found).await?))
            }
            Topic::Bulk(id) => match self.principal.leadbox.bulk().progress(id).await {
                Ok(_) => true,
                Err(Error::Denied(_) | Error::NotFound { .. }) => false,
                Err(error) => return Err(error),
            },
        })
    }

    /// Whether the asker may read the lead, or could until this; what is about no lead, everybody may hear.
    async fn sees(&self, fact: &Fact, found: &Found) -> Result<bool, Error> {
        let scope = self.principal.leadbox.scope();
        let Some(lead) = fact.lead else { return Ok(true) };
        if scope.owners == Owners::All
            || fact.left.is_some_and(|left| scope.sees(fact.tenant, Some(left)))
        {
            return Ok(true);
        }
        let owner = found.owner(&self.host, fact.tenant, lead).await?;
        Ok(owner.is_some_and(|owner| scope.sees(fact.tenant, owner)))
    }

    /// Whether somebody of its tenant may do more or less since.
    pub(super) fn is_touched_by(&self, news: &News) -> bool {
        news.turns_rights(self.principal.leadbox.tenant())
    }

    /// How often to look up again who it is, though nobody said that it changed. A host's users change without our log.
    pub(super) fn look_every(&self) -> Duration {
        match self.principal.via {
            Via::Host => Duration::from_secs(1),
            _ => Duration::from_secs(15),
        }
    }

    /// Looks up who it is by now, and what it may do.
    ///
    /// # Errors
    /// Why it is not let in any longer.
    pub(super) async fn look_again(&mut self) -> Result<(), Refusal> {
        self.principal = self.access.still(&self.host, &self.parts, &self.principal).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use leadbox_core::access::{Grants, Level, Permission, Rights};
    use leadbox_core::service::NewUser;
    use leadbox_core::testing::Sandbox;
    use leadbox_core::{Actor, LeadId, NewLead, UserId};
    use proptest::prelude::*;

    use super::*;
    use crate::who::OwnUsers;

    /// What may happen; owners by their place among three people, or nobody.
    #[derive(Clone, Debug)]
    enum Step {
        Capture(Option<usize>),
        Assign(usize, Option<usize>),
        Advance(usize),
    }

    fn owner() -> impl Strategy<Value = Option<usize>> {
        prop::option::weighted(0.8, 0..3_usize)
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            2 => owner().prop_map(Step::Capture),
            2 => (0..8_usize, owner()).prop_map(|(lead, to)| Step::Assign(lead, to)),
            1 => (0..8_usize).prop_map(Step::Advance),
        ]
    }

    fn listener(host: &LeadBox, asker: LeadBox) -> Listener {
        Listener {
            access: Arc::new(OwnUsers::default()),
            host: host.clone(),
            parts: Request::new(()).into_parts().0,
            principal: Principal::of_host(asker, "asker"),
            topics: Topics::read("lead:*,leads,log,users").unwrap(),
            until: Position(0),
        }
    }

    /// Does the steps; says which leads there are, and who lost each.
    async fn play(host: &LeadBox, people: &[UserId], steps: &[Step]) -> Vec<(LeadId, Vec<UserId>)> {
        let mut leads: Vec<(LeadId, Vec<UserId>)> = Vec::new();
        for step in steps {
            let count = leads.len().max(1);
            match step {
                Step::Capture(owner) => {
                    let new =
                        NewLead { owner: owner.map(|one| people[one]), ..NewLead::new().name("A") };
                    leads.push((host.leads().capture(&new).await.unwrap().lead.id, Vec::new()));
                }
                Step::Assign(lead, to) => {
                    let Some((id, lost)) = leads.get_mut(lead % count) else { continue };
                    let before = host.leads().lead(*id).await.unwrap().unwrap().lead.owner;
                    let to = to.map(|one| people[one]);
                    host.leads().assign(*id, to).await.unwrap();
                    lost.extend(before.filter(|_| before != to));
                }
                Step::Advance(lead) => {
                    let Some((id, _)) = leads.get(lead % count) else { continue };
                    host.leads().advance(*id, "qualified").await.unwrap();
                }
            }
        }
        leads
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn one_is_told_of_the_leads_that_one_reads_or_has_lost_and_of_no_others(
            steps in prop::collection::vec(step(), 1..14),
            level in prop::option::of(prop::sample::select(vec![Level::Own, Level::Team, Level::All])),
            audits in any::<bool>(),
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let Sandbox { leadbox: host, .. } = Sandbox::new().unwrap();
                let mut people = Vec::new();
                for name in ["ann", "bob", "cy"] {
                    let email = format!("{name}@x.example");
                    let new = NewUser { name: name.to_owned(), email, ..NewUser::default() };
                    people.push(host.directory().add_user(&new).await.unwrap().id);
                }
                let leads = play(&host, &people, &steps).await;
                let mut grants = Grants::default();
                if let Some(level) = level {
                    grants = grants.allow(Permission::LeadRead, level);
                }
                if audits {
                    grants = grants.enable(Capability::AuditRead);
                }
                let rights = Rights::granted(Some(people[0]), [people[1]], grants);
                let asker = host.with_rights(Actor::user(people[0]), rights);
                let seen_of = |who: UserId| asker.scope().sees(asker.tenant(), Some(who));
                let events = host.log().after(Position(0), 1000).await.unwrap();
                let told = listener(&host, asker.clone()).told(&News::of(&events)).await;
                let Told::Topics(told) = told else { panic!("nothing was missed") };
                let mut any = false;
                for (lead, lost) in &leads {
                    let reads = asker.leads().lead(*lead).await.unwrap().is_some();
                    let hears = told.get(&Topic::Lead(*lead));
                    let expected = reads || lost.iter().any(|who| seen_of(*who));
                    assert_eq!(hears.is_some(), expected, "{level:?} {steps:?}");
                    if reads {
                        let last = events.iter().rev().find(|event| event.lead() == Some(*lead));
                        assert_eq!(hears, last.map(|event| &event.position));
                    }
                    any |= expected;
                }
                assert_eq!(told.contains_key(&Topic::Leads), any);
                assert!(!told.contains_key(&Topic::Users), "that is for those who manage them");
                let log = audits && (any || level == Some(Level::All));
                assert_eq!(told.contains_key(&Topic::Log), log);
            });
        }
    }
}
