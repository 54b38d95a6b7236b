//! Forms of words: what may stand first and what after it, for whoever reads one and for the schema.

/// Words by their characters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    /// What may stand first.
    first: Class,
    /// What may follow.
    rest: Class,
}

/// Characters: ranges, and single ones.
#[derive(Clone, Copy, Debug)]
struct Class(&'static [(char, char)], &'static [char]);

const LOWER: (char, char) = ('a', 'z');
const UPPER: (char, char) = ('A', 'Z');
const DIGIT: (char, char) = ('0', '9');

/// The name of a variable of a job's environment, as the matrix writes it.
pub(super) const VARIABLE: Form = Form { first: Class(&[UPPER], &['_']), rest: Class(&[UPPER, DIGIT], &['_']) };

/// A name of the matrix: of a var, or of what makes several images of one.
pub(super) const NAME: Form = Form { first: Class(&[LOWER], &[]), rest: Class(&[LOWER, DIGIT], &['_']) };

/// What jobs are called by: the key of an image, the name of a workflow, an architecture's word.
pub(super) const KEY: Form = all(Class(&[LOWER, UPPER, DIGIT], &['_', '-']));

/// The id of a secret, the name of a limit.
pub(super) const WORD: Form = all(Class(&[LOWER, UPPER, DIGIT], &['_', '.', '-']));

const fn all(class: Class) -> Form {
    Form { first: class, rest: class }
}

impl Form {
    /// Whether a word is of the form.
    pub(crate) fn fits(self, word: &str) -> bool {
        let mut characters = word.chars();
        characters.next().is_some_and(|c| self.first.has(c)) && characters.all(|c| self.rest.has(c))
    }

    /// The form as a regular expression, without anchors.
    pub(super) fn expression(self) -> String {
        format!("{}{}*", self.first.expression(), self.rest.expression())
    }

    /// The form as a regular expression that matches whole words.
    pub(super) fn pattern(self) -> String {
        format!("^{}$", self.expression())
    }
}

impl Class {
    fn has(self, c: char) -> bool {
        self.1.contains(&c) || self.0.iter().any(|(low, high)| (*low..=*high).contains(&c))
    }

    fn expression(self) -> String {
        let ranges = self.0.iter().map(|(low, high)| format!("{low}-{high}"));
        // The hyphen stands last, where it means itself.
        format!("[{}{}]", ranges.collect::<String>(), self.1.iter().collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_and_its_expression_take_the_same_words() {
        let words =
            ["", "a", "A", "_", "1", "-", "a-b", "A_B", "a_1", "1a", "a.b", "é", "a b", "A\n", "-a", "_a", "_A1"];
        let mut taken = 0;
        for form in [VARIABLE, NAME, KEY, WORD] {
            let pattern = regex::Regex::new(&form.pattern()).expect("an expression");
            for word in words {
                assert_eq!(form.fits(word), pattern.is_match(word), "{word:?} and {pattern}");
                taken += usize::from(form.fits(word));
            }
        }
        assert!(taken > 15, "{taken}");
    }
}
