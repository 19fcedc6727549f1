# Reference values for trial(): lm, rank tests, lmerTest with Kenward-Roger on a simulated trial with dropouts.
# Rscript trial.R > trial.json
suppressMessages({ library(lmerTest); library(jsonlite) })
set.seed(20070962)
arms <- c("MTX", "ETN", "ETN+MTX"); slope <- c(2.5, 0.6, -0.5); n <- 72
p <- data.frame(subject = sprintf("S%03d", 1:n), arm = rep(arms, length.out = n),
                stratum = sample(c("naive", "experienced"), n, TRUE))
p$b <- round(rgamma(n, 1.2, scale = 20) * 2) / 2
u0 <- rnorm(n, 0, 1); u1 <- rnorm(n, 0, 2.5)
months <- c(6, 12, 18, 24)
d <- do.call(rbind, lapply(1:n, function(i) {
  t <- months / 12
  true <- u0[i] + (slope[match(p$arm[i], arms)] + u1[i]) * t
  data.frame(p[i, ], month = months, days = round(months * 30.4375 + rnorm(4, 0, 6)),
             r1 = round(2 * (p$b[i] + true + rnorm(4, 0, 1.5))) / 2,
             r2 = round(2 * (p$b[i] + true + rnorm(4, 0.3, 1.5))) / 2)
}))
drop <- sample(c(1, 2, 3, 5, 5, 5, 5), n, TRUE)   # first month index missing
d <- d[match(d$month, months) < drop[match(d$subject, p$subject)] | runif(nrow(d)) < 0.03, ]
d$change <- (d$r1 + d$r2) / 2 - d$b
handled <- function(how, month) {
  rows <- lapply(split(d, d$subject), function(s) {
    here <- s$change[s$month == month]
    if (length(here)) return(cbind(s[1, c("subject", "arm", "stratum", "b")], change = here))
    if (how == "observed") return(NULL)
    before <- s[s$month < month, ]; after <- s[s$month > month, ]
    last <- if (nrow(before)) before[which.max(before$month), ]
            else if (how == "LE" && nrow(after)) after[which.min(after$month), ] else return(NULL)
    value <- if (how == "LE") last$change * (month * 30.4375) / last$days else last$change
    cbind(s[1, c("subject", "arm", "stratum", "b")], change = value)
  })
  x <- do.call(rbind, rows); x$arm <- factor(x$arm, arms); x
}
vdw <- function(v) qnorm(rank(v) / (length(v) + 1))
coefs <- function(m) { s <- summary(m)$coefficients[2:3, ]; list(estimate = s[, 1], se = s[, 2], p = s[, 4], df = unbox(m$df.residual)) }
one <- function(how, month) {
  x <- handled(how, month)
  table <- lapply(split(x$change, x$arm), function(v) {
    ci <- t.test(v)$conf.int
    list(n = unbox(length(v)), mean = unbox(mean(v)), sd = unbox(sd(v)), lower = unbox(ci[1]), upper = unbox(ci[2]),
         median = unbox(median(v)), q1 = unbox(unname(quantile(v, .25))), q3 = unbox(unname(quantile(v, .75))),
         above = unbox(mean(v > 0.5)))
  })
  w <- lapply(arms[2:3], function(a) suppressWarnings(wilcox.test(x$change[x$arm == a], x$change[x$arm == "MTX"])))
  list(table = table,
       change = coefs(lm(change ~ arm + b + stratum, x)),
       ranks = coefs(lm(rank(change) ~ arm + rank(b) + stratum, x)),
       scores = coefs(lm(vdw(change) ~ arm + vdw(b) + stratum, x)),
       rank_sum_p = sapply(w, `[[`, "p.value"), u = unname(sapply(w, `[[`, "statistic")))
}
d$arm <- factor(d$arm, arms); d$time <- d$days / 365.25
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 1e-3, rhoend = 1e-12, maxfun = 1e6), calc.derivs = FALSE)
m <- lmer(change ~ arm + time + arm:time + b + stratum + (time | subject), d, control = control)
f <- names(fixef(m)); T <- 24 * 30.4375 / 365.25
L <- function(w) { l <- setNames(rep(0, length(f)), f); l[names(w)] <- w; l }
test <- function(w) { k <- contest1D(m, L(w), ddf = "Kenward-Roger"); list(estimate = unbox(k$Estimate), se = unbox(k[["Std. Error"]]), df = unbox(k$df), p = unbox(k[["Pr(>|t|)"]])) }
rc <- lapply(c("armETN", "armETN+MTX"), function(a) {
  it <- paste0(a, ":time")
  list(slope = test(setNames(1, it)), last = test(setNames(c(1, T), c(a, it))))
})
cat(toJSON(list(
  subject = p$subject, arm = p$arm, stratum = p$stratum, baseline = p$b,
  rows = list(subject = d$subject, month = d$month, days = d$days, r1 = d$r1, r2 = d$r2),
  observed = one("observed", 24), extrapolated = one("LE", 24), carried = one("LOCF", 24),
  random_coefficients = list(rc = rc, random = unname(as.matrix(VarCorr(m)$subject))[, ], residual = unbox(sigma(m)^2))
), digits = NA))
