//! Turns the parser's events into nodes, on an explicit stack so that nesting cannot overflow.

use std::collections::HashMap;

use granit_parser::{Event, StructureStyle, Tag};

use super::entries::Entries;
use super::token::{block_span, byte_span, is_block, scalar, tighten, typed_style};
use super::{Budget, Document, Form, Problem, ProblemKind, SyntaxError, nothing};
use crate::span::Span;
use crate::yaml::{Node, Value};

/// The state of a document that is being read.
pub(super) struct Builder<'text> {
    text: &'text str,
    form: Form,
    nodes_left: usize,
    depth: usize,
    open: Vec<Frame>,
    anchors: HashMap<usize, Built>,
    problems: Vec<Problem>,
    documents: usize,
    root: Option<Node>,
}

/// A finished node, with what it costs to copy.
#[derive(Clone)]
struct Built {
    node: Node,
    weight: usize,
    height: usize,
}

/// A list or map whose end has not been seen.
struct Frame {
    content: Content,
    anchor: usize,
    start: usize,
    /// Where the last child was written, which for an alias is not the span of its node.
    end: usize,
    weight: usize,
    height: usize,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping(Entries),
}

/// Whether a document says what the one after it takes
/// (the header of a CI component).
fn is_header(node: &Node) -> bool {
    node.as_mapping().is_some_and(|map| map.get("spec").is_some())
}

impl<'text> Builder<'text> {
    pub(super) fn new(text: &'text str, budget: Budget, form: Form) -> Self {
        Self {
            text,
            form,
            nodes_left: budget.nodes,
            depth: budget.depth,
            open: Vec::new(),
            anchors: HashMap::new(),
            problems: Vec::new(),
            documents: 0,
            root: None,
        }
    }

    pub(super) fn finish(self) -> Document {
        let root = match self.root {
            // `---` alone holds no more than an empty text does.
            Some(root) if root.as_str() != Some("") || root.span.start < root.span.end => root,
            Some(Node { value, .. }) => Node { value, span: Span::default() },
            None => nothing(Span::default()),
        };
        Document { root, problems: self.problems }
    }

