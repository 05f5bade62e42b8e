import Foundation

private let targets: [String: @Sendable ([UInt8]) -> Void] = [
    "parser": fuzzParser, "json": fuzzJSON, "compiler": fuzzCompiler, "machine": fuzzMachine,
    "plans": fuzzPlans, "builtins": fuzzBuiltins, "archives": fuzzArchives,
]

private let target: @Sendable ([UInt8]) -> Void = {
    let name = ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? ""
    guard let target = targets[name] else {
        fatalError("FUZZ_TARGET is to be one of \(targets.keys.sorted().joined(separator: ", "))")
    }
    return target
}()

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    target(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}
