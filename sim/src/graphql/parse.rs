//! Parser for GraphQL operations (clients do not send type definitions).

use serde_json::Value;

use super::ast::{Argument, Document, FieldNode, Operation, OperationKind, Selection};
use super::lex::{SyntaxError, Token, TokenKind, tokens};

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

type Parsed<T> = Result<T, SyntaxError>;

/// Parses a document.
///
/// # Errors
/// The first syntax error, with the text of the reference implementation.
pub fn parse(source: &str) -> Parsed<Document> {
    let mut parser = Parser {
        tokens: tokens(source)?,
        at: 0,
    };
    let mut document = Document {
        operations: Vec::new(),
        fragments: Vec::new(),
    };
    loop {
        parser.definition(&mut document)?;
        if parser.peek().kind == TokenKind::End {
            return Ok(document);
        }
    }
}

impl Parser {
    fn peek(&self) -> &Token {
        // The last token is the end of the document, and the position never passes it.
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn advance(&mut self) -> Token {
        let token = self.peek().clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn unexpected<T>(&self) -> Parsed<T> {
        self.fail(format!("Unexpected {}.", self.peek().described()))
    }

    fn fail<T>(&self, message: String) -> Parsed<T> {
        let token = self.peek();
        Err(SyntaxError {
            message: format!("Syntax Error: {message}"),
            line: token.line,
            column: token.column,
        })
    }

    fn skip(&mut self, mark: &str) -> bool {
        let found = matches!(self.peek().kind, TokenKind::Punctuator(m) if m == mark);
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, mark: &str) -> Parsed<()> {
        if self.skip(mark) {
            return Ok(());
        }
        self.fail(format!(
            "Expected \"{mark}\", found {}.",
            self.peek().described()
        ))
    }

    fn name(&mut self) -> Parsed<String> {
        if let TokenKind::Name(name) = &self.peek().kind {
            let name = name.clone();
            self.advance();
            return Ok(name);
        }
        self.fail(format!("Expected Name, found {}.", self.peek().described()))
    }

    fn keyword(&self) -> Option<&str> {
        match &self.peek().kind {
            TokenKind::Name(name) => Some(name),
            _ => None,
        }
    }

    fn definition(&mut self, document: &mut Document) -> Parsed<()> {
        if matches!(self.peek().kind, TokenKind::Punctuator("{")) {
            let selections = self.selection_set()?;
            document.operations.push(Operation {
                kind: OperationKind::Query,
                name: None,
                variables: Vec::new(),
                selections,
            });
            return Ok(());
        }
        let kind = match self.keyword() {
            Some("query") => OperationKind::Query,
            Some("mutation") => OperationKind::Mutation,
            Some("subscription") => OperationKind::Subscription,
            Some("fragment") => return self.fragment(document),
            _ => return self.unexpected(),
        };
        self.advance();
        let name = if self.keyword().is_some() {
            Some(self.name()?)
        } else {
            None
        };
        let variables = self.variable_definitions()?;
        self.directives()?;
        let selections = self.selection_set()?;
        document.operations.push(Operation {
            kind,
            name,
            variables,
            selections,
        });
        Ok(())
    }

    fn fragment(&mut self, document: &mut Document) -> Parsed<()> {
        self.advance();
        if self.keyword() == Some("on") {
            return self.unexpected();
        }
        let name = self.name()?;
        self.type_condition()?;
        self.directives()?;
        let selections = self.selection_set()?;
        document.fragments.push((name, selections));
        Ok(())
    }

    fn type_condition(&mut self) -> Parsed<()> {
        if self.keyword() != Some("on") {
            return self.fail(format!(
                "Expected \"on\", found {}.",
                self.peek().described()
            ));
        }
        self.advance();
        self.name().map(|_| ())
    }

    fn variable_definitions(&mut self) -> Parsed<Vec<(String, Option<Argument>)>> {
        let mut variables = Vec::new();
        if !self.skip("(") {
            return Ok(variables);
        }
        loop {
            self.expect("$")?;
            let name = self.name()?;
            self.expect(":")?;
            self.type_reference()?;
            let default = if self.skip("=") {
                Some(self.argument_value()?)
            } else {
                None
            };
            self.directives()?;
            variables.push((name, default));
            if self.skip(")") {
                return Ok(variables);
            }
        }
    }

    fn type_reference(&mut self) -> Parsed<()> {
        if self.skip("[") {
            self.type_reference()?;
            self.expect("]")?;
        } else {
            self.name()?;
        }
        self.skip("!");
        Ok(())
    }

    fn directives(&mut self) -> Parsed<()> {
        while self.skip("@") {
            self.name()?;
            self.arguments()?;
        }
        Ok(())
    }

    fn selection_set(&mut self) -> Parsed<Vec<Selection>> {
        self.expect("{")?;
        let mut selections = Vec::new();
        loop {
            selections.push(self.selection()?);
            if self.skip("}") {
                return Ok(selections);
            }
        }
    }

    fn selection(&mut self) -> Parsed<Selection> {
        if self.skip("...") {
            return match self.keyword() {
                Some("on") => {
                    self.type_condition()?;
                    self.directives()?;
                    Ok(Selection::Inline(self.selection_set()?))
                }
                Some(_) => {
                    let name = self.name()?;
                    self.directives()?;
                    Ok(Selection::Spread(name))
                }
                None => {
                    self.directives()?;
                    Ok(Selection::Inline(self.selection_set()?))
                }
            };
        }
        let first = self.name()?;
        let (alias, name) = if self.skip(":") {
            (first, self.name()?)
        } else {
            (first.clone(), first)
        };
        let arguments = self.arguments()?;
        self.directives()?;
        let selections = if matches!(self.peek().kind, TokenKind::Punctuator("{")) {
            self.selection_set()?
        } else {
            Vec::new()
        };
        Ok(Selection::Field(FieldNode {
            alias,
            name,
            arguments,
            selections,
        }))
    }

    fn arguments(&mut self) -> Parsed<Vec<(String, Argument)>> {
        let mut arguments = Vec::new();
        if !self.skip("(") {
            return Ok(arguments);
        }
        loop {
            let name = self.name()?;
            self.expect(":")?;
            arguments.push((name, self.argument_value()?));
            if self.skip(")") {
                return Ok(arguments);
            }
        }
    }

    fn argument_value(&mut self) -> Parsed<Argument> {
        if self.skip("$") {
            return Ok(Argument::Variable(self.name()?));
        }
        if self.skip("[") {
            let mut items = Vec::new();
            while !self.skip("]") {
                items.push(self.argument_value()?);
            }
            return Ok(Argument::List(items));
        }
        if self.skip("{") {
            let mut fields = Vec::new();
            while !self.skip("}") {
                let name = self.name()?;
                self.expect(":")?;
                fields.push((name, self.argument_value()?));
            }
            return Ok(Argument::Object(fields));
        }
        let literal = match &self.peek().kind {
            TokenKind::Int(number) => Value::from(*number),
            TokenKind::Float(number) => Value::from(*number),
            TokenKind::Text(text) => Value::from(text.as_str()),
            TokenKind::Name(name) => match name.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "null" => Value::Null,
                // An enum value: the server's scalars accept it by its name.
                other => Value::from(other),
            },
            _ => return self.unexpected(),
        };
        self.advance();
        Ok(Argument::Literal(literal))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    fn fields(selections: &[Selection]) -> Vec<&FieldNode> {
        selections
            .iter()
            .filter_map(|selection| match selection {
                Selection::Field(field) => Some(field),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn operations_variables_aliases_and_nested_selections_are_read() {
        let source = "query Find($f: PersonFilterInput!, $n: [Int!] = [1]) {
            all: people(filter: $f, first: 20) { edges { node { id company { name } } } ...More }
        }
        fragment More on PersonConnection { totalCount }";
        let document = parse(source).unwrap();
        let [operation] = &document.operations[..] else {
            panic!("one operation")
        };
        assert_eq!(operation.name.as_deref(), Some("Find"));
        assert_eq!(operation.variables.len(), 2);
        let root = fields(&operation.selections)[0];
        assert_eq!((root.alias.as_str(), root.name.as_str()), ("all", "people"));
        let variables = json!({ "f": { "id": { "in": ["x"] } } });
        let Value::Object(variables) = variables else {
            panic!("an object")
        };
        assert_eq!(
            root.arguments[0].1.resolve(&variables),
            Some(json!({ "id": { "in": ["x"] } }))
        );
        assert_eq!(root.selections[1], Selection::Spread("More".to_owned()));
        assert_eq!(document.fragments[0].0, "More");
    }

    #[test]
    fn a_variable_nobody_gave_is_absent() {
        let document = parse("query($f: F, $g: G){a(filter: $f, by: {x: $g, y: 1})}").unwrap();
        let root = fields(&document.operations[0].selections)[0].clone();
        let none = Map::new();
        assert_eq!(root.arguments[0].1.resolve(&none), None);
        assert_eq!(root.arguments[1].1.resolve(&none), Some(json!({ "y": 1 })));
    }

    #[test]
    fn syntax_errors_say_what_was_expected_and_where() {
        for (source, message, column) in [
            ("{ a( }", "Syntax Error: Expected Name, found \"}\".", 6),
            ("{ a ", "Syntax Error: Expected Name, found <EOF>.", 5),
            ("people", "Syntax Error: Unexpected Name \"people\".", 1),
            ("query Q", "Syntax Error: Expected \"{\", found <EOF>.", 8),
            ("{ a(x: ) }", "Syntax Error: Unexpected \")\".", 8),
        ] {
            let error = parse(source).unwrap_err();
            assert_eq!(
                (error.message.as_str(), error.column),
                (message, column),
                "{source}"
            );
        }
    }
}
