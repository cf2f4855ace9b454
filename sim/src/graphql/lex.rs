//! Tokens of a GraphQL document.

/// Kind of a token; punctuators contain their spelling.
#[derive(Debug, Clone, PartialEq)]
pub enum TokenKind {
    /// One of `! $ & ( ) ... : = @ [ ] { | }`.
    Punctuator(&'static str),
    /// A name or keyword.
    Name(String),
    /// An integer.
    Int(i64),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// A string or block string, unescaped.
    Text(String),
    /// The end of the document.
    End,
}

/// A token and its position.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// Its kind.
    pub kind: TokenKind,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Token {
    /// The token's name in the server's messages.
    pub fn described(&self) -> String {
        match &self.kind {
            TokenKind::Punctuator(mark) => format!("\"{mark}\""),
            TokenKind::Name(name) => format!("Name \"{name}\""),
            TokenKind::Int(number) => format!("Int \"{number}\""),
            TokenKind::Float(number) => format!("Float \"{number}\""),
            TokenKind::Text(text) => format!("String \"{text}\""),
            TokenKind::End => "<EOF>".to_owned(),
        }
    }
}

/// A syntax error in the words of the reference implementation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Begins with `Syntax Error:`.
    pub message: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
}

const PUNCTUATORS: [&str; 14] = [
    "...", "!", "$", "&", "(", ")", ":", "=", "@", "[", "]", "{", "|", "}",
];

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
    column: usize,
}

/// Splits a document into tokens; the last one is [`TokenKind::End`].
///
/// # Errors
/// A character that starts no token, or a string that does not end.
pub fn tokens(source: &str) -> Result<Vec<Token>, SyntaxError> {
    let mut lexer = Lexer {
        rest: source,
        line: 1,
        column: 1,
    };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_ignored();
        let (line, column) = (lexer.line, lexer.column);
        let kind = lexer.next_kind()?;
        let end = kind == TokenKind::End;
        tokens.push(Token { kind, line, column });
        if end {
            return Ok(tokens);
        }
    }
}

impl Lexer<'_> {
    fn advance(&mut self, bytes: usize) {
        let (taken, rest) = self.rest.split_at(bytes);
        for character in taken.chars() {
            if character == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.rest = rest;
    }

    fn skip_ignored(&mut self) {
        loop {
            let blanks = self.rest.len()
                - self
                    .rest
                    .trim_start_matches([' ', '\t', '\n', '\r', ',', '\u{feff}'])
                    .len();
            self.advance(blanks);
            if !self.rest.starts_with('#') {
                return;
            }
            self.advance(self.rest.find('\n').unwrap_or(self.rest.len()));
        }
    }

    fn fail<T>(&self, message: String) -> Result<T, SyntaxError> {
        Err(SyntaxError {
            message: format!("Syntax Error: {message}"),
            line: self.line,
            column: self.column,
        })
    }

    fn next_kind(&mut self) -> Result<TokenKind, SyntaxError> {
        let Some(first) = self.rest.chars().next() else {
            return Ok(TokenKind::End);
        };
        if let Some(mark) = PUNCTUATORS
            .iter()
            .find(|mark| self.rest.starts_with(**mark))
        {
            self.advance(mark.len());
            return Ok(TokenKind::Punctuator(mark));
        }
        if first.is_ascii_alphabetic() || first == '_' {
            let name = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
            return Ok(TokenKind::Name(name));
        }
        if first.is_ascii_digit() || first == '-' {
            return self.number();
        }
        if self.rest.starts_with("\"\"\"") {
            return self.block_text();
        }
        if first == '"' {
            return self.text();
        }
        self.fail(format!("Unexpected character: \"{first}\"."))
    }

    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> String {
        let end = self.rest.find(|c| !accept(c)).unwrap_or(self.rest.len());
        let taken = self.rest[..end].to_owned();
        self.advance(end);
        taken
    }

    fn number(&mut self) -> Result<TokenKind, SyntaxError> {
        let (line, column) = (self.line, self.column);
        let digits =
            self.take_while(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E'));
        let whole = digits.parse().map(TokenKind::Int).ok();
        match whole.or_else(|| digits.parse().map(TokenKind::Float).ok()) {
            Some(kind) => Ok(kind),
            None => Err(SyntaxError {
                message: format!("Syntax Error: Invalid number, unexpected \"{digits}\"."),
                line,
                column,
            }),
        }
    }

    fn text(&mut self) -> Result<TokenKind, SyntaxError> {
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, character)) = chars.next() {
            match character {
                '"' => {
                    self.advance(at + 1);
                    return Ok(TokenKind::Text(text));
                }
                '\n' | '\r' => break,
                '\\' => match chars.next().map(|(_, escaped)| escaped) {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some('b') => text.push('\u{8}'),
                    Some('f') => text.push('\u{c}'),
                    Some('u') => {
                        let hex: String = chars.by_ref().take(4).map(|(_, c)| c).collect();
                        let code = u32::from_str_radix(&hex, 16).ok();
                        match code.and_then(char::from_u32) {
                            Some(decoded) => text.push(decoded),
                            None => {
                                return self.fail(format!(
                                    "Invalid Unicode escape sequence: \"\\u{hex}\"."
                                ));
                            }
                        }
                    }
                    Some(plain @ ('"' | '\\' | '/')) => text.push(plain),
                    other => {
                        let shown = other.map(String::from).unwrap_or_default();
                        return self
                            .fail(format!("Invalid character escape sequence: \"\\{shown}\"."));
                    }
                },
                plain => text.push(plain),
            }
        }
        self.fail("Unterminated string.".to_owned())
    }

    fn block_text(&mut self) -> Result<TokenKind, SyntaxError> {
        let body = &self.rest[3..];
        let Some(end) = body.find("\"\"\"") else {
            return self.fail("Unterminated string.".to_owned());
        };
        let text = body[..end].trim_matches('\n').to_owned();
        self.advance(end + 6);
        Ok(TokenKind::Text(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(source: &str) -> Vec<TokenKind> {
        tokens(source)
            .unwrap()
            .into_iter()
            .map(|token| token.kind)
            .collect()
    }

    #[test]
    fn every_kind_of_token_is_read() {
        assert_eq!(
            kinds("query($f: Int = -3){a(x: 1.5, s: \"q\\\"\\u00e9\\n\") ...F} # rest"),
            {
                use TokenKind::{End, Float, Int, Name, Punctuator as P, Text};
                let name = |text: &str| Name(text.to_owned());
                vec![
                    name("query"),
                    P("("),
                    P("$"),
                    name("f"),
                    P(":"),
                    name("Int"),
                    P("="),
                    Int(-3),
                    P(")"),
                    P("{"),
                    name("a"),
                    P("("),
                    name("x"),
                    P(":"),
                    Float(1.5),
                    name("s"),
                    P(":"),
                    Text("q\"é\n".to_owned()),
                    P(")"),
                    P("..."),
                    name("F"),
                    P("}"),
                    End,
                ]
            }
        );
    }

    #[test]
    fn places_count_lines_and_characters() {
        let all = tokens("{\n  é").unwrap_err();
        assert_eq!((all.line, all.column), (2, 3));
        assert_eq!(
            tokens("\"open").unwrap_err().message,
            "Syntax Error: Unterminated string."
        );
    }
}
