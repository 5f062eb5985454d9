//! What a closure asks, as a tree. Owns the shape that checks read; knows nothing of the language that it was written in.

use rhai::{Dynamic, ImmutableString, Position};

/// A part of a question, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) what: What,
    pub(super) at: Position,
}

/// What a part is.
#[derive(Clone, Debug)]
pub(super) enum What {
    /// A value that stands in the script, here or under a name.
    Value(Dynamic),
    /// A list of parts that are not all values.
    List(Vec<Part>),
    /// What is asked about.
    Subject,
    /// A field of something.
    Field(Box<Part>, ImmutableString),
    /// A word of the vocabulary with what it is asked of; an operator is one too, and a method's owner comes first.
    Call { name: ImmutableString, of: Vec<Part>, is_operator: bool },
    /// All of these.
    All(Vec<Part>),
    /// Any of these.
    Any(Vec<Part>),
    /// The second if the first is so, else the third.
    If(Box<[Part; 3]>),
    /// A value that is given a name, which has this number of its own, and the rest, in which it has that.
    Let(usize, Box<[Part; 2]>),
    /// The value of the name with this number.
    Named(usize),
    /// A name that stands for nothing, and what is said of it.
    Unnamed(String),
    /// Something would be changed.
    Change,
    /// What this tree has no shape for; its parts are checked all the same.
    Other(Vec<Part>),
}
