//! The 256 cases of marching cubes, derived rather than listed.
//!
//! On every face of the cube the crossed edges are joined in pairs; on a face with two diagonal inside
//! corners each of them is cut off by itself. Two cubes that share a face see the same four corners, so
//! they join its edges alike and the surface has no cracks. The pairs close to loops, and each loop is cut
//! into triangles without a diagonal that lies in a face, so that no edge has more than two triangles.

use std::sync::LazyLock;

/// Corners as (x, y, z) bits: corner i is at (i & 1, i >> 1 & 1, i >> 2).
/// Edges as (corner, corner): 4 along x, 4 along y, 4 along z.
pub(super) const EDGES: [(usize, usize); 12] = [
    (0, 1),
    (2, 3),
    (4, 5),
    (6, 7),
    (0, 2),
    (1, 3),
    (4, 6),
    (5, 7),
    (0, 4),
    (1, 5),
    (2, 6),
    (3, 7),
];

/// Corners of each face, anticlockwise seen from outside the cube.
const FACES: [[usize; 4]; 6] = [
    [0, 4, 6, 2],
    [1, 3, 7, 5],
    [0, 1, 5, 4],
    [2, 6, 7, 3],
    [0, 2, 3, 1],
    [4, 5, 7, 6],
];

/// Triangles (as edges) for each set of inside corners, anticlockwise seen from outside the object.
pub(super) static TRIANGLES: LazyLock<Vec<Vec<[u8; 3]>>> =
    LazyLock::new(|| (0..256).map(triangles_of).collect());

fn edge_between(a: usize, b: usize) -> usize {
    let wanted = (a.min(b), a.max(b));
    EDGES.iter().position(|&edge| edge == wanted).unwrap_or(0)
}

fn triangles_of(case: usize) -> Vec<[u8; 3]> {
    let mut next = next_edges(case);
    let mut triangles = Vec::new();
    for start in 0..12 {
        let mut ring = Vec::new();
        let mut edge = start;
        while let Some(after) = next[edge].take() {
            ring.push(edge);
            edge = after;
        }
        if ring.len() > 2 {
            cut(&ring, &mut triangles);
        }
    }
    triangles
}

/// For each crossed edge, the one that follows it around the surface.
fn next_edges(case: usize) -> [Option<usize>; 12] {
    let inside = |corner: usize| case >> corner & 1 == 1;
    let mut next = [None; 12];
    for face in FACES {
        // The rim of the surface runs with the walk around the face: from where a stretch of inside
        // corners begins to where it ends. So the triangles face away from the object.
        for i in 0..4 {
            let (here, ahead) = (face[i], face[(i + 1) % 4]);
            if !inside(here) || inside(ahead) {
                continue;
            }
            let mut first = i;
            while inside(face[(first + 3) % 4]) {
                first = (first + 3) % 4;
            }
            let entry = edge_between(face[(first + 3) % 4], face[first]);
            next[entry] = Some(edge_between(here, ahead));
        }
    }
    next
}

/// Whether two edges of the cube lie in one face.
fn share_face(a: usize, b: usize) -> bool {
    let in_face = |face: &[usize; 4], edge: usize| {
        face.contains(&EDGES[edge].0) && face.contains(&EDGES[edge].1)
    };
    FACES
        .iter()
        .any(|face| in_face(face, a) && in_face(face, b))
}

/// Cuts a ring into triangles by ears; a diagonal within a face is the last resort.
fn cut(ring: &[usize], triangles: &mut Vec<[u8; 3]>) {
    let mut found = Vec::new();
    if !cut_without_face_diagonals(ring, &mut found) {
        found = (1..ring.len() - 1)
            .map(|i| [ring[0], ring[i], ring[i + 1]])
            .collect();
    }
    triangles.extend(found.into_iter().map(|t| t.map(|edge| edge as u8)));
}

fn cut_without_face_diagonals(ring: &[usize], found: &mut Vec<[usize; 3]>) -> bool {
    let n = ring.len();
    if n == 3 {
        found.push([ring[0], ring[1], ring[2]]);
        return true;
    }
    for i in 0..n {
        let (before, after) = (ring[(i + n - 1) % n], ring[(i + 1) % n]);
        if share_face(before, after) {
            continue;
        }
        let mut rest = ring.to_vec();
        rest.remove(i);
        found.push([before, ring[i], after]);
        if cut_without_face_diagonals(&rest, found) {
            return true;
        }
        found.pop();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_is_bounded_by_its_faces_alone() {
        for case in 0..256usize {
            let mut directed = std::collections::BTreeMap::new();
            for triangle in &TRIANGLES[case] {
                for i in 0..3 {
                    *directed
                        .entry((triangle[i], triangle[(i + 1) % 3]))
                        .or_insert(0) += 1;
                }
            }
            for (&(a, b), &times) in &directed {
                assert_eq!(times, 1, "case {case}");
                let paired = directed.contains_key(&(b, a));
                let on_face = share_face(usize::from(a), usize::from(b));
                assert_eq!(paired, !on_face, "case {case}: edge {a}-{b}");
            }
            let crossed = EDGES
                .iter()
                .filter(|(a, b)| (case >> a ^ case >> b) & 1 == 1)
                .count();
            let mut used: Vec<u8> = TRIANGLES[case].iter().flatten().copied().collect();
            used.sort_unstable();
            used.dedup();
            assert_eq!(used.len(), crossed, "case {case}");
        }
    }
}
