use std::path::Path;

const UPDATE: &str = "UPDATE_SCHEMA=1 cargo test -p howship-report schema";

/// The schemas that ship are those that the types say; to write them again: see [`UPDATE`].
#[test]
fn the_shipped_schemas_are_those_of_the_types() {
    for (name, schema) in [
        ("verdicts", howship_change::json_schema()),
        ("films", howship_change::film_json_schema()),
        ("registration", howship_change::registration_json_schema()),
        (
            "film-registration",
            howship_change::film_registration_json_schema(),
        ),
    ] {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../schema/{name}.schema.json"));
        let mut fresh = serde_json::to_string_pretty(&schema).unwrap();
        fresh.push('\n');
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(&path, &fresh).unwrap();
        }
        let shipped = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            shipped == fresh,
            "schema/{name}.schema.json is stale; run `{UPDATE}`"
        );
    }
}
