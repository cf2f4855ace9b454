//! The gate against a model of the server's own limiter, in paused time.

use super::*;
use std::sync::Arc;

/// Twenty's default limit.
const DEFAULT: Throttle = Throttle {
    limit: Some(100),
    window: Some(Duration::from_secs(60)),
};
/// 600 ms, 2 %, 1 ms.
const INTERVAL: Duration = Duration::from_millis(613);

fn far() -> Instant {
    Instant::now() + Duration::from_secs(3_600)
}

/// The server's own limiter as WIRE.md section 8 describes it.
struct Server {
    tokens: u32,
    limit: u32,
    interval: Duration,
    last_success: Instant,
}

impl Server {
    fn new(limit: u32, window: Duration) -> Self {
        Self {
            tokens: limit,
            limit,
            interval: window / limit,
            last_success: Instant::now(),
        }
    }

    fn call(&mut self) -> bool {
        let elapsed = Instant::now() - self.last_success;
        let refill = elapsed.as_nanos() / self.interval.as_nanos();
        let tokens = (self.tokens + u32::try_from(refill).expect("small")).min(self.limit);
        if tokens == 0 {
            return false;
        }
        self.tokens = tokens - 1;
        self.last_success = Instant::now();
        true
    }
}

#[tokio::test(start_paused = true)]
async fn an_open_gate_lets_everybody_through() {
    let gate = Gate::default();
    for _ in 0..1_000 {
        assert_eq!(gate.enter(1, Instant::now()).await, Ok(Turn::Free));
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_first_refusal_no_call_is_refused_again() {
    let gate = Gate::default();
    let mut server = Server::new(100, Duration::from_secs(60));
    let mut refused = 0;
    let mut early = 0;
    let mut served = 0;
    while served < 400 {
        let turn = gate.enter(1, far()).await.expect("a turn");
        if server.call() {
            gate.passed(turn);
            served += 1;
        } else if turn == Turn::Early {
            early += 1;
            gate.refused(turn, DEFAULT, None);
        } else {
            refused += 1;
            gate.refused(turn, DEFAULT, None);
        }
    }
    assert_eq!(refused, 1);
    assert_eq!(early, 300 / PASSES_BEFORE_EARLY_CALL - 1);
}

#[tokio::test(start_paused = true)]
async fn refusals_of_calls_under_way_do_not_push_the_pace_back() {
    let gate = Gate::default();
    let start = Instant::now();
    for _ in 0..128 {
        gate.refused(Turn::Free, DEFAULT, None);
    }
    assert_eq!(gate.enter(1, far()).await, Ok(Turn::Paced));
    assert_eq!(Instant::now() - start, INTERVAL);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_takes_two_tokens_waits_for_two() {
    let gate = Gate::default();
    let start = Instant::now();
    gate.refused(Turn::Free, DEFAULT, None);
    assert_eq!(gate.enter(2, far()).await, Ok(Turn::Paced));
    assert_eq!(Instant::now() - start, INTERVAL * 2);
}

#[tokio::test(start_paused = true)]
async fn calls_go_one_by_one_in_the_order_they_came() {
    let gate = Arc::new(Gate::default());
    gate.refused(Turn::Free, DEFAULT, None);
    let start = Instant::now();
    let calls: Vec<_> = (0..5)
        .map(|number| {
            let gate = Arc::clone(&gate);
            tokio::spawn(async move {
                gate.enter(1, far()).await.expect("a turn");
                (number, Instant::now())
            })
        })
        .collect();
    for (expected, call) in calls.into_iter().enumerate() {
        let (number, at) = call.await.expect("no panic");
        assert_eq!(number, expected);
        assert_eq!(
            at - start,
            INTERVAL * (u32::try_from(number).expect("small") + 1)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_holds_everybody_and_the_longest_wins() {
    let gate = Gate::default();
    let start = Instant::now();
    gate.refused(
        Turn::Free,
        Throttle::default(),
        Some(Duration::from_secs(30)),
    );
    gate.refused(
        Turn::Free,
        Throttle::default(),
        Some(Duration::from_secs(10)),
    );
    assert_eq!(gate.enter(1, far()).await, Ok(Turn::Paced));
    assert_eq!(Instant::now() - start, Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn without_a_known_limit_the_first_call_through_opens_the_gate() {
    let gate = Gate::default();
    gate.refused(
        Turn::Free,
        Throttle::default(),
        Some(Duration::from_secs(5)),
    );
    let turn = gate.enter(1, far()).await.expect("a turn");
    assert!(!gate.is_open());
    gate.passed(turn);
    assert!(gate.is_open());
    assert_eq!(gate.enter(1, Instant::now()).await, Ok(Turn::Free));
}

#[tokio::test(start_paused = true)]
async fn a_full_refill_opens_the_gate() {
    let gate = Gate::default();
    gate.refused(Turn::Free, DEFAULT, None);
    assert_eq!(gate.enter(1, far()).await, Ok(Turn::Paced));
    tokio::time::advance(Duration::from_secs(62)).await;
    assert_eq!(gate.enter(1, Instant::now()).await, Ok(Turn::Free));
    assert!(gate.is_open());
}

#[tokio::test(start_paused = true)]
async fn an_early_call_that_gets_through_opens_the_gate() {
    let gate = Gate::default();
    gate.refused(Turn::Free, DEFAULT, None);
    let mut passes = 0;
    loop {
        let turn = gate.enter(1, far()).await.expect("a turn");
        gate.passed(turn);
        if turn == Turn::Early {
            break;
        }
        passes += 1;
    }
    assert_eq!(passes, PASSES_BEFORE_EARLY_CALL);
    assert!(gate.is_open());
}

#[tokio::test(start_paused = true)]
async fn repeated_refusals_wait_longer_up_to_the_window() {
    let gate = Gate::default();
    let throttle = Throttle {
        limit: Some(4),
        window: Some(Duration::from_millis(400)),
    };
    let interval = throttle.interval().expect("known");
    gate.refused(Turn::Free, throttle, None);
    let mut waits = Vec::new();
    for _ in 0..6 {
        let start = Instant::now();
        let turn = gate.enter(1, far()).await.expect("a turn");
        waits.push(Instant::now() - start);
        gate.refused(turn, throttle, None);
    }
    let factors = [1, 2, 3, 4, 4, 4];
    assert_eq!(waits, factors.map(|factor| interval * factor));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_would_be_too_long_is_not_started() {
    let gate = Gate::default();
    let start = Instant::now();
    gate.refused(
        Turn::Free,
        Throttle::default(),
        Some(Duration::from_secs(30)),
    );
    let closed = gate.enter(1, start + Duration::from_secs(29)).await;
    assert_eq!(
        closed,
        Err(Closed {
            wait: Duration::from_secs(30)
        })
    );
    assert_eq!(Instant::now(), start);
}

#[tokio::test(start_paused = true)]
async fn a_call_behind_a_long_queue_is_told_at_once() {
    let gate = Arc::new(Gate::default());
    gate.refused(Turn::Free, DEFAULT, None);
    let queue: Vec<_> = (0..100)
        .map(|_| {
            let gate = Arc::clone(&gate);
            tokio::spawn(async move { gate.enter(1, far()).await })
        })
        .collect();
    while gate.queued.load(Ordering::Relaxed) < 100 {
        tokio::task::yield_now().await;
    }
    let start = Instant::now();
    let closed = gate.enter(1, start + Duration::from_secs(60)).await;
    assert_eq!(
        closed,
        Err(Closed {
            wait: INTERVAL * 100
        })
    );
    assert_eq!(Instant::now(), start);
    for call in queue {
        call.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_given_up_leaves_no_hole_in_the_queue() {
    let gate = Arc::new(Gate::default());
    gate.refused(Turn::Free, DEFAULT, None);
    let start = Instant::now();
    let given_up: Vec<_> = (0..50)
        .map(|_| {
            let gate = Arc::clone(&gate);
            tokio::spawn(async move { gate.enter(1, far()).await })
        })
        .collect();
    while gate.queued.load(Ordering::Relaxed) < 50 {
        tokio::task::yield_now().await;
    }
    for call in given_up {
        call.abort();
        assert!(call.await.is_err());
    }
    assert_eq!(gate.queued.load(Ordering::Relaxed), 0);
    assert_eq!(gate.enter(1, far()).await, Ok(Turn::Paced));
    assert_eq!(Instant::now() - start, INTERVAL);
}
