//! What a bare reqwest client reaches, and a bare hyper-util one: no retries, no pacing, no mapping, no JavaScript.
//!
//! The job is the first argument, as JSON; ready-made batches come through standard input, one a line. Prints one line of
//! JSON, as `bench/child.mjs` does.

#![forbid(unsafe_code)]

use std::error::Error;
use std::fs;
use std::io::{self, BufRead as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::JoinSet;

type Failure = Box<dyn Error + Send + Sync>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Server {
    base_url: String,
    api_key: String,
}

#[derive(Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
enum Work {
    /// Posts the batches from standard input to `path`.
    Batches {
        path: String,
        in_flight: usize,
        units: usize,
        /// Nobody can write rows under their keys without asking for the schema first, and whose rows there are: then a
        /// GET of this path comes before everything, and before each batch a line with its look-up.
        #[serde(default)]
        schema_path: Option<String>,
    },
    /// Requests `paths`, round robin.
    Get {
        paths: Vec<String>,
        in_flight: usize,
        warm_up_ms: u64,
        duration_ms: u64,
    },
}

#[derive(Deserialize)]
struct Job {
    /// The contender's name.
    client: String,
    server: Server,
    #[serde(flatten)]
    work: Work,
}

/// What this package uses, and what is underneath it.
enum Http {
    Reqwest(reqwest::Client),
    Hyper(hyper_util::client::legacy::Client<HttpConnector, Full<Bytes>>),
}

impl Http {
    fn of(client: &str) -> Result<Self, Failure> {
        if client != "hyper" {
            return Ok(Self::Reqwest(reqwest::Client::builder().build()?));
        }
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let mut builder = hyper_util::client::legacy::Client::builder(TokioExecutor::new());
        builder.pool_max_idle_per_host(usize::MAX);
        Ok(Self::Hyper(builder.build(connector)))
    }
}

/// What is posted, ready-made.
struct Batch {
    look_up: Option<String>,
    rows: String,
}

/// The batches from standard input.
fn read_batches(with_look_ups: bool) -> Result<Vec<Batch>, Failure> {
    let mut lines = io::stdin().lock().lines();
    let mut batches = Vec::new();
    while let Some(line) = lines.next().transpose()? {
        let (look_up, rows) = match with_look_ups {
            true => (
                Some(line),
                lines.next().ok_or("a look-up without its batch")??,
            ),
            false => (None, line),
        };
        batches.push(Batch { look_up, rows });
    }
    Ok(batches)
}

struct Bare {
    http: Http,
    server: Server,
}

impl Bare {
    /// The parsed answer, as the other contenders give it to their caller.
    async fn send(&self, path: &str, body: Option<String>) -> Result<Value, Failure> {
        let url = format!("{}{path}", self.server.base_url);
        let bytes = match &self.http {
            Http::Reqwest(http) => {
                let request = match body {
                    Some(body) => http
                        .post(url)
                        .header("content-type", "application/json")
                        .body(body),
                    None => http.get(url),
                };
                let answer = request.bearer_auth(&self.server.api_key).send().await?;
                answer.error_for_status()?.bytes().await?
            }
            Http::Hyper(http) => {
                let method = if body.is_some() { "POST" } else { "GET" };
                let request = hyper::Request::builder()
                    .method(method)
                    .uri(url)
                    .header("content-type", "application/json")
                    .header("authorization", format!("Bearer {}", self.server.api_key))
                    .body(Full::from(body.unwrap_or_default()))?;
                let answer = http.request(request).await?;
                if !answer.status().is_success() {
                    return Err(format!("{path} answered {}", answer.status()).into());
                }
                answer.into_body().collect().await?.to_bytes()
            }
        };
        Ok(serde_json::from_slice(&bytes)?)
    }

    async fn post_all(
        self: &Arc<Self>,
        path: &str,
        batches: Vec<Batch>,
        in_flight: usize,
    ) -> Result<(), Failure> {
        let mut open: JoinSet<Result<Value, Failure>> = JoinSet::new();
        for Batch { look_up, rows } in batches {
            if open.len() == in_flight
                && let Some(done) = open.join_next().await
            {
                done??;
            }
            let bare = Arc::clone(self);
            let path = path.to_owned();
            open.spawn(async move {
                if let Some(look_up) = look_up {
                    bare.send("/graphql", Some(look_up)).await?;
                }
                bare.send(&path, Some(rows)).await
            });
        }
        while let Some(done) = open.join_next().await {
            done??;
        }
        Ok(())
    }

    async fn get_for(
        self: &Arc<Self>,
        paths: &Arc<[String]>,
        in_flight: usize,
        duration: Duration,
    ) -> Result<usize, Failure> {
        let end = Instant::now() + duration;
        let count = Arc::new(AtomicUsize::new(0));
        let mut loops: JoinSet<Result<(), Failure>> = JoinSet::new();
        for first in 0..in_flight {
            let (bare, paths, count) = (Arc::clone(self), Arc::clone(paths), Arc::clone(&count));
            loops.spawn(async move {
                let mut at = first;
                while Instant::now() < end {
                    bare.send(&paths[at % paths.len()], None).await?;
                    count.fetch_add(1, Ordering::Relaxed);
                    at += in_flight;
                }
                Ok(())
            });
        }
        while let Some(done) = loops.join_next().await {
            done??;
        }
        Ok(count.load(Ordering::Relaxed))
    }
}

/// Processor time of all threads in milliseconds, where the system tells it.
fn cpu_ms() -> Option<f64> {
    let mut nanoseconds = 0.0;
    for thread in fs::read_dir("/proc/self/task").ok()? {
        let text = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        nanoseconds += text.split(' ').next()?.parse::<f64>().ok()?;
    }
    Some(nanoseconds / 1e6)
}

/// Highest memory in megabytes, where the system tells it.
fn peak_rss_mb() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024.0)
}

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let text = std::env::args().nth(1).ok_or("the job is missing")?;
    let Job {
        client,
        server,
        work,
    } = serde_json::from_str(&text)?;
    let bare = Arc::new(Bare {
        http: Http::of(&client)?,
        server,
    });
    let (units, requests, writes, wall, cpu) = match work {
        Work::Batches {
            path,
            in_flight,
            units,
            schema_path,
        } => {
            let batches = read_batches(schema_path.is_some())?;
            let writes = batches.len();
            let requests = match schema_path {
                Some(_) => writes * 2 + 1,
                None => writes,
            };
            let (cpu, start) = (cpu_ms(), Instant::now());
            if let Some(schema_path) = schema_path {
                bare.send(&schema_path, None).await?;
            }
            bare.post_all(&path, batches, in_flight).await?;
            (units, requests, writes, start.elapsed(), (cpu, cpu_ms()))
        }
        Work::Get {
            paths,
            in_flight,
            warm_up_ms,
            duration_ms,
        } => {
            let paths: Arc<[String]> = paths.into();
            bare.get_for(&paths, in_flight, Duration::from_millis(warm_up_ms))
                .await?;
            let (cpu, start) = (cpu_ms(), Instant::now());
            let units = bare
                .get_for(&paths, in_flight, Duration::from_millis(duration_ms))
                .await?;
            (units, units, 0, start.elapsed(), (cpu, cpu_ms()))
        }
    };
    let cpu_ms = cpu.0.zip(cpu.1).map(|(before, after)| after - before);
    println!(
        "{}",
        json!({
            "units": units,
            "requests": requests,
            "writes": writes,
            "wallMs": wall.as_secs_f64() * 1000.0,
            "cpuMs": cpu_ms,
            "peakRssMb": peak_rss_mb(),
        })
    );
    Ok(())
}
