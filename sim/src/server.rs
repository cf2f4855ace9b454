//! Sockets: accepts connections, reads requests, injects faults, writes answers.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::errors::ApiError;
use crate::faults::FaultAction;
use crate::http::{Request, Response};
use crate::http_parse::{BodyReader, FrameError, Head, MAX_BODY_BYTES, take_head};
use crate::http_write::{encode, fault_response};
use crate::options::SimOptions;
use crate::router;
use crate::state::State;

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub struct Sim {
    address: SocketAddr,
    state: Arc<State>,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl Sim {
    /// Binds 127.0.0.1 and starts to answer.
    ///
    /// # Errors
    /// The port cannot be bound.
    pub async fn start(options: SimOptions) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State::new(options));
        let (stop, stopped) = watch::channel(false);
        let accepting = tokio::spawn(accept(listener, Arc::clone(&state), stopped));
        Ok(Self {
            address,
            state,
            stop,
            accepting,
        })
    }

    /// `http://127.0.0.1:PORT`, without a trailing slash.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The key with every right.
    pub fn api_key(&self) -> String {
        self.state.keys.tokens().full
    }

    /// The server's state, for direct reads and assertions.
    pub fn state(&self) -> &Arc<State> {
        &self.state
    }

    /// Stops accepting, closes all connections and waits until the port is free.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
    }
}

async fn accept(listener: TcpListener, state: Arc<State>, stopped: watch::Receiver<bool>) {
    let mut stop = stopped.clone();
    loop {
        tokio::select! {
            _ = stop.wait_for(|s| *s) => return,
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let state = Arc::clone(&state);
                let mut stop = stopped.clone();
                tokio::spawn(async move {
                    state.stats.connections_opened.fetch_add(1, Ordering::Relaxed);
                    state.stats.connections_open.fetch_add(1, Ordering::Relaxed);
                    tokio::select! {
                        _ = stop.wait_for(|s| *s) => {}
                        // A client that disconnects is not an error.
                        _ = serve(stream, &state) => {}
                    }
                    state.stats.connections_open.fetch_sub(1, Ordering::Relaxed);
                });
            }
        }
    }
}

/// What happens to the connection after an answer.
#[derive(PartialEq, Eq)]
enum After {
    Keep,
    Close,
    Reset,
}

async fn serve(mut stream: TcpStream, state: &Arc<State>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = BytesMut::with_capacity(16 * 1024);
    loop {
        let head = match take_head(&mut buffer) {
            Ok(Some(head)) => head,
            Ok(None) => {
                let idle = Duration::from_millis(state.settings().keep_alive_ms);
                match timeout(idle, stream.read_buf(&mut buffer)).await {
                    Ok(Ok(count)) if count > 0 => continue,
                    Ok(Err(error)) => return Err(error),
                    _ => return Ok(()),
                }
            }
            Err(error) => return refuse(&mut stream, error).await,
        };
        let after = exchange(&mut stream, &mut buffer, head, state).await?;
        match after {
            After::Keep => {}
            After::Close => return close(stream).await,
            After::Reset => {
                stream.set_zero_linger()?;
                return Ok(());
            }
        }
    }
}

/// Closes without a reset: otherwise bytes that the client still sends would destroy the answer.
async fn close(mut stream: TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    let mut rest = [0_u8; 4096];
    let _ = timeout(Duration::from_secs(1), async {
        while matches!(stream.read(&mut rest).await, Ok(n) if n > 0) {}
    })
    .await;
    Ok(())
}

async fn refuse(stream: &mut TcpStream, error: FrameError) -> io::Result<()> {
    let status = match error {
        FrameError::HeadTooLarge => "431 Request Header Fields Too Large",
        FrameError::Malformed => "400 Bad Request",
    };
    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await
}

async fn exchange(
    stream: &mut TcpStream,
    buffer: &mut BytesMut,
    head: Head,
    state: &Arc<State>,
) -> io::Result<After> {
    let mut request = Request {
        method: head.method.clone(),
        ..Request::default()
    };
    request.set_target(&head.target);
    let is_control = request.path.starts_with("/__sim");
    let mut fault = if is_control {
        None
    } else {
        state
            .faults
            .hit(&request.method, &request.path, None, |p| state.chance(p))
    };
    if fault == Some(FaultAction::ResetBefore) {
        state.stats.record(request, 0, state.now_ms());
        return Ok(After::Reset);
    }
    let Ok(mut body) = BodyReader::new(&head) else {
        refuse(stream, FrameError::Malformed).await?;
        return Ok(After::Close);
    };
    let expects = head
        .header("expect")
        .is_some_and(|e| e.eq_ignore_ascii_case("100-continue"));
    if expects {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
    }
    loop {
        match body.read(buffer, &mut request.body) {
            Ok(true) => break,
            Ok(false) => {
                if stream.read_buf(buffer).await? == 0 {
                    return Ok(After::Close);
                }
            }
            Err(error) => {
                refuse(stream, error).await?;
                return Ok(After::Close);
            }
        }
    }
    if fault.is_none() && !is_control {
        let body = Some(request.body.as_slice());
        fault = state
            .faults
            .hit(&request.method, &request.path, body, |p| state.chance(p));
    }
    let keep_alive = head.keep_alive();
    request.headers = head.headers;
    if is_control {
        let response = crate::control::handle(state, &request);
        stream
            .write_all(&encode(&request, response, keep_alive, state).into_bytes())
            .await?;
        return Ok(if keep_alive {
            After::Keep
        } else {
            After::Close
        });
    }
    state.stats.enter();
    let result = answer(stream, state, request, fault, keep_alive).await;
    state.stats.leave();
    result
}

