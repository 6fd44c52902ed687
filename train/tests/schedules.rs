//! Schedules: what they promise at every step, and PyTorch's values.

use burn::lr_scheduler::module_lr_scheduler::ModuleLrScheduler;
use burn::lr_scheduler::{LrScheduler, LrSchedulerRecord};
use proptest::prelude::*;
use recurra_train::schedule::{
    Annealing, Cosine, CosineEnd, Exponential, InverseSquareRoot, Linear, OneCycle, Phases,
    Schedule, Sequence, Step,
};
use recurra_train::{Course, Error, ScheduledRate};
use serde::Deserialize;

/// The golden file has 13 digits, and PyTorch multiplies one rate by the next 200 times over.
const GOLDEN_TOLERANCE: f64 = 1e-11;
/// Reading a float may miss it by its last bit, which a power multiplies.
const READ_TOLERANCE: f64 = 1e-12;
/// Roundings of numbers up to 1.
const TOLERANCE: f64 = 1e-14;

fn close(left: f64, right: f64) -> bool {
    (left - right).abs() <= TOLERANCE
}

fn factors(schedule: &Schedule, steps: usize) -> Vec<f64> {
    (0..steps).map(|step| schedule.factor(step)).collect()
}

fn rises(values: &[f64]) -> bool {
    values.windows(2).all(|pair| pair[0] < pair[1])
}

fn never_rises(values: &[f64]) -> bool {
    values.windows(2).all(|pair| pair[0] >= pair[1])
}

fn steps() -> impl Strategy<Value = usize> {
    prop_oneof![Just(1usize), 1usize..60]
}

fn linear() -> impl Strategy<Value = Linear> {
    (0.0f64..=1.0, 0.0f64..=1.0, steps()).prop_map(|(start, end, steps)| Linear {
        start,
        end,
        steps,
    })
}

fn cosine() -> impl Strategy<Value = Cosine> {
    let end = prop_oneof![
        Just(CosineEnd::Hold),
        Just(CosineEnd::Rise),
        (1usize..5).prop_map(|t_mult| CosineEnd::Restart { t_mult }),
    ];
    (steps(), 0.0f64..=1.0, end).prop_map(|(steps, minimum, end)| Cosine {
        steps,
        minimum,
        end,
    })
}

fn gamma() -> impl Strategy<Value = f64> {
    prop_oneof![Just(1.0), 0.01f64..1.0]
}

fn one_cycle() -> impl Strategy<Value = OneCycle> {
    let annealing = prop_oneof![Just(Annealing::Cosine), Just(Annealing::Linear)];
    let phases = prop_oneof![Just(Phases::Two), Just(Phases::Three)];
    let part = prop_oneof![Just(0.0), Just(1.0), 0.0f64..=1.0];
    let shape = (annealing, phases, part);
    (steps(), shape, 1.0f64..50.0, 1.0f64..1e4).prop_map(
        |(steps, (annealing, phases, part), div_factor, final_div_factor)| OneCycle {
            steps,
            pct_start: match phases {
                Phases::Two => part,
                Phases::Three => 0.5 * part,
            },
            annealing,
            phases,
            div_factor,
            final_div_factor,
        },
    )
}

/// Every schedule but a sequence.
fn single() -> impl Strategy<Value = Schedule> {
    prop_oneof![
        Just(Schedule::Constant),
        linear().prop_map(Schedule::Linear),
        cosine().prop_map(Schedule::Cosine),
        (steps(), gamma()).prop_map(|(size, gamma)| Schedule::Step(Step::new(size, gamma))),
        (gamma(), 0usize..60, steps()).prop_map(|(gamma, delay, period)| {
            Schedule::Exponential(Exponential::delayed(gamma, delay, period))
        }),
        steps().prop_map(|warm_up| Schedule::InverseSquareRoot(InverseSquareRoot::new(warm_up))),
        one_cycle().prop_map(Schedule::OneCycle),
    ]
}

