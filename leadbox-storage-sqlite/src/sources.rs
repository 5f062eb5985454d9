//! Conditions that may leave few rows. Owns which of a list's conditions are such, and how their rows are found; which of
//! them a list begins with is decided in `lists`.

use std::collections::BTreeSet;

use leadbox_core::Tenant;
use leadbox_core::filter::{LeadField, Leaf, Operand, SearchTerm, Test};
use sqlx::{QueryBuilder, Sqlite};
use uuid::Uuid;

use crate::filter::{behind_text, push_facet};
use crate::lists::{List, Way};

/// How many conditions are looked at, at most.
const MOST_LOOKS: usize = 6;

/// A condition that may leave few rows.
pub(crate) enum Source<'a> {
    Facet(&'a Leaf),
    /// Rows that may hold words, as `texts` asks for them.
    Words(String),
    /// Rows that are known by number, as a JSON list.
    Numbers(String),
    NameStarts(&'a str),
    Key(&'static str, &'static str, Vec<&'a str>),
    Ids(&'static str, &'static str, &'a BTreeSet<Uuid>),
}

impl Source<'_> {
    /// Appends a select of the numbers of the rows that it leaves.
    pub(crate) fn push(&self, query: &mut QueryBuilder<Sqlite>, tenant: Tenant) {
        let tenant = tenant.0;
        match self {
            Source::Facet(leaf) => {
                query
                    .push("select f.no from lead_facet f not indexed where f.tenant = ")
                    .push_bind(tenant);
                query.push(" and ");
                push_facet(query, leaf);
            }
            Source::Words(question) => {
                query.push("select rowid from lead_search where lead_search match ");
                query.push_bind(question.as_str());
            }
            Source::Numbers(list) => {
                query.push("select value from json_each(").push_bind(list.as_str()).push(")");
            }
            Source::NameStarts(text) => {
                query.push("select no from lead indexed by lead_name where deleted_at is null and tenant = ");
                query.push_bind(tenant).push(" and name_key >= ").push_bind(*text);
                if let Some(end) = behind_text(text) {
                    query.push(" and name_key < ").push_bind(end);
                }
            }
            Source::Key(index, column, keys) => {
                query.push("select no from lead indexed by ").push(index);
                query
                    .push(" where deleted_at is null and ")
                    .push(column)
                    .push(" is not null and tenant = ");
                query.push_bind(tenant).push(" and ").push(column).push(" in (");
                let mut list = query.separated(", ");
                for key in keys {
                    list.push_bind(*key);
                }
                query.push(")");
            }
            Source::Ids(index, column, ids) => {
                query.push("select no from lead_pulse indexed by ").push(index);
                query.push(" where deleted = 0 and tenant = ").push_bind(tenant);
                query.push(" and ").push(column).push(" in (");
                let mut list = query.separated(", ");
                for id in *ids {
                    list.push_bind(*id);
                }
                query.push(")");
            }
        }
    }
}

impl<'a> List<'a> {
    /// The conditions that may leave few rows, the most promising first, without those that the walk fulfils anyway.
    pub(crate) fn sources(&self, walk: &Way<'a>) -> Vec<Source<'_>> {
        let mut sources = Vec::new();
        for leaf in &self.leaves {
            let (index, column) = match leaf.field {
                LeadField::Email => ("lead_email", "email_key"),
                LeadField::Phone => ("lead_phone", "phone_key"),
                LeadField::ExternalId => ("lead_external_id", "external_id"),
                _ => continue,
            };
            if let Test::OneOf(operands) = &leaf.test {
                let keys = operands.iter().filter_map(|operand| match operand {
                    Operand::Text(text) => Some(text.as_str()),
                    _ => None,
                });
                let keys: Vec<&str> = keys.collect();
                if !keys.is_empty() {
                    sources.push(Source::Key(index, column, keys));
                }
            }
        }
        for term in &self.query.search.terms {
            if let SearchTerm::NameStarts(text) = term {
                sources.push(Source::NameStarts(text));
            }
        }
        let led_by = match walk {
            Way::Walk { leading: Some((column, _)), .. } => Some(*column),
            _ => None,
        };
        if let (Some(owners), false) =
            (&self.owners, led_by.is_some_and(|column| column.ends_with("owner")))
        {
            sources.push(Source::Ids("pulse_owner_score", "owner", owners));
        }
        if let (Some(stages), false) =
            (&self.stages, led_by.is_some_and(|column| column.ends_with("stage")))
        {
            sources.push(Source::Ids("pulse_stage_score", "stage", stages));
        }
        for leaf in &self.leaves {
            if matches!(leaf.field, LeadField::Tag | LeadField::Custom(_))
                && !matches!(leaf.test, Test::Contains(_))
            {
                sources.push(Source::Facet(leaf));
            }
        }
        sources.truncate(MOST_LOOKS);
        sources
    }
}
