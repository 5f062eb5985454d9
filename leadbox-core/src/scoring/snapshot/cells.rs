//! The distinct values of one column. Owns giving each a number that stays, and finding it again by that; knows nothing of who has which
//! value.

use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::mem::size_of;

use crate::scoring::value::Value;
use crate::time::Timestamp;

/// A value as it comes in.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(in crate::scoring) enum Content<'c> {
    One(Value<'c>),
    /// A list of texts.
    Many(&'c [&'c str]),
    /// A list or a group of anything, as JSON.
    Nested(&'c str),
}

/// Values by number. 0 is what is not known, and every other number a value.
#[derive(Clone, Debug, Default)]
pub(in crate::scoring) struct Cells {
    texts: String,
    cells: Vec<Cell>,
    /// The texts of lists.
    listed: Vec<Span>,
    /// Numbers of values by their hash, 0 where there is none.
    slots: Vec<u32>,
}

/// Where in all texts a text is.
#[derive(Clone, Copy, Debug)]
struct Span {
    from: u32,
    to: u32,
}

#[derive(Clone, Copy, Debug)]
enum Cell {
    YesOrNo(bool),
    Whole(i64),
    Number(f64),
    Moment(Timestamp),
    Text(Span),
    List { from: u32, to: u32 },
    Nested(Span),
}

/// Appends without ever holding much more than is needed: a vector that doubles may be half empty.
pub(super) fn append<T>(all: &mut Vec<T>, one: T) {
    if all.len() == all.capacity() {
        all.reserve_exact((all.len() / 8).max(16));
    }
    all.push(one);
}

/// How many bytes a vector holds.
pub(super) fn held<T>(all: &Vec<T>) -> usize {
    all.capacity() * size_of::<T>()
}

fn number(at: usize) -> Option<u32> {
    u32::try_from(at).ok()
}

impl Cells {
    /// How many distinct values there are; they are numbered from 1.
    pub(in crate::scoring) fn len(&self) -> usize {
        self.cells.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.texts.capacity() + held(&self.cells) + held(&self.listed) + held(&self.slots)
    }

    fn cell(&self, number: u32) -> Option<Cell> {
        self.cells.get((number as usize).checked_sub(1)?).copied()
    }

    fn text(&self, span: Span) -> &str {
        self.texts.get(span.from as usize..span.to as usize).unwrap_or_default()
    }

