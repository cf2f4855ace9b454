//! A bare HTTP client: sends exactly the bytes it is told to and reads what comes back.
#![allow(dead_code)] // every test file uses a part of it

use std::collections::HashMap;
use std::io;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use twenty_sim::{Sim, SimOptions};

/// An answer as it came.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub fn message(&self) -> String {
        self.json()["messages"][0]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

/// A connection to a simulator.
pub struct Client {
    pub stream: TcpStream,
    buffer: Vec<u8>,
    key: String,
}

pub async fn start(options: SimOptions) -> Sim {
    Sim::start(options).await.unwrap()
}

impl Client {
    pub async fn to(sim: &Sim) -> Self {
        let address = sim.base_url().replace("http://", "");
        let stream = TcpStream::connect(address).await.unwrap();
        Self {
            stream,
            buffer: Vec::new(),
            key: sim.api_key(),
        }
    }

    pub fn with_key(mut self, key: &str) -> Self {
        self.key = key.to_owned();
        self
    }

    pub fn request(&self, method: &str, target: &str, body: Option<&Value>) -> Vec<u8> {
        let body = body.map(Value::to_string).unwrap_or_default();
        format!(
            "{method} {target} HTTP/1.1\r\nHost: sim\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.key,
            body.len()
        )
        .into_bytes()
    }

    pub async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    pub async fn call(&mut self, method: &str, target: &str, body: Value) -> Answer {
        let request = self.request(method, target, Some(&body));
        self.send(&request).await.unwrap();
        self.read().await.unwrap()
    }

    pub async fn get(&mut self, target: &str) -> Answer {
        let request = self.request("GET", target, None);
        self.send(&request).await.unwrap();
        self.read().await.unwrap()
    }

    async fn fill(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    pub async fn read(&mut self) -> io::Result<Answer> {
        let end = loop {
            if let Some(at) = self.buffer.windows(4).position(|w| w == b"\r\n\r\n") {
                break at + 4;
            }
            self.fill().await?;
        };
        let head = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
        self.buffer.drain(..end);
        let status = head[9..12].parse().unwrap();
        let headers: HashMap<String, String> = head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let body = if headers
            .get("transfer-encoding")
            .is_some_and(|t| t == "chunked")
        {
            self.chunked().await?
        } else {
            let length = headers
                .get("content-length")
                .map_or(0, |l| l.parse().unwrap());
            while self.buffer.len() < length {
                self.fill().await?;
            }
            self.buffer.drain(..length).collect()
        };
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    async fn chunked(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let end = loop {
                if let Some(at) = self.buffer.windows(2).position(|w| w == b"\r\n") {
                    break at;
                }
                self.fill().await?;
            };
            let size = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
            let size = usize::from_str_radix(&size, 16).unwrap();
            self.buffer.drain(..end + 2);
            while self.buffer.len() < size + 2 {
                self.fill().await?;
            }
            body.extend(self.buffer.drain(..size));
            self.buffer.drain(..2);
            if size == 0 {
                return Ok(body);
            }
        }
    }

    /// Everything until the connection ends, and whether it ended with a reset.
    pub async fn read_to_end(&mut self) -> (Vec<u8>, bool) {
        let mut bytes = std::mem::take(&mut self.buffer);
        let reset = self.stream.read_to_end(&mut bytes).await.is_err();
        (bytes, reset)
    }
}
