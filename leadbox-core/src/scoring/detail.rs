//! What of an interaction can be read. Owns the names beside its details, and which details are plain values; knows nothing of who asks.

use serde_json::Value as Json;

use super::value::Value;
use crate::interaction::Interaction;

/// What every interaction has, whatever its details are called.
pub(super) const KIND: &str = "kind";
pub(super) const AT: &str = "at";

/// A detail of what happened; none when it is a list or a group.
pub(super) fn detail<'i>(interaction: &'i Interaction, name: &str) -> Option<Value<'i>> {
    match name {
        KIND => Some(Value::Text(interaction.kind.as_str())),
        AT => Some(Value::Moment(interaction.at)),
        detail => interaction.props.get(detail).map_or(Some(Value::Unknown), plain),
    }
}

/// A detail that is neither a list nor a group. Numbers with a fraction and those that do not fit are inexact.
pub(super) fn plain(detail: &Json) -> Option<Value<'_>> {
    Some(match detail {
        Json::Null => Value::Unknown,
        Json::Bool(value) => Value::YesOrNo(*value),
        Json::String(text) => Value::Text(text),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::Whole(whole),
            (None, Some(number)) => Value::Number(number),
            (None, None) => Value::Unknown,
        },
        Json::Array(_) | Json::Object(_) => return None,
    })
}
