//! What the schema says of a matrix, compared with what `gen` says.

use std::fmt::Write as _;

use boon::{Compiler, ErrorKind, InstanceToken, Schemas, ValidationError};
use splitbuild::diagnostic::{Diagnostic, Severity};
use splitbuild::provider::vocabularies;
use splitbuild::span::Span;
use splitbuild::yaml::Node;
use splitbuild::yaml::read::{Budget, read};

use crate::codes::{Found, found, stops};
use crate::instance;

/// The schema, compiled.
pub struct Validator {
    schemas: Schemas,
    index: boon::SchemaIndex,
}

/// What it says of one matrix.
pub struct Verdict {
    text: String,
    complaints: Vec<Complaint>,
}

/// One thing that it refuses.
#[derive(Debug)]
struct Complaint {
    /// What to point at.
    places: Vec<Span>,
    /// All that it may be about.
    whole: Span,
    message: String,
}

impl Validator {
    /// The schema that `splitbuild schema` prints; it is a schema of its draft.
    pub fn of_this_version() -> Self {
        let schema = splitbuild::spec::schema(&vocabularies());
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        let address = "https://example.com/splitbuild.schema.json";
        compiler.add_resource(address, serde_json::to_value(schema).expect("JSON")).expect("a schema");
        let index = compiler.compile(address, &mut schemas).unwrap_or_else(|error| panic!("{error:#}"));
        Self { schemas, index }
    }

    /// What it says of a text; `None` if that is no YAML.
    pub fn verdict(&self, text: &str) -> Option<Verdict> {
        let root = read(text, Budget::default()).ok()?.root;
        let value = instance::json(&root);
        let mut complaints = Vec::new();
        if let Err(error) = self.schemas.validate(&value, self.index) {
            collect(&root, &error, &mut complaints);
        }
        Some(Verdict { text: text.to_owned(), complaints })
    }
}

/// What lies at the bottom of an error.
fn collect(root: &Node, error: &ValidationError, complaints: &mut Vec<Complaint>) {
    if !error.causes.is_empty() && !matches!(error.kind, ErrorKind::PropertyName { .. }) {
        return error.causes.iter().for_each(|cause| collect(root, cause, complaints));
    }
    let path = error.instance_location.tokens.iter().map(|token| match token {
        InstanceToken::Prop(name) => name.to_string(),
        InstanceToken::Item(index) => index.to_string(),
    });
    let path: Vec<String> = path.collect();
    let (value, key) = instance::places(root, &path);
    let (places, whole) = match &error.kind {
        ErrorKind::AdditionalProperties { got } => {
            // Each is a mistake of its own.
            for name in got {
                let path: Vec<String> = path.iter().cloned().chain([name.to_string()]).collect();
                let (value, key) = instance::places(root, &path);
                let places = key.into_iter().chain([value]).collect();
                complaints.push(Complaint { places, whole: key.unwrap_or(value), message: error.to_string() });
            }
            return;
        }
        ErrorKind::PropertyName { prop } => {
            // The validator does not say in which map.
            let places = instance::keys(root, prop);
            (places.clone(), places[0])
        }
        // What a map lacks, or has too much of, is told of any of its keys, or by the name that it has.
        ErrorKind::Required { .. } | ErrorKind::MinProperties { .. } | ErrorKind::Not | ErrorKind::OneOf(_) => {
            let begin = Span { start: value.start, end: value.start + 1 };
            (instance::parts(root, &path).into_iter().chain([begin]).chain(key).collect(), value)
        }
        _ => ([value].into_iter().chain(key).collect(), value),
    };
    complaints.push(Complaint { places, whole, message: error.to_string() });
}

fn overlap(one: Span, other: Span) -> bool {
    let end = |span: Span| span.end.max(span.start + 1);
    one.start < end(other) && other.start < end(one)
}

impl Verdict {
    /// Whether the matrix passes.
    pub fn is_good(&self) -> bool {
        self.complaints.is_empty()
    }

    /// What has the wrong form and passes.
    pub fn missed(&self, problems: &[Diagnostic]) -> String {
        let mut told = String::new();
        for problem in errors(problems).filter(|problem| found(problem, &self.text) == Found::Always) {
            let mut places = self.complaints.iter().flat_map(|it| &it.places);
            let spans = self.spans(problem);
            if !places.any(|place| spans.iter().any(|span| overlap(*span, *place))) {
                let _ = writeln!(told, "  passes: [{}] {}: {:?}", problem.code, problem.message, self.at(problem.span));
            }
        }
        told
    }

    /// What is refused though nothing is wrong there.
    pub fn invented(&self, problems: &[Diagnostic]) -> String {
        let mut told = String::new();
        let spans: Vec<Span> = errors(problems).flat_map(|problem| self.spans(problem)).collect();
        for complaint in &self.complaints {
            let mut places = complaint.places.iter().chain([&complaint.whole]);
            if !places.any(|place| spans.iter().any(|span| overlap(*span, *place))) {
                let _ = writeln!(told, "  is refused: {} {:?}", complaint.message, self.at(complaint.whole));
            }
        }
        told
    }

    /// Where a problem is.
    fn spans(&self, problem: &Diagnostic) -> Vec<Span> {
        let end = if stops(problem) { self.text.len() } else { problem.span.end };
        let own = Span { start: problem.span.start, end };
        problem.related.iter().map(|(span, _)| *span).chain([own]).collect()
    }

    fn at(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }
}

fn errors(problems: &[Diagnostic]) -> impl Iterator<Item = &Diagnostic> {
    problems.iter().filter(|problem| problem.severity == Severity::Error)
}
