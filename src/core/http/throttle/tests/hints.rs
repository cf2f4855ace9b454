//! Servers that say when to retry, and servers that only refuse.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_pause_stops_all_calls_and_the_longest_wins() {
    let throttle = Throttle::default();
    for pause_ms in [30_000, 10_000] {
        refuse(&throttle, Permit::Free, RateLimit::default(), pause_ms);
    }
    let (permit, waited) = wait(&throttle).await;
    assert!(is_paced(permit));
    assert_eq!(waited, Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn without_a_known_limit_the_pace_doubles_until_there_is_none() {
    let throttle = Throttle::default();
    refuse(&throttle, Permit::Free, RateLimit::default(), 5_000);
    let start = Instant::now();
    let mut calls = 0;
    while !throttle.is_open() {
        let permit = enter(&throttle).await;
        throttle.passed(permit, None);
        calls += 1;
    }
    assert!(calls < 10, "{calls}");
    assert!(Instant::now() - start < Duration::from_millis(5_500));
    let permit = throttle.enter(Priority::Single, 1, Instant::now()).await;
    assert_eq!(permit, Ok(Permit::Free));
}

#[tokio::test(start_paused = true)]
async fn an_unnamed_limit_is_found() {
    // Fractions are earned, one token per 600 ms, and Retry-After is rounded up: Twenty 2.47, without a text.
    let throttle = Throttle::default();
    let (mut tokens, mut filled_at) = (100.0f64, Instant::now());
    let (mut served, mut refused) = (0u32, 0u32);
    while served < 400 {
        let permit = enter(&throttle).await;
        let now = Instant::now();
        tokens = (tokens + (now - filled_at).as_secs_f64() / 0.6).min(100.0);
        filled_at = now;
        if tokens >= 1.0 {
            tokens -= 1.0;
            throttle.passed(permit, None);
            served += 1;
            if served == 100 {
                filled_at = Instant::now();
            }
        } else {
            refuse(&throttle, permit, RateLimit::default(), 1_000);
            refused += 1;
        }
    }
    assert!(refused < 80, "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_short_burst_of_refusals_does_not_block_for_long() {
    // A load balancer that answers with a bare 429 for a fifth of a second, while calls retry every 10 ms.
    let throttle = Throttle::default();
    let start = Instant::now();
    let storm_ends = start + Duration::from_millis(200);
    refuse(&throttle, Permit::Free, RateLimit::default(), 10);
    let mut refused = 0;
    let mut served = 0;
    while !throttle.is_open() {
        let permit = enter(&throttle).await;
        if Instant::now() < storm_ends {
            refuse(&throttle, permit, RateLimit::default(), 10);
            refused += 1;
        } else {
            throttle.passed(permit, None);
            served += 1;
        }
    }
    assert!(refused > 10, "{refused}");
    assert!(served < 30, "{served}");
    let took = Instant::now() - start;
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_guess_that_nobody_tried_is_dropped() {
    let throttle = Throttle::default();
    refuse(&throttle, Permit::Free, RateLimit::default(), 0);
    tokio::time::advance(Duration::from_secs(60)).await;
    let permit = throttle.enter(Priority::Single, 1, Instant::now()).await;
    assert_eq!(permit, Ok(Permit::Free));
    assert!(throttle.is_open());
}

#[tokio::test(start_paused = true)]
async fn headers_on_successes_count_once_a_refusal_had_them() {
    let used_up = Some(RateHeaders {
        limit: None,
        remaining: Some(0),
        reset: Some(Duration::from_secs(20)),
    });
    let plenty = Some(RateHeaders {
        limit: None,
        remaining: Some(40),
        reset: Some(Duration::from_secs(60)),
    });
    let throttle = Throttle::default();
    assert!(!throttle.has_headers());
    let pause = Some(Duration::from_secs(5));
    throttle.refused(Permit::Free, RateLimit::default(), pause, true);
    assert!(throttle.has_headers());
    let permit = enter(&throttle).await;
    throttle.passed(permit, plenty);
    assert!(throttle.is_open(), "the server said that there is room");

    // The last token is used: no refusal is needed to know that.
    throttle.passed(Permit::Free, used_up);
    assert!(!throttle.is_open());
    assert_eq!(wait(&throttle).await.1, Duration::from_secs(20));
}

#[tokio::test(start_paused = true)]
async fn headers_correct_the_count_of_a_known_limit() {
    let throttle = Throttle::default();
    throttle.refused(Permit::Free, DEFAULT, None, true);
    tokio::time::advance(Duration::from_secs(40)).await;
    let permit = enter(&throttle).await;
    let told = RateHeaders {
        limit: None,
        remaining: Some(2),
        reset: Some(Duration::from_secs(60)),
    };
    throttle.passed(permit, Some(told));
    for expected in [Duration::ZERO, Duration::ZERO, INTERVAL] {
        assert_eq!(wait(&throttle).await.1, expected);
    }
}
