@main struct Ostiary { static func main() {} }
