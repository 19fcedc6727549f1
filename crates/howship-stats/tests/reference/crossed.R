# Reference values for crossed_components and one_way_components: lme4's REML on tables with holes.
# Rscript crossed.R > crossed.json
suppressMessages({ library(lme4); library(jsonlite) })
set.seed(20030701)
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-12, maxfun = 1e5),
                     check.conv.singular = "ignore", calc.derivs = FALSE)
table_of <- function(targets, raters, sd, missing, digits = 1) {
  y <- outer(rnorm(targets, 0, sd[1]), rnorm(raters, 0, sd[2]), "+") + rnorm(targets * raters, 5, sd[3])
  y[sample(length(y), round(missing * length(y)))] <- NA
  round(y, digits)
}
case <- function(name, y) {
  d <- na.omit(data.frame(y = as.vector(t(y)), target = gl(nrow(y), ncol(y)),
                          rater = gl(ncol(y), 1, length(y))))
  crossed <- lmer(y ~ 1 + (1 | target) + (1 | rater), d, control = tight)
  nested <- lmer(y ~ 1 + (1 | target), d, control = tight)
  v <- function(m) { s <- as.data.frame(VarCorr(m)); setNames(as.list(s$vcov), s$grp) }
  summary_of <- function(m) list(components = v(m), mean = unname(fixef(m)),
    mean_variance = as.numeric(vcov(m)), log_likelihood = as.numeric(logLik(m)))
  list(name = unbox(name), targets = unbox(nrow(y)), raters = unbox(ncol(y)), values = as.vector(t(y)),
       crossed = lapply(summary_of(crossed), function(x) if (is.list(x)) lapply(x, unbox) else unbox(x)),
       one_way = lapply(summary_of(nested), function(x) if (is.list(x)) lapply(x, unbox) else unbox(x)))
}
cat(toJSON(list(
  case("holes", table_of(40, 4, c(2, 1, 1.5), 0.2)),
  case("few raters, many holes", table_of(120, 3, c(1, 0.5, 2), 0.45)),
  case("more raters than targets", table_of(8, 15, c(3, 1, 1), 0.3)),
  case("no bias between raters", table_of(60, 4, c(2, 0, 2), 0.15))
), digits = NA, na = "null"))
