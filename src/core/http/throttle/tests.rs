//! The throttle against a model of the server's own limiter, in paused time.

mod hints;
mod queue;

use super::token_bucket::PASSES_BEFORE_EARLY_CALL;
use super::*;
use std::sync::Arc;

/// Twenty's default limit.
const DEFAULT: RateLimit = RateLimit {
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

/// Results of calls that went through a throttle one after the other.
#[derive(Default)]
struct Tally {
    served: u32,
    refused: u32,
    early: u32,
}

/// Sends calls until `count` more of them are served; the server answers at once.
async fn serve(throttle: &Throttle, server: &mut Server, tally: &mut Tally, count: u32) {
    let goal = tally.served + count;
    while tally.served < goal {
        let permit = enter(throttle).await;
        if server.call() {
            throttle.passed(permit, None);
            tally.served += 1;
        } else {
            let counter = match permit {
                Permit::Early => &mut tally.early,
                _ => &mut tally.refused,
            };
            *counter += 1;
            throttle.refused(permit, DEFAULT, None, false);
        }
    }
}

async fn enter(throttle: &Throttle) -> Permit {
    throttle
        .enter(Priority::Single, 1, far())
        .await
        .expect("a permit")
}

fn refuse(throttle: &Throttle, permit: Permit, rate_limit: RateLimit, pause_ms: u64) {
    let pause = (pause_ms > 0).then(|| Duration::from_millis(pause_ms));
    throttle.refused(permit, rate_limit, pause, false);
}

/// How long the next permit takes.
async fn wait(throttle: &Throttle) -> (Permit, Duration) {
    let start = Instant::now();
    let permit = enter(throttle).await;
    (permit, Instant::now() - start)
}

fn is_paced(permit: Permit) -> bool {
    matches!(permit, Permit::Paced { .. })
}

#[tokio::test(start_paused = true)]
async fn an_open_gate_lets_everybody_through() {
    let throttle = Throttle::default();
    for _ in 0..1_000 {
        let permit = throttle.enter(Priority::Bulk, 1, Instant::now()).await;
        assert_eq!(permit, Ok(Permit::Free));
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_first_refusal_no_call_is_refused_again() {
    let throttle = Throttle::default();
    let mut server = Server::new(100, Duration::from_secs(60));
    let mut tally = Tally::default();
    let start = Instant::now();
    serve(&throttle, &mut server, &mut tally, 1_000).await;
    assert_eq!(tally.refused, 1);
    // Early calls test the limit after 50, 100, 200 and 400 calls.
    assert_eq!(tally.early, 4);
    let best = Duration::from_millis(600) * 900;
    assert!(Instant::now() - start < best * 106 / 100);
}

#[tokio::test(start_paused = true)]
async fn tokens_earned_while_idle_are_used_at_once() {
    let throttle = Throttle::default();
    let mut server = Server::new(100, Duration::from_secs(60));
    let mut tally = Tally::default();
    serve(&throttle, &mut server, &mut tally, 105).await;
    for pause in [30, 90] {
        tokio::time::advance(Duration::from_secs(pause)).await;
        let start = Instant::now();
        serve(&throttle, &mut server, &mut tally, 48).await;
        assert_eq!(
            Instant::now(),
            start,
            "a burst of what was earned in {pause} s"
        );
        serve(&throttle, &mut server, &mut tally, 100).await;
    }
    assert_eq!(
        tally.refused, 1,
        "a limit that is known is not run into again"
    );
}

#[tokio::test(start_paused = true)]
async fn varying_latency_adds_slack() {
    let throttle = Throttle::default();
    let mut server = Server::new(100, Duration::from_secs(60));
    let mut tally = Tally::default();
    serve(&throttle, &mut server, &mut tally, 100).await;
    let start = Instant::now();
    let mut refusals = Vec::new();
    for number in 0..400u32 {
        let permit = enter(&throttle).await;
        // 5 to 45 ms of latency, more than the margin of 13 ms.
        let way = Duration::from_millis(5 + u64::from(number) * 17 % 41);
        tokio::time::advance(way).await;
        if server.call() {
            throttle.passed(permit, None);
        } else {
            if is_paced(permit) {
                refusals.push(number);
            }
            throttle.refused(permit, DEFAULT, None, false);
        }
    }
    assert!(refusals.len() < 20, "{refusals:?}");
    let paced = INTERVAL * 400;
    assert!(Instant::now() - start < paced * 115 / 100);
}

#[tokio::test(start_paused = true)]
async fn two_processes_share_a_workspace() {
    let throttles = [Arc::new(Throttle::default()), Arc::new(Throttle::default())];
    let server = Arc::new(Mutex::new(Server::new(100, Duration::from_secs(60))));
    let end = Instant::now() + Duration::from_secs(600);
    let processes = throttles.map(|throttle| {
        let server = Arc::clone(&server);
        tokio::spawn(async move {
            let mut served = 0u32;
            while Instant::now() < end {
                let permit = enter(&throttle).await;
                let is_served = server.lock().expect("no panic").call();
                tokio::time::sleep(Duration::from_millis(3)).await;
                if is_served {
                    throttle.passed(permit, None);
                    served += 1;
                } else {
                    throttle.refused(permit, DEFAULT, None, false);
                }
            }
            served
        })
    });
    let mut served = Vec::new();
    for process in processes {
        served.push(process.await.expect("no panic"));
    }
    // 100 at once, 1,000 earned: most of it is used, and no process starves.
    let total: u32 = served.iter().sum();
    assert!(total > 800, "{served:?}");
    assert!(
        served.iter().all(|served| *served > total / 4),
        "{served:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn refusals_of_calls_in_flight_do_not_slow_the_pace() {
    let throttle = Throttle::default();
    for _ in 0..128 {
        refuse(&throttle, Permit::Free, DEFAULT, 0);
    }
    let (permit, waited) = wait(&throttle).await;
    assert!(is_paced(permit));
    assert_eq!(waited, INTERVAL);

    // The same with permits that were granted at once because many tokens were available.
    tokio::time::advance(INTERVAL * 40).await;
    let mut under_way = Vec::new();
    for _ in 0..30 {
        under_way.push(enter(&throttle).await);
    }
    for permit in under_way {
        refuse(&throttle, permit, DEFAULT, 0);
    }
    let (_, waited) = wait(&throttle).await;
    assert!(waited < INTERVAL / 3, "as after one refusal: {waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_takes_two_tokens_waits_for_two() {
    let throttle = Throttle::default();
    let start = Instant::now();
    refuse(&throttle, Permit::Free, DEFAULT, 0);
    let permit = throttle.enter(Priority::Bulk, 2, far()).await;
    assert!(permit.is_ok_and(is_paced));
    assert_eq!(Instant::now() - start, INTERVAL * 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_did_not_wait_for_its_turn_is_counted() {
    let throttle = Throttle::default();
    refuse(&throttle, Permit::Free, DEFAULT, 0);
    tokio::time::advance(Duration::from_millis(600)).await;
    throttle.passed(Permit::Unpaced, None);
    assert_eq!(wait(&throttle).await.1, INTERVAL);
}

#[tokio::test(start_paused = true)]
async fn early_calls_that_get_through_open_the_gate() {
    let throttle = Throttle::default();
    refuse(&throttle, Permit::Free, DEFAULT, 0);
    let (mut passes, mut early) = (0, 0);
    while !throttle.is_open() {
        let permit = enter(&throttle).await;
        throttle.passed(permit, None);
        match permit {
            Permit::Early => early += 1,
            _ => passes += 1,
        }
    }
    assert_eq!(passes, PASSES_BEFORE_EARLY_CALL);
    assert_eq!(early, 101, "one more than the bucket can hold");
}

#[tokio::test(start_paused = true)]
async fn after_a_miss_one_call_at_a_time_tries_sooner_and_then_later_and_later() {
    let throttle = Throttle::default();
    let rate_limit = RateLimit {
        limit: Some(4),
        window: Some(Duration::from_millis(4_000)),
    };
    refuse(&throttle, Permit::Free, rate_limit, 0);
    let mut waits = Vec::new();
    for _ in 0..40 {
        let (permit, waited) = wait(&throttle).await;
        waits.push(waited);
        refuse(&throttle, permit, rate_limit, 0);
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

    // While one call tests the limit, the others wait one interval; not longer, because its answer may be lost.
    enter(&throttle).await;
    assert_eq!(in_ms(wait(&throttle).await.1), in_ms(with_slack));
}

#[tokio::test(start_paused = true)]
async fn the_slower_of_two_limits_decides() {
    let short = RateLimit {
        limit: Some(100),
        window: Some(Duration::from_secs(1)),
    };
    for words in [[short, DEFAULT], [DEFAULT, short]] {
        let throttle = Throttle::default();
        for rate_limit in words {
            refuse(&throttle, Permit::Free, rate_limit, 0);
        }
        assert_eq!(wait(&throttle).await.1, INTERVAL);
    }
}
