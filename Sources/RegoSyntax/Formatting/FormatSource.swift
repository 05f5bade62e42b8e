extension Formatter {
    /// Reads and formats one file.
    /// - Parameter version: What the source is written in.
    /// - Returns: The formatted text, or what is wrong with the source: it does not parse, or it
    ///   cannot be made good for v1 by writing it differently.
    public static func formatted(
        _ source: Source, target: FormatTarget, version: LanguageVersion,
        dropsV0Imports: Bool = false
    ) -> Result<[UInt8], Diagnostics> {
        let module: Module
        switch Parser.module(source, options: ParserOptions(version: version)) {
        case .success(let read): module = read
        case .failure(let found): return .failure(found)
        }
        if target != .v0 {
            let found = module.faultsInV1()
            guard found.isEmpty else { return .failure(Diagnostics(found)) }
        }
        return .success(text(of: module, target: target, dropsV0Imports: dropsV0Imports))
    }
}
