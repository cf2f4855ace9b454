//! Calls that wait, and calls that do not want to wait.

use super::*;

#[tokio::test(start_paused = true)]
async fn calls_go_one_by_one_in_the_order_they_came() {
    let throttle = Arc::new(Throttle::default());
    refuse(&throttle, Permit::Free, DEFAULT, 0);
    let start = Instant::now();
    let calls: Vec<_> = (0..5)
        .map(|number| {
            let throttle = Arc::clone(&throttle);
            tokio::spawn(async move {
                enter(&throttle).await;
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
async fn a_single_call_takes_the_turn_that_bulk_work_waited_for() {
    let throttle = Arc::new(Throttle::default());
    refuse(&throttle, Permit::Free, DEFAULT, 0);
    let start = Instant::now();
    let bulk = tokio::spawn({
        let throttle = Arc::clone(&throttle);
        async move {
            throttle
                .enter(Priority::Bulk, 1, far())
                .await
                .expect("a permit");
            Instant::now()
        }
    });
    tokio::time::sleep(INTERVAL / 2).await;
    enter(&throttle).await;
    assert_eq!(Instant::now() - start, INTERVAL);
    assert_eq!(bulk.await.expect("no panic") - start, INTERVAL * 2);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_would_be_too_long_is_not_started() {
    let throttle = Throttle::default();
    let start = Instant::now();
    refuse(&throttle, Permit::Free, RateLimit::default(), 30_000);
    let soon = start + Duration::from_secs(29);
    let closed = throttle.enter(Priority::Single, 1, soon).await;
    let expected = WaitTooLong {
        wait: Duration::from_secs(30),
        quota: None,
    };
    assert_eq!(closed, Err(expected));
    assert_eq!(Instant::now(), start);
}

#[tokio::test(start_paused = true)]
async fn a_call_behind_a_long_queue_fails_at_once() {
    let throttle = Arc::new(Throttle::default());
    refuse(&throttle, Permit::Free, DEFAULT, 0);
    let queue: Vec<_> = (0..100)
        .map(|_| {
            let throttle = Arc::clone(&throttle);
            tokio::spawn(async move { throttle.enter(Priority::Single, 1, far()).await })
        })
        .collect();
    while throttle.queue.ahead(Priority::Single) < 100 {
        tokio::task::yield_now().await;
    }
    let start = Instant::now();
    let soon = start + Duration::from_secs(60);
    let closed = throttle.enter(Priority::Single, 1, soon).await;
    assert_eq!(closed.expect_err("too long").wait, INTERVAL * 100);
    assert_eq!(Instant::now(), start);
    for call in queue {
        call.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_call_leaves_no_gap_in_the_queue() {
    let throttle = Arc::new(Throttle::default());
    refuse(&throttle, Permit::Free, DEFAULT, 0);
    let start = Instant::now();
    let given_up: Vec<_> = (0..50)
        .map(|_| {
            let throttle = Arc::clone(&throttle);
            tokio::spawn(async move { throttle.enter(Priority::Single, 1, far()).await })
        })
        .collect();
    while throttle.queue.ahead(Priority::Single) < 50 {
        tokio::task::yield_now().await;
    }
    for call in given_up {
        call.abort();
        assert!(call.await.is_err());
    }
    assert_eq!(throttle.queue.ahead(Priority::Single), 0);
    enter(&throttle).await;
    assert_eq!(Instant::now() - start, INTERVAL);
}
