# Lin's concordance of six sets of pairs by epiR (apt: r-cran-epir): values kept in concordance.json.
# Rscript agreement_peers.R
suppressMessages(library(epiR))
set.seed(45)
sets <- list()
add <- function(name, x, y) {
  got <- epi.ccc(x, y, ci = "z-transform", conf.level = 0.95)
  sets[[name]] <<- list(x = x, y = y, value = got$rho.c[[1]], lower = got$rho.c[[2]], upper = got$rho.c[[3]],
                        accuracy = got$C.b)
}
level <- rnorm(30, 20, 8)
add("near", round(level + rnorm(30), 2), round(level + rnorm(30), 2))
add("shifted", round(level + rnorm(30), 2), round(level + 6 + rnorm(30), 2))
add("scaled", round(level + rnorm(30), 2), round(1.5 * level + rnorm(30), 2))
add("opposite", round(level, 2), round(40 - level + rnorm(30), 2))
add("few", c(494, 395, 516, 434, 476, 557, 413, 442), c(512, 430, 520, 428, 500, 600, 364, 380))
add("grades", c(0, 1, 2, 0, 0, 3, 5, 4, 1, 0, 0, 2), c(0, 1, 3, 0, 1, 3, 4, 4, 1, 0, 1, 1))
number <- function(v) paste0("[", paste(format(v, digits = 17, trim = TRUE), collapse = ", "), "]")
one <- function(name) {
  s <- sets[[name]]
  sprintf('"%s": {"x": %s, "y": %s, "value": %.15g, "lower": %.15g, "upper": %.15g, "accuracy": %.15g}',
          name, number(s$x), number(s$y), s$value, s$lower, s$upper, s$accuracy)
}
writeLines(paste0("{\n", paste(sapply(names(sets), one), collapse = ",\n"), "\n}"), "concordance.json")
