import Cryptography

/// A program that Redis runs at one moment for us.
struct RedisScript: Sendable {
    let text: [UInt8]
    /// By which Redis knows it once it has run.
    let digest: [UInt8]

    init(_ text: String) {
        let text = Array(text.utf8)
        self.text = text
        digest = Array(DigestAlgorithm.sha1.digest(text.span).hexadecimal.utf8)
    }

    /// A count whose time begins with it. A key without one cannot come of this script; it would
    /// stay for ever.
    static let increment = RedisScript(
        """
        local count = redis.call('INCRBY', KEYS[1], ARGV[1])
        if redis.call('PTTL', KEYS[1]) < 0 then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
        return count
        """)

    /// As `RecentCalls` and `CountedCalls` have it, by the server's clock. A window without parts
    /// is a list of times, newest first; one with parts a hash of counts by part.
    ///
    /// Keys: one a window. Arguments: calls, then limit, microseconds and parts (0 for none) of
    /// each. Returns whether they are admitted, how many more, the microseconds to wait,
    /// and which window that is about.
    static let admit = RedisScript(
        """
        local function whole(number) return string.format('%.0f', number) end
        local time = redis.call('TIME')
        local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
        local calls = tonumber(ARGV[1])

        local function lookExact(key, limit, length)
            local newest = tonumber(redis.call('LINDEX', key, 0) or now)
            local at = math.max(now, newest)
            local low, high = 0, redis.call('LLEN', key)
            while low < high do
                local middle = math.floor((low + high) / 2)
                local old = at - tonumber(redis.call('LINDEX', key, middle)) >= length
                if old then high = middle else low = middle + 1 end
            end
            if calls > limit then return low, length end
            local before = redis.call('LINDEX', key, limit - calls)
            if not before then return low, 0 end
            return low, math.max(0, tonumber(before) + length - at)
        end

        local function lookCounted(key, limit, length, parts)
            local part = length / parts
            local oldest = math.floor(now / part) - parts
            local found, counts, order, used = redis.call('HGETALL', key), {}, {}, 0
            for index = 1, #found, 2 do
                local number = tonumber(found[index])
                if number < oldest then
                    redis.call('HDEL', key, found[index])
                else
                    counts[number] = tonumber(found[index + 1])
                    order[#order + 1] = number
                    used = used + counts[number]
                end
            end
            if calls > limit then return used, length end
            table.sort(order)
            local excess, wait = used + calls - limit, 0
            for _, number in ipairs(order) do
                if excess <= 0 then break end
                excess = excess - counts[number]
                wait = (number + parts + 1) * part - now
            end
            return used, wait
        end

        local wait, remaining, tightest, awaited = 0, nil, 1, 1
        for index, key in ipairs(KEYS) do
            local limit = tonumber(ARGV[index * 3 - 1])
            local length, parts = tonumber(ARGV[index * 3]), tonumber(ARGV[index * 3 + 1])
            local used, needed
            if parts == 0 then
                used, needed = lookExact(key, limit, length)
            else
                used, needed = lookCounted(key, limit, length, parts)
            end
            if needed > wait then wait, awaited = needed, index end
            if not remaining or limit - used < remaining then
                remaining, tightest = limit - used, index
            end
        end
        if wait > 0 then return {0, remaining, whole(wait), awaited - 1} end

        for index, key in ipairs(KEYS) do
            local limit = tonumber(ARGV[index * 3 - 1])
            local length, parts = tonumber(ARGV[index * 3]), tonumber(ARGV[index * 3 + 1])
            if parts == 0 then
                local at = math.max(now, tonumber(redis.call('LINDEX', key, 0) or now))
                for _ = 1, calls do redis.call('LPUSH', key, whole(at)) end
                redis.call('LTRIM', key, 0, limit - 1)
            else
                redis.call('HINCRBY', key, whole(math.floor(now / (length / parts))), calls)
            end
            redis.call('PEXPIRE', key, whole(length / 500))
        end
        return {1, remaining - calls, '0', tightest - 1}
        """)

    /// What `admit` has counted, without counting. Keys and arguments are its own, but the calls.
    /// Returns, for each window, what is used, and after how many microseconds nothing is.
    static let usage = RedisScript(
        """
        local function whole(number) return string.format('%.0f', number) end
        local time = redis.call('TIME')
        local now = tonumber(time[1]) * 1000000 + tonumber(time[2])

        local function exact(key, length)
            local newest = tonumber(redis.call('LINDEX', key, 0) or now)
            local at = math.max(now, newest)
            local low, high = 0, redis.call('LLEN', key)
            while low < high do
                local middle = math.floor((low + high) / 2)
                local old = at - tonumber(redis.call('LINDEX', key, middle)) >= length
                if old then high = middle else low = middle + 1 end
            end
            return low, newest + length - at
        end

        local function counted(key, length, parts)
            local part = length / parts
            local oldest = math.floor(now / part) - parts
            local found, used, last = redis.call('HGETALL', key), 0, oldest
            for index = 1, #found, 2 do
                local number = tonumber(found[index])
                if number >= oldest then
                    used = used + tonumber(found[index + 1])
                    last = math.max(last, number)
                end
            end
            return used, (last + parts + 1) * part - now
        end

        local usages = {}
        for index, key in ipairs(KEYS) do
            local length, parts = tonumber(ARGV[index * 3 - 1]), tonumber(ARGV[index * 3])
            local used, reset
            if parts == 0 then
                used, reset = exact(key, length)
            else
                used, reset = counted(key, length, parts)
            end
            usages[index * 2 - 1] = used
            usages[index * 2] = used == 0 and '0' or whole(reset)
        end
        return usages
        """)
}
