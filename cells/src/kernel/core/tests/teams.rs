//! Threads that meet at every step: what they do when one of them panics, and when there is nobody to help.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::case::{helpers, turn};
use crate::kernel::core::team::Team;

/// Runs a team of three over a few rounds; in the second, `broken` panics.
fn rounds(team: Team, broken: Option<usize>) {
    let (count, arrived) = (team.count(), AtomicUsize::new(0));
    let ids = Mutex::new(Vec::new());
    team.run(&|member| {
        assert_eq!(member.count, count);
        ids.lock()
            .expect("nobody panics with the ids")
            .push(member.id);
        for round in 1..=50 {
            arrived.fetch_add(1, Ordering::Relaxed);
            assert!(
                round != 2 || broken != Some(member.id),
                "member {} is broken",
                member.id
            );
            member.wait();
            // Nobody leaves before all have come, nor comes again before all have left.
            assert_eq!(arrived.load(Ordering::Relaxed), round * count);
            member.wait();
        }
    });
    let mut ids = ids.into_inner().expect("nobody panicked with the ids");
    ids.sort_unstable();
    assert_eq!(ids, (0..count).collect::<Vec<_>>());
}

#[test]
fn members_meet() {
    let _turn = turn();
    rounds(helpers(), None);
    rounds(Team::gather(1), None);
}

#[test]
fn a_panic_of_any_member_reaches_the_caller_and_no_other_run() {
    let _turn = turn();
    for broken in 0..3 {
        let run = || rounds(helpers(), Some(broken));
        let payload = catch_unwind(AssertUnwindSafe(run)).expect_err("a member panicked");
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or(payload.downcast_ref::<&str>().copied());
        let text = text.expect("a panic with a text");
        let own = format!("member {broken} is broken");
        // A member that waited for the broken one may be the first that is heard of.
        assert!(
            [&own, "another thread of the fused path panicked"].contains(&text),
            "{text}"
        );
        rounds(helpers(), None);
    }
}

#[test]
fn a_team_has_the_helpers_to_itself() {
    let _turn = turn();
    let first = helpers();
    std::thread::scope(|scope| {
        let second = scope.spawn(|| Team::gather(3).count());
        assert_eq!(second.join().expect("gathering does not panic"), 1);
    });
    assert_eq!(Team::gather(3).count(), 1);
    drop(first);
    assert_eq!(helpers().count(), 3);
}
