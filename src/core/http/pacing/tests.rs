//! The gate against a model of the server's own limiter, in paused time.

mod hints;
mod queue;

use super::bucket::PASSES_BEFORE_EARLY_CALL;
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

/// The server's own limiter, up to 2.44 (`docs/twenty/protocol.md#rate-limits`).
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

/// What became of calls that went through a gate one after the other.
#[derive(Default)]
struct Tally {
    served: u32,
    refused: u32,
    early: u32,
}

/// Sends calls until `count` more of them are served, each at a server's that answers at once.
async fn serve(gate: &Gate, server: &mut Server, tally: &mut Tally, count: u32) {
    let goal = tally.served + count;
    while tally.served < goal {
        let turn = enter(gate).await;
        if server.call() {
            gate.passed(turn, None);
            tally.served += 1;
        } else {
            let counter = match turn {
                Turn::Early => &mut tally.early,
                _ => &mut tally.refused,
            };
            *counter += 1;
            gate.refused(turn, DEFAULT, None, false);
        }
    }
}

async fn enter(gate: &Gate) -> Turn {
    gate.enter(Priority::Single, 1, far())
        .await
        .expect("a turn")
}

fn refuse(gate: &Gate, turn: Turn, throttle: Throttle, pause_ms: u64) {
    let pause = (pause_ms > 0).then(|| Duration::from_millis(pause_ms));
    gate.refused(turn, throttle, pause, false);
}

/// How long the next turn takes.
async fn wait(gate: &Gate) -> (Turn, Duration) {
    let start = Instant::now();
    let turn = enter(gate).await;
    (turn, Instant::now() - start)
}

fn is_paced(turn: Turn) -> bool {
    matches!(turn, Turn::Paced { .. })
}

