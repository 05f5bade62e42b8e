import Glibc
import RegoMachine

/// Where each family keeps its cache in `BuiltinContext.caches`.
enum CacheSlot {
    static let patterns = 8
    static let templates = 9
    static let verificationKeys = 10
    static let signingKeys = 11
    static let secrets = 12
}

/// What a family made of texts that it was given (patterns, keys), found again without copying
/// the text. It forgets everything once it is full: policies use few texts or any number of them.
final class TextCache<Made>: BuiltinCache {
    static var countMax: Int { 100 }

    private var entries: [(text: [UInt8], made: Made)] = []
    /// Open addressing by the text's hash: a position in `entries` + 1, or 0.
    private var slots = [UInt8](repeating: 0, count: 256)

    /// The cache in a slot of the context, made when first asked for.
    static func of(_ context: BuiltinContext, slot: Int) -> TextCache<Made> {
        if let cache = context.caches[slot] {
            // Invariant: only this function fills the slot, and a slot has one kind of cache.
            return unsafe unsafeDowncast(cache, to: TextCache<Made>.self)
        }
        let cache = TextCache<Made>()
        context.caches[slot] = cache
        return cache
    }

    /// What was made of an equal text, or what `make` makes now.
    func made(
        of text: Bytes, make: (Bytes) throws(BuiltinError) -> Made
    ) throws(BuiltinError) -> Made {
        var slot = TextCache.slot(of: text)
        while slots[slot] != 0 {
            let entry = entries[Int(slots[slot]) - 1]
            if TextCache.areEqual(entry.text, text) { return entry.made }
            slot = (slot + 1) & 255
        }
        let made = try make(text)
        if entries.count == TextCache.countMax {
            entries.removeAll(keepingCapacity: true)
            slots = [UInt8](repeating: 0, count: 256)
            slot = TextCache.slot(of: text)
        }
        entries.append((Array(text), made))
        slots[slot] = UInt8(entries.count)
        return made
    }

    /// Looks at the ends and at a few bytes between: keys are long, and differ early or late.
    private static func slot(of text: Bytes) -> Int {
        var hash = UInt64(text.count) &* 0x9E37_79B9_7F4A_7C15
        let stride = max(1, text.count / 16)
        var position = 0
        while position < text.count {
            hash = (hash ^ UInt64(text[position])) &* 0x0000_0100_0000_01B3
            position += stride
        }
        if let last = text.last { hash = (hash ^ UInt64(last)) &* 0x0000_0100_0000_01B3 }
        return Int(truncatingIfNeeded: hash >> 32) & 255
    }

    private static func areEqual(_ kept: [UInt8], _ text: Bytes) -> Bool {
        guard kept.count == text.count else { return false }
        return unsafe kept.withUnsafeBytes { kept in
            guard let a = kept.baseAddress, let b = unsafe text.buffer.baseAddress else {
                return true
            }
            return unsafe memcmp(a, b, kept.count) == 0
        }
    }
}
