//! The one place that prints. Owns the two forms of every outcome, text for people and one JSON document per line for
//! programs; outcomes go to stdout, remarks and errors of people's form to stderr.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::json;

use crate::exit::{Exit, Failure};

/// What a command has to say at its end.
pub(crate) trait Outcome: Serialize {
    /// For people, without a line break at the end.
    fn text(&self) -> String;

    /// The exit code that it means.
    fn exit(&self) -> Exit {
        Exit::Done
    }
}

/// In which form to speak.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    Text,
    Json,
}

/// Where outcomes go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output(pub(crate) Form);

impl Output {
    /// Says what came out; returns the exit code that it means.
    pub(crate) fn outcome(self, outcome: &impl Outcome) -> Exit {
        write(&mut io::stdout().lock(), &self.form(outcome));
        outcome.exit()
    }

    /// The same on stderr, for a command whose data goes to stdout.
    pub(crate) fn outcome_aside(self, outcome: &impl Outcome) -> Exit {
        write(&mut io::stderr().lock(), &self.form(outcome));
        outcome.exit()
    }

    /// Says something to people; programs do not get it.
    pub(crate) fn remark(self, text: &str) {
        if self.0 == Form::Text {
            write(&mut io::stderr().lock(), text);
        }
    }

    /// Says why nothing came out; returns the exit code.
    pub(crate) fn failure(self, failure: &Failure) -> Exit {
        let causes = failure.causes();
        if self.0 == Form::Json {
            let error = json!({
                "exit": failure.exit,
                "code": failure.exit as u8,
                "message": failure.message,
                "causes": causes,
                "hint": failure.hint,
            });
            write(&mut io::stdout().lock(), &json!({ "error": error }).to_string());
        } else if failure.exit != Exit::Usage {
            // What is wrong with the usage was said by the parser, in its own colours.
            let mut lines = vec![format!("error: {}", failure.message)];
            lines.extend(causes.iter().map(|cause| format!("cause: {cause}")));
            lines.extend(failure.hint.iter().map(|hint| format!("hint: {hint}")));
            write(&mut io::stderr().lock(), &lines.join("\n"));
        }
        failure.exit
    }

    /// Passes on what the parser of the command line says: help, version, or what is wrong with the usage.
    ///
    /// # Errors
    /// `Usage`, already said where people read.
    pub(crate) fn parser<T>(self, said: &clap::Error) -> Result<Option<T>, Failure> {
        if said.use_stderr() {
            if self.0 == Form::Text {
                let _ = said.print();
            }
            return Err(Failure::new(Exit::Usage, said.to_string().trim_end()));
        }
        let _ = said.print();
        Ok(None)
    }

    fn form(self, outcome: &impl Outcome) -> String {
        match self.0 {
            Form::Text => outcome.text(),
            Form::Json => serde_json::to_string(outcome).unwrap_or_else(|error| {
                json!({ "error": { "message": error.to_string() } }).to_string()
            }),
        }
    }
}

/// Writes a line. A reader that went away, as `head` does, is no failure of ours.
fn write(to: &mut impl Write, text: &str) {
    let _ = writeln!(to, "{text}").and_then(|()| to.flush());
}
