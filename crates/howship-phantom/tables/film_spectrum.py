"""Writes ../src/film/spectrum_table.rs: attenuation of a hand's materials and spectra of a hand film.

    pip install xraydb==4.5.8 spekpy==2.5.4
    python film_spectrum.py > ../src/film/spectrum_table.rs

Attenuation (Elam tables by xraydb), total with coherent scatter, per mm. Compositions by mass: ICRU-44 cortical
bone, soft tissue and adipose tissue (from memory, rounded to 0.1 %). Spectra by SpekPy: tungsten, 12 degrees, 2.5 mm Al,
100 cm; photons detected by 450 mg/cm2 of CsI.
"""
import numpy as np
import spekpy
import xraydb

MATERIALS = {
    "SOFT": (1.06, dict(H=10.2, C=14.3, N=3.4, O=70.8, Na=0.2, P=0.3, S=0.3, Cl=0.2, K=0.3)),
    "CORTEX": (1.92, dict(H=3.4, C=15.5, N=4.2, O=43.5, Na=0.1, Mg=0.2, P=10.3, S=0.3, Ca=22.5)),
    "FAT": (0.95, dict(H=11.4, C=59.8, N=0.7, O=27.8, Na=0.1, S=0.1, Cl=0.1)),
    "CSI": (4.51, dict(Cs=51.15, I=48.85)),
}
BIN_KEV, LOW, HIGH = 2.0, 14.0, 60.0
ENERGY = np.arange(LOW + BIN_KEV / 2, HIGH, BIN_KEV)


def mu_per_mm(material):
    density, parts = MATERIALS[material]
    total = sum(parts.values())
    mass = sum(share / total * xraydb.mu_elam(element, ENERGY * 1000.0) for element, share in parts.items())
    return mass * density / 10.0


def detected(kvp):
    tube = spekpy.Spek(kvp=kvp, th=12, dk=0.5)
    tube.filter("Al", 2.5)
    energy, fluence = tube.get_spectrum(edges=False)
    photons = np.array([fluence[(energy >= e - BIN_KEV / 2) & (energy < e + BIN_KEV / 2)].sum() for e in ENERGY])
    stopped = 1.0 - np.exp(-mu_per_mm("CSI") * 450.0 / 4.51 / 100.0)
    photons = photons * stopped
    return photons / photons.sum()


def array(name, doc, values):
    print(f"/// {doc}")
    print(f"pub(super) const {name}: [f64; BINS] = [")
    for value in values:
        print(f"    {value:.5e},")
    print("];")


print("//! Written by `tables/film_spectrum.py` (xraydb 4.5.8, SpekPy 2.5.4): do not edit.")
print("/// Bins of energy.")
print(f"pub(super) const BINS: usize = {len(ENERGY)};")
array("ENERGY_KEV", "Middle of each bin, keV.", ENERGY)
array("MU_SOFT", "Soft tissue of 1.06 g/cm³, per mm.", mu_per_mm("SOFT"))
array("MU_CORTEX", "Cortical bone of 1.92 g/cm³, per mm.", mu_per_mm("CORTEX"))
array("MU_FAT", "Adipose tissue of 0.95 g/cm³, per mm.", mu_per_mm("FAT"))
for kvp in (50, 55, 60):
    array(f"SPECTRUM_{kvp}", f"Share of the detected photons at {kvp} kVp.", detected(kvp))
