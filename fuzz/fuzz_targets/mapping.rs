#![no_main]
#[path = "../tables.rs"]
mod tables;

use howship_scores::{Mapping, ReadOptions};

const TABLES: [&[u8]; 3] = [
    b"subject,visit,reader,side,site,feature,score\n1,M0,A,L,MCP2,erosion,1\n2,M6,A,R,RAD,erosion,NA\n",
    b"Patient_ID,LF_mtp_E__1,LH_mcp_E__2,LH_mcp_J__2\n1,1,2,0\n2,0,,1\n",
    b"STUDYID,USUBJID,MKTESTCD,MKLOC,MKLAT,MKSTRESN,MKEVAL,VISIT,MKDY\n\
      s,1,EROSION,MCP2,LEFT,2,READER 1,WEEK 0,1\ns,1,EROSION,MCP2,LEFT,,READER 1,WEEK 24,169\n",
];

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(mapping) = Mapping::from_toml(text) else {
        return;
    };
    for bytes in TABLES {
        let table = tables::table(bytes).expect("a sound table");
        for scheme in ["svdh", "custom"] {
            let options = ReadOptions {
                scheme: Some(scheme.to_owned()),
                mapping: Some(mapping.clone()),
                ..ReadOptions::default()
            };
            tables::scores(&table, &options);
        }
    }
});
