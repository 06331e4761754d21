job "x" {
  type = "batch"
}
