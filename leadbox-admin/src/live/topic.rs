//! Topics: what one can be told about. Owns their names, and which of them a socket asked for.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use leadbox_core::{BulkId, ImportId, Invalid, LeadId};

/// Something that changes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Topic {
    /// Leads as rows of a list.
    Leads,
    /// Everything about one lead.
    Lead(LeadId),
    /// What people have to do.
    Tasks,
    /// The figures of the first page.
    Overview,
    /// Users and teams.
    Users,
    /// Roles.
    Roles,
    /// API keys.
    Keys,
    /// Settings, custom fields, pipelines.
    Settings,
    /// Scoring rules.
    Rules,
    /// The log.
    Log,
    /// One bulk action.
    Bulk(BulkId),
    /// One import.
    Import(ImportId),
}

/// Those without an id.
const PLAIN: [(&str, Topic); 9] = [
    ("leads", Topic::Leads),
    ("tasks", Topic::Tasks),
    ("overview", Topic::Overview),
    ("users", Topic::Users),
    ("roles", Topic::Roles),
    ("keys", Topic::Keys),
    ("settings", Topic::Settings),
    ("rules", Topic::Rules),
    ("log", Topic::Log),
];

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lead(id) => write!(f, "lead:{id}"),
            Self::Bulk(id) => write!(f, "bulk:{id}"),
            Self::Import(id) => write!(f, "import:{id}"),
            plain => {
                let name = PLAIN.iter().find(|(_, topic)| topic == plain);
                f.write_str(name.map_or("", |(name, _)| name))
            }
        }
    }
}

impl FromStr for Topic {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if let Some((_, topic)) = PLAIN.iter().find(|(name, _)| *name == text) {
            return Ok(*topic);
        }
        let (kind, id) = text.split_once(':').ok_or(())?;
        match kind {
            "lead" => id.parse().map(Self::Lead).map_err(|_| ()),
            "bulk" => id.parse().map(Self::Bulk).map_err(|_| ()),
            "import" => id.parse().map(Self::Import).map_err(|_| ()),
            _ => Err(()),
        }
    }
}

/// What a socket asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Topics {
    named: BTreeSet<Topic>,
    every_lead: bool,
}

impl Topics {
    /// The most that one socket names.
    const MOST: usize = 200;

    /// Names with commas between, `lead:*` for every lead; all that have no id when there are none.
    ///
    /// # Errors
    /// With the name that is none.
    pub(super) fn read(text: &str) -> Result<Self, Invalid> {
        let names: BTreeSet<&str> =
            text.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        if names.len() > Self::MOST {
            let message = format!("are more than {}", Self::MOST);
            return Err(Invalid::one("topics", message));
        }
        if names.is_empty() {
            let named = PLAIN.iter().map(|(_, topic)| *topic).collect();
            return Ok(Self { named, every_lead: false });
        }
        let mut topics = Self { named: BTreeSet::new(), every_lead: false };
        for name in names {
            match name.parse() {
                Ok(topic) => _ = topics.named.insert(topic),
                Err(()) if name == "lead:*" => topics.every_lead = true,
                Err(()) => {
                    let message = "is a list of leads, lead:ID, lead:*, tasks, overview, users, roles, keys, settings, \
                                   log, bulk:ID, import:ID";
                    return Err(Invalid::one("topics", message));
                }
            }
        }
        Ok(topics)
    }

    pub(super) fn wants(&self, topic: Topic) -> bool {
        (self.every_lead && matches!(topic, Topic::Lead(_))) || self.named.contains(&topic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_read_as_it_is_written() {
        let id = uuid::Uuid::from_u128(7);
        let with_id = [
            Topic::Lead(LeadId::from_uuid(id)),
            Topic::Bulk(BulkId::from_uuid(id)),
            Topic::Import(ImportId::from_uuid(id)),
        ];
        for topic in PLAIN.iter().map(|(_, topic)| *topic).chain(with_id) {
            assert_eq!(topic.to_string().parse(), Ok(topic));
        }
        for text in ["", "lead", "lead:", "lead:x", "leads:1", "*"] {
            assert_eq!(text.parse::<Topic>(), Err(()), "{text}");
        }
    }

    #[test]
    fn one_asks_for_what_one_names_and_else_for_what_has_no_id() {
        let one = Topic::Lead(LeadId::from_uuid(uuid::Uuid::from_u128(7)));
        let all = Topics::read("").unwrap();
        assert!(all.wants(Topic::Log) && all.wants(Topic::Leads) && !all.wants(one));
        let some = Topics::read(" tasks, lead:*,").unwrap();
        assert!(some.wants(Topic::Tasks) && some.wants(one) && !some.wants(Topic::Leads));
        assert!(Topics::read("leads,nothing").is_err());
        let many: Vec<String> = (0..=Topics::MOST)
            .map(|n| format!("lead:{}", uuid::Uuid::from_u128(n as u128)))
            .collect();
        assert!(Topics::read(&many.join(",")).is_err());
        assert!(Topics::read(&many[1..].join(",")).is_ok());
    }
}
