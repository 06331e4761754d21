teams = {
  payments = {
    members = ["alice"]
    managed = ["ReadOnlyAccess"]
  }
}
