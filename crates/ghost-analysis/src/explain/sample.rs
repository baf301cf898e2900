//! The example of the article as a recording, with a legacy caller that passes floats.

use ghost_model::{
    ExceptionCount, Function, FunctionId, FunctionKey, FunctionKind, Profile, Recording, TypeId,
    TypeName, bucket_index,
};

/// `calculate_discount`, the function that is explained.
pub(super) const DISCOUNT: FunctionId = FunctionId(1);

pub(super) fn recording() -> Recording {
    let mut recording = Recording::default();
    for name in ["int", "float", "ValueError", "NoneType"] {
        recording.types.push(TypeName::new("builtins", name));
    }
    let [int, float, error] = [TypeId(1), TypeId(2), TypeId(3)];
    let [main, legacy, round] = [FunctionId(2), FunctionId(3), FunctionId(4)];
    let mut discount = Profile {
        args: vec![
            (vec![int, int], 4),
            (vec![float, int], 2),
            (vec![float, float], 1),
            (vec![int, float], 1),
        ],
        args_by_caller: vec![
            ((main, vec![int, int]), 4),
            ((legacy, vec![float, int]), 2),
            ((legacy, vec![float, float]), 1),
            ((main, vec![int, float]), 1),
        ],
        returns: vec![(int, 6), (TypeId(4), 1)],
        returns_by_caller: vec![((main, int), 4), ((main, TypeId(4)), 1), ((legacy, int), 2)],
        exceptions: vec![ExceptionCount { exception: error, caught_by: Some(legacy), count: 1 }],
        callers: vec![(main, 5), (legacy, 3)],
        running_ns: 8_000_000,
        self_ns: 2_000_000,
        latency_ns_sum: 50_700_000,
        latency_ns_min: 100_000,
        latency_ns_max: 50_000_000,
        ..Profile::default()
    };
    discount.latency.add(bucket_index(100_000), 7);
    discount.latency.add(bucket_index(50_000_000), 1);
    let round_profile = Profile {
        args: vec![(vec![float], 16)],
        callers: vec![(DISCOUNT, 16)],
        ..Profile::default()
    };
    let plain = Profile { args: vec![(vec![], 1)], ..Profile::default() };
    add(&mut recording, "calculate_discount", 12, "price,quantity", discount);
    add(&mut recording, "main", 40, "", plain.clone());
    add(&mut recording, "legacy_checkout", 60, "", plain);
    assert_eq!(round.index(), recording.functions.len());
    add(&mut recording, "round_up", 5, "x", round_profile);
    recording
}

fn add(recording: &mut Recording, qualname: &str, line: u32, parameters: &str, profile: Profile) {
    recording.functions.push(Function {
        key: FunctionKey { module: "shop".into(), qualname: qualname.into(), line },
        file: "shop.py".into(),
        parameters: parameters.into(),
        kind: FunctionKind::Function,
    });
    recording.profiles.push(profile);
}
