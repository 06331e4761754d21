teams = {
  payments = {
    members  = ["alice", "bob"]
    policies = ["IAMFullAccess"]
  }
  shop = {
    members = ["carol"]
  }
}