fn sequence(of: impl Strategy<Value = Schedule> + Clone) -> impl Strategy<Value = Sequence> {
    let later = prop::collection::vec((of.clone(), steps()), 0..4);
    (of, later).prop_map(|(first, later)| {
        let mut sequence = Sequence::new(vec![first], vec![]);
        let mut milestone = 0;
        for (schedule, length) in later {
            milestone += length;
            sequence.schedules.push(schedule);
            sequence.milestones.push(milestone);
        }
        sequence
    })
}

/// Every schedule, sequences in sequences among them.
fn any_schedule() -> impl Strategy<Value = Schedule> {
    let flat = sequence(single().boxed()).prop_map(Schedule::Sequence);
    let inner = prop_oneof![single(), flat].boxed();
    prop_oneof![
        4 => single(),
        2 => sequence(inner).prop_map(Schedule::Sequence),
    ]
}

fn any_step() -> impl Strategy<Value = usize> {
    prop_oneof![0usize..200, any::<usize>(), Just(usize::MAX)]
}

proptest! {
    #[test]
    fn every_factor_is_in_the_unit_interval(schedule in any_schedule(), step in any_step()) {
        prop_assert!(schedule.validate().is_ok());
        let factor = schedule.factor(step);
        prop_assert!((0.0..=1.0).contains(&factor), "{factor}");
    }

    #[test]
    fn a_configuration_survives_its_text(schedule in any_schedule()) {
        let text = serde_json::to_string(&schedule).unwrap();
        let read: Schedule = serde_json::from_str(&text).unwrap();
        for step in 0..100 {
            let miss = (read.factor(step) - schedule.factor(step)).abs();
            prop_assert!(miss <= READ_TOLERANCE, "{miss} at step {step} of {text}");
        }
        prop_assert_eq!(std::mem::discriminant(&read), std::mem::discriminant(&schedule));
    }

    #[test]
    fn a_line_meets_both_ends_and_stays(line in linear(), later in any_step()) {
        let schedule = Schedule::Linear(line);
        prop_assert_eq!(schedule.factor(0), line.start);
        prop_assert_eq!(schedule.factor(line.steps.saturating_add(later)), line.end);
        let ways: Vec<f64> = factors(&schedule, line.steps + 1).windows(2).map(|w| w[1] - w[0]).collect();
        prop_assert!(ways.iter().all(|&way| close(way, ways[0])), "{ways:?}");
    }

    #[test]
    fn a_cosine_falls_from_1_to_its_minimum(cosine in cosine()) {
        let schedule = Schedule::Cosine(cosine);
        prop_assert_eq!(schedule.factor(0), 1.0);
        prop_assert!(never_rises(&factors(&schedule, cosine.steps)));
        let half = 0.5 * (1.0 + cosine.minimum);
        if cosine.steps.is_multiple_of(2) {
            prop_assert!(close(schedule.factor(cosine.steps / 2), half));
        }
    }

    #[test]
    fn after_its_end_a_cosine_does_as_it_is_told(cosine in cosine(), later in 0usize..150) {
        let (schedule, end) = (Schedule::Cosine(cosine), cosine.steps);
        let here = schedule.factor(end + later);
        match cosine.end {
            CosineEnd::Hold => prop_assert_eq!(here, cosine.minimum),
            CosineEnd::Rise => {
                let mirrored = schedule.factor(end.abs_diff(later));
                prop_assert!(close(here, mirrored), "{here} {mirrored}");
            }
            CosineEnd::Restart { t_mult } => {
                let second = Cosine { steps: end * t_mult, ..cosine };
                prop_assert_eq!(here, Schedule::Cosine(second).factor(later));
            }
        }
    }

    #[test]
    fn stairs_fall_by_gamma(gamma in gamma(), delay in 0usize..60, period in steps(), later in 0usize..200) {
        let schedule = Schedule::Exponential(Exponential::delayed(gamma, delay, period));
        prop_assert!(factors(&schedule, delay).iter().all(|&factor| factor == 1.0));
        prop_assert_eq!(schedule.factor(delay), gamma);
        let (here, next) = (schedule.factor(delay + later), schedule.factor(delay + later + period));
        prop_assert!((next - gamma * here).abs() <= 1e-12 * here, "{next} {here}");
        let within = later / period * period;
        prop_assert_eq!(here, schedule.factor(delay + within));
    }

    #[test]
    fn steps_are_stairs_whose_delay_is_one_step(gamma in gamma(), size in steps(), step in any_step()) {
        let stairs = Schedule::Exponential(Exponential::delayed(gamma, size, size));
        prop_assert_eq!(Schedule::Step(Step::new(size, gamma)).factor(step), stairs.factor(step));
    }

    #[test]
    fn the_inverse_root_peaks_at_the_end_of_its_warm_up(warm_up in steps()) {
        let schedule = Schedule::InverseSquareRoot(InverseSquareRoot::new(warm_up));
        let values = factors(&schedule, 4 * warm_up);
        let (up, down) = values.split_at(warm_up);
        prop_assert_eq!(up[warm_up - 1], 1.0);
        prop_assert!(rises(up) && never_rises(&values[warm_up - 1..]));
        prop_assert!(close(up[0], 1.0 / warm_up as f64));
        prop_assert!(close(down[3 * warm_up - 1], 0.5), "four times the steps, half the rate");
    }

    #[test]
    fn one_cycle_goes_up_once_and_stays_at_its_lowest(cycle in one_cycle(), later in any_step()) {
        let schedule = Schedule::OneCycle(cycle);
        let values = factors(&schedule, cycle.steps);
        let lowest = 1.0 / cycle.div_factor / cycle.final_div_factor;
        let peak = cycle.pct_start * cycle.steps as f64 - 1.0;
        prop_assert_eq!(schedule.factor(cycle.steps.saturating_add(later)), lowest);
        if peak < (cycle.steps - 1) as f64 {
            prop_assert!(close(values[cycle.steps - 1], lowest), "{values:?}");
        }
        if peak > 0.0 {
            prop_assert!(close(values[0], 1.0 / cycle.div_factor));
            let (up, down) = values.split_at(peak as usize + 1);
            prop_assert!(up.windows(2).all(|pair| pair[0] <= pair[1] + TOLERANCE), "{up:?}");
            prop_assert!(down.windows(2).all(|pair| pair[0] + TOLERANCE >= pair[1]), "{down:?}");
        }
    }

    #[test]
    fn each_schedule_of_a_sequence_counts_from_its_own_start(
        sequence in sequence(single().boxed()),
        step in 0usize..200,
    ) {
        let (mut begin, mut active) = (0, &sequence.schedules[0]);
        for (milestone, schedule) in sequence.milestones.iter().zip(&sequence.schedules[1..]) {
            if *milestone <= step {
                (begin, active) = (*milestone, schedule);
            }
        }
        let expected = active.factor(step - begin);
        prop_assert_eq!(Schedule::Sequence(sequence).factor(step), expected);
    }

    #[test]
    fn a_course_spans_the_run(steps in steps(), part in 0.0f64..=1.0) {
        let step = (part * steps as f64) as usize;
        let progress = step as f64 / steps as f64;
        let cosine = 0.5 * (1.0 + (std::f64::consts::PI * progress).cos());
        prop_assert_eq!(Course::Constant.over(steps).factor(step), 1.0);
        prop_assert_eq!(Course::Linear.over(steps).factor(step), 1.0 - progress);
        prop_assert_eq!(Course::Cosine.over(steps).factor(step), cosine);
        for course in [Course::Linear, Course::Cosine] {
            prop_assert_eq!(course.over(steps).factor(steps), 0.0);
        }
    }

    #[test]
    fn a_restored_rate_goes_on_where_it_was(
        schedule in any_schedule(),
        base_rate in 1e-6f64..100.0,
        before in 0usize..100,
    ) {
        let start = ScheduledRate::new(schedule.clone(), base_rate).unwrap();
        let mut running = start.clone();
        for step in 0..before {
            prop_assert_eq!(running.step(), base_rate * schedule.factor(step));
        }
        let bytes = running.to_record().into_bytes().unwrap();
        let mut restored = start;
        restored.load_record(LrSchedulerRecord::from_bytes(bytes).unwrap());
        prop_assert_eq!(restored.next_step(), before);
        prop_assert_eq!(&restored, &running);
        for step in before..before + 20 {
            prop_assert_eq!(restored.step(), base_rate * schedule.factor(step));
            prop_assert_eq!(running.step(), restored.at(step));
        }
    }
}