    /// The value of a number; none for a list or a group.
    pub(in crate::scoring) fn value(&self, number: u32) -> Option<Value<'_>> {
        Some(match self.cell(number) {
            None => Value::Unknown,
            Some(Cell::YesOrNo(value)) => Value::YesOrNo(value),
            Some(Cell::Whole(whole)) => Value::Whole(whole),
            Some(Cell::Number(number)) => Value::Number(number),
            Some(Cell::Moment(at)) => Value::Moment(at),
            Some(Cell::Text(span)) => Value::Text(self.text(span)),
            Some(Cell::List { .. } | Cell::Nested(_)) => return None,
        })
    }

    /// The texts of a list; none of anything else.
    pub(in crate::scoring) fn texts(&self, number: u32) -> Option<impl Iterator<Item = &str>> {
        match self.cell(number) {
            Some(Cell::List { from, to }) => {
                let spans = self.listed.get(from as usize..to as usize).unwrap_or_default();
                Some(spans.iter().map(|span| self.text(*span)))
            }
            _ => None,
        }
    }

    /// A list or a group of anything, as JSON; none of anything else.
    pub(in crate::scoring) fn nested(&self, number: u32) -> Option<&str> {
        match self.cell(number) {
            Some(Cell::Nested(span)) => Some(self.text(span)),
            _ => None,
        }
    }

    /// The number of a text, if it is there.
    pub(in crate::scoring) fn find_text(&self, text: &str, hashing: &RandomState) -> Option<u32> {
        let content = Content::One(Value::Text(text));
        self.find(content, hash(content, hashing)).ok()
    }

    /// The number of a value, which is given one if it has none; none when there is no more room for it.
    pub(super) fn intern(&mut self, content: Content<'_>, hashing: &RandomState) -> Option<u32> {
        if content == Content::One(Value::Unknown) {
            return Some(0);
        }
        if (self.cells.len() + 1) * 4 > self.slots.len() * 3 {
            self.rehash(hashing);
        }
        let slot = match self.find(content, hash(content, hashing)) {
            Ok(found) => return Some(found),
            Err(slot) => slot,
        };
        let cell = match content {
            Content::One(Value::YesOrNo(value)) => Cell::YesOrNo(value),
            Content::One(Value::Whole(whole)) => Cell::Whole(whole),
            Content::One(Value::Number(number)) => Cell::Number(number),
            Content::One(Value::Moment(at)) => Cell::Moment(at),
            Content::One(Value::Text(text)) => Cell::Text(self.keep(text)?),
            Content::Many(texts) => {
                let from = number(self.listed.len())?;
                let to = number(self.listed.len() + texts.len())?;
                for text in texts {
                    let span = self.keep(text)?;
                    append(&mut self.listed, span);
                }
                Cell::List { from, to }
            }
            Content::Nested(json) => Cell::Nested(self.keep(json)?),
            // What is not known has a number already, and nothing else is kept.
            Content::One(Value::Unknown | Value::Stretch(_)) => return Some(0),
        };
        let given = number(self.cells.len() + 1)?;
        append(&mut self.cells, cell);
        if let Some(slot) = self.slots.get_mut(slot) {
            *slot = given;
        }
        Some(given)
    }

    fn keep(&mut self, text: &str) -> Option<Span> {
        let (from, to) = (number(self.texts.len())?, number(self.texts.len() + text.len())?);
        if self.texts.capacity() < self.texts.len() + text.len() {
            self.texts.reserve_exact((self.texts.len() / 8).max(text.len()).max(64));
        }
        self.texts.push_str(text);
        Some(Span { from, to })
    }

    /// The number of a value, or the free slot where it belongs.
    fn find(&self, content: Content<'_>, hash: u64) -> Result<u32, usize> {
        let last = self.slots.len().wrapping_sub(1);
        #[expect(clippy::cast_possible_truncation, reason = "the lower bits say where")]
        let mut slot = hash as usize & last;
        loop {
            match self.slots.get(slot) {
                Some(0) | None => return Err(slot),
                Some(number) if self.is(*number, content) => return Ok(*number),
                Some(_) => slot = (slot + 1) & last,
            }
        }
    }

    fn is(&self, number: u32, content: Content<'_>) -> bool {
        match (self.cell(number), content) {
            (Some(Cell::Text(span)), Content::One(Value::Text(text))) => self.text(span) == text,
            (Some(Cell::YesOrNo(one)), Content::One(Value::YesOrNo(other))) => one == other,
            (Some(Cell::Whole(one)), Content::One(Value::Whole(other))) => one == other,
            (Some(Cell::Number(one)), Content::One(Value::Number(other))) => {
                one.to_bits() == other.to_bits()
            }
            (Some(Cell::Moment(one)), Content::One(Value::Moment(other))) => one == other,
            (Some(Cell::List { .. }), Content::Many(texts)) => {
                self.texts(number).is_some_and(|list| list.eq(texts.iter().copied()))
            }
            (Some(Cell::Nested(span)), Content::Nested(json)) => self.text(span) == json,
            _ => false,
        }
    }

    /// Makes room for twice as many.
    fn rehash(&mut self, hashing: &RandomState) {
        let slots = (self.slots.len() * 2).max(16);
        self.slots = vec![0; slots];
        for at in 1..=self.cells.len() {
            let Some(number) = number(at) else { return };
            let free = match self.cell(number) {
                Some(Cell::List { .. }) => {
                    let texts: Vec<&str> = self.texts(number).into_iter().flatten().collect();
                    let content = Content::Many(&texts);
                    self.find(content, hash(content, hashing))
                }
                Some(Cell::Nested(span)) => {
                    let content = Content::Nested(self.text(span));
                    self.find(content, hash(content, hashing))
                }
                _ => {
                    let content = Content::One(self.value(number).unwrap_or(Value::Unknown));
                    self.find(content, hash(content, hashing))
                }
            };
            if let Err(free) = free
                && let Some(slot) = self.slots.get_mut(free)
            {
                *slot = number;
            }
        }
    }
}

/// The hash of a value. Keys are of this process alone, so that nobody outside can choose values that collide.
fn hash(content: Content<'_>, hashing: &RandomState) -> u64 {
    let mut hasher = hashing.build_hasher();
    match content {
        Content::One(Value::YesOrNo(value)) => value.hash(&mut hasher),
        Content::One(Value::Whole(whole)) => whole.hash(&mut hasher),
        Content::One(Value::Number(number)) => number.to_bits().hash(&mut hasher),
        Content::One(Value::Moment(at)) => at.hash(&mut hasher),
        Content::One(Value::Text(text)) | Content::Nested(text) => text.hash(&mut hasher),
        Content::Many(texts) => texts.hash(&mut hasher),
        Content::One(Value::Unknown | Value::Stretch(_)) => {}
    }
    hasher.finish()
}
