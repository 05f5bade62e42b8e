import Testing

@testable import RegoSyntax

/// What is wrong with a file, as `row:column message`.
func faults(_ text: String, _ version: LanguageVersion = .v1) -> [String] {
    let source = Source(name: "test.rego", text: text)
    guard case .failure(let refusal) = Parser.module(source, options: .init(version: version))
    else { return [] }
    return refusal.all.map { "\($0.span.row):\($0.span.column) \($0.message)" }
}

func module(_ text: String, _ version: LanguageVersion = .v1) throws -> Module {
    let source = Source(name: "test.rego", text: text)
    return try Parser.module(source, options: .init(version: version)).get()
}

/// The one rule of a file.
func rule(_ text: String, _ version: LanguageVersion = .v1) throws -> Rule {
    let rules = try module("package test\n" + text, version).rules
    try #require(rules.count == 1)
    return rules[0]
}

func query(_ text: String, keywords: FutureKeywords = []) throws -> [Expression] {
    let source = Source(name: "", text: text)
    return try Parser.query(source, options: .init(keywords: keywords)).get()
}

/// A query as the tree sees it, with every operator's operands in parentheses.
func reprinted(_ text: String, keywords: FutureKeywords = []) throws -> String {
    RegoText.body(try query(text, keywords: keywords))
}

func term(_ text: String) throws -> Term {
    try Parser.term(Source(name: "", text: text)).get()
}

func refusal(ofTerm text: String) throws -> String {
    guard case .failure(let refusal) = Parser.term(Source(name: "", text: text)) else {
        Issue.record("\(text) is a term")
        return ""
    }
    return refusal.all[0].message
}
