//! One call: turns, attempts, repeats, and the error in the end. Everything here may be dropped at any await.

use std::time::Duration;

use http::HeaderMap;
use memchr::memmem;
use tokio::time::{Instant, sleep, timeout};
use url::Url;

use super::client_parts::{Caller, Inner};
use super::flight::Flight;
use super::miss::{Miss, gave_up_waiting, past_deadline};
use super::observer::{Event, EventKind, Owner};
use super::pacing::{Closed, Turn};
use super::rate_headers::RateHeaders;
use super::repeatable::{changes_nothing, is_read, is_repeatable};
use super::{
    Priority, Request, Response, SentFlag, TransportRequest, TransportResponse, Verdict, headers,
    redirect, retry,
};
use crate::core::config::{MAX_OPTION_MS, RETRY_AFTER_MAX, RETRY_BUDGET_COST};
use crate::core::error::{CrmError, ErrorCode};

pub(super) struct Call<'a> {
    client: &'a Inner,
    owner: &'a Owner,
    priority: Priority,
    operation: Option<u32>,
    request: Request,
    url: Url,
    headers: HeaderMap,
    timeout: Duration,
    deadline: Option<Instant>,
    /// Requests sent, redirects aside.
    attempts: u32,
    /// Repeats that counted against `max_retries`.
    repeats: u32,
    /// Whether the server may have carried out an attempt whose answer was lost.
    ambiguous: bool,
    /// Time spent waiting for the rate limit.
    throttle_waited: Duration,
    /// What the last repeat took from the retry budget.
    taken: u32,
}

impl<'a> Call<'a> {
    /// Checks all that can be checked before anything is sent.
    pub(super) fn prepare(caller: Caller<'a>, request: Request) -> Result<Self, CrmError> {
        let client = caller.client;
        let config = &client.config;
        let timeout_ms = request.timeout_ms.unwrap_or(config.timeout_ms);
        let deadline_ms = request.deadline_ms.or(config.deadline_ms);
        let mut headers = headers::build(&client.base_headers, &request)?;
        if request.last_on_connection {
            headers::close_after(&mut headers);
        }
        Ok(Self {
            client,
            owner: caller.owner,
            priority: caller.priority,
            operation: caller.operation,
            url: config.base_url.join(&request.path)?,
            headers,
            timeout: Duration::from_millis(timeout_ms.min(MAX_OPTION_MS)),
            deadline: deadline_ms
                .map(|millis| Instant::now() + Duration::from_millis(millis.min(MAX_OPTION_MS))),
            request,
            attempts: 0,
            repeats: 0,
            ambiguous: false,
            throttle_waited: Duration::ZERO,
            taken: 0,
        })
    }

    /// Runs the call to its end.
    pub(super) async fn run(mut self) -> Result<Response, CrmError> {
        let mut last = None;
        loop {
            let turn = match self.turn().await {
                Ok(turn) => turn,
                Err(closed) => {
                    return Err(self.finish(gave_up_waiting(&self.name(), last, closed)));
                }
            };
            let Some(time) = self.time_left() else {
                return Err(self.finish(past_deadline(&self.name(), last)));
            };
            match self.attempt(turn, time).await {
                Ok(response) => {
                    self.client.parts.workspace.budget.succeeded(self.taken);
                    return Ok(Response {
                        status: response.status,
                        body: response.body,
                        headers: response.headers,
                        attempts: self.attempts,
                        ambiguous: self.ambiguous,
                    });
                }
                Err(miss) => match self.after(*miss, turn) {
                    Ok((wait, error)) => {
                        if !wait.is_zero() {
                            sleep(wait).await;
                            self.owner
                                .count(|metrics| metrics.retry_wait.add_time(wait));
                        }
                        last = Some(error);
                    }
                    Err(error) => return Err(self.finish(error)),
                },
            }
        }
    }

    /// Waits for the rate limit and for the caller's own cap, as long as the caller allows.
    async fn turn(&mut self) -> Result<Turn, Closed> {
        let client = self.client;
        let gate = &client.parts.workspace.gate;
        if gate.is_open() && client.cap.is_none() {
            return Ok(Turn::Free);
        }
        let start = Instant::now();
        let allowed = Duration::from_millis(client.config.max_throttle_wait_ms);
        let limit = start + allowed.saturating_sub(self.throttle_waited);
        let limit = self.deadline.map_or(limit, |deadline| deadline.min(limit));
        let turn = if gate.is_open() {
            Ok(Turn::Free)
        } else if self.request.skip_retry {
            Ok(Turn::Unpaced)
        } else {
            let cost = self.request.cost;
            gate.enter(self.priority, cost, limit).await
        };
        let paced = Instant::now();
        // The cap comes last: whoever waits for it holds up nobody who has none.
        let turn = match (&client.cap, turn) {
            (Some(cap), Ok(turn)) => cap.enter(self.priority, limit).await.map(|()| turn),
            (_, turn) => turn,
        };
        let end = Instant::now();
        self.throttle_waited += end - start;
        self.tell_waited("paced", paced - start);
        self.tell_waited("capped", end - paced);
        turn
    }

