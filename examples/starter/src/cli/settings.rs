//! What can be typed behind `leadbox settings`.

use std::str::FromStr;

use chrono_tz::Tz;
use clap::{ArgGroup, Args, Subcommand};
use leadbox_core::{Colour, Country, Currency, Industry};

use crate::exit::TABLE;

/// `leadbox settings`.
#[derive(Args, Debug)]
#[command(after_help = format!("\
Examples:
  leadbox settings show
  leadbox settings set --zone Europe/Berlin --currency EUR --region DE

{TABLE}"))]
pub(crate) struct SettingsArgs {
    #[command(subcommand)]
    pub(crate) verb: SettingsVerb,
}

/// What to do with the settings.
#[derive(Debug, Subcommand)]
pub(crate) enum SettingsVerb {
    /// Show all settings
    #[command(after_help = format!("Examples:\n  leadbox settings show\n  leadbox settings show --json | jq .settings.completeness\n\n{TABLE}"))]
    Show,
    /// Change settings; what is not named stays
    #[command(after_help = format!("\
Examples:
  leadbox settings set --zone Europe/Berlin --currency EUR
  leadbox settings set --region DE
  leadbox settings set --weight phone=30 --weight cf.budget=10

A new zone counts for leads that come in from then on; earlier ones keep their days.

{TABLE}"))]
    Set(SettingsChange),
}

/// What changes of the settings.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("changed").required(true).multiple(true)
    .args(["zone", "currency", "region", "no_region", "brand", "no_brand", "accent",
        "no_accent", "weights", "industries"]))]
pub(crate) struct SettingsChange {
    /// The zone in which days are counted in reports, such as Europe/Berlin
    #[arg(long)]
    pub(crate) zone: Option<Tz>,
    /// The currency of amounts given without one, such as EUR
    #[arg(long, value_parser = currency)]
    pub(crate) currency: Option<Currency>,
    /// Where a phone number without + is read, such as DE or Germany
    #[arg(long, value_parser = country)]
    pub(crate) region: Option<Country>,
    /// Refuse phone numbers without +
    #[arg(long, conflicts_with = "region")]
    pub(crate) no_region: bool,
    /// Whose box it is, shown beside LeadBox's name
    #[arg(long, value_name = "NAME")]
    pub(crate) brand: Option<String>,
    /// Show no name beside LeadBox's
    #[arg(long, conflicts_with = "brand")]
    pub(crate) no_brand: bool,
    /// The colour of buttons and of what is chosen on the dashboard, such as #0B6E4F
    #[arg(long, value_name = "COLOUR")]
    pub(crate) accent: Option<Colour>,
    /// Use LeadBox's own colour
    #[arg(long, conflicts_with = "accent")]
    pub(crate) no_accent: bool,
    /// How much a field weighs in completeness, 0 to 1000, such as phone=30
    #[arg(long = "weight", value_name = "FIELD=WEIGHT")]
    pub(crate) weights: Vec<Weight>,
    /// What an industry is called here, such as Homes=retail
    #[arg(long = "industry", value_name = "NAME=INDUSTRY")]
    pub(crate) industries: Vec<IndustryName>,
}

fn currency(text: &str) -> Result<Currency, String> {
    text.to_uppercase().parse().map_err(|_| "use a currency such as EUR".to_owned())
}

fn country(text: &str) -> Result<Country, &'static str> {
    Country::parse(text).ok_or("use a country such as DE or Germany")
}

/// How much a field weighs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Weight(pub(crate) String, pub(crate) u32);

impl FromStr for Weight {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let (field, weight) = text.split_once('=').ok_or("use FIELD=WEIGHT")?;
        let weight = weight.parse().map_err(|_| "the weight has to be 0 to 1000")?;
        Ok(Self(field.to_owned(), weight))
    }
}

/// A name for an industry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct IndustryName(pub(crate) String, pub(crate) Industry);

impl FromStr for IndustryName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let (name, industry) = text.rsplit_once('=').ok_or("use NAME=INDUSTRY")?;
        let industry = Industry::from_id(industry).or_else(|| Industry::parse(industry));
        let industry = industry.ok_or("use an industry such as real_estate")?;
        Ok(Self(name.to_owned(), industry))
    }
}
