/// Text in double quotes as Go's `%q` writes it, for messages.
package enum Quoted {
    package static func text(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case "\u{0}"..<" ", "\u{7F}":
                quoted += "\\x"
                quoted.unicodeScalars.append(UnicodeScalar(Hex.lower(UInt8(scalar.value >> 4))))
                quoted.unicodeScalars.append(UnicodeScalar(Hex.lower(UInt8(scalar.value & 15))))
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
