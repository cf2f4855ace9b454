//! What the chunks of one run share: wide look-ups, and the right to write.
//!
//! A look-up serves several chunks (`docs/decisions/wide-look-ups.md`). It leaves when there is enough for one, or when
//! nobody else is ready to write: a slow source is never held back to fill it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::core::config::{MAX_RUN_WRITERS, RUN_WRITERS};
use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;
use crate::core::http::Workspace;
use crate::core::origin;
use crate::core::sync::concurrency::Concurrency;
use crate::core::sync::context::SyncContext;
use crate::core::sync::requests::{self, LookedUp};
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::lookup::LookupQuery;

use super::lookup_width::LookupWidth;
use super::recent_writes::{Reader, RecentWrites};
use super::row_index::Seen;

/// What a look-up has shown to all who shared it.
pub struct Shared {
    /// Rows of the run's own object.
    pub own: Seen,
    /// Companies that people name.
    pub companies: Seen,
    /// When it was asked for, as the workspace's row locks count time.
    pub looked_at: u64,
    /// The same by the clock.
    pub asked_at: Instant,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            own: Seen::default(),
            companies: Seen::default(),
            looked_at: 0,
            asked_at: Instant::now(),
        }
    }
}

/// What one chunk asks.
pub struct Question {
    /// For its own records; none where only companies are asked for.
    pub own: Option<LookupQuery>,
    /// For companies that its people name.
    pub companies: Option<LookupQuery>,
    /// Whether it cannot wait for others: it has the right to write already.
    pub is_urgent: bool,
}

impl Question {
    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        self.own.is_none() && self.companies.is_none()
    }

    fn records(&self) -> usize {
        self.own.as_ref().map_or(0, |query| query.ids.len())
    }

    fn join(&mut self, other: Self) {
        join(&mut self.own, other.own);
        join(&mut self.companies, other.companies);
    }

    /// Asks it.
    ///
    /// # Errors
    /// As `requests::look_up`.
    pub async fn ask(self, context: &SyncContext) -> Result<(Shared, LookedUp), CrmError> {
        let (looked_at, asked_at) = (context.workspace.row_locks.now(), Instant::now());
        let kinds = (
            self.own.as_ref().map(|query| query.kind),
            self.companies.as_ref().map(|query| query.kind),
        );
        let queries: Vec<LookupQuery> = self.own.into_iter().chain(self.companies).collect();
        let fields: Vec<Option<String>> = queries
            .iter()
            .map(|query| query.external_id_field().map(str::to_owned))
            .collect();
        let mut looked_up = requests::look_up(&context.http, queries).await?;
        let rows = std::mem::take(&mut looked_up.rows).into_iter();
        let mut seen = rows.zip(fields);
        let mut next = |kind: Option<ObjectKind>| match (kind, kind.and_then(|_| seen.next())) {
            (Some(kind), Some((rows, field))) => Seen::new(kind, field.as_deref(), rows),
            _ => Seen::default(),
        };
        let shared = Shared {
            own: next(kinds.0),
            companies: next(kinds.1),
            looked_at,
            asked_at,
        };
        Ok((shared, looked_up))
    }
}

/// Asks for what `other` asks, too.
pub fn join(query: &mut Option<LookupQuery>, other: Option<LookupQuery>) {
    match (query, other) {
        (Some(query), Some(other)) => query.join(other),
        (query, Some(other)) => *query = Some(other),
        (_, None) => {}
    }
}

/// Why there is no shared answer.
pub enum Unshared {
    /// What the server answered to all of them.
    Failed(CrmError),
    /// One of those who asked together may be to blame: each asks for itself.
    Apart,
}

type Answer = Result<Arc<Shared>, Unshared>;

struct Waiting {
    question: Question,
    answer: oneshot::Sender<Answer>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Waiting>,
    is_asking: bool,
    /// Nobody wants what is not being written yet.
    is_stopped: bool,
    writing: usize,
    /// Chunks that know their rows, and wait for the right to write.
    ready: VecDeque<oneshot::Sender<WriteSlot>>,
}

/// The learnt limit of all runs of a workspace.
struct RunConcurrency(Concurrency);

impl Default for RunConcurrency {
    fn default() -> Self {
        Self(Concurrency::new(RUN_WRITERS, MAX_RUN_WRITERS))
    }
}

/// Batches of a workspace's runs that may be written at once.
pub fn run_writers(workspace: &Workspace) -> usize {
    workspace.extension(RunConcurrency::default).0.limit()
}

/// What the chunks of one run share.
pub struct Pipeline {
    context: SyncContext,
    state: Mutex<State>,
    max_writers: usize,
    learnt: Arc<RunConcurrency>,
    width: Arc<LookupWidth>,
    _reader: Reader,
}

