use howship_phantom::{Error, InsertSpec, InsertedLesion, JointSpec, render_visit, truth};

fn refused(change: impl FnOnce(&mut JointSpec)) -> String {
    let mut spec = JointSpec::small(0.4);
    change(&mut spec);
    truth(&spec).unwrap_err().to_string()
}

#[test]
fn what_is_wrong_is_named() {
    let cases = [
        (
            refused(|s| s.erosions[1].width_mm = -1.0),
            "erosions[1].width_mm",
        ),
        (
            refused(|s| s.erosions[0].depth_mm = f64::NAN),
            "erosions[0].depth_mm",
        ),
        (
            refused(|s| s.erosions[0].depth_course = vec![1.0]),
            "erosions[0].depth_course",
        ),
        (
            refused(|s| s.erosions[0].recortication = vec![0.0, 1.5]),
            "erosions[0].recortication[1]",
        ),
        (
            refused(|s| s.erosions[0].place.height_mm = 40.0),
            "erosions[0].place",
        ),
        (
            refused(|s| s.erosions[0].place.angle_deg = f64::INFINITY),
            "erosions[0].place",
        ),
        (refused(|s| s.visits.clear()), "visits"),
        (
            refused(|s| s.visits[1].name = "M0".into()),
            "visits[1].name",
        ),
        (
            refused(|s| s.visits[1].hand.translation_mm[0] = f64::NAN),
            "visits[1].hand",
        ),
        (refused(|s| s.scanner.voxel_mm[1] = 0.0), "scanner.voxel_mm"),
        (refused(|s| s.scanner.noise.sd = -3.0), "scanner.noise.sd"),
        (
            refused(|s| s.scanner.supersampling = 0),
            "scanner.supersampling",
        ),
        (refused(|s| s.anatomy.scale = f64::NAN), "anatomy.scale"),
        (refused(|s| s.tissue.marrow = f64::NAN), "tissue.marrow"),
        (refused(|s| s.delta_mm3 = 0.0), "delta_mm3"),
    ];
    for (message, field) in cases {
        assert!(message.contains(&format!("`{field}")), "{message}");
    }
    let error = render_visit(&JointSpec::small(0.4), 2).unwrap_err();
    assert_eq!(
        error,
        Error::VisitIndex {
            visit: 2,
            visits: 2
        }
    );
}

#[test]
fn a_specification_is_toml_and_unknown_fields_are_refused() {
    let text = toml::to_string(&JointSpec::demo()).unwrap();
    assert_eq!(
        toml::from_str::<JointSpec>(&text).unwrap(),
        JointSpec::demo()
    );
    let short: JointSpec = toml::from_str(
        "seed = 5\n[[visits]]\nname = 'M0'\n[[erosions]]\nwidth_mm = 1.5\nplace = { bone = 'phalanx', angle_deg = 30.0, height_mm = -4.0 }\n",
    )
    .unwrap();
    assert_eq!(short.erosions[0].length_mm, 2.0);
    let error = toml::from_str::<JointSpec>("[[erosions]]\nwidht_mm = 1.5\n")
        .unwrap_err()
        .to_string();
    assert!(error.contains("widht_mm"), "{error}");
    let insert = InsertSpec::random(4, 3, 3);
    let text = toml::to_string(&insert).unwrap();
    assert_eq!(toml::from_str::<InsertSpec>(&text).unwrap(), insert);
    assert!(toml::from_str::<InsertSpec>("nosie = 3\n").is_err());
}

#[test]
fn insert_refuses_what_makes_no_sense() {
    let (scan, labels) = crate::insert::ball(0.4);
    let refused = |change: &dyn Fn(&mut InsertSpec)| {
        let mut spec = InsertSpec {
            lesions: vec![InsertedLesion::default()],
            ..InsertSpec::default()
        };
        change(&mut spec);
        howship_phantom::insert(&scan, Some(&labels), &spec)
            .unwrap_err()
            .to_string()
    };
    assert!(refused(&|s| s.visits.clear()).contains("visits"));
    assert!(refused(&|s| s.lesions[0].depth_mm = -1.0).contains("lesions[0].depth_mm"));
    assert!(refused(&|s| s.lesions[0].bone = 9).contains("lesions[0].bone"));
    assert!(refused(&|s| s.lesions[0].near_mm = Some([40.0; 3])).contains("lesions[0].near_mm"));
    assert!(
        refused(&|s| s.lesions[0].near_mm = Some([f64::NAN; 3])).contains("lesions[0].near_mm")
    );
    assert!(
        refused(&|s| s.lesions = vec![InsertedLesion::default(); 60]).contains("60 random lesions")
    );
    assert!(
        refused(&|s| s.region = Some(howship_image::Region {
            start: [0; 3],
            size: [999; 3]
        }))
        .contains("region")
    );
}