    pub(super) fn take(&mut self, event: Event<'_>, source: &granit_parser::Span) -> Result<(), SyntaxError> {
        let span = byte_span(source);
        match event {
            Event::DocumentStart(..) => self.start_document(span),
            Event::Alias(id) => self.alias(id, span),
            Event::Scalar(text, style, anchor, tag) => {
                self.note_tag(tag.as_deref(), source);
                let token = if is_block(style) { block_span(self.text, span, &text) } else { span };
                let scalar = scalar(text.into_owned(), typed_style(style, tag.as_deref()), token);
                let weight = 1 + scalar.text.len() / 64;
                self.charge(weight, token)?;
                let node = Node { value: Value::Scalar(scalar), span: token };
                let built = Built { node, weight, height: 0 };
                self.complete(built, anchor)
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.note_tag(tag.as_deref(), source);
                let start = self.sequence_start(span.start, style);
                self.open(Content::Sequence(Vec::new()), anchor, Span { start, ..span })
            }
            Event::MappingStart(_, anchor, tag) => {
                self.note_tag(tag.as_deref(), source);
                self.open(Content::Mapping(Entries::new(self.form)), anchor, span)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            // Comments and stream boundaries carry no data.
            _ => Ok(()),
        }
    }

    fn start_document(&mut self, span: Span) -> Result<(), SyntaxError> {
        self.documents += 1;
        match self.root.take() {
            None => Ok(()),
            Some(header) if self.form == Form::Psych && self.documents == 2 && is_header(&header) => Ok(()),
            Some(_) => Err(SyntaxError::parser(span, "more than one document")),
        }
    }

    fn open(&mut self, content: Content, anchor: usize, span: Span) -> Result<(), SyntaxError> {
        self.charge(1, span)?;
        if self.open.len() >= self.depth {
            return Err(SyntaxError::too_deep(span));
        }
        self.open.push(Frame { content, anchor, start: span.start, end: span.end, weight: 1, height: 1 });
        Ok(())
    }

    fn close(&mut self, span: Span) -> Result<(), SyntaxError> {
        let Some(frame) = self.open.pop() else {
            return Err(SyntaxError::parser(span, "a list or map ends before it starts"));
        };
        // The end of a block collection is only noticed at the next token, past comments.
        let end = if span.start < span.end { span.end } else { frame.end };
        let value = match frame.content {
            Content::Sequence(items) => Value::Sequence(items),
            Content::Mapping(entries) => Value::Mapping(entries.merge()),
        };
        let node = Node { value, span: Span { start: frame.start, end: end.max(frame.start) } };
        let built = Built { node, weight: frame.weight, height: frame.height };
        self.complete(built, frame.anchor)
    }

    fn alias(&mut self, id: usize, token: Span) -> Result<(), SyntaxError> {
        let Some((weight, height)) = self.anchors.get(&id).map(|it| (it.weight, it.height)) else {
            let name = self.text.get(token.start..token.end).unwrap_or_default();
            let message = format!("the alias `{name}` is inside the value that it refers to");
            return Err(SyntaxError::parser(token, message));
        };
        if self.open.len() + height > self.depth {
            return Err(SyntaxError::too_deep(token));
        }
        // Charged before the copy is made, so that no expansion outgrows the budget.
        self.charge(weight, token)?;
        if let Some(copy) = self.anchors.get(&id).cloned() {
            self.place(copy, token);
        }
        Ok(())
    }

    fn complete(&mut self, built: Built, anchor: usize) -> Result<(), SyntaxError> {
        let token = built.node.span;
        if anchor != 0 {
            self.charge(built.weight, token)?;
            self.anchors.insert(anchor, built.clone());
        }
        self.place(built, token);
        Ok(())
    }

    /// Puts a finished node, written at `token`, into the collection that is open.
    fn place(&mut self, built: Built, token: Span) {
        let Some(frame) = self.open.last_mut() else {
            self.root = Some(built.node);
            return;
        };
        frame.weight += built.weight;
        frame.height = frame.height.max(built.height + 1);
        let previous_end = frame.end;
        frame.end = frame.end.max(token.end);
        match &mut frame.content {
            Content::Sequence(items) => items.push(built.node),
            Content::Mapping(entries) => {
                let mut node = built.node;
                if entries.expects_value() && token.start == token.end && token == node.span {
                    node.span = tighten(self.text, previous_end, token);
                    frame.end = previous_end.max(node.span.end);
                }
                entries.take(node, token, &mut self.problems);
            }
        }
    }

    fn charge(&mut self, weight: usize, span: Span) -> Result<(), SyntaxError> {
        match self.nodes_left.checked_sub(weight) {
            Some(left) => {
                self.nodes_left = left;
                Ok(())
            }
            None => Err(SyntaxError::too_large(span)),
        }
    }

    fn note_tag(&mut self, tag: Option<&Tag>, source: &granit_parser::Span) {
        let Some(tag) = tag.filter(|tag| tag.is_custom()) else {
            return;
        };
        let span = byte_span(&source.tag_span().unwrap_or(*source));
        let kind = ProblemKind::Tag(tag.original());
        self.problems.push(Problem { span, kind });
    }

    /// Moves back to the first dash when a list is not indented below its key.
    ///
    /// For such a list the parser reports what follows the dash instead.
    fn sequence_start(&self, start: usize, style: StructureStyle) -> usize {
        let in_mapping = matches!(self.open.last().map(|frame| &frame.content), Some(Content::Mapping(_)));
        if style == StructureStyle::Flow || !in_mapping {
            return start;
        }
        let before = self.text.get(..start).unwrap_or_default();
        match before.trim_end_matches([' ', '\t']).strip_suffix('-') {
            Some(before_dash) => before_dash.len(),
            None => start,
        }
    }
}