#[test]
fn restarts_have_no_last_step() {
    for steps in 1..6 {
        for t_mult in 1..6 {
            let schedule = Schedule::Cosine(Cosine {
                steps,
                minimum: 0.0,
                end: CosineEnd::Restart { t_mult },
            });
            let factor = schedule.factor(usize::MAX);
            assert!((0.0..=1.0).contains(&factor), "{schedule:?}: {factor}");
        }
    }
}

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    schedule: Schedule,
    base_rate: f64,
    rates: Vec<f64>,
}

// The golden file and what it was made with: goldens/generate_schedules.py.
#[test]
fn the_rates_are_pytorchs() {
    let golden: Golden = serde_json::from_str(include_str!("goldens/schedules.json")).unwrap();
    assert_eq!(golden.cases.len(), 32);
    for Case {
        schedule,
        base_rate,
        rates,
    } in golden.cases
    {
        let mut rate = ScheduledRate::new(schedule.clone(), base_rate).unwrap();
        for (step, expected) in rates.into_iter().enumerate() {
            let found = rate.step();
            assert!(
                (found - expected).abs() <= GOLDEN_TOLERANCE * expected.abs(),
                "step {step} of {schedule:?}: {found} instead of {expected}"
            );
        }
    }
}

#[test]
fn defaults_are_pytorchs_and_names_are_lower_case() {
    let read = |text: &str| serde_json::from_str::<Schedule>(text).unwrap();
    assert_eq!(read("\"constant\""), Schedule::Constant);
    assert_eq!(
        read("{\"cosine\": {\"steps\": 9}}"),
        Schedule::Cosine(Cosine::new(9))
    );
    assert_eq!(
        read("{\"exponential\": {\"gamma\": 0.5}}"),
        Schedule::Exponential(Exponential::new(0.5))
    );
    let cycle = OneCycle {
        steps: 9,
        pct_start: 0.3,
        annealing: Annealing::Cosine,
        phases: Phases::Two,
        div_factor: 25.0,
        final_div_factor: 1e4,
    };
    assert_eq!(OneCycle::new(9), cycle);
    assert_eq!(
        read("{\"one_cycle\": {\"steps\": 9}}"),
        Schedule::OneCycle(cycle)
    );
    for (name, course) in [
        ("constant", Course::Constant),
        ("linear", Course::Linear),
        ("cosine", Course::Cosine),
    ] {
        assert_eq!(serde_json::to_value(course).unwrap(), name);
        assert_eq!(
            serde_json::from_value::<Course>(name.into()).unwrap(),
            course
        );
    }
    let unknown = "{\"cosine\": {\"steps\": 9, \"stepps\": 1}}";
    assert!(serde_json::from_str::<Schedule>(unknown).is_err());
}

