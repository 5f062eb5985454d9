//! The rules as one expression of each language that has nothing else: CEL, zen and evalexpr. What a lead has is put into the
//! form that each of them reads beforehand.

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;

use evalexpr::{
    ContextWithMutableFunctions, ContextWithMutableVariables, EvalexprError, Function,
    HashMapContext, build_operator_tree,
};
use zen_expression::Isolate;
use zen_expression::variable::Variable;

use super::facts::Facts;
use super::meter::Side;

const CEL: &str = r#"
(lead.email != null ? 5.0 : 0.0)
+ (lead.phone != null ? 5.0 : 0.0)
+ (lead.company != null ? 5.0 : 0.0)
+ (lead.email_domain in ["gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com", "aol.com", "gmx.de", "web.de"] ? -10.0 : 0.0)
+ (lead.employees != null && lead.employees >= 50 && lead.employees <= 249 ? 5.0 : 0.0)
+ (lead.employees != null && lead.employees >= 250 && lead.employees <= 999 ? 15.0 : 0.0)
+ (lead.employees != null && lead.employees >= 1000 ? 20.0 : 0.0)
+ (lead.industry in ["software", "banking", "insurance", "healthcare", "manufacturing"] ? 10.0 : 0.0)
+ (lead.country in ["DE", "US", "FR", "GB", "NL", "JP"] ? 8.0 : 0.0)
+ (lead.title != null && (lead.title.contains("CTO") || lead.title.contains("CEO") || lead.title.contains("Chief") || lead.title.contains("Founder")) ? 20.0 : 0.0)
+ (lead.title != null && (lead.title.contains("VP") || lead.title.contains("Director") || lead.title.contains("Head")) ? 12.0 : 0.0)
+ (lead.opens < 10.0 ? lead.opens : 10.0)
+ (lead.views < 7.0 ? 2.0 * lead.views : 14.0)
+ (lead.forms < 2.0 ? 10.0 * lead.forms : 20.0)
+ (lead.demos > 0.0 ? 25.0 : 0.0)
+ (lead.idle <= 90.0 ? 20.0 * exp(-lead.idle / 14.0) : 0.0)
+ (lead.idle > 60.0 ? -15.0 : 0.0)
+ (lead.source == "referral" ? 10.0 : 0.0)
+ (lead.budget != null && lead.budget >= 10000.0 ? 15.0 : 0.0)
+ (lead.unsubscribed || lead.do_not_call ? -30.0 : 0.0)
"#;

const ZEN: &str = r#"
(email != null ? 5 : 0)
+ (phone != null ? 5 : 0)
+ (company != null ? 5 : 0)
+ (email_domain in ["gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com", "aol.com", "gmx.de", "web.de"] ? -10 : 0)
+ (employees != null and employees >= 50 and employees <= 249 ? 5 : 0)
+ (employees != null and employees >= 250 and employees <= 999 ? 15 : 0)
+ (employees != null and employees >= 1000 ? 20 : 0)
+ (industry in ["software", "banking", "insurance", "healthcare", "manufacturing"] ? 10 : 0)
+ (country in ["DE", "US", "FR", "GB", "NL", "JP"] ? 8 : 0)
+ (title != null and (contains(title, "CTO") or contains(title, "CEO") or contains(title, "Chief") or contains(title, "Founder")) ? 20 : 0)
+ (title != null and (contains(title, "VP") or contains(title, "Director") or contains(title, "Head")) ? 12 : 0)
+ (opens < 10 ? opens : 10)
+ (views < 7 ? 2 * views : 14)
+ (forms < 2 ? 10 * forms : 20)
+ (demos > 0 ? 25 : 0)
+ (idle <= 90 ? 20 * 2.718281828459045 ^ (-idle / 14) : 0)
+ (idle > 60 ? -15 : 0)
+ (source == "referral" ? 10 : 0)
+ (budget != null and budget >= 10000 ? 15 : 0)
+ (unsubscribed or do_not_call ? -30 : 0)
"#;

/// It compares nothing with what is missing, so that is an empty text or less than nothing.
const EVALEXPR: &str = r#"
if(email != "", 5.0, 0.0)
+ if(phone != "", 5.0, 0.0)
+ if(company != "", 5.0, 0.0)
+ if(contains(("gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com", "aol.com", "gmx.de", "web.de"), email_domain), -10.0, 0.0)
+ if(employees >= 50 && employees <= 249, 5.0, 0.0)
+ if(employees >= 250 && employees <= 999, 15.0, 0.0)
+ if(employees >= 1000, 20.0, 0.0)
+ if(contains(("software", "banking", "insurance", "healthcare", "manufacturing"), industry), 10.0, 0.0)
+ if(contains(("DE", "US", "FR", "GB", "NL", "JP"), country), 8.0, 0.0)
+ if(has(title, "CTO") || has(title, "CEO") || has(title, "Chief") || has(title, "Founder"), 20.0, 0.0)
+ if(has(title, "VP") || has(title, "Director") || has(title, "Head"), 12.0, 0.0)
+ min(opens, 10.0)
+ min(2.0 * views, 14.0)
+ min(10.0 * forms, 20.0)
+ if(demos > 0.0, 25.0, 0.0)
+ if(idle <= 90.0, 20.0 * math::exp(-idle / 14.0), 0.0)
+ if(idle > 60.0, -15.0, 0.0)
+ if(source == "referral", 10.0, 0.0)
+ if(budget >= 10000.0, 15.0, 0.0)
+ if(unsubscribed || do_not_call, -30.0, 0.0)
"#;

/// What a lead scores in some way.
type Checked<'c> = &'c dyn Fn(usize, f64) -> Result<(), Box<dyn Error>>;

