#include "CRE2.h"

#include <re2/re2.h>

#include <map>
#include <memory>
#include <new>
#include <string>
#include <vector>

struct cre2_pattern {
    cre2_pattern(re2::StringPiece text, const RE2::Options &options)
        : expression(text, options) {}

    RE2 expression;
};

namespace {

const char *start_of(const uint8_t *text) {
    return text == nullptr ? "" : reinterpret_cast<const char *>(text);
}

// Most calls ask for few groups; only a pattern with more of them allocates.
constexpr int32_t few = 16;

bool match(
    const RE2 &expression, re2::StringPiece text, size_t from, cre2_span *spans, int32_t count) {
    re2::StringPiece on_stack[few];
    std::unique_ptr<re2::StringPiece[]> on_heap;
    re2::StringPiece *groups = on_stack;
    if (count > few) {
        on_heap = std::make_unique<re2::StringPiece[]>(count);
        groups = on_heap.get();
    }
    if (!expression.Match(text, from, text.size(), RE2::UNANCHORED, groups, count)) return false;
    for (int32_t i = 0; i < count; i++) {
        if (groups[i].data() == nullptr) {
            spans[i] = {-1, -1};
        } else {
            ptrdiff_t start = groups[i].data() - text.data();
            spans[i] = {start, start + static_cast<ptrdiff_t>(groups[i].size())};
        }
    }
    return true;
}

}  // namespace

cre2_pattern *cre2_compile(const uint8_t *pattern, size_t length, int64_t memory_bytes_max) {
    try {
        RE2::Options options;
        options.set_log_errors(false);
        options.set_max_mem(memory_bytes_max);
        return new cre2_pattern(re2::StringPiece(start_of(pattern), length), options);
    } catch (...) {
        return nullptr;
    }
}

void cre2_free(cre2_pattern *pattern) { delete pattern; }

cre2_error cre2_pattern_error(const cre2_pattern *pattern) {
    switch (pattern->expression.error_code()) {
    case RE2::NoError: return CRE2_OK;
    case RE2::ErrorInternal: return CRE2_INTERNAL;
    case RE2::ErrorBadEscape: return CRE2_ESCAPE;
    case RE2::ErrorBadCharClass: return CRE2_CLASS;
    case RE2::ErrorBadCharRange: return CRE2_CLASS_RANGE;
    case RE2::ErrorMissingBracket: return CRE2_MISSING_BRACKET;
    case RE2::ErrorMissingParen: return CRE2_MISSING_PARENTHESIS;
    case RE2::ErrorUnexpectedParen: return CRE2_UNEXPECTED_PARENTHESIS;
    case RE2::ErrorTrailingBackslash: return CRE2_TRAILING_BACKSLASH;
    case RE2::ErrorRepeatArgument: return CRE2_REPEAT_ARGUMENT;
    case RE2::ErrorRepeatSize: return CRE2_REPEAT_SIZE;
    case RE2::ErrorRepeatOp: return CRE2_REPEAT_OPERATOR;
    case RE2::ErrorBadPerlOp: return CRE2_PERL_OPERATOR;
    case RE2::ErrorBadUTF8: return CRE2_UTF8;
    case RE2::ErrorBadNamedCapture: return CRE2_NAMED_GROUP;
    case RE2::ErrorPatternTooLarge: return CRE2_TOO_LARGE;
    }
    return CRE2_INTERNAL;
}

const char *cre2_pattern_error_part(const cre2_pattern *pattern, size_t *length) {
    const std::string &part = pattern->expression.error_arg();
    *length = part.size();
    return part.data();
}

int32_t cre2_group_count(const cre2_pattern *pattern) {
    return pattern->expression.ok() ? pattern->expression.NumberOfCapturingGroups() : 0;
}

const char *cre2_group_name(const cre2_pattern *pattern, int32_t group, size_t *length) {
    try {
        const std::map<int, std::string> &names = pattern->expression.CapturingGroupNames();
        auto found = names.find(group);
        if (found == names.end()) return nullptr;
        *length = found->second.size();
        return found->second.data();
    } catch (...) {
        return nullptr;
    }
}

bool cre2_match(
    const cre2_pattern *pattern, const uint8_t *text, size_t length, size_t from,
    cre2_span *spans, int32_t span_count) {
    if (!pattern->expression.ok() || from > length) return false;
    try {
        re2::StringPiece whole(start_of(text), length);
        return match(pattern->expression, whole, from, spans, span_count);
    } catch (...) {
        return false;
    }
}
