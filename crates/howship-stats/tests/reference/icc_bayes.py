"""Would a Bayesian interval of ICC hold the truth more often where few patients change? An experiment.

Two readers, error SD 1.5, readers' bias SD 0.3; traits: normal; `few`, one patient in five changes by an exponential
number of mean 6; `fewsym`, 15 % change, a third of them for the better; `lognormal`. Compared for ICC(C,1): the exact F
interval of normal scores; a normal model with half-Cauchy priors of its standard deviations; the same with a
zero-inflated trait (a spike at 0, a normal slab with its own mean). Gibbs sampling of all studies at once.

Coverage of two-sided 95 % intervals, 300 studies a cell (standard error 1 to 3 points), F / normal / zero-inflated:
  normal     n 20  96 / 94 / 96     n 50  93 / 93 / 94
  few        n 20  54 / 54 / 85     n 50  57 / 57 / 88
  fewsym     n 20  55 / 52 / 91     n 50  54 / 54 / 86
  lognormal  n 20  64 / 63 / 81
A heavier trait than the slab's is still missed, so that the zero-inflated interval is no 95 % interval either. What
`agree` shows, a kurtosis-adjusted one-sided lower bound with fewer than 100 patients, is measured in the same world
`few` by `cargo run -p howship-scores --example agreement_intervals -- 500 0 few`.

python3 -m pip install numpy scipy; python3 icc_bayes.py [studies]
"""

import numpy as np, sys
from scipy.stats import f as F

rng = np.random.default_rng(1)


def trait(kind, S, n):
    if kind == "normal":
        return rng.normal(0, 3, (S, n)), 9.0
    if kind == "few":  # 20 % change, exponential mean 6
        z = rng.random((S, n)) < 0.2
        t = z * rng.exponential(6, (S, n))
        return t, 0.2 * 72 - (1.2) ** 2
    if kind == "fewsym":
        z = rng.random((S, n)) < 0.15
        t = z * rng.exponential(5, (S, n)) * rng.choice([-1, 1, 1], (S, n))
        m = 0.15 * 5 / 3
        return t, 0.15 * 50 - m * m
    if kind == "lognormal":
        s = 1.0
        t = rng.lognormal(0.5, s, (S, n))
        return t, (np.exp(s * s) - 1) * np.exp(1 + s * s)


def data(kind, S, n, k, se):
    t, v = trait(kind, S, n)
    y = t[:, :, None] + rng.normal(0, se, (S, n, k)) + rng.normal(0, 0.3, (S, 1, k))
    return y, v / (v + se * se)


def ig(a, b):
    return b / rng.gamma(a, 1, size=np.shape(b))


def fexact(y):
    S, n, k = y.shape
    m = y.mean(2)
    r = y.mean(1)
    g = y.mean((1, 2))
    msb = k * ((m - g[:, None]) ** 2).sum(1) / (n - 1)
    e = y - m[:, :, None] - r[:, None, :] + g[:, None, None]
    mse = (e**2).sum((1, 2)) / ((n - 1) * (k - 1))
    Fo = msb / mse
    d1, d2 = n - 1, (n - 1) * (k - 1)
    L = Fo / F.ppf(0.975, d1, d2)
    U = Fo * F.ppf(0.975, d2, d1)
    return (L - 1) / (L + k - 1), (U - 1) / (U + k - 1)


def gibbs(y, model, iters=2500, burn=500, A=None):
    S, n, k = y.shape
    sc = y.std((1, 2)) + 1e-9
    y = y / sc[:, None, None]
    mu = y.mean((1, 2))
    t = y.mean(2) - mu[:, None]
    r = np.zeros((S, k))
    se2 = np.full(S, 0.3)
    st2 = np.full(S, 0.7)
    sr2 = np.full(S, 0.01)
    at = np.ones(S)
    ar = np.ones(S)
    pi = np.full(S, 0.3)
    m = np.zeros(S)
    z = np.abs(t) > 0.5
    out = []
    for it in range(iters):
        if model == "normal":
            res = (y - mu[:, None, None] - r[:, None, :]).sum(2)
            prec = k / se2 + 1 / st2
            t = (res / se2[:, None]) / prec[:, None] + rng.normal(size=(S, n)) / np.sqrt(prec)[:, None]
            b = 1 / at + (t**2).sum(1) / 2
            st2 = ig((n + 1) / 2, b)
            at = ig(1.0, 1 / st2 + 1)
            icc = st2 / (st2 + se2)
        else:
            res = (y - mu[:, None, None] - r[:, None, :]).mean(2)
            v0 = se2 / k
            v1 = v0 + st2
            l0 = -0.5 * np.log(v0)[:, None] - 0.5 * res**2 / v0[:, None] + np.log(1 - pi)[:, None]
            l1 = -0.5 * np.log(v1)[:, None] - 0.5 * (res - m[:, None]) ** 2 / v1[:, None] + np.log(pi)[:, None]
            z = rng.random((S, n)) < 1 / (1 + np.exp(np.clip(l0 - l1, -50, 50)))
            prec = 1 / v0 + 1 / st2
            mean = (res / v0[:, None] + (m / st2)[:, None]) / prec[:, None]
            t = np.where(z, mean + rng.normal(size=(S, n)) / np.sqrt(prec)[:, None], 0)
            nz = z.sum(1)
            pi = np.clip(rng.beta(1 + nz, 1 + n - nz), 1e-3, 1 - 1e-3)
            # slab mean: N(0, 4)
            pm = nz / st2 + 1 / 4
            m = (np.where(z, t, 0).sum(1) / st2) / pm + rng.normal(size=S) / np.sqrt(pm)
            b = 1 / at + (np.where(z, t - m[:, None], 0) ** 2).sum(1) / 2
            st2 = ig((nz + 1) / 2, b)
            at = ig(1.0, 1 / st2 + 1 / 4)
            vt = pi * (st2 + m * m) - (pi * m) ** 2
            icc = vt / (vt + se2)
        mu = (y - t[:, :, None] - r[:, None, :]).mean((1, 2)) + rng.normal(size=S) * np.sqrt(se2 / (n * k))
        res = (y - mu[:, None, None] - t[:, :, None]).sum(1)
        pr = n / se2 + 1 / sr2
        r = (res / se2[:, None]) / pr[:, None] + rng.normal(size=(S, k)) / np.sqrt(pr)[:, None]
        sr2 = ig((k + 1) / 2, 1 / ar + (r**2).sum(1) / 2)
        ar = ig(1.0, 1 / sr2 + 1)
        e = y - mu[:, None, None] - t[:, :, None] - r[:, None, :]
        se2 = ig(n * k / 2, (e**2).sum((1, 2)) / 2)
        if it >= burn:
            out.append(icc)
    q = np.quantile(np.array(out), [0.025, 0.975], axis=0)
    return q[0], q[1]


S = int(sys.argv[1]) if len(sys.argv) > 1 else 300
for kind in ["normal", "few", "fewsym", "lognormal"]:
    for n in [20, 50]:
        y, true = data(kind, S, n, 2, 1.5)
        row = [f"{kind:10s} n={n} icc={true:.3f}"]
        for name, (l, u) in [
            ("F", fexact(y)),
            ("bayes-normal", gibbs(y, "normal")),
            ("bayes-zero-inflated", gibbs(y, "zi")),
        ]:
            row.append(
                f"{name}: cover {np.mean((l<=true)&(true<=u)):.3f} low-miss {np.mean(l>true):.3f} up-miss {np.mean(u<true):.3f} width {np.mean(u-l):.3f}"
            )
        print(" | ".join(row), flush=True)
