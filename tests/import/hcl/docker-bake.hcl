# HCL is evaluated by bake alone.
variable "TAG" {
  default = "latest"
}
target "app" {
  tags = ["acme/app:${TAG}"]
}
