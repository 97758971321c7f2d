# As a user of the R service would: names, then a prediction. Rscript predict.R http://127.0.0.1:8000
library(httr)
server <- commandArgs(trailingOnly = TRUE)[1]

answer <- GET(paste0(server, "/names"), query = list(count = 5, species = "cat", seed = 7))
stop_for_status(answer)
names <- unlist(content(answer))
stopifnot(is.character(names), length(names) == 5, all(nchar(names) > 0))

rows <- list(instances = list(c(32, 3, 1), c(31, 13, 1)))
answer <- POST(paste0(server, "/v1/models/pet_names:predict"), body = rows, encode = "json")
stop_for_status(answer)
predictions <- content(answer)$predictions
stopifnot(length(predictions) == 2, length(predictions[[1]]) == 3)
total <- sum(unlist(predictions[[1]][[1]]))
stopifnot(abs(total - 1) < 1e-4)

cat(jsonlite::toJSON(names), "\n")
