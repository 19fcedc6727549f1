//! What a reader gives beside films, with mistakes in it: nothing is dropped, guessed or taken twice in silence.

use crate::films_compare::{ARGUMENTS, folder, result};
use crate::fixture::howship;
use howship_change::FilmErosionSource;
use std::path::Path;

fn compare(folder: &Path, more: &[&str]) -> crate::fixture::Run {
    let arguments: Vec<&str> = ARGUMENTS.iter().chain(more).copied().collect();
    howship(folder, &arguments)
}

/// A point at the erosion that the program finds is followed once; every point that cannot be right is refused by line.
#[test]
fn erosions_pointed_at_are_followed_or_refused() {
    let folder = folder(|_, film| film);
    let path = folder.path();
    compare(path, &[]).succeeded();
    let found = &result(path).joints[0].joint.erosions[0];
    assert_eq!(found.source, FilmErosionSource::Found);
    let [x, y] = found.at.map(|v| (v * 10.0).round() / 10.0);
    let write = |rows: &str| std::fs::write(path.join("e.csv"), rows).unwrap();
    let lesions = ["--lesions", "e.csv", "--force"];
    write(&format!("joint,visit,x,y\nMCP2,M0,{x},{y}\n"));
    compare(path, &lesions).succeeded();
    let erosions = &result(path).joints[0].joint.erosions;
    assert_eq!(erosions.len(), 1);
    assert_eq!(erosions[0].source, FilmErosionSource::Given);
    for (rows, word) in [
        (format!("joint,visit,x,y\nMCP9,M0,{x},{y}\n"), "MCP9"),
        (
            format!("joint,visit,x,y\nMCP2,M6,{x},{y}\n"),
            "no film of that visit",
        ),
        (
            format!("joint,visit,x,y\nMCP3,M0,{x},{y}\n"),
            "no film that is compared",
        ),
        (
            format!("joint,visit,x,y,side\nMCP2,M0,{x},{y},L\n"),
            "no film that is compared",
        ),
        (
            format!("joint,visit,x,y,hand\nMCP2,M0,{x},{y},2\n"),
            "no film that is compared",
        ),
        (format!("joint,visit,x,y\nMCP2,M0,-{x},{y}\n"), "outside"),
        (
            "joint,visit,x,y\nMCP2,M0,0,0\n".to_owned(),
            "no outline of either bone is near",
        ),
        (
            format!("joint,visit,x,y,bone\nMCP2,M0,{x},{y},distal\n"),
            "lies at the other one",
        ),
        (
            format!("joint,visit,x,y\nMCP2,M0,{x},{y}\nMCP2,M0,{x},{y}\n"),
            "give each once",
        ),
        (
            format!("joint,visit,x,y,finger\nMCP2,M0,{x},{y},2\n"),
            "finger",
        ),
    ] {
        write(&rows);
        compare(path, &lesions).failed(65, &["e.csv", word]);
    }
}

/// A study's own repeats that cannot be, landmarks with a decimal comma, visits named against the files' names.
#[test]
fn tables_and_names_that_cannot_be_right_are_refused() {
    let folder = folder(|_, film| film);
    let path = folder.path();
    let precision = ["--precision", "p.csv"];
    for (rows, word) in [
        (
            "thing,quantity,value\nMCP2,narrowing,0\nMCP2,narrowing,0\n",
            "no error at all",
        ),
        (
            "thing,quantity,value\nMCP2,joint_space,1.7\nMCP2,joint_space,-1.7\n",
            "line 3",
        ),
        ("thing,quantity,value\nP1.R.MCP9,narrowing,0.1\n", "MCP9"),
        (
            "thing,quantity,value\nMCP2,narrowing,20\nMCP2,narrowing,-10\n",
            "micrometres",
        ),
    ] {
        std::fs::write(path.join("p.csv"), rows).unwrap();
        compare(path, &precision).failed(65, &[word]);
    }
    let swapped = [
        "compare",
        "M12.png",
        "M0.png",
        "--visits",
        "M0,M12",
        "--landmarks",
        "joints.json",
        "-o",
        "out",
    ];
    howship(path, &swapped).failed(65, &["M0.png", "the other way round"]);
    let joints = std::fs::read_to_string(path.join("joints.json")).unwrap();
    let at = joints.find("\"x\": ").unwrap() + 5;
    let end = at + joints[at..].find(',').unwrap();
    let comma = format!("{}\"812,5\"{}", &joints[..at], &joints[end..]);
    std::fs::write(path.join("joints.json"), comma).unwrap();
    compare(path, &[]).failed(
        65,
        &["joints.json", "landmark 1 (M0.png, MCP2)", "decimal point"],
    );
}