#[tokio::test(start_paused = true)]
async fn an_open_gate_lets_everybody_through() {
    let gate = Gate::default();
    for _ in 0..1_000 {
        let turn = gate.enter(Priority::Bulk, 1, Instant::now()).await;
        assert_eq!(turn, Ok(Turn::Free));
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_first_refusal_no_call_is_refused_again() {
    let gate = Gate::default();
    let mut server = Server::new(100, Duration::from_secs(60));
    let mut tally = Tally::default();
    let start = Instant::now();
    serve(&gate, &mut server, &mut tally, 1_000).await;
    assert_eq!(tally.refused, 1);
    // Looks whether the limit is still there: after 50, 100, 200, 400 calls.
    assert_eq!(tally.early, 4);
    let best = Duration::from_millis(600) * 900;
    assert!(Instant::now() - start < best * 106 / 100);
}

#[tokio::test(start_paused = true)]
async fn what_was_earned_while_nobody_called_is_used_at_once_and_counted() {
    let gate = Gate::default();
    let mut server = Server::new(100, Duration::from_secs(60));
    let mut tally = Tally::default();
    serve(&gate, &mut server, &mut tally, 105).await;
    for pause in [30, 90] {
        tokio::time::advance(Duration::from_secs(pause)).await;
        let start = Instant::now();
        serve(&gate, &mut server, &mut tally, 48).await;
        assert_eq!(
            Instant::now(),
            start,
            "a burst of what was earned in {pause} s"
        );
        serve(&gate, &mut server, &mut tally, 100).await;
    }
    assert_eq!(
        tally.refused, 1,
        "a limit that is known is not run into again"
    );
}

#[tokio::test(start_paused = true)]
async fn calls_that_take_longer_at_one_time_than_at_another_get_a_slack() {
    let gate = Gate::default();
    let mut server = Server::new(100, Duration::from_secs(60));
    let mut tally = Tally::default();
    serve(&gate, &mut server, &mut tally, 100).await;
    let start = Instant::now();
    let mut misses = Vec::new();
    for number in 0..400u32 {
        let turn = enter(&gate).await;
        // On the way for 5 to 45 ms, which is more than the margin of 13 ms.
        let way = Duration::from_millis(5 + u64::from(number) * 17 % 41);
        tokio::time::advance(way).await;
        if server.call() {
            gate.passed(turn, None);
        } else {
            if is_paced(turn) {
                misses.push(number);
            }
            gate.refused(turn, DEFAULT, None, false);
        }
    }
    assert!(misses.len() < 20, "{misses:?}");
    let paced = INTERVAL * 400;
    assert!(Instant::now() - start < paced * 115 / 100);
}

#[tokio::test(start_paused = true)]
async fn two_processes_share_a_workspace() {
    let gates = [Arc::new(Gate::default()), Arc::new(Gate::default())];
    let server = Arc::new(Mutex::new(Server::new(100, Duration::from_secs(60))));
    let end = Instant::now() + Duration::from_secs(600);
    let processes = gates.map(|gate| {
        let server = Arc::clone(&server);
        tokio::spawn(async move {
            let mut served = 0u32;
            while Instant::now() < end {
                let turn = enter(&gate).await;
                let is_served = server.lock().expect("no panic").call();
                tokio::time::sleep(Duration::from_millis(3)).await;
                if is_served {
                    gate.passed(turn, None);
                    served += 1;
                } else {
                    gate.refused(turn, DEFAULT, None, false);
                }
            }
            served
        })
    });
    let mut served = Vec::new();
    for process in processes {
        served.push(process.await.expect("no panic"));
    }
    // 100 at once, 1,000 earned: most of it is used, and nobody starves.
    let total: u32 = served.iter().sum();
    assert!(total > 800, "{served:?}");
    assert!(
        served.iter().all(|served| *served > total / 4),
        "{served:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn refusals_of_calls_under_way_do_not_push_the_pace_back() {
    let gate = Gate::default();
    for _ in 0..128 {
        refuse(&gate, Turn::Free, DEFAULT, 0);
    }
    let (turn, waited) = wait(&gate).await;
    assert!(is_paced(turn));
    assert_eq!(waited, INTERVAL);

    // The same with turns that were granted at once because there was much to give.
    tokio::time::advance(INTERVAL * 40).await;
    let mut under_way = Vec::new();
    for _ in 0..30 {
        under_way.push(enter(&gate).await);
    }
    for turn in under_way {
        refuse(&gate, turn, DEFAULT, 0);
    }
    let (_, waited) = wait(&gate).await;
    assert!(waited < INTERVAL / 3, "as after one miss: {waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_takes_two_tokens_waits_for_two() {
    let gate = Gate::default();
    let start = Instant::now();
    refuse(&gate, Turn::Free, DEFAULT, 0);
    let turn = gate.enter(Priority::Bulk, 2, far()).await;
    assert!(turn.is_ok_and(is_paced));
    assert_eq!(Instant::now() - start, INTERVAL * 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_did_not_wait_for_its_turn_is_counted() {
    let gate = Gate::default();
    refuse(&gate, Turn::Free, DEFAULT, 0);
    tokio::time::advance(Duration::from_millis(600)).await;
    gate.passed(Turn::Unpaced, None);
    assert_eq!(wait(&gate).await.1, INTERVAL);
}

#[tokio::test(start_paused = true)]
async fn early_calls_that_get_through_open_the_gate() {
    let gate = Gate::default();
    refuse(&gate, Turn::Free, DEFAULT, 0);
    let (mut passes, mut early) = (0, 0);
    while !gate.is_open() {
        let turn = enter(&gate).await;
        gate.passed(turn, None);
        match turn {
            Turn::Early => early += 1,
            _ => passes += 1,
        }
    }
    assert_eq!(passes, PASSES_BEFORE_EARLY_CALL);
    assert_eq!(early, 101, "one more than the bucket can hold");
}

#[tokio::test(start_paused = true)]
async fn after_a_miss_one_call_at_a_time_tries_sooner_and_then_later_and_later() {
    let gate = Gate::default();
    let throttle = Throttle {
        limit: Some(4),
        window: Some(Duration::from_millis(4_000)),
    };
    refuse(&gate, Turn::Free, throttle, 0);
    let mut waits = Vec::new();
    for _ in 0..40 {
        let (turn, waited) = wait(&gate).await;
        waits.push(waited);
        refuse(&gate, turn, throttle, 0);
    }
    let interval = Duration::from_millis(1_021);
    let with_slack = interval * 3 / 2;
    assert_eq!(waits[0], interval);
    assert!(waits[1] < interval / 3, "{waits:?}");
    // The timer's resolution.
    let in_ms = |time: Duration| time.as_micros().div_ceil(1_000);
    assert_eq!(in_ms(waits[20]), in_ms(with_slack / 2));
    assert!(waits[1..].is_sorted(), "{waits:?}");
    assert_eq!(
        in_ms(waits[39]),
        in_ms(with_slack * 4),
        "as long as it takes to fill up"
    );

    // While one is out to try, the others wait a whole turn; not longer, its answer may be lost.
    enter(&gate).await;
    assert_eq!(in_ms(wait(&gate).await.1), in_ms(with_slack));
}

#[tokio::test(start_paused = true)]
async fn of_two_limits_the_slower_one_decides() {
    let short = Throttle {
        limit: Some(100),
        window: Some(Duration::from_secs(1)),
    };
    for words in [[short, DEFAULT], [DEFAULT, short]] {
        let gate = Gate::default();
        for throttle in words {
            refuse(&gate, Turn::Free, throttle, 0);
        }
        assert_eq!(wait(&gate).await.1, INTERVAL);
    }
}
