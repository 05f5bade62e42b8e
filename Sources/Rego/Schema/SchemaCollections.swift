import RegoMachine

extension SchemaValidation {
    mutating func validateArray(_ value: Value, _ rule: Value) throws(BuiltinError) {
        let elements = value.elements
        let count = Value.integer(Int64(elements.count))
        try context.charge(elements.count)
        try validateItems(elements, rule)
        if let least = keyword("minItems", rule), count < least {
            note("array_min_items", "Array must have at least \(try text(least)) items")
        }
        if let most = keyword("maxItems", rule), most < count {
            note("array_max_items", "Array must have at most \(try text(most)) items")
        }
        if keyword("uniqueItems", rule)?.isTrue == true {
            var seen: [Value: Int] = [:]
            for (place, element) in elements.enumerated() {
                if let first = seen.updateValue(place, forKey: element) {
                    note("unique", "array items[\(first),\(place)] must be unique")
                }
            }
        }
        guard let wanted = keyword("contains", rule) else { return }
        for element in elements where try trial(element, by: wanted).isEmpty { return }
        note("contains", "At least one of the items must match")
    }

    private mutating func validateItems(
        _ elements: Elements, _ rule: Value
    ) throws(BuiltinError) {
        guard let items = keyword("items", rule) else { return }
        let listed = items.kind == .array ? Array(items.elements) : nil
        let others = listed == nil ? items : keyword("additionalItems", rule)
        if others?.isFalse == true, let listed, elements.count > listed.count {
            note("array_no_additional_items", "No additional items allowed on array")
        }
        for (place, element) in elements.enumerated() {
            if let listed, place < listed.count {
                try validate(element, at: "\(place)", by: listed[place])
            } else if let others, listed == nil || others.kind == .object {
                try validate(element, at: "\(place)", by: others)
            }
        }
    }

    mutating func validateObject(_ value: Value, _ rule: Value) throws(BuiltinError) {
        let count = Value.integer(Int64(value.entries.count))
        try context.charge(value.entries.count)
        if let required = keyword("required", rule), required.kind == .array {
            for name in required.elements
            where value.element(name, arena: context.arena).isUndefined {
                note("required", "\(name.string ?? name.typeName) is required")
            }
        }
        if let least = keyword("minProperties", rule), count < least {
            note("array_min_properties", "Must have at least \(try text(least)) properties")
        }
        if let most = keyword("maxProperties", rule), most < count {
            note("array_max_properties", "Must have at most \(try text(most)) properties")
        }
        try validateDependencies(value, rule)
        for (key, part) in value.entries {
            let name = key.string ?? key.typeName
            if let names = keyword("propertyNames", rule), try !trial(key, by: names).isEmpty {
                note("invalid_property_name", "Property name of \"\(name)\" does not match")
            }
            try validateProperty(key, name, part, rule)
        }
    }

    private mutating func validateProperty(
        _ key: Value, _ name: String, _ part: Value, _ rule: Value
    ) throws(BuiltinError) {
        var isKnown = false
        if let inner = keyword("properties", rule)?.element(key, arena: context.arena),
            !inner.isUndefined
        {
            isKnown = true
            try validate(part, at: name, by: inner)
        }
        if let patterns = keyword("patternProperties", rule) {
            for (pattern, inner) in patterns.entries {
                try context.charge(1 + key.bytes.count / 16)
                guard try Regex.compiled(pattern.bytes, context).matches(key.bytes) else {
                    continue
                }
                isKnown = true
                try validate(part, at: name, by: inner)
            }
        }
        guard !isKnown, let others = keyword("additionalProperties", rule) else { return }
        if others.isFalse {
            note(
                "additional_property_not_allowed", "Additional property \(name) is not allowed")
        } else {
            try validate(part, at: name, by: others)
        }
    }

    private mutating func validateDependencies(
        _ value: Value, _ rule: Value
    ) throws(BuiltinError) {
        guard let dependencies = keyword("dependencies", rule) else { return }
        for (key, wanted) in dependencies.entries
        where !value.element(key, arena: context.arena).isUndefined {
            guard wanted.kind == .array else {
                try validate(value, by: wanted)
                continue
            }
            for name in wanted.elements
            where value.element(name, arena: context.arena).isUndefined {
                note(
                    "missing_dependency", "Has a dependency on \(name.string ?? name.typeName)")
            }
        }
    }
}