/// CEL, with a scope per lead.
pub fn cel(all: &[Facts], check: Checked<'_>) -> Result<Side<'static>, Box<dyn Error>> {
    let env = Arc::new(cel::Env::stdlib());
    let program = env.compile(CEL)?;
    // A scope points to the one around it, which has to last as long.
    let root = Box::leak(Box::new(cel::Context::with_env(env)));
    root.add_function("exp", |value: f64| value.exp())?;
    let root = &*root;
    let text = |text: &Option<String>| text.as_deref().map_or(cel::Value::Null, Into::into);
    let scope = |facts: &Facts| {
        let lead: HashMap<&str, cel::Value> = HashMap::from([
            ("email", text(&facts.email)),
            ("phone", text(&facts.phone)),
            ("company", text(&facts.company)),
            ("email_domain", text(&facts.email_domain)),
            ("employees", facts.employees.map_or(cel::Value::Null, Into::into)),
            ("industry", text(&facts.industry)),
            ("country", text(&facts.country)),
            ("title", text(&facts.title)),
            ("source", text(&facts.source)),
            ("opens", facts.opens.into()),
            ("views", facts.views.into()),
            ("forms", facts.forms.into()),
            ("demos", facts.demos.into()),
            ("idle", facts.idle.into()),
            ("budget", facts.budget.map_or(cel::Value::Null, Into::into)),
            ("unsubscribed", facts.is_unsubscribed.into()),
            ("do_not_call", facts.is_not_to_be_called.into()),
        ]);
        let mut scope = root.new_inner_scope();
        scope.add_variable_from_value("lead", lead);
        scope
    };
    let scopes: Vec<cel::Context<'_, '_>> = all.iter().map(scope).collect();
    let score = move |lead: usize| -> Result<f64, Box<dyn Error>> {
        match program.execute(&scopes[lead]).map_err(|error| error.to_string())? {
            cel::Value::Float(points) => Ok(points),
            other => Err(format!("CEL answered {other:?}").into()),
        }
    };
    for lead in 0..all.len() {
        check(lead, score(lead)?)?;
    }
    Ok(Side::new("cel 0.15, values made beforehand", all.len(), score))
}

/// zen, with a variable per lead.
pub fn zen(all: &[Facts], check: Checked<'_>) -> Result<Side<'static>, Box<dyn Error>> {
    let variable = |facts: &Facts| -> Variable {
        serde_json::json!({
            "email": facts.email,
            "phone": facts.phone,
            "company": facts.company,
            "email_domain": facts.email_domain,
            "employees": facts.employees,
            "industry": facts.industry,
            "country": facts.country,
            "title": facts.title,
            "source": facts.source,
            "opens": facts.opens,
            "views": facts.views,
            "forms": facts.forms,
            "demos": facts.demos,
            "idle": facts.idle,
            "budget": facts.budget,
            "unsubscribed": facts.is_unsubscribed,
            "do_not_call": facts.is_not_to_be_called,
        })
        .into()
    };
    let leads: Vec<Variable> = all.iter().map(variable).collect();
    let mut isolate = Isolate::new();
    let code = Arc::clone(isolate.compile_standard(ZEN)?.bytecode());
    let mut score = move |lead: usize| -> Result<f64, Box<dyn Error>> {
        isolate.set_environment(leads[lead].clone());
        match isolate.run_compiled(&code)? {
            Variable::Number(points) => Ok(points.try_into()?),
            other => Err(format!("zen answered {other:?}").into()),
        }
    };
    for lead in 0..all.len() {
        check(lead, score(lead)?)?;
    }
    Ok(Side::new("zen-expression 2.1, values made beforehand", all.len(), score))
}

/// evalexpr, with a context per lead.
pub fn evalexpr(all: &[Facts], check: Checked<'_>) -> Result<Side<'static>, Box<dyn Error>> {
    type Value = evalexpr::Value;
    let tree = build_operator_tree(EVALEXPR)?;
    let has = Function::new(|given| match given.as_fixed_len_tuple(2)?.as_slice() {
        [Value::String(text), Value::String(part)] => Ok(Value::Boolean(text.contains(part))),
        _ => Err(EvalexprError::CustomMessage("two texts are needed".to_owned())),
    });
    let context = |facts: &Facts| -> Result<HashMapContext, EvalexprError> {
        let text = |text: &Option<String>| Value::String(text.clone().unwrap_or_default());
        let mut context = HashMapContext::new();
        context.set_function("has".into(), has.clone())?;
        for (name, value) in [
            ("email", text(&facts.email)),
            ("phone", text(&facts.phone)),
            ("company", text(&facts.company)),
            ("email_domain", text(&facts.email_domain)),
            ("employees", Value::Int(facts.employees.unwrap_or(-1))),
            ("industry", text(&facts.industry)),
            ("country", text(&facts.country)),
            ("title", text(&facts.title)),
            ("source", text(&facts.source)),
            ("opens", Value::Float(facts.opens)),
            ("views", Value::Float(facts.views)),
            ("forms", Value::Float(facts.forms)),
            ("demos", Value::Float(facts.demos)),
            ("idle", Value::Float(facts.idle)),
            ("budget", Value::Float(facts.budget.unwrap_or(-1.0))),
            ("unsubscribed", Value::Boolean(facts.is_unsubscribed)),
            ("do_not_call", Value::Boolean(facts.is_not_to_be_called)),
        ] {
            context.set_value(name.into(), value)?;
        }
        Ok(context)
    };
    let contexts = all.iter().map(context).collect::<Result<Vec<_>, _>>()?;
    let score = move |lead: usize| tree.eval_float_with_context(&contexts[lead]);
    for lead in 0..all.len() {
        check(lead, score(lead)?)?;
    }
    Ok(Side::new("evalexpr 11, contexts made beforehand", all.len(), score))
}
