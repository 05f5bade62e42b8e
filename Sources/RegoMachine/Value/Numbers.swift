/// Numbers as OPA has them.
enum Numbers {
    static func integer(_ value: Value) -> Int64? { nil }
    static func compare(_ left: Value, _ right: Value) -> Int {
        guard let a = left.integer, let b = right.integer else { return 0 }
        return a < b ? -1 : a > b ? 1 : 0
    }
    static func hash(_ value: Value) -> UInt32 { 0 }
}