/// Schedules of which one field is out of its range, and the error's text.
fn out_of_range() -> Vec<(Schedule, &'static str)> {
    let linear = Linear::decay(5);
    let cosine = Cosine::new(5);
    let cycle = OneCycle::new(5);
    let with_linear = |edit: fn(&mut Linear)| {
        let mut linear = linear;
        edit(&mut linear);
        Schedule::Linear(linear)
    };
    let with_cosine = |edit: fn(&mut Cosine)| {
        let mut cosine = cosine;
        edit(&mut cosine);
        Schedule::Cosine(cosine)
    };
    let with_cycle = |edit: fn(&mut OneCycle)| {
        let mut cycle = cycle;
        edit(&mut cycle);
        Schedule::OneCycle(cycle)
    };
    let exponential = |gamma, period| Schedule::Exponential(Exponential::delayed(gamma, 0, period));
    let sequence = |schedules: usize, milestones: &[usize]| {
        let schedules = vec![Schedule::Constant; schedules];
        Schedule::Sequence(Sequence::new(schedules, milestones.to_vec()))
    };
    let nested = Sequence::new(vec![sequence(0, &[])], vec![]);
    vec![
        (
            with_linear(|l| l.start = -0.5),
            "start must be in [0, 1], got -0.5",
        ),
        (
            with_linear(|l| l.end = f64::NAN),
            "end must be in [0, 1], got NaN",
        ),
        (
            with_linear(|l| l.steps = 0),
            "steps must be at least 1, got 0",
        ),
        (
            with_cosine(|c| c.steps = 0),
            "steps must be at least 1, got 0",
        ),
        (
            with_cosine(|c| c.minimum = 1.5),
            "minimum must be in [0, 1], got 1.5",
        ),
        (
            with_cosine(|c| c.end = CosineEnd::Restart { t_mult: 0 }),
            "t_mult must be at least 1, got 0",
        ),
        (
            Schedule::Step(Step::new(0, 0.5)),
            "step_size must be at least 1, got 0",
        ),
        (
            Schedule::Step(Step::new(1, 0.0)),
            "gamma must be in (0, 1], got 0",
        ),
        (exponential(1.5, 1), "gamma must be in (0, 1], got 1.5"),
        (exponential(f64::NAN, 1), "gamma must be in (0, 1], got NaN"),
        (exponential(0.5, 0), "period must be at least 1, got 0"),
        (
            Schedule::InverseSquareRoot(InverseSquareRoot::new(0)),
            "warm_up must be at least 1, got 0",
        ),
        (
            with_cycle(|c| c.steps = 0),
            "steps must be at least 1, got 0",
        ),
        (
            with_cycle(|c| c.pct_start = -0.1),
            "pct_start must be in [0, 1], got -0.1",
        ),
        (
            with_cycle(|c| (c.phases, c.pct_start) = (Phases::Three, 0.6)),
            "pct_start must be in [0, 0.5] with three phases, got 0.6",
        ),
        (
            with_cycle(|c| c.div_factor = 0.5),
            "div_factor must be at least 1 and finite, got 0.5",
        ),
        (
            with_cycle(|c| c.final_div_factor = f64::INFINITY),
            "final_div_factor must be at least 1 and finite, got inf",
        ),
        (sequence(0, &[]), "schedules must be at least one, got none"),
        (
            sequence(2, &[]),
            "milestones must be one fewer than the 2 schedules, got 0",
        ),
        (
            sequence(2, &[0]),
            "milestones must be rising, above 0, got 0",
        ),
        (
            sequence(3, &[5, 5]),
            "milestones must be rising, above 5, got 5",
        ),
        (
            Schedule::Sequence(nested),
            "schedules must be at least one, got none",
        ),
    ]
}

