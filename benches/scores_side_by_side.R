# The part of psych in scores_side_by_side.py: Rscript scores_side_by_side.R SCORES.csv DRAWS JOINT_DRAWS FEATURE
suppressPackageStartupMessages(library(psych))

given <- commandArgs(trailingOnly = TRUE)
scores <- read.csv(given[1])
scores <- scores[scores$feature == given[4], ]
scores <- scores[order(scores$subject, scores$side, scores$site, scores$reader, scores$visit), ]
subjects <- length(unique(scores$subject))
joints <- nrow(scores) / subjects / 4

# visit, reader, joint, subject: the first runs fastest
cube <- array(scores$score, c(2, 2, joints, subjects))
quantity <- function(q) {
  values <- if (q < 3) cube[q, , , ] else cube[2, , , ] - cube[1, , , ]
  list(joints = values, sums = t(apply(values, c(1, 3), sum)))
}
quantities <- lapply(1:3, quantity)
set.seed(1)

seconds <- function(draws, one) {
  started <- proc.time()
  for (draw in seq_len(draws)) {
    drawn <- sample.int(subjects, subjects, replace = TRUE)
    for (q in quantities) one(q, drawn)
  }
  spent <- (proc.time() - started) / draws
  sprintf("%.6f,%.6f", spent[["elapsed"]], spent[["user.self"]] + spent[["sys.self"]])
}

patients <- seconds(as.integer(given[2]), function(q, drawn) suppressWarnings(ICC(q$sums[drawn, ], lmer = FALSE)))
pairs <- seconds(as.integer(given[3]), function(q, drawn) {
  values <- q$joints[, , drawn]
  suppressWarnings(cohen.kappa(cbind(as.vector(values[1, , ]), as.vector(values[2, , ]))))
})
change <- ICC(quantities[[3]]$sums, lmer = FALSE)$results
cat(sprintf("patients=%s\njoints=%s\nicc_change=%.10f\n",
            patients, pairs, change$ICC[change$type == "ICC2"]))
