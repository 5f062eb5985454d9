//! The bar of filters over a list. Owns which inputs it has, and which of what is asked for is shown beside them, each with
//! the list without it; what is asked for is `asked`'s to read.

use leadbox_core::{Catalog, FieldType, LeadBox, LeadFilter, Stage};

use super::asked::{Asked, EXACT, Given, is_hidden, sort_name, sorts};
use super::input::Input;
use super::rows::{COLUMNS, Column};
use super::words::{Names, Words, label};

/// The bar of filters over a list.
pub(super) struct Bar {
    /// The address of the page.
    pub(super) page: String,
    /// The view that it begins with; empty without one.
    pub(super) view: String,
    pub(super) q: String,
    pub(super) stage: String,
    pub(super) owner: String,
    pub(super) sort: String,
    pub(super) filtered: bool,
    pub(super) stages: Vec<Stage>,
    /// Empty where they are one person's leads.
    pub(super) owners: Vec<(String, String)>,
    pub(super) sorts: Vec<(String, &'static str)>,
    /// What no input shows and goes along.
    pub(super) along: Given,
    pub(super) more: Vec<Input>,
    /// What of that is asked for: label, value, and the list without it.
    pub(super) chips: Vec<(String, String, String)>,
    pub(super) columns: Vec<(&'static str, &'static str, bool)>,
}

impl Bar {
    pub(super) fn new(
        leadbox: &LeadBox,
        page: &str,
        asked: &Asked,
        catalog: &Catalog,
        names: &Names,
        owners: Vec<(String, String)>,
    ) -> Self {
        let exact = EXACT.map(|(name, label)| Input::new(name, label, "text"));
        let kinds = [("", "Any"), ("open", "Open"), ("won", "Won"), ("lost", "Lost")];
        let kinds = kinds.map(|(value, label)| (value.to_owned(), label.to_owned()));
        let kind = Input::new("kind", "Open, won or lost", "text").choices(kinds.into());
        let idle = Input::new("idle", "Days without contact", "number");
        let days = [("from", "Received from"), ("until", "Received until")];
        let days = days.map(|(name, label)| Input::new(name, label, "date"));
        let custom = catalog.fields.values().filter_map(|field| {
            let choices = match &field.kind {
                FieldType::Choice(all) | FieldType::MultiChoice(all) => {
                    all.iter().map(|one| (one.clone(), one.clone())).collect()
                }
                FieldType::Bool => {
                    vec![
                        ("true".to_owned(), "Yes".to_owned()),
                        ("false".to_owned(), "No".to_owned()),
                    ]
                }
                _ => return None,
            };
            let any = std::iter::once((String::new(), "Any".to_owned()));
            let input = Input::new(&format!("cf.{}", field.key), &field.label, "text");
            Some(input.choices(any.chain(choices).collect::<Vec<_>>()))
        });
        let shown = asked.columns();
        let choice = |column: &Column| {
            let is_shown = shown.iter().any(|one| one.key == column.key);
            (column.key, column.label, is_shown)
        };
        let more = exact.into_iter().chain([kind, idle]).chain(days).chain(custom);
        let more = more.filter(|input| !is_hidden(leadbox, &input.name));
        let more: Vec<Input> = more.map(|input| input.with(&asked.given, &[])).collect();
        let goes_along = |name: &str| {
            let is_custom = name.starts_with("cf.");
            name == "filter" || is_custom && more.iter().all(|input| input.name != name)
        };
        let along: Given =
            asked.kept(&[]).into_iter().filter(|(name, _)| goes_along(name)).collect();
        let without = |name: &str| asked.address(page, &[(name, ""), ("after", "")]);
        let asked_for = more.iter().filter(|input| !input.value.is_empty());
        let mut chips: Vec<(String, String, String)> = asked_for
            .map(|input| (input.label.clone(), input.value.clone(), without(&input.name)))
            .collect();
        let zone = catalog.settings.zone;
        let words = Words::new(catalog, names, zone);
        for (name, value) in along.iter().filter(|(name, _)| name != "filter") {
            chips.push((label(catalog, name), value.clone(), without(name)));
        }
        for written in asked.conditions() {
            let says = match serde_json::from_str::<LeadFilter>(written) {
                Ok(condition) => words.condition(&condition),
                Err(_) => written.to_owned(),
            };
            chips.push(("Condition".to_owned(), says, asked.address_without(page, written)));
        }
        let mut sorts: Vec<(String, &str)> =
            sorts(leadbox).map(|(name, label, _)| ((*name).to_owned(), *label)).collect();
        let sort = sort_name(asked.sort());
        if sorts.iter().all(|(name, _)| *name != sort) {
            sorts.push((sort.clone(), "Another order"));
        }
        Self {
            chips,
            along,
            page: page.to_owned(),
            view: asked.view().map(|id| id.to_string()).unwrap_or_default(),
            stages: catalog.pipelines.iter().flat_map(|one| one.stages.iter().cloned()).collect(),
            owners,
            sorts,
            more,
            columns: COLUMNS[1..]
                .iter()
                .filter(|column| !is_hidden(leadbox, column.key))
                .map(choice)
                .collect(),
            q: asked.text("q").to_owned(),
            stage: asked.text("stage").to_owned(),
            owner: asked.text("owner").to_owned(),
            sort,
            filtered: asked.is_filtered(),
        }
    }
}

/// The owners that somebody can ask for: whose leads are seen, and nobody's.
pub(super) fn owners(leadbox: &LeadBox, names: &Names) -> Vec<(String, String)> {
    let sees = |owner| leadbox.scope().sees(leadbox.tenant(), owner);
    let owners = names.iter().filter(|(id, _)| sees(Some(**id)));
    let mut owners: Vec<_> = owners.map(|(id, name)| (id.to_string(), name.clone())).collect();
    owners.sort_by(|a, b| a.1.cmp(&b.1));
    if sees(None) {
        owners.insert(0, ("nobody".to_owned(), "Unassigned".to_owned()));
    }
    owners
}
