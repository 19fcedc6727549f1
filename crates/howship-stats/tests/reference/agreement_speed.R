# The same with psych's own functions: Rscript agreement_speed.R [draws]
suppressMessages(library(psych))
draws <- as.integer(c(commandArgs(TRUE), "10")[1])
n <- 500; joints <- 44
set.seed(1)
level <- 4 * runif(n)^3
truth <- level * matrix(runif(n * joints), n)
change <- matrix(as.numeric(runif(n * joints) < 0.08), n)
read <- function(v) pmin(pmax(round(truth + change * v + matrix(runif(n * joints) - 0.5, n)), 0), 5)
scores <- list(a0 = read(0), b0 = read(0), a1 = read(1), b1 = read(1))
one <- function() {
  rows <- sample(n, n, TRUE)
  s <- lapply(scores, function(m) m[rows, ])
  t <- sapply(s, rowSums)
  ICC(t[, c("a0", "b0")], lmer = FALSE)
  ICC(t[, c("a1", "b1")], lmer = FALSE)
  ICC(t[, c("a1", "b1")] - t[, c("a0", "b0")], lmer = FALSE)
  for (p in list(c("a0", "b0"), c("a1", "b1"))) cohen.kappa(cbind(c(s[[p[1]]]), c(s[[p[2]]])))
  a <- c(s$a1 - s$a0); b <- c(s$b1 - s$b0)
  cohen.kappa(cbind(a, b)); cohen.kappa(cbind(sign(a), sign(b)))
}
invisible(one())
time <- system.time(for (i in seq_len(draws)) one())
wall <- time[["elapsed"]] / draws
work <- (time[["user.self"]] + time[["sys.self"]]) / draws
cat(sprintf("psych %s: a draw %.1f ms of wall time, %.1f ms of processor time; 10,000 draws %.0f s, %.0f s\n",
            packageVersion("psych"), 1000 * wall, 1000 * work, 10000 * wall, 10000 * work))
