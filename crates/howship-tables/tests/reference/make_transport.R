# Writes haven.xpt beside this script: special missing values and a second writer of the format. Needs R's haven.
library(haven)
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)))
table <- data.frame(USUBJID = c("H-1", "H-2", "H-3", "H-4"))
table$AVAL <- c(1.5, tagged_na("A"), NA, -0.1)
table$ADT <- as.Date(c("2024-02-29", NA, "1960-01-01", "1900-03-01"))
table$ADTM <- as.POSIXct(c("2024-02-29 13:05:00", "2024-01-01 00:00:00", NA, "1959-12-31 23:59:59"), tz = "UTC")
write_xpt(table, file.path(here, "haven.xpt"), version = 5, name = "ADXR")
