//! One call: permits, attempts, retries, and the final error. Every await may be the last one: the future can be
//! dropped.

use std::time::Duration;

use http::HeaderMap;
use memchr::memmem;
use tokio::time::{Instant, sleep, timeout};
use url::Url;

use super::attempt_error::{AttemptError, gave_up_waiting, past_deadline};
use super::attempt_span::AttemptSpan;
use super::client_parts::{Caller, Inner};
use super::idempotency::{changes_nothing, is_read, is_repeatable};
use super::observer::{Event, EventKind, Owner};
use super::rate_headers::RateHeaders;
use super::throttle::{Permit, WaitTooLong};
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
    /// Retries that counted against `max_retries`.
    repeats: u32,
    /// Whether the server may have carried out an attempt whose answer was lost.
    ambiguous: bool,
    /// Time spent waiting for the rate limit.
    throttle_waited: Duration,
    /// What the last retry took from the retry budget.
    taken: u32,
}

impl<'a> Call<'a> {
    /// Checks everything that can be checked before sending.
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
            let permit = match self.permit().await {
                Ok(permit) => permit,
                Err(closed) => {
                    return Err(self.finish(gave_up_waiting(&self.name(), last, closed)));
                }
            };
            let Some(time) = self.time_left() else {
                return Err(self.finish(past_deadline(&self.name(), last)));
            };
            match self.attempt(permit, time).await {
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
                Err(failed) => match self.after(*failed, permit) {
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

    /// Waits for the rate limit and for the caller's own quota, as long as the caller allows.
    async fn permit(&mut self) -> Result<Permit, WaitTooLong> {
        let client = self.client;
        let throttle = &client.parts.workspace.throttle;
        if throttle.is_open() && client.quota.is_none() {
            return Ok(Permit::Free);
        }
        let start = Instant::now();
        let allowed = Duration::from_millis(client.config.max_throttle_wait_ms);
        let limit = start + allowed.saturating_sub(self.throttle_waited);
        let limit = self.deadline.map_or(limit, |deadline| deadline.min(limit));
        let permit = if throttle.is_open() {
            Ok(Permit::Free)
        } else if self.request.skip_retry {
            Ok(Permit::Unpaced)
        } else {
            let cost = self.request.cost;
            throttle.enter(self.priority, cost, limit).await
        };
        let paced = Instant::now();
        // The quota comes last: a call that waits for its quota must not block calls without one.
        let permit = match (&client.quota, permit) {
            (Some(quota), Ok(permit)) => quota.enter(self.priority, limit).await.map(|()| permit),
            (_, permit) => permit,
        };
        let end = Instant::now();
        self.throttle_waited += end - start;
        self.tell_waited("paced", paced - start);
        self.tell_waited("capped", end - paced);
        permit
    }

    /// Time for the next attempt; `None` after the deadline.
    fn time_left(&self) -> Option<Duration> {
        let Some(deadline) = self.deadline else {
            return Some(self.timeout);
        };
        let left = deadline.saturating_duration_since(Instant::now());
        (!left.is_zero()).then(|| left.min(self.timeout))
    }

    /// Sends the request once, redirects aside, and classifies the answer.
    async fn attempt(
        &mut self,
        permit: Permit,
        time: Duration,
    ) -> Result<TransportResponse, Box<AttemptError>> {
        self.attempts += 1;
        if self.attempts > 1 {
            self.owner.count(|metrics| metrics.retries.add(1));
        }
        let mut span = AttemptSpan::begin(self.owner, || self.start());
        // For a read it does not matter whether it was sent.
        let sent = if is_read(&self.request.method) {
            SentFlag::default()
        } else {
            SentFlag::tracked()
        };
        let judged = match timeout(time, self.exchange(&sent, time)).await {
            Ok(Ok(response)) => {
                span.answered(response.status, response.body.len());
                self.judge(response, permit)
            }
            Ok(Err(failed)) => Err(failed),
            Err(_) => Err(AttemptError::timed_out(
                &self.name(),
                time,
                sent.is_raised(),
            )),
        };
        let failed = judged.as_ref().err();
        span.end(failed.map(|failed| &failed.error), &self.client.redactor);
        judged
    }

    /// One request, and for a read also the redirects that follow.
    async fn exchange(
        &self,
        sent: &SentFlag,
        time: Duration,
    ) -> Result<TransportResponse, Box<AttemptError>> {
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
                Err(error) => {
                    return Err(AttemptError::not_answered(&self.name(), base_url, &error));
                }
            };
            match redirect::target(base_url, method, url, &response, hops) {
                Ok(None) => return Ok(response),
                Ok(Some(next)) => redirected = Some(next),
                Err(error) => return Err(AttemptError::last(error)),
            }
            hops += 1;
        }
    }

