use howship_change::FilmJoint;
use howship_film::{
    Error, FilmOptions, GivenErosion, JointName, JointPlace, JointView, Precision, measure_joint,
};
use howship_image::Film;
use howship_phantom::film::{
    FilmGeometry, FilmLesionSpec, JointFilm, JointFilmSpec, JointFilmTruth, JointFilmVisit, Segment,
};

/// One film of a joint, and what is true of it.
#[derive(Clone)]
pub(crate) struct Shot {
    pub film: Film,
    pub truth: JointFilmTruth,
}

/// A PIP joint with one erosion of the proximal phalanx' head in profile.
pub(crate) fn spec(visits: Vec<JointFilmVisit>, lesion: FilmLesionSpec) -> JointFilmSpec {
    JointFilmSpec {
        ray: 3,
        proximal: Segment::Proximal,
        proximal_lesions: vec![lesion],
        // A ray per pixel: its aperture's blur is small beside the detector's.
        ray_mm: 0.1,
        geometry: FilmGeometry {
            size_px: [256, 256],
            origin_px: [127.5, 127.5],
            ..FilmGeometry::default()
        },
        visits,
        ..JointFilmSpec::default()
    }
}

pub(crate) fn visit(name: &str, change_mm: f64) -> JointFilmVisit {
    JointFilmVisit {
        name: name.into(),
        joint_space_change_mm: change_mm,
        ..JointFilmVisit::default()
    }
}

pub(crate) fn shots(spec: &JointFilmSpec) -> Vec<Shot> {
    let joint = JointFilm::new(spec).unwrap();
    (0..spec.visits.len())
        .map(|v| {
            let truth = joint.truth(v).unwrap();
            let film = joint
                .render(v)
                .unwrap()
                .film(truth.magnification, None)
                .unwrap();
            Shot { film, truth }
        })
        .collect()
}

pub(crate) fn view<'a>(name: &'a str, shot: &'a Shot) -> JointView<'a> {
    JointView {
        visit: name,
        film: &shot.film,
        place: JointPlace {
            centre: shot.truth.centre_px,
            axis: [0.0, -1.0],
            field_px: None,
        },
        side: None,
    }
}

/// The images' own errors: the phantom lies still.
pub(crate) fn options() -> FilmOptions {
    FilmOptions {
        precision: Precision::Tilt { sd_deg: 0.0 },
        ..FilmOptions::default()
    }
}

pub(crate) fn measure(shots: &[Shot], given: bool) -> Result<FilmJoint, Error> {
    let names = ["M0", "M6", "M12"];
    let views: Vec<JointView> = names.iter().zip(shots).map(|(n, s)| view(n, s)).collect();
    let first = shots[0].truth.lesions.first().filter(|_| given);
    let given: Vec<GivenErosion> = first
        .map(|lesion| GivenErosion {
            visit: "M0".into(),
            bone: None,
            at: lesion.mouth_px,
            mouth: None,
        })
        .into_iter()
        .collect();
    let name = JointName {
        joint: "PIP3",
        hand: 1,
    };
    measure_joint(name, &views, &given, &options())
}
