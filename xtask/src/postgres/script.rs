//! Runs SQL files against the throwaway server: the simple query protocol and nothing else, so that
//! the schema can be there before anything that checks its queries against it compiles.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;

use anyhow::{Context, Result, bail};

const PROTOCOL: i32 = 196_608;
const CLEARTEXT: i32 = 3;

/// Runs all statements of `sql`, in one transaction unless they say otherwise.
pub(super) fn execute(port: u16, password: &str, sql: &str) -> Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    let mut body = PROTOCOL.to_be_bytes().to_vec();
    body.extend(b"user\0postgres\0database\0postgres\0\0");
    stream.write_all(&framed(None, &body)?)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let (kind, body) = read(&mut reader)?;
        match kind {
            b'R' if code(&body)? == CLEARTEXT => {
                stream.write_all(&framed(Some(b'p'), &terminated(password))?)?;
            }
            b'R' if code(&body)? != 0 => bail!("the server asks for another kind of password"),
            b'E' => bail!("{}", fault(&body)),
            b'Z' => break,
            _ => {}
        }
    }
    stream.write_all(&framed(Some(b'Q'), &terminated(sql))?)?;
    let mut outcome = Ok(());
    loop {
        let (kind, body) = read(&mut reader)?;
        match kind {
            b'E' => outcome = Err(anyhow::anyhow!("{}", fault(&body))),
            b'Z' => return outcome,
            _ => {}
        }
    }
}

fn framed(kind: Option<u8>, body: &[u8]) -> Result<Vec<u8>> {
    let mut message: Vec<u8> = kind.into_iter().collect();
    message.extend(i32::try_from(body.len() + 4)?.to_be_bytes());
    message.extend(body);
    Ok(message)
}

fn terminated(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.push(0);
    bytes
}

fn read(stream: &mut impl Read) -> Result<(u8, Vec<u8>)> {
    let mut head = [0_u8; 5];
    stream.read_exact(&mut head).context("the server hung up")?;
    let [kind, length @ ..] = head;
    let length = usize::try_from(u32::from_be_bytes(length))?;
    let mut body = vec![0_u8; length.checked_sub(4).context("a message without length")?];
    stream.read_exact(&mut body)?;
    Ok((kind, body))
}

fn code(body: &[u8]) -> Result<i32> {
    let bytes = body.first_chunk().context("a cut message")?;
    Ok(i32::from_be_bytes(*bytes))
}

// Fields are a letter and a text each; M is the message, P where in the query, W the context.
fn fault(body: &[u8]) -> String {
    let fields = body.split(|byte| *byte == 0).filter_map(|field| {
        let (letter, text) = field.split_first()?;
        Some((*letter, String::from_utf8_lossy(text)))
    });
    let mut said = Vec::new();
    for (letter, text) in fields {
        match letter {
            b'M' => said.push(text.into_owned()),
            b'D' | b'W' => said.push(format!("({text})")),
            b'P' => said.push(format!("at character {text}")),
            _ => {}
        }
    }
    said.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_told_with_its_place() {
        let body = b"SERROR\0C42P01\0Mrelation \"x\" does not exist\0P15\0\0";
        assert_eq!(fault(body), "relation \"x\" does not exist at character 15");
    }

    #[test]
    fn a_message_is_read_as_it_was_framed() {
        let bytes = framed(Some(b'Q'), &terminated("select 1")).unwrap();
        assert_eq!(read(&mut bytes.as_slice()).unwrap(), (b'Q', b"select 1\0".to_vec()));
    }
}
