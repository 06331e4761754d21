//! Messages of the base protocol: a header, an empty line, and as many bytes of JSON as the header says.
//!
//! What is no message is answered and passed over: an editor that sends one broken text keeps its server.

use std::io::{self, BufRead, Read, Write};

use serde::Serialize;
use serde_json::{Value, json};

/// Largest message that is read. A text beyond what is ever parsed is not worth a larger one.
const LARGEST: u64 = 256 * 1024 * 1024;
/// Longest line of a header.
const HEADER: u64 = 4096;

/// What arrived.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Incoming {
    /// A request; its id is text or a number.
    Request { id: Value, method: String, params: Value },
    /// A notification.
    Notification { method: String, params: Value },
    /// An answer to what the server asked; it asks nothing whose answer matters.
    Answer,
    /// Bytes that are no message, and why not.
    Broken(String),
}

impl Incoming {
    fn of(body: &[u8]) -> Self {
        let message: Value = match serde_json::from_slice(body) {
            Ok(message) => message,
            Err(error) => return Self::Broken(format!("not JSON: {error}")),
        };
        let Value::Object(mut fields) = message else { return Self::Broken("not an object".to_owned()) };
        let id = fields.remove("id").filter(|id| id.is_number() || id.is_string());
        let params = fields.remove("params").unwrap_or(Value::Null);
        match (fields.remove("method"), id) {
            (Some(Value::String(method)), Some(id)) => Self::Request { id, method, params },
            (Some(Value::String(method)), None) => Self::Notification { method, params },
            (None, Some(_)) if fields.contains_key("result") || fields.contains_key("error") => Self::Answer,
            _ => Self::Broken("neither a request nor a notification".to_owned()),
        }
    }
}

/// The next message; `None` at the end of the input.
///
/// # Errors
/// The input fails, ends within a message, or has a header from which it cannot be told where the next message begins.
pub(super) fn read(mut input: &mut dyn BufRead) -> io::Result<Option<Incoming>> {
    let mut length: Option<u64> = None;
    let mut line = Vec::new();
    loop {
        line.clear();
        if (&mut input).take(HEADER).read_until(b'\n', &mut line)? == 0 {
            return match length {
                None => Ok(None),
                Some(_) => Err(io::ErrorKind::UnexpectedEof.into()),
            };
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() {
            match length {
                Some(_) => break,
                // Empty lines before a header do no harm.
                None => continue,
            }
        }
        let Some((name, value)) = text.split_once(':') else { return Err(invalid("a header has no colon")) };
        if name.trim().eq_ignore_ascii_case("Content-Length") {
            let value = value.trim().parse().map_err(|_| invalid("the length of a message is no number"))?;
            length = Some(value);
        }
    }
    let length = length.unwrap_or_default();
    if length > LARGEST {
        return Err(invalid("a message is too large"));
    }
    // What is announced is not allocated before it is there.
    let mut body = Vec::new();
    if input.take(length).read_to_end(&mut body)? as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(Incoming::of(&body)))
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_owned())
}

/// Why a request has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    code: i32,
    message: String,
}

impl Refused {
    pub(super) fn not_initialized() -> Self {
        Self { code: -32002, message: "the first request is `initialize`".to_owned() }
    }

    pub(super) fn unknown(method: &str) -> Self {
        Self { code: -32601, message: format!("there is no method `{method}`") }
    }

    pub(super) fn params(error: &serde_json::Error) -> Self {
        Self { code: -32602, message: format!("the parameters do not fit: {error}") }
    }

    pub(super) fn shut_down() -> Self {
        Self { code: -32600, message: "the server is shut down".to_owned() }
    }

    pub(super) fn invalid(message: &str) -> Self {
        Self { code: -32600, message: message.to_owned() }
    }

    pub(super) fn failed(message: String) -> Self {
        Self { code: -32803, message }
    }
}

/// What the server says.
pub(super) struct Out<'a>(pub(super) &'a mut dyn Write);