    /// The next attempt's time; `None` when the deadline has passed.
    fn time_left(&self) -> Option<Duration> {
        let Some(deadline) = self.deadline else {
            return Some(self.timeout);
        };
        let left = deadline.saturating_duration_since(Instant::now());
        (!left.is_zero()).then(|| left.min(self.timeout))
    }

    /// Sends the request once, redirects aside, and judges the answer.
    async fn attempt(
        &mut self,
        turn: Turn,
        time: Duration,
    ) -> Result<TransportResponse, Box<Miss>> {
        self.attempts += 1;
        if self.attempts > 1 {
            self.owner.count(|metrics| metrics.retries.add(1));
        }
        let mut flight = Flight::begin(self.owner, || self.start());
        // Whether a read was sent makes no difference to anybody.
        let sent = if is_read(&self.request.method) {
            SentFlag::default()
        } else {
            SentFlag::tracked()
        };
        let judged = match timeout(time, self.exchange(&sent, time)).await {
            Ok(Ok(response)) => {
                flight.answered(response.status, response.body.len());
                self.judge(response, turn)
            }
            Ok(Err(miss)) => Err(miss),
            Err(_) => Err(Miss::timed_out(&self.name(), time, sent.is_raised())),
        };
        let miss = judged.as_ref().err();
        flight.end(miss.map(|miss| &miss.error), &self.client.redactor);
        judged
    }

    /// One request, and for a read the redirects that follow.
    async fn exchange(
        &self,
        sent: &SentFlag,
        time: Duration,
    ) -> Result<TransportResponse, Box<Miss>> {
        let client = self.client;
        let base_url = &client.config.base_url;
        let method = &self.request.method;
        let mut redirected: Option<Url> = None;
        let mut hops = 0;
        loop {
            let url = redirected.as_ref().unwrap_or(&self.url);
            let request = TransportRequest {
                method: method.clone(),
                url: url.clone(),
                headers: self.headers.clone(),
                body: self.request.body.clone(),
                timeout: time,
                max_response_bytes: client.config.max_response_bytes,
                sent: sent.clone(),
            };
            let bytes = request.body.as_ref().map_or(0, |body| body.len() as u64);
            self.owner.count(|metrics| {
                metrics.requests.add(1);
                metrics.bytes_sent.add(bytes);
            });
            let response = match client.parts.transport.send(request).await {
                Ok(response) => response,
                Err(error) => return Err(Miss::not_answered(&self.name(), base_url, &error)),
            };
            match redirect::target(base_url, method, url, &response, hops) {
                Ok(None) => return Ok(response),
                Ok(Some(next)) => redirected = Some(next),
                Err(error) => return Err(Miss::last(error)),
            }
            hops += 1;
        }
    }

    /// Asks the classifier, and tells the gate whether the rate limit let the call through.
    fn judge(
        &self,
        mut response: TransportResponse,
        turn: Turn,
    ) -> Result<TransportResponse, Box<Miss>> {
        let parts = &self.client.parts;
        let method = &self.request.method;
        let classifier = &parts.classifier;
        if let Some(miss) = self.not_the_servers(&response) {
            self.passed(turn, &response);
            return Err(miss);
        }
        let Verdict::Failed(mut failure) =
            classifier.classify(&self.request.path, method, &response)
        else {
            self.passed(turn, &response);
            if !self.is_own(&response) {
                return Err(Miss::misplaced(&self.name(), response.status));
            }
            return Ok(response);
        };
        let shown = self.shown_path();
        let without_key = self.client.redactor.clean_body(&response.body);
        if without_key.is_some() || shown != self.request.path {
            // Judged anew without the key, so that no shortened text can end within it.
            response.body = without_key.unwrap_or(response.body);
            if let Verdict::Failed(cleaned) = classifier.classify(&shown, method, &response) {
                failure.error = cleaned.error;
            }
        }
        if failure.throttle.is_none() {
            self.passed(turn, &response);
        }
        let now = parts.clock.now();
        let in_header = retry::retry_after(&response.headers, now);
        let told = failure
            .throttle
            .and_then(|_| RateHeaders::read(&response.headers, now));
        let reset = told.and_then(|told| told.reset);
        if let (Some(told), Some(throttle)) = (told, &mut failure.throttle) {
            told.refine(throttle);
        }
        Err(Box::new(Miss {
            error: failure.error,
            retry: failure.retry,
            // A server that fails may have failed after its work was done. What would double a record is judged by the
            // classifier alone; everything else is better looked at once too often.
            ambiguous: failure.ambiguous
                || (failure.retry && response.status >= 500 && is_repeatable(&self.request)),
            retry_after: in_header.or(failure.retry_after).or(reset),
            throttle: failure.throttle,
            is_misplaced: false,
            has_rate_headers: told.is_some(),
            cost: RETRY_BUDGET_COST,
        }))
    }

