import CYAML
import RegoMachine

/// Writes values through libyaml's emitter, laid out as go-yaml does.
@safe final class YAMLWriter {
    private let emitter: UnsafeMutablePointer<yaml_emitter_t>
    private let sink: UnsafeMutablePointer<[UInt8]>

    /// What is written so far.
    var output: [UInt8] { unsafe sink.pointee }

    init() throws(BuiltinError) {
        unsafe emitter = UnsafeMutablePointer<yaml_emitter_t>.allocate(capacity: 1)
        unsafe emitter.initialize(to: yaml_emitter_t())
        unsafe sink = UnsafeMutablePointer<[UInt8]>.allocate(capacity: 1)
        unsafe sink.initialize(to: [])
        guard unsafe yaml_emitter_initialize(emitter) == 1 else { throw .limit(.memory) }
        unsafe yaml_emitter_set_unicode(emitter, 1)
        unsafe yaml_emitter_set_width(emitter, -1)
        unsafe yaml_emitter_set_output(
            emitter,
            { sink, bytes, count in
                guard let sink = unsafe sink?.assumingMemoryBound(to: [UInt8].self) else {
                    return 0
                }
                unsafe sink.pointee.append(
                    contentsOf: UnsafeBufferPointer(start: bytes, count: count))
                return 1
            }, sink)
    }

    deinit {
        unsafe yaml_emitter_delete(emitter)
        unsafe emitter.deallocate()
        unsafe sink.deinitialize(count: 1)
        unsafe sink.deallocate()
    }

    func write(
        _ value: Value, _ charge: (Int) throws(BuiltinError) -> Void
    ) throws(BuiltinError) {
        unsafe try emit { event in
            unsafe yaml_stream_start_event_initialize(event, YAML_UTF8_ENCODING)
        }
        unsafe try emit { event in
            unsafe yaml_document_start_event_initialize(event, nil, nil, nil, 1)
        }
        try node(value, charge)
        unsafe try emit { event in unsafe yaml_document_end_event_initialize(event, 1) }
        unsafe try emit { event in unsafe yaml_stream_end_event_initialize(event) }
    }

    private func emit(
        _ make: (UnsafeMutablePointer<yaml_event_t>) -> Int32
    ) throws(BuiltinError) {
        var event = unsafe yaml_event_t()
        // The emitter owns the event from here on, also where it fails.
        guard unsafe make(&event) == 1, unsafe yaml_emitter_emit(emitter, &event) == 1 else {
            throw .failed("yaml: the value cannot be written")
        }
    }

    private func node(
        _ value: Value, _ charge: (Int) throws(BuiltinError) -> Void
    ) throws(BuiltinError) {
        try charge(1)
        switch value.kind {
        case .undefined, .null: try scalar(Array("null".utf8), isText: false)
        case .boolean: try scalar(Array((value.isTrue ? "true" : "false").utf8), isText: false)
        case .integer: try scalar(Array(String(value.integer ?? 0).utf8), isText: false)
        case .decimal: try scalar(Array(value.bytes), isText: false)
        case .string: try scalar(Array(value.bytes), isText: true)
        case .array: try sequence(value.elements, charge)
        case .set: try sequence(value.members, charge)
        case .object: try mapping(value.entries, charge)
        }
    }

    private func sequence(
        _ elements: Elements, _ charge: (Int) throws(BuiltinError) -> Void
    ) throws(BuiltinError) {
        unsafe try emit { event in
            unsafe yaml_sequence_start_event_initialize(
                event, nil, nil, 1, YAML_BLOCK_SEQUENCE_STYLE)
        }
        for element in elements { try node(element, charge) }
        unsafe try emit { event in unsafe yaml_sequence_end_event_initialize(event) }
    }

    private func mapping(
        _ entries: Entries, _ charge: (Int) throws(BuiltinError) -> Void
    ) throws(BuiltinError) {
        var named: [(name: [UInt8], order: [Unicode.Scalar], value: Value)] = []
        for (key, value) in entries {
            let name = try YAMLWriter.name(of: key)
            named.append((name, Array(String(decoding: name, as: UTF8.self).unicodeScalars), value))
        }
        named.sort { PeoplesOrder.isLess($0.order, $1.order) }
        unsafe try emit { event in
            unsafe yaml_mapping_start_event_initialize(
                event, nil, nil, 1, YAML_BLOCK_MAPPING_STYLE)
        }
        for (name, _, value) in named {
            try scalar(name, isText: true)
            try node(value, charge)
        }
        unsafe try emit { event in unsafe yaml_mapping_end_event_initialize(event) }
    }

    /// Keys that are no strings become their JSON, as in JSON.
    private static func name(of key: Value) throws(BuiltinError) -> [UInt8] {
        if key.kind == .string { return Array(key.bytes) }
        let arena = Arena.make(bytesMax: 16 << 20)
        defer { arena.destroy() }
        var text = try TextBuilder(in: arena)
        try JSONWriter.write(key, to: &text)
        return Array(text.bytes)
    }

    private func scalar(_ text: [UInt8], isText: Bool) throws(BuiltinError) {
        var style = YAML_PLAIN_SCALAR_STYLE
        if isText && text.contains(UInt8(ascii: "\n")) {
            style = YAML_LITERAL_SCALAR_STYLE
        } else if isText && YAMLScalar.needsQuotes(text) {
            style = YAML_DOUBLE_QUOTED_SCALAR_STYLE
        }
        // The emitter takes UTF-8 only.
        let repaired = Array(String(decoding: text, as: UTF8.self).utf8)
        unsafe try emit { event in
            unsafe repaired.withUnsafeBufferPointer { buffer in
                unsafe yaml_scalar_event_initialize(
                    event, nil, nil, buffer.baseAddress, Int32(clamping: buffer.count), 1, 1, style)
            }
        }
    }
}

/// The order of keys: numbers within texts by their value, letters after all else.
/// - Source: go-yaml, `keyList.Less`.
enum PeoplesOrder {
    static func isLess(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Bool {
        for index in 0..<min(left.count, right.count) where left[index] != right[index] {
            return isLess(left, right, at: index)
        }
        return left.count < right.count
    }

    private static func isLess(
        _ left: [Unicode.Scalar], _ right: [Unicode.Scalar], at index: Int
    ) -> Bool {
        let a = left[index]
        let b = right[index]
        switch (a.properties.isAlphabetic, b.properties.isAlphabetic) {
        case (true, true): return a < b
        case (true, false): return false
        case (false, true): return true
        case (false, false): break
        }
        // A zero after other digits counts as one of them.
        let continues = (a == "0" || b == "0") && hasDigitsBefore(left, index)
        let first = number(left, index, continues ? 1 : 0)
        let second = number(right, index, continues ? 1 : 0)
        if first.value != second.value { return first.value < second.value }
        if first.end != second.end { return first.end < second.end }
        return a < b
    }

    private static func hasDigitsBefore(_ text: [Unicode.Scalar], _ index: Int) -> Bool {
        for scalar in text[..<index].reversed() {
            guard ("0"..."9").contains(scalar) else { return false }
            if scalar != "0" { return true }
        }
        return false
    }

    private static func number(
        _ text: [Unicode.Scalar], _ start: Int, _ initial: UInt64
    ) -> (value: UInt64, end: Int) {
        var value = initial
        var end = start
        while end < text.count, ("0"..."9").contains(text[end]) {
            value = value &* 10 &+ UInt64(text[end].value - 48)
            end += 1
        }
        return (value, end)
    }
}
