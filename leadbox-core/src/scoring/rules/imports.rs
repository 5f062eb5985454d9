//! Which files a script imports. Owns reading `import "lists" as lists;` from its text, and which names of files there can be; knows
//! nothing of where files are. Scripts are read with these lines blanked out, so that the language's own way of importing, which
//! would look for files, is never asked.

use rhai::Position;

use super::fault::Mistake;

/// The longest name of a file, in characters.
const LONGEST_NAME: usize = 60;

/// A file that a script imports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Import {
    pub(super) file: String,
    /// What stands before `::` to read what is in it.
    pub(super) alias: Option<String>,
    pub(super) at: Position,
}

/// A script without its imports: everything else stands where it stood.
#[derive(Debug)]
pub(super) struct Imports {
    pub(super) all: Vec<Import>,
    pub(super) script: String,
}

/// Reads the imports of a script.
///
/// # Errors
/// The first that is not written as one.
pub(super) fn imports(script: &str) -> Result<Imports, Mistake> {
    let mut reading = Reading { letters: script.chars().collect(), next: 0, line: 1, column: 1 };
    let mut all = Vec::new();
    let (mut depth, mut begins) = (0_usize, true);
    while let Some(letter) = reading.letter() {
        if reading.skip_aside() {
            continue;
        }
        if letter.is_alphabetic() || letter == '_' {
            let (start, at) = (reading.next, reading.at());
            let word = reading.word();
            if word == "import" && depth == 0 && begins {
                all.push(reading.import(at)?);
                reading.blank(start);
            } else {
                begins = false;
            }
            continue;
        }
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if !letter.is_whitespace() {
            begins = matches!(letter, ';' | '}');
        }
        reading.step();
    }
    Ok(Imports { all, script: reading.letters.into_iter().collect() })
}

/// What is wrong with the name of a file, if anything is: it lies beside the script, and nowhere else.
pub(super) fn strange(file: &str) -> Option<String> {
    let is_plain = |one: char| one.is_ascii_alphanumeric() || one == '_' || one == '-';
    let stem = file.strip_suffix(".rhai").unwrap_or(file);
    if !stem.is_empty() && stem.chars().all(is_plain) && stem.len() <= LONGEST_NAME {
        return (stem != file).then(|| format!("write import \"{stem}\", without .rhai"));
    }
    Some(format!(
        "'{file}' cannot be imported: only files beside the script can, by a name of letters, digits, _ and -, such as import \"lists\" as lists;"
    ))
}

struct Reading {
    letters: Vec<char>,
    next: usize,
    line: usize,
    column: usize,
}

impl Reading {
    fn letter(&self) -> Option<char> {
        self.letters.get(self.next).copied()
    }

    fn is_at(&self, text: &str) -> bool {
        let rest = self.letters.get(self.next..).unwrap_or_default();
        text.chars().enumerate().all(|(place, letter)| rest.get(place) == Some(&letter))
    }

    fn at(&self) -> Position {
        let short = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
        Position::new(short(self.line), short(self.column))
    }

    fn step(&mut self) {
        match self.letter() {
            Some('\n') => (self.line, self.column) = (self.line + 1, 1),
            Some(_) => self.column += 1,
            None => return,
        }
        self.next += 1;
    }

    fn steps(&mut self, count: usize) {
        (0..count).for_each(|_| self.step());
    }

    /// Goes on until a text has passed, or to the end.
    fn pass(&mut self, text: &str) {
        while self.letter().is_some() && !self.is_at(text) {
            self.step();
        }
        self.steps(text.len());
    }

    /// Passes a remark or a text, in which no word means anything.
    fn skip_aside(&mut self) -> bool {
        if self.is_at("//") {
            self.pass("\n");
        } else if self.is_at("/*") {
            let mut depth = 0;
            while self.letter().is_some() {
                match (self.is_at("/*"), self.is_at("*/")) {
                    (true, _) => depth += 1,
                    (_, true) => depth -= 1,
                    _ => {
                        self.step();
                        continue;
                    }
                }
                self.steps(2);
                if depth == 0 {
                    break;
                }
            }
        } else if self.is_at("`") {
            self.step();
            self.pass("`");
        } else if let Some(quote @ ('"' | '\'')) = self.letter() {
            self.step();
            while let Some(letter) = self.letter() {
                self.steps(if letter == '\\' { 2 } else { 1 });
                if letter == quote {
                    break;
                }
            }
        } else {
            return false;
        }
        true
    }