impl Out<'_> {
    /// Answers a request.
    pub(super) fn answer(&mut self, id: &Value, result: Result<Value, Refused>) -> io::Result<()> {
        match result {
            Ok(result) => self.write(&json!({"jsonrpc": "2.0", "id": id, "result": result})),
            Err(Refused { code, message }) => {
                self.write(&json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}}))
            }
        }
    }

    /// Answers what is no message.
    pub(super) fn answer_broken(&mut self, why: &str) -> io::Result<()> {
        let error = json!({"code": -32700, "message": why});
        self.write(&json!({"jsonrpc": "2.0", "id": null, "error": error}))
    }

    /// Tells something that has no answer.
    pub(super) fn notify(&mut self, method: &str, params: &impl Serialize) -> io::Result<()> {
        self.write(&json!({"jsonrpc": "2.0", "method": method, "params": serde_json::to_value(params)?}))
    }

    /// Asks something whose answer does not matter.
    pub(super) fn ask(&mut self, id: &str, method: &str, params: &impl Serialize) -> io::Result<()> {
        self.write(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": serde_json::to_value(params)?}))
    }

    fn write(&mut self, message: &Value) -> io::Result<()> {
        let body = message.to_string();
        write!(self.0, "Content-Length: {}\r\n\r\n{body}", body.len())?;
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(mut input: &[u8]) -> Vec<Result<Incoming, io::ErrorKind>> {
        let mut found = Vec::new();
        loop {
            match read(&mut input) {
                Ok(Some(incoming)) => found.push(Ok(incoming)),
                Ok(None) => return found,
                Err(error) => {
                    found.push(Err(error.kind()));
                    return found;
                }
            }
        }
    }

    fn framed(body: &str) -> String {
        format!(
            "Content-Length: {}\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n{body}",
            body.len()
        )
    }

    #[test]
    fn what_is_written_is_read() {
        let mut bytes = Vec::new();
        let mut out = Out(&mut bytes);
        out.notify("a/b", &json!({"x": "ä€😀"})).unwrap();
        out.ask("1", "c", &json!(null)).unwrap();
        out.answer(&json!(7), Ok(json!([]))).unwrap();
        assert_eq!(
            all(&bytes),
            [
                Ok(Incoming::Notification { method: "a/b".to_owned(), params: json!({"x": "ä€😀"}) }),
                Ok(Incoming::Request { id: json!("1"), method: "c".to_owned(), params: json!(null) }),
                Ok(Incoming::Answer),
            ]
        );
    }

    #[test]
    fn a_broken_body_is_passed_over_and_the_next_message_is_read() {
        let text: String =
            ["{", "[]", "3", r#"{"id": 1}"#, r#"{"method": 3}"#, r#"{"method": "m"}"#].map(framed).concat();
        let found = all(text.as_bytes());
        assert_eq!(found.len(), 6);
        assert!(found[..5].iter().all(|own| matches!(own, Ok(Incoming::Broken(_)))), "{found:?}");
        assert_eq!(found[5], Ok(Incoming::Notification { method: "m".to_owned(), params: Value::Null }));
    }

    #[test]
    fn a_header_that_does_not_say_how_long_ends_the_input() {
        for text in ["Content-Length: x\r\n\r\n{}", "hello\r\n", "Content-Length: 999999999999\r\n\r\n"] {
            assert_eq!(all(text.as_bytes()), [Err(io::ErrorKind::InvalidData)], "{text}");
        }
        for text in ["Content-Length: 5\r\n\r\n{}", "Content-Length: 5\r\n"] {
            assert_eq!(all(text.as_bytes()), [Err(io::ErrorKind::UnexpectedEof)], "{text}");
        }
        assert_eq!(all(b"\r\n"), []);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), length in 0_usize..40) {
            let mut framed = format!("Content-Length: {length}\r\n\r\n").into_bytes();
            all(&bytes);
            framed.extend(&bytes);
            all(&framed);
        }
    }
}