    /// Answers that no server gives to what was asked, but a cache or a proxy on the way.
    fn not_the_servers(&self, response: &TransportResponse) -> Option<Box<Miss>> {
        match response.status {
            304 if !headers::is_conditional(&self.headers) => {
                Some(Miss::not_modified(&self.name()))
            }
            407 => Some(Miss::proxy_wants_login(
                &self.name(),
                self.url.scheme(),
                Some(407),
            )),
            _ => None,
        }
    }

    /// Whether a success is this request's answer and not another's.
    fn is_own(&self, response: &TransportResponse) -> bool {
        let expected = self.request.expects.iter();
        expected
            .into_iter()
            .all(|text| memmem::find(&response.body, text.as_bytes()).is_some())
    }

    /// Tells the gate that the rate limit let the call through.
    fn passed(&self, turn: Turn, response: &TransportResponse) {
        let parts = &self.client.parts;
        let gate = &parts.workspace.gate;
        let told = gate
            .has_headers()
            .then(|| RateHeaders::read(&response.headers, parts.clock.now()))
            .flatten();
        gate.passed(turn, told);
    }

    /// What to do after a failed attempt: wait so long and go on, or give up with an error.
    fn after(&mut self, miss: Miss, turn: Turn) -> Result<(Duration, CrmError), CrmError> {
        let config = &self.client.config;
        let parts = &self.client.parts;
        let mut error = miss.error;
        let ambiguous = miss.ambiguous && !changes_nothing(&self.request);
        self.ambiguous |= ambiguous;
        if miss.is_misplaced {
            headers::close_after(&mut self.headers);
        }
        let wait = retry::delay(
            self.repeats,
            Duration::from_millis(config.initial_backoff_ms),
            Duration::from_millis(config.max_backoff_ms),
            miss.retry_after,
            &*parts.jitter,
        );
        if let Some(asked) = miss.retry_after {
            let millis = u64::try_from(asked.as_millis()).unwrap_or(u64::MAX);
            error = error.with_detail("retryAfterMs", millis);
        }
        if let Some(throttle) = miss.throttle {
            self.owner.count(|metrics| metrics.throttled.add(1));
            parts.workspace.throttled.add(1);
            let asked = miss.retry_after.filter(|asked| !asked.is_zero());
            let asked = asked.map(|asked| asked.min(RETRY_AFTER_MAX));
            let hinted = asked.is_some() || throttle.interval().is_some();
            // Without a hint this is a failure like others, but the workspace waits with the call.
            let pause = if hinted { asked } else { Some(wait) };
            let gate = &parts.workspace.gate;
            gate.refused(turn, throttle, pause, miss.has_rate_headers);
            self.tell(EventKind::Throttle, |event| Event {
                cause: Some("refused"),
                status: error.status,
                wait_ms: pause.map(|pause| pause.as_secs_f64() * 1e3),
                ..event
            });
            if hinted && miss.retry && !self.request.skip_retry {
                // The gate does the waiting, and it does not count as a repeat.
                self.tell_retry(&error, asked.unwrap_or_default());
                return Ok((Duration::ZERO, error));
            }
        }
        let repeats_left = self.repeats < config.max_retries && !self.request.skip_retry;
        let may_help =
            miss.retry && (self.request.repeat_timeouts || error.code != ErrorCode::Timeout);
        if !may_help || !repeats_left || (ambiguous && !is_repeatable(&self.request)) {
            return Err(error);
        }
        if self
            .deadline
            .is_some_and(|deadline| Instant::now() + wait >= deadline)
        {
            return Err(error.with_detail("deadlineExceeded", true));
        }
        if !parts.workspace.budget.take(miss.cost) {
            return Err(error.with_detail("retryBudgetExhausted", true));
        }
        self.taken = miss.cost;
        self.repeats += 1;
        self.tell_retry(&error, wait);
        Ok((wait, error))
    }
}

mod telling;
#[cfg(test)]
mod tests;
