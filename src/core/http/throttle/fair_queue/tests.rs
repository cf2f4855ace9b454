//! The order of calls, in paused time.

use super::*;
use std::time::Duration;

fn far() -> Instant {
    Instant::now() + Duration::from_secs(3_600)
}

/// With one permit a second: the order in which the waiting calls go.
async fn order_of(waiting: &[(Priority, &'static str)]) -> Vec<&'static str> {
    let queue: Arc<FairQueue> = Arc::default();
    let ready = Arc::new(Mutex::new(Instant::now() + Duration::from_secs(1)));
    let order: Arc<Mutex<Vec<&'static str>>> = Arc::default();
    let mut calls = Vec::new();
    for (at, (priority, name)) in waiting.iter().copied().enumerate() {
        let (line_of_call, ready, order) =
            (Arc::clone(&queue), Arc::clone(&ready), Arc::clone(&order));
        calls.push(tokio::spawn(async move {
            let grant = |now: Instant| {
                let mut ready = ready.lock().expect("no panic");
                if now < *ready {
                    return Err(*ready);
                }
                *ready = now + Duration::from_secs(1);
                Ok(())
            };
            line_of_call
                .pass(priority, 1, far(), grant)
                .await
                .expect("a permit");
            order.lock().expect("no panic").push(name);
        }));
        while queue.ahead(Priority::Bulk) <= u32::try_from(at).expect("few") {
            tokio::task::yield_now().await;
        }
    }
    for call in calls {
        call.await.expect("no panic");
    }
    assert_eq!(queue.ahead(Priority::Bulk), 0);
    let order = order.lock().expect("no panic");
    order.clone()
}

#[tokio::test(start_paused = true)]
async fn single_calls_go_before_bulk_work_that_came_first() {
    use Priority::{Bulk, Single};
    let order = order_of(&[(Bulk, "b1"), (Bulk, "b2"), (Single, "s1"), (Single, "s2")]).await;
    assert_eq!(order, ["s1", "s2", "b1", "b2"]);
}

#[tokio::test(start_paused = true)]
async fn bulk_work_does_not_starve() {
    let mut waiting = vec![(Priority::Bulk, "bulk"), (Priority::Bulk, "bulk")];
    waiting.extend([(Priority::Single, "single"); 30]);
    let order = order_of(&waiting).await;
    let permits: Vec<usize> = (0..order.len()).filter(|at| order[*at] == "bulk").collect();
    let every = SINGLES_BEFORE_BULK as usize;
    assert_eq!(permits, [every, 2 * every + 1]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_too_long_leaves_the_queue() {
    let queue: Arc<FairQueue> = Arc::default();
    let soon = Instant::now() + Duration::from_secs(5);
    let first = tokio::spawn({
        let queue = Arc::clone(&queue);
        let ready = soon + Duration::from_secs(5);
        async move {
            let grant = |now| if now < ready { Err(ready) } else { Ok(()) };
            queue.pass(Priority::Single, 1, far(), grant).await
        }
    });
    while queue.ahead(Priority::Single) == 0 {
        tokio::task::yield_now().await;
    }
    // Second in the queue, so its grant is never called.
    let grant = |_| -> Result<(), Instant> { panic!("it is not its permit") };
    assert_eq!(
        queue.pass(Priority::Single, 1, soon, grant).await,
        Err(soon)
    );
    assert_eq!(queue.ahead(Priority::Single), 1);
    first.await.expect("no panic").expect("a permit");
}