    fn skip_space(&mut self) {
        while self.letter().is_some_and(char::is_whitespace) {
            self.step();
        }
    }

    fn word(&mut self) -> String {
        let start = self.next;
        while self.letter().is_some_and(|letter| letter.is_alphanumeric() || letter == '_') {
            self.step();
        }
        self.letters[start..self.next].iter().collect()
    }

    /// What stands behind the word `import`, up to its semicolon.
    fn import(&mut self, at: Position) -> Result<Import, Mistake> {
        let unread =
            || Mistake::at(at, "an import is written like this: import \"lists\" as lists;");
        self.skip_space();
        let place = self.at();
        if !self.is_at("\"") {
            return Err(unread());
        }
        self.step();
        let start = self.next;
        while self.letter().is_some_and(|letter| letter != '"' && letter != '\n') {
            self.step();
        }
        let file: String = self.letters[start..self.next].iter().collect();
        if !self.is_at("\"") {
            return Err(unread());
        }
        self.step();
        if let Some(says) = strange(&file) {
            return Err(Mistake::at(place, says));
        }
        self.skip_space();
        let alias = match self.is_at(";") {
            true => None,
            false => {
                let word = self.word();
                self.skip_space();
                let alias = self.word();
                let begins = alias.starts_with(|one: char| one.is_ascii_alphabetic());
                if word != "as" || !begins || !alias.is_ascii() {
                    return Err(unread());
                }
                Some(alias)
            }
        };
        self.skip_space();
        if !self.is_at(";") {
            return Err(unread());
        }
        self.step();
        Ok(Import { file, alias, at: place })
    }

    /// Blanks out what stands since a place.
    fn blank(&mut self, start: usize) {
        for letter in &mut self.letters[start..self.next] {
            if *letter != '\n' {
                *letter = ' ';
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(script: &str) -> Vec<(String, Option<String>)> {
        let found = imports(script).unwrap();
        assert_eq!(found.script.chars().count(), script.chars().count());
        assert_eq!(found.script.lines().count(), script.lines().count());
        found.all.into_iter().map(|one| (one.file, one.alias)).collect()
    }

    #[test]
    fn imports_are_found_where_they_are_statements_and_nowhere_else() {
        let lists = || ("lists".to_owned(), Some("our".to_owned()));
        assert_eq!(read("import \"lists\" as our;"), [lists()]);
        assert_eq!(read("// a remark\nruleset(\"é\");\nimport\n  \"lists\"\n as our ;"), [lists()]);
        assert_eq!(
            read("import \"shared\";import \"lists\" as our; x"),
            [("shared".to_owned(), None), lists()]
        );
        for script in [
            "// import \"lists\" as our;",
            "/* import /* \"lists\" */ import \"lists\"; */",
            "rule(\"import \\\" x\", 5, |lead| true);",
            "`import \"lists\";`",
            "if true { import \"lists\" as our; }",
            "let imported = 5; important",
            "",
        ] {
            assert_eq!(read(script), [], "{script}");
        }
    }

    #[test]
    fn files_lie_beside_the_script_and_nowhere_else() {
        for file in [
            "/etc/passwd",
            "../lists",
            "a/b",
            "a\\b",
            "..",
            "",
            "C:lists",
            "http://x",
            "a b",
            "lists.txt",
            "ä",
        ] {
            let wrong = imports(&format!("import \"{file}\" as x;")).unwrap_err();
            assert!(wrong.message.contains("only files beside the script"), "{file}: {wrong}");
        }
        let wrong = imports("\n import \"lists.rhai\" as x;").unwrap_err().to_string();
        assert_eq!(wrong, "line 2, character 9: write import \"lists\", without .rhai");
        for unread in [
            "import lists;",
            "import \"a\" as;",
            "import \"a\"",
            "import \"a",
            "import \"a\" is b;",
        ] {
            let wrong = imports(unread).unwrap_err().to_string();
            assert!(wrong.contains("written like this"), "{unread}: {wrong}");
        }
    }
}