async fn answer(
    stream: &mut TcpStream,
    state: &Arc<State>,
    mut request: Request,
    fault: Option<FaultAction>,
    keep_alive: bool,
) -> io::Result<After> {
    let made_up = fault
        .as_ref()
        .and_then(|f| fault_response(f, &request, state.now_ms()));
    let processed = match (&fault, made_up) {
        (
            Some(
                FaultAction::Status { process: true, .. }
                | FaultAction::ConnectionCut { process: true },
            ),
            Some(response),
        ) => {
            let _ = process(state, &mut request);
            response
        }
        (_, Some(response)) => response,
        (_, None) => process(state, &mut request),
    };
    let service_time = processed.service_time + Duration::from_millis(state.settings().latency_ms);
    if !service_time.is_zero() {
        sleep(service_time).await;
    }
    let cut = matches!(fault, Some(FaultAction::ResetAfter));
    let keep_alive = keep_alive && !processed.close;
    let body_length = processed.body.len();
    let wire = encode(&request, processed, keep_alive, state);
    let status = if cut { 0 } else { wire.status };
    state.stats.record(request, status, state.now_ms());
    let Some(fault) = fault else {
        stream.write_all(&wire.head).await?;
        stream.write_all(&wire.body).await?;
        return Ok(if keep_alive {
            After::Keep
        } else {
            After::Close
        });
    };
    let wire = wire.into_bytes();
    let half = wire.len() - body_length.min(wire.len()).div_ceil(2);
    match fault {
        FaultAction::ResetAfter => return Ok(After::Reset),
        FaultAction::ResetMidBody => {
            stream.write_all(&wire[..half]).await?;
            // The bytes must leave before the reset discards them.
            sleep(Duration::from_millis(5)).await;
            return Ok(After::Reset);
        }
        FaultAction::TruncateBody => {
            stream.write_all(&wire[..half]).await?;
            return Ok(After::Close);
        }
        FaultAction::StallHeaders { ms } => {
            if !stall(stream, ms).await {
                return Ok(After::Close);
            }
            stream.write_all(&wire).await?;
        }
        FaultAction::StallBody { ms } => {
            stream.write_all(&wire[..half]).await?;
            if !stall(stream, ms).await {
                return Ok(After::Close);
            }
            stream.write_all(&wire[half..]).await?;
        }
        FaultAction::SlowBody {
            chunk_bytes,
            interval_ms,
        } => {
            for piece in wire.chunks(chunk_bytes.max(1)) {
                stream.write_all(piece).await?;
                sleep(Duration::from_millis(interval_ms)).await;
            }
        }
        FaultAction::CloseAfter => {
            stream.write_all(&wire).await?;
            return Ok(After::Close);
        }
        FaultAction::Delay { ms } => {
            sleep(Duration::from_millis(ms)).await;
            stream.write_all(&wire).await?;
        }
        _ => stream.write_all(&wire).await?,
    }
    Ok(if keep_alive {
        After::Keep
    } else {
        After::Close
    })
}

fn process(state: &Arc<State>, request: &mut Request) -> Response {
    if request.body.len() > MAX_BODY_BYTES {
        return ApiError::Bare("request entity too large".to_owned()).into();
    }
    router::handle(state, request)
}

/// Waits; false if the client disconnects meanwhile.
async fn stall(stream: &mut TcpStream, ms: Option<u64>) -> bool {
    let gone = async {
        let mut byte = [0_u8; 1];
        if matches!(stream.peek(&mut byte).await, Ok(count) if count > 0) {
            // The next request is already there: a client that pipelines has not disconnected.
            std::future::pending::<()>().await;
        }
    };
    match ms {
        Some(ms) => tokio::select! {
            () = sleep(Duration::from_millis(ms)) => true,
            () = gone => false,
        },
        None => {
            gone.await;
            false
        }
    }
}
