//! Deliveries over plain HTTP, signed, each attempted once.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hmac::{Hmac, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use url::Url;

use crate::flavour::Differences;

/// How long the server waits for a target (its HTTP client's timeout).
const TIMEOUT: Duration = Duration::from_secs(5);

/// One signed request.
#[derive(Debug)]
struct Delivery {
    target: Url,
    head: String,
    body: String,
    to_loopback: bool,
}

/// Settings of deliveries.
#[derive(Debug, Clone, Copy)]
pub struct How {
    /// Milliseconds since 1970.
    pub now_ms: i64,
    /// Whether loopback addresses are allowed as targets.
    pub to_loopback: bool,
    /// The simulated version.
    pub differences: &'static Differences,
}

/// One queue per webhook, so that its events arrive in order and a slow target delays no other.
#[derive(Debug, Default)]
pub struct Deliveries {
    queues: Mutex<HashMap<String, UnboundedSender<Delivery>>>,
}

impl Deliveries {
    /// Queues a delivery; it is signed now.
    pub(super) fn send(&self, webhook: &Value, body: String, nonce: &[u8], how: &How) {
        let How {
            now_ms,
            to_loopback,
            differences,
        } = *how;
        let text = |key: &str| webhook[key].as_str().unwrap_or_default();
        let Ok(target) = Url::parse(text("targetUrl")) else {
            return;
        };
        let signed = match text("secret") {
            "" if differences.told_limits => String::new(),
            secret => format!(
                "X-Twenty-Webhook-Timestamp: {now_ms}\r\n\
                 X-Twenty-Webhook-Signature: {}\r\n\
                 X-Twenty-Webhook-Nonce: {}\r\n",
                signature(secret, now_ms, &body),
                hex(nonce),
            ),
        };
        let head = head(&target, &body, &signed, differences.user_agent);
        let delivery = Delivery {
            target,
            head,
            body,
            to_loopback,
        };
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = queues
            .entry(text("id").to_owned())
            .or_insert_with(start_queue);
        if let Err(refused) = queue.send(delivery) {
            // The worker ended with its runtime; start another one.
            *queue = start_queue();
            let _ = queue.send(refused.0);
        }
    }
}

/// Lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn start_queue() -> UnboundedSender<Delivery> {
    let (sender, receiver) = unbounded_channel();
    tokio::spawn(work(receiver));
    sender
}

async fn work(mut queue: UnboundedReceiver<Delivery>) {
    while let Some(delivery) = queue.recv().await {
        // Errors are ignored and nothing is retried, as on the server.
        let _ = tokio::time::timeout(TIMEOUT, attempt(&delivery)).await;
    }
}

/// `X-Twenty-Webhook-Signature`: hex HMAC-SHA256 of timestamp, colon and raw body.
fn signature(secret: &str, timestamp_ms: i64, body: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(format!("{timestamp_ms}:").as_bytes());
    mac.update(body.as_bytes());
    hex(&mac.finalize().into_bytes())
}

/// The head of a delivery; `signed` are the lines that a secret adds.
fn head(target: &Url, body: &str, signed: &str, user_agent: &str) -> String {
    let query = target
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    let host = target.host_str().unwrap_or_default();
    let port = target
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    format!(
        "POST {}{query} HTTP/1.1\r\n\
         Accept: application/json, text/plain, */*\r\n\
         Content-Type: application/json\r\n\
         {signed}User-Agent: {user_agent}\r\n\
         Content-Length: {}\r\n\
         Accept-Encoding: gzip, compress, deflate, br\r\n\
         Host: {host}{port}\r\n\
         Connection: close\r\n\r\n",
        target.path(),
        body.len(),
    )
}

async fn attempt(delivery: &Delivery) -> std::io::Result<()> {
    // The simulator does not support TLS; such targets get no deliveries.
    if delivery.target.scheme() != "http" {
        return Ok(());
    }
    let host = delivery.target.host_str().unwrap_or_default();
    let port = delivery.target.port_or_known_default().unwrap_or(80);
    let Some(address) = tokio::net::lookup_host((host, port)).await?.next() else {
        return Ok(());
    };
    if !is_allowed(address, delivery.to_loopback) {
        return Ok(());
    }
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(delivery.head.as_bytes()).await?;
    stream.write_all(delivery.body.as_bytes()).await?;
    // The target's answer is read to its end and ignored.
    let mut answer = [0_u8; 1024];
    while stream.read(&mut answer).await? > 0 {}
    Ok(())
}

/// The server's safe mode keeps deliveries away from its own network. The simulator only ever sends to that network,
/// never to a public address.
fn is_allowed(address: SocketAddr, to_loopback: bool) -> bool {
    let is_loopback = match address.ip() {
        IpAddr::V4(ip) => ip.is_loopback(),
        IpAddr::V6(ip) => ip.is_loopback(),
    };
    is_loopback && to_loopback
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_cover_timestamp_and_body() {
        // printf '1700000000000:{"a":1}' | openssl dgst -sha256 -hmac s3cret
        assert_eq!(
            signature("s3cret", 1_700_000_000_000, "{\"a\":1}"),
            "37764631df180b75e59dde234deb459f5fea84d504d437574bf8d7e7fa3fc363"
        );
    }

    #[test]
    fn nothing_leaves_the_machine() {
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        assert!(is_allowed(at("127.0.0.1:1"), true));
        assert!(!is_allowed(at("127.0.0.1:1"), false));
        assert!(!is_allowed(at("8.8.8.8:80"), true));
    }
}