impl Pipeline {
    /// For a run of which at most `max_writers` chunks may be written at once.
    pub fn new(context: &SyncContext, max_writers: usize) -> Arc<Self> {
        let workspace = context.http.workspace();
        Arc::new(Self {
            context: context.clone(),
            state: Mutex::default(),
            max_writers,
            learnt: workspace.extension(RunConcurrency::default),
            width: workspace.extension(LookupWidth::default),
            _reader: workspace.extension(RecentWrites::default).reader(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn limit(&self) -> usize {
        self.max_writers.min(self.learnt.0.limit())
    }

    /// What the next look-up shows, which others may share.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn look_up(self: &Arc<Self>, question: Question) -> Answer {
        let (answer, told) = oneshot::channel();
        {
            let mut state = self.lock();
            if state.is_stopped {
                return Err(Unshared::Failed(stopped()));
            }
            state.waiting.push_back(Waiting { question, answer });
        }
        self.send_off();
        told.await
            .unwrap_or_else(|_| Err(Unshared::Failed(stopped())))
    }

    /// Sends what waits, where there is enough of it or nobody else is ready to write.
    fn send_off(self: &Arc<Self>) {
        // Without a runtime the process is about to end.
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let mut state = self.lock();
        let width = self.width.records();
        let records: usize = state.waiting.iter().map(|it| it.question.records()).sum();
        let is_urgent = state.waiting.iter().any(|it| it.question.is_urgent);
        let is_time = state.ready.is_empty() || records >= width || is_urgent;
        if state.is_asking || state.waiting.is_empty() || !is_time {
            return;
        }
        let mut asked = Vec::new();
        let mut taken = 0;
        while let Some(next) = state.waiting.front() {
            let records = next.question.records();
            if !asked.is_empty() && taken + records > width {
                break;
            }
            taken += records;
            asked.extend(state.waiting.pop_front());
        }
        state.is_asking = true;
        drop(state);
        let pipeline = Arc::clone(self);
        runtime.spawn(origin::scope(origin::current(), async move {
            let asking = Asking(pipeline);
            asking.0.ask(asked).await;
        }));
    }

    async fn ask(&self, asked: Vec<Waiting>) {
        let mut together: Option<Question> = None;
        let mut answers = Vec::with_capacity(asked.len());
        // Whoever has left is not asked for.
        let asked = asked.into_iter().filter(|it| !it.answer.is_closed());
        for Waiting { question, answer } in asked {
            answers.push(answer);
            match &mut together {
                Some(together) => together.join(question),
                None => together = Some(question),
            }
        }
        let Some(together) = together else {
            return;
        };
        let records = together.records();
        let begun = Instant::now();
        let outcome = together.ask(&self.context).await;
        let answer: Box<dyn Fn() -> Answer + Send> = match outcome {
            Ok((shared, looked_up)) => {
                self.width.succeeded(records, &looked_up, begun.elapsed());
                let shared = Arc::new(shared);
                Box::new(move || Ok(Arc::clone(&shared)))
            }
            Err(error) if answers.len() > 1 && may_be_one_of_them(&error) => {
                self.width.failed(records);
                Box::new(|| Err(Unshared::Apart))
            }
            Err(error) => Box::new(move || Err(Unshared::Failed(error.clone()))),
        };
        for asker in answers {
            // Whoever has left does not hear it.
            let _ = asker.send(answer());
        }
    }

    /// Ends the run: what is being written goes on, and nothing else is written.
    pub fn stop(&self) {
        let (waiting, ready) = {
            let mut state = self.lock();
            state.is_stopped = true;
            (
                std::mem::take(&mut state.waiting),
                std::mem::take(&mut state.ready),
            )
        };
        // Whoever waits hears that nobody will answer.
        drop((waiting, ready));
    }

    /// The right to write, for as long as the slot is held. Waits until there is one.
    ///
    /// # Errors
    /// OPERATION_FAILED where the run was stopped.
    pub async fn enter_write(self: &Arc<Self>) -> Result<WriteSlot, CrmError> {
        let granted = {
            let mut state = self.lock();
            if state.is_stopped {
                return Err(stopped());
            }
            if state.writing < self.limit() && state.ready.is_empty() {
                state.writing += 1;
                None
            } else {
                let (grant, granted) = oneshot::channel();
                state.ready.push_back(grant);
                Some(granted)
            }
        };
        match granted {
            None => Ok(WriteSlot::new(self)),
            Some(granted) => granted.await.map_err(|_| stopped()),
        }
    }

    /// Lets as many write as may.
    fn grant(self: &Arc<Self>) {
        while let Some(next) = self.next_writer() {
            // Of whoever has left, the slot is dropped, and so given to the next one.
            let _ = next.send(WriteSlot::new(self));
        }
        self.send_off();
    }

    fn next_writer(&self) -> Option<oneshot::Sender<WriteSlot>> {
        let mut state = self.lock();
        if state.writing >= self.limit() {
            return None;
        }
        let next = state.ready.pop_front()?;
        state.writing += 1;
        Some(next)
    }
}

/// Ends a look-up, whatever becomes of it.
struct Asking(Arc<Pipeline>);

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.lock().is_asking = false;
        self.0.send_off();
    }
}

/// The right to write.
pub struct WriteSlot {
    pipeline: Arc<Pipeline>,
    /// Whether the server took it badly.
    pub is_strained: bool,
}

impl WriteSlot {
    fn new(pipeline: &Arc<Pipeline>) -> Self {
        Self {
            pipeline: Arc::clone(pipeline),
            is_strained: false,
        }
    }
}

impl Drop for WriteSlot {
    fn drop(&mut self) {
        let is_contended = {
            let mut state = self.pipeline.lock();
            state.writing -= 1;
            !state.ready.is_empty()
        };
        match self.is_strained {
            true => self.pipeline.learnt.0.failed(),
            false => self.pipeline.learnt.0.succeeded(is_contended),
        }
        self.pipeline.grant();
    }
}

fn stopped() -> CrmError {
    CrmError::new(
        ErrorCode::OperationFailed,
        "the run was stopped before this record was written",
    )
}

/// Whether a look-up for several may have been refused for one of them, or for their number.
pub fn may_be_one_of_them(error: &CrmError) -> bool {
    matches!(error.code, ErrorCode::ValidationError | ErrorCode::Timeout)
        || error.reason() == Some(error_reason::TOO_LARGE)
        || error
            .status
            .is_some_and(|status| (400..500).contains(&status) && status != 429 && status != 401)
}
