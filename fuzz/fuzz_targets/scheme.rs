#![no_main]
#[path = "../tables.rs"]
mod tables;

use howship_scores::{ReadOptions, Scheme};

/// A long table that many small schemes can score.
const LONG: &[u8] = b"subject,visit,reader,side,site,feature,score\n\
    1,M0,A,L,MCP2,erosion,1\n1,M0,B,L,MCP2,erosion,0\n1,M6,A,L,MCP2,erosion,2\n2,M0,A,R,MTP1,jsn,0.5\n";

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(scheme) = Scheme::from_toml(text) else {
        return;
    };
    assert!(!scheme.show().is_empty());
    assert_eq!(scheme.tidy().rows.len(), scheme.items().len());
    let options =
        ReadOptions { scheme: Some(scheme.id.clone()), own_schemes: vec![scheme], ..ReadOptions::default() };
    let table = tables::table(LONG).expect("a sound table");
    tables::scores(&table, &options);
});
