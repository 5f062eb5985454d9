//! `leadbox settings`: what holds for everybody who works with the storage.

use leadbox_core::Settings;
use serde::Serialize;

use super::office::Office;
use crate::cli::{IndustryName, SettingsChange, SettingsVerb, Weight};
use crate::exit::{Exit, Failure};
use crate::output::{Outcome, Output};
use crate::storage::Location;

#[derive(Debug, Serialize)]
struct Shown {
    settings: Settings,
}

impl Outcome for Shown {
    fn text(&self) -> String {
        let Settings { zone, currency, region, brand, accent, completeness, industry_aliases } =
            &self.settings;
        let region = region.map_or_else(|| "none".to_owned(), |region| region.as_str().to_owned());
        let weights = completeness.iter().map(|(field, weight)| format!("{field} {weight}"));
        let mut lines = vec![
            format!("zone           {zone}"),
            format!("currency       {currency}"),
            format!("region         {region}"),
            format!("brand          {}", brand.as_deref().unwrap_or("none")),
            format!(
                "accent         {}",
                accent.map_or_else(|| "LeadBox's own".to_owned(), |it| it.to_string())
            ),
            format!("completeness   {}", weights.collect::<Vec<_>>().join(", ")),
        ];
        if !industry_aliases.is_empty() {
            let names =
                industry_aliases.iter().map(|(name, industry)| format!("{name}={}", industry.id()));
            lines.push(format!("industries     {}", names.collect::<Vec<_>>().join(", ")));
        }
        lines.join("\n")
    }
}

/// Runs the command.
///
/// # Errors
/// `Failed` when it is refused; `Unavailable`; `SchemaTooNew`.
pub(super) async fn settings(
    verb: &SettingsVerb,
    location: &Location,
    output: Output,
) -> Result<Exit, Failure> {
    let office = Office::open(location, output).await?;
    let definitions = office.leadbox.definitions();
    match verb {
        SettingsVerb::Show => Ok(office.say(&Shown { settings: definitions.settings().await? })),
        SettingsVerb::Set(change) => {
            let settings = definitions.change_settings(|settings| apply(change, settings)).await?;
            office.say_written(&Shown { settings }).await
        }
    }
}

fn apply(change: &SettingsChange, settings: &mut Settings) {
    settings.zone = change.zone.unwrap_or(settings.zone);
    settings.currency = change.currency.unwrap_or(settings.currency);
    settings.region = change.region.or(settings.region.filter(|_| !change.no_region));
    settings.brand = match &change.brand {
        Some(brand) => Some(brand.clone()),
        None => settings.brand.take().filter(|_| !change.no_brand),
    };
    settings.accent = change.accent.or(settings.accent.filter(|_| !change.no_accent));
    for IndustryName(name, industry) in &change.industries {
        settings.industry_aliases.insert(name.clone(), *industry);
    }
    for Weight(field, weight) in &change.weights {
        settings.completeness.insert(field.clone(), *weight);
    }
}
