use std::path::Path;

const UPDATE: &str = "UPDATE_SCHEMA=1 cargo test -p howship-report schema";

/// The schema that ships is the one that the types say; to write it again: see [`UPDATE`].
#[test]
fn the_shipped_schema_is_the_one_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/verdicts.schema.json");
    let mut fresh = serde_json::to_string_pretty(&howship_change::json_schema()).unwrap();
    fresh.push('\n');
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &fresh).unwrap();
    }
    let shipped = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        shipped == fresh,
        "schema/verdicts.schema.json is stale; run `{UPDATE}`"
    );
}
