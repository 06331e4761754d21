locals {
  policy = 
}
