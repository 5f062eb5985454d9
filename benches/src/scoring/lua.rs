//! The rules as a function of `LuaJIT`: a table per lead that is made beforehand.

use mlua::{Function, Lua, Table};

use super::facts::Facts;

const SCRIPT: &str = r#"
local free = { ["gmail.com"] = true, ["yahoo.com"] = true, ["hotmail.com"] = true, ["outlook.com"] = true, ["icloud.com"] = true, ["aol.com"] = true, ["gmx.de"] = true, ["web.de"] = true }
local industries = { software = true, banking = true, insurance = true, healthcare = true, manufacturing = true }
local countries = { DE = true, US = true, FR = true, GB = true, NL = true, JP = true }
local find, min, exp = string.find, math.min, math.exp
local function has(text, part) return find(text, part, 1, true) ~= nil end
return function(lead)
    local score = 0.0
    if lead.email ~= nil then score = score + 5 end
    if lead.phone ~= nil then score = score + 5 end
    if lead.company ~= nil then score = score + 5 end
    if lead.email_domain ~= nil and free[lead.email_domain] then score = score - 10 end
    local employees = lead.employees
    if employees ~= nil then
        if employees >= 50 and employees <= 249 then score = score + 5 end
        if employees >= 250 and employees <= 999 then score = score + 15 end
        if employees >= 1000 then score = score + 20 end
    end
    if lead.industry ~= nil and industries[lead.industry] then score = score + 10 end
    if lead.country ~= nil and countries[lead.country] then score = score + 8 end
    local title = lead.title
    if title ~= nil then
        if has(title, "CTO") or has(title, "CEO") or has(title, "Chief") or has(title, "Founder") then score = score + 20 end
        if has(title, "VP") or has(title, "Director") or has(title, "Head") then score = score + 12 end
    end
    if lead.opens > 0 then score = score + min(lead.opens, 10) end
    if lead.views > 0 then score = score + min(2 * lead.views, 14) end
    if lead.forms > 0 then score = score + min(10 * lead.forms, 20) end
    if lead.demos > 0 then score = score + 25 end
    if lead.idle <= 90 then score = score + 20 * exp(-lead.idle / 14) end
    if lead.idle > 60 then score = score - 15 end
    if lead.source == "referral" then score = score + 10 end
    if lead.budget ~= nil and lead.budget >= 10000 then score = score + 15 end
    if lead.unsubscribed or lead.do_not_call then score = score - 30 end
    return score
end
"#;

/// A function and a table per lead.
pub struct Script {
    // Whatever it made lives as long as it does.
    _lua: Lua,
    function: Function,
    leads: Vec<Table>,
}

fn table(lua: &Lua, facts: &Facts) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    table.set("email", facts.email.as_deref())?;
    table.set("phone", facts.phone.as_deref())?;
    table.set("company", facts.company.as_deref())?;
    table.set("email_domain", facts.email_domain.as_deref())?;
    table.set("employees", facts.employees)?;
    table.set("industry", facts.industry.as_deref())?;
    table.set("country", facts.country.as_deref())?;
    table.set("title", facts.title.as_deref())?;
    table.set("source", facts.source.as_deref())?;
    table.set("opens", facts.opens)?;
    table.set("views", facts.views)?;
    table.set("forms", facts.forms)?;
    table.set("demos", facts.demos)?;
    table.set("idle", facts.idle)?;
    table.set("budget", facts.budget)?;
    table.set("unsubscribed", facts.is_unsubscribed)?;
    table.set("do_not_call", facts.is_not_to_be_called)?;
    Ok(table)
}

impl Script {
    /// The 20 rules.
    pub fn rules(all: &[Facts]) -> mlua::Result<Self> {
        let lua = Lua::new();
        let function = lua.load(SCRIPT).eval()?;
        let leads = all.iter().map(|facts| table(&lua, facts)).collect::<mlua::Result<_>>()?;
        Ok(Self { _lua: lua, function, leads })
    }

    /// The points of a lead.
    pub fn score(&self, lead: usize) -> mlua::Result<f64> {
        let table = self.leads.get(lead).ok_or_else(|| mlua::Error::runtime("no such lead"))?;
        self.function.call(table)
    }
}
