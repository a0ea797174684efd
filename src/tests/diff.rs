//! Where two runs part.

use super::Place;

#[test]
fn a_run_and_itself_do_not_part() {
    let place = Place::with_tiny();
    for arguments in [
        &["tiny.json"][..],
        &["tiny.json:retrying:2", "tiny.json:retrying:2"],
        &["tiny.json", "--policy", "retrying,retrying", "--seeds", "4"],
    ] {
        let told = place.run(&[&["diff", "--exit-code"], arguments].concat()).ok();
        assert!(told.out.contains("nothing differs: the same "), "{}", told.out);
    }
}

#[test]
fn two_seeds_part_at_their_first_event() {
    let place = Place::with_tiny();
    let told = place.run(&["diff", "tiny.json", "--seeds", "1,2"]).ok();
    assert!(told.out.contains("they part at their first event"), "{}", told.out);
    assert!(told.out.contains("seed or replication differ, and with them all that is drawn"), "{}", told.out);
    assert!(
        told.out.contains("then in A\n         1  ") && told.out.contains("then in B\n         1  "),
        "{}",
        told.out
    );
    assert!(told.out.contains("request 0 of web, drawn demand "), "{}", told.out);
    let ended = place.run(&["diff", "tiny.json", "tiny.json::1", "--exit-code"]);
    assert!(ended.code == Some(3) && ended.err.contains("the runs part"), "{}", ended.err);
}

#[test]
fn two_policies_part_where_one_does_what_the_other_does_not() {
    let place = Place::with_tiny();
    let told = place.run(&["diff", "tiny.json", "--policy", "bare,retrying", "--last", "3"]).ok();
    let (before, after) = told.out.split_once("\nthen in A\n").expect("they part");
    assert!(
        before.contains("they agree on the first ")
            && before.contains("the outside world is the same in both so far"),
        "{before}"
    );
    let shown = before.split("before, in both\n").nth(1).expect("events before");
    let numbers = shown.lines().filter_map(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    assert_eq!(numbers.count(), 3, "{shown}");
    let (_, of_b) = after.split_once("\nthen in B\n").expect("the other side");
    assert!(of_b.contains("timeout (attempt "), "{of_b}");
}

#[test]
fn settings_of_one_side_are_found() {
    let place = Place::with_tiny();
    let told = place.run(&["diff", "tiny.json", "--set-b", "/workloads/web/requests/deadline=100 ms"]).ok();
    assert!(
        told.out.contains("but they are measured differently: ") && told.out.contains("requests.late"),
        "{}",
        told.out
    );
    let told = place.run(&["diff", "tiny.json", "--set-b", "/nodes/box/hardware/faults/down=31 s"]).ok();
    assert!(told.out.contains("fault ends (node "), "{}", told.out);
}

#[test]
fn mistakes_are_named() {
    let place = Place::with_tiny();
    for (arguments, what) in [
        (
            &["tiny.json:bare:0:0:0"][..],
            "has too many parts; accepted: FILE[:POLICY[:REPLICATION[:VARIATION]]]",
        ),
        (&["tiny.json:bar"], "there is no policy `bar`; accepted: bare, retrying"),
        (&["tiny.json:bare:x"], "\"x\" is no number of a replication"),
        (&["tiny.json:bare:0:7"], "there is no variation 7; accepted: 0 to 0"),
        (&["tiny.json", "--seeds", "1,2,3"], "two runs are compared, not 3"),
        (&["other.json"], "cannot read other.json: no such file"),
    ] {
        let ended = place.run(&[&["diff"], arguments].concat());
        assert!(ended.code == Some(2) && ended.err.contains(what), "{arguments:?}: {}", ended.err);
    }
}