    /// Asks the classifier, and tells the throttle if the rate limit let the call through.
    fn judge(
        &self,
        mut response: TransportResponse,
        permit: Permit,
    ) -> Result<TransportResponse, Box<AttemptError>> {
        let parts = &self.client.parts;
        let method = &self.request.method;
        let classifier = &parts.classifier;
        if let Some(failed) = self.not_the_servers(&response) {
            self.passed(permit, &response);
            return Err(failed);
        }
        let Verdict::Failed(mut failure) =
            classifier.classify(&self.request.path, method, &response)
        else {
            self.passed(permit, &response);
            if !self.is_own(&response) {
                return Err(AttemptError::misplaced(&self.name(), response.status));
            }
            return Ok(response);
        };
        let shown = self.redacted_path();
        let without_key = self.client.redactor.clean_body(&response.body);
        if without_key.is_some() || shown != self.request.path {
            // Classify again without the key, so that a shortened text cannot end inside it.
            response.body = without_key.unwrap_or(response.body);
            if let Verdict::Failed(cleaned) = classifier.classify(&shown, method, &response) {
                failure.error = cleaned.error;
            }
        }
        if failure.rate_limit.is_none() {
            self.passed(permit, &response);
        }
        let now = parts.clock.now();
        let in_header = retry::retry_after(&response.headers, now);
        let told = failure
            .rate_limit
            .and_then(|_| RateHeaders::read(&response.headers, now));
        let reset = told.and_then(|told| told.reset);
        if let (Some(told), Some(rate_limit)) = (told, &mut failure.rate_limit) {
            told.refine(rate_limit);
        }
        Err(Box::new(AttemptError {
            error: failure.error,
            retry: failure.retry,
            // A failing server may have failed after it did the work. Only the classifier may say "not carried out" for
            // a request that could create a duplicate; for all others, one look-up too many does no harm.
            ambiguous: failure.ambiguous
                || (failure.retry && response.status >= 500 && is_repeatable(&self.request)),
            retry_after: in_header.or(failure.retry_after).or(reset),
            rate_limit: failure.rate_limit,
            is_misplaced: false,
            has_rate_headers: told.is_some(),
            cost: RETRY_BUDGET_COST,
        }))
    }

    /// Answers that cannot come from the server, only from a cache or a proxy on the way.
    fn not_the_servers(&self, response: &TransportResponse) -> Option<Box<AttemptError>> {
        match response.status {
            304 if !headers::is_conditional(&self.headers) => {
                Some(AttemptError::not_modified(&self.name()))
            }
            407 => Some(AttemptError::proxy_wants_login(
                &self.name(),
                self.url.scheme(),
                Some(407),
            )),
            _ => None,
        }
    }

    /// Whether a successful answer belongs to this request.
    fn is_own(&self, response: &TransportResponse) -> bool {
        let expected = self.request.expects.iter();
        expected
            .into_iter()
            .all(|text| memmem::find(&response.body, text.as_bytes()).is_some())
    }

    /// Tells the throttle that the rate limit let the call through.
    fn passed(&self, permit: Permit, response: &TransportResponse) {
        let parts = &self.client.parts;
        let throttle = &parts.workspace.throttle;
        let told = throttle
            .has_headers()
            .then(|| RateHeaders::read(&response.headers, parts.clock.now()))
            .flatten();
        throttle.passed(permit, told);
    }

    /// What to do after a failed attempt: wait this long and retry, or give up with an error.
    fn after(
        &mut self,
        failed: AttemptError,
        permit: Permit,
    ) -> Result<(Duration, CrmError), CrmError> {
        let config = &self.client.config;
        let parts = &self.client.parts;
        let mut error = failed.error;
        let ambiguous = failed.ambiguous && !changes_nothing(&self.request);
        self.ambiguous |= ambiguous;
        if failed.is_misplaced {
            headers::close_after(&mut self.headers);
        }
        let wait = retry::delay(
            self.repeats,
            Duration::from_millis(config.initial_backoff_ms),
            Duration::from_millis(config.max_backoff_ms),
            failed.retry_after,
            &*parts.jitter,
        );
        if let Some(asked) = failed.retry_after {
            let millis = u64::try_from(asked.as_millis()).unwrap_or(u64::MAX);
            error = error.with_detail("retryAfterMs", millis);
        }
        if let Some(rate_limit) = failed.rate_limit {
            self.owner.count(|metrics| metrics.throttled.add(1));
            parts.workspace.throttled.add(1);
            let asked = failed.retry_after.filter(|asked| !asked.is_zero());
            let asked = asked.map(|asked| asked.min(RETRY_AFTER_MAX));
            let hinted = asked.is_some() || rate_limit.interval().is_some();
            // Without a hint this is an ordinary failure, but the whole workspace waits with the call.
            let pause = if hinted { asked } else { Some(wait) };
            let throttle = &parts.workspace.throttle;
            throttle.refused(permit, rate_limit, pause, failed.has_rate_headers);
            self.tell(EventKind::Throttle, |event| Event {
                cause: Some("refused"),
                status: error.status,
                wait_ms: pause.map(|pause| pause.as_secs_f64() * 1e3),
                ..event
            });
            if hinted && failed.retry && !self.request.skip_retry {
                // The throttle waits, and this does not count as a retry.
                self.tell_retry(&error, asked.unwrap_or_default());
                return Ok((Duration::ZERO, error));
            }
        }
        let repeats_left = self.repeats < config.max_retries && !self.request.skip_retry;
        let may_help =
            failed.retry && (self.request.repeat_timeouts || error.code != ErrorCode::Timeout);
        if !may_help || !repeats_left || (ambiguous && !is_repeatable(&self.request)) {
            return Err(error);
        }
        if self
            .deadline
            .is_some_and(|deadline| Instant::now() + wait >= deadline)
        {
            return Err(error.with_detail("deadlineExceeded", true));
        }
        if !parts.workspace.budget.take(failed.cost) {
            return Err(error.with_detail("retryBudgetExhausted", true));
        }
        self.taken = failed.cost;
        self.repeats += 1;
        self.tell_retry(&error, wait);
        Ok((wait, error))
    }
}

mod events;
#[cfg(test)]
mod tests;
