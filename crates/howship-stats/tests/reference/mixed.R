# Reference values for fit_mixed: lme4 (REML, ML), pbkrtest (Kenward-Roger), lmerTest (Satterthwaite).
# The data are simulated here; none comes from a package. Rscript mixed.R > mixed.json
suppressMessages({ library(lme4); library(lmerTest); library(pbkrtest); library(jsonlite) })
set.seed(19620671)
# The refits from near the optimum squeeze the last digits out of the derivative-free search.
tight <- function(formula, d, REML) {
  start <- NULL
  for (rhobeg in c(0.2, 1e-3, 1e-4, 1e-5)) {
    control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = rhobeg, rhoend = 1e-12, maxfun = 1e6),
                           check.conv.singular = "ignore", calc.derivs = FALSE)
    m <- do.call(lmerTest::lmer, list(formula = formula, data = d, REML = REML, control = control, start = start))
    start <- getME(m, "theta")
  }
  m
}
visits <- function(n, times, sd, slope_sd, rho, noise, arm_effect, keep = 1, digits = 2) {
  d <- expand.grid(time = times, subject = seq_len(n))
  arm <- rep(0:1, length.out = n)
  b0 <- rnorm(n, 0, sd); b1 <- slope_sd * (rho * b0 / sd + sqrt(1 - rho^2) * rnorm(n))
  d$arm <- arm[d$subject]
  d$y <- round(25 + b0[d$subject] + (1 + b1[d$subject] + arm_effect * d$arm) * d$time +
               rnorm(nrow(d), 0, noise), digits)
  d[runif(nrow(d)) < keep, ]
}
test_of <- function(m, L) {
  k <- lmerTest::contest(m, L, ddf = "Kenward-Roger"); s <- lmerTest::contest(m, L, ddf = "Satterthwaite")
  one <- function(x) list(f = unbox(x[["F value"]]), numerator = unbox(x[["NumDF"]]),
                          denominator = unbox(x[["DenDF"]]), p = unbox(x[["Pr(>F)"]]))
  list(kenward_roger = one(k), satterthwaite = one(s))
}
case <- function(name, d, formula, fixed, random) {
  r <- tight(formula, d, TRUE); f <- tight(formula, d, FALSE)
  summary_of <- function(m) {
    list(coefficients = unname(fixef(m)), covariance = unname(as.matrix(vcov(m))),
         random_covariance = unname(as.matrix(VarCorr(m)$subject))[, , drop = FALSE],
         residual_variance = unbox(sigma(m)^2), log_likelihood = unbox(as.numeric(logLik(m))),
         random_effects = unname(as.matrix(ranef(m)$subject))[1:3, , drop = FALSE])
  }
  t <- r; p <- length(fixef(r))
  each <- lapply(seq_len(p), function(i) {
    L <- as.numeric(seq_len(p) == i)
    k <- contest1D(t, L, ddf = "Kenward-Roger"); s <- contest1D(t, L, ddf = "Satterthwaite")
    list(kr_se = unbox(k[["Std. Error"]]), kr_df = unbox(k[["df"]]), kr_p = unbox(k[["Pr(>|t|)"]]),
         s_se = unbox(s[["Std. Error"]]), s_df = unbox(s[["df"]]), s_p = unbox(s[["Pr(>|t|)"]]))
  })
  L <- diag(p)[2:p, , drop = FALSE]
  list(name = unbox(name), fixed = fixed, random = random, singular = unbox(isSingular(r)),
       subject = d$subject, time = d$time, arm = d$arm, y = d$y,
       reml = summary_of(r), ml = summary_of(f), each = each, joint = test_of(t, L))
}
sleepy <- visits(18, 0:9, 25, 6, 0.1, 25, 0)
uneven <- visits(60, c(0, 0.5, 1, 2, 3), 12, 3, 0.4, 4, -1.5, keep = 0.62)
bound <- visits(30, c(0, 1, 2, 4), 8, 1.2, 0.98, 6, -0.5, keep = 0.9)
near <- visits(48, c(0, 1, 2, 4), 8, 1.5, 0.96, 1.5, -0.5, keep = 0.85)
alone <- visits(40, c(0, 1, 2, 3), 5, 0, 0, 7, 0.5, keep = 0.7)
cat(toJSON(list(
  case("sleepstudy-shaped", sleepy, y ~ time + (time | subject), c("time"), c("time")),
  case("unbalanced", uneven, y ~ arm + time + arm:time + (time | subject), c("arm", "time", "arm:time"), c("time")),
  case("near-singular", near, y ~ arm + time + arm:time + (time | subject), c("arm", "time", "arm:time"), c("time")),
  case("singular", bound, y ~ arm + time + arm:time + (time | subject), c("arm", "time", "arm:time"), c("time")),
  case("intercept only", alone, y ~ arm * time + (1 | subject), c("arm", "time", "arm:time"), character(0))
), digits = NA))