#[test]
fn what_is_out_of_range_is_named() {
    for (schedule, text) in out_of_range() {
        for error in [
            schedule.validate().expect_err(text),
            ScheduledRate::new(schedule.clone(), 1.0).expect_err(text),
        ] {
            assert!(matches!(error, Error::Config { .. }), "{error:?}");
            assert_eq!(error.to_string(), text);
        }
    }
    for base_rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = ScheduledRate::new(Schedule::Constant, base_rate).expect_err("not a rate");
        let text = format!("base_rate must be above 0 and finite, got {base_rate}");
        assert_eq!(error.to_string(), text);
    }
}

#[test]
#[should_panic(expected = "steps must be at least 1, got 0")]
fn a_factor_is_not_made_of_nonsense() {
    Schedule::Linear(Linear::decay(0)).factor(3);
}

#[test]
#[should_panic(expected = "expected the record of a scheduled rate")]
fn the_record_of_another_scheduler_is_refused() {
    let mut rate = ScheduledRate::new(Schedule::Constant, 1.0).unwrap();
    rate.load_record(LrScheduler::to_record(&0.5));
}

#[test]
fn burn_takes_it_for_a_whole_module_at_rates_above_1() {
    let decay = Schedule::Linear(Linear::decay(4));
    let mut scheduler = ModuleLrScheduler::from(ScheduledRate::new(decay, 30.0).unwrap());
    let rates = [(); 5].map(|()| scheduler.step().base());
    assert_eq!(rates, [30.0, 22.5, 15.0, 7.5, 0.0]);
}
