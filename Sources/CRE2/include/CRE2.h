#pragma once

// RE2 behind C: what Swift can import. No function throws, logs or aborts. All texts are UTF-8,
// given by start and length; a start may be null where the length is 0.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A compiled pattern, or why there is none. Any number of threads may match with one.
typedef struct cre2_pattern cre2_pattern;

/// Offsets of a group in the text; -1 and -1 where the group took no part in the match.
typedef struct {
    ptrdiff_t start;
    ptrdiff_t end;
} cre2_span;

/// The kinds of mistake in a pattern, as far as RE2 tells them apart.
typedef enum {
    CRE2_OK = 0,
    CRE2_INTERNAL,
    CRE2_ESCAPE,
    CRE2_CLASS,
    CRE2_CLASS_RANGE,
    CRE2_MISSING_BRACKET,
    CRE2_MISSING_PARENTHESIS,
    CRE2_UNEXPECTED_PARENTHESIS,
    CRE2_TRAILING_BACKSLASH,
    CRE2_REPEAT_ARGUMENT,
    CRE2_REPEAT_SIZE,
    CRE2_REPEAT_OPERATOR,
    CRE2_PERL_OPERATOR,
    CRE2_UTF8,
    CRE2_NAMED_GROUP,
    CRE2_TOO_LARGE
} cre2_error;

/// Compiles a pattern whose program and caches stay below so many bytes. Null where memory is out.
cre2_pattern *_Nullable cre2_compile(
    const uint8_t *_Nullable pattern, size_t length, int64_t memory_bytes_max);

void cre2_free(cre2_pattern *_Nonnull pattern);

cre2_error cre2_pattern_error(const cre2_pattern *_Nonnull pattern);

/// The part of the pattern that is wrong; good for as long as the pattern is.
const char *_Nonnull cre2_pattern_error_part(
    const cre2_pattern *_Nonnull pattern, size_t *_Nonnull length);

/// How many groups a pattern has, the whole match not counted; 0 where it did not compile.
int32_t cre2_group_count(const cre2_pattern *_Nonnull pattern);

/// The name of a group, counted from 1, or null; good for as long as the pattern is.
const char *_Nullable cre2_group_name(
    const cre2_pattern *_Nonnull pattern, int32_t group, size_t *_Nonnull length);

/// The leftmost-first match at or after `from`, which `^` and `\b` see in the whole text.
/// Writes the spans of the whole match and of the first groups into `spans`.
bool cre2_match(
    const cre2_pattern *_Nonnull pattern, const uint8_t *_Nullable text, size_t length,
    size_t from, cre2_span *_Nullable spans, int32_t span_count);

#ifdef __cplusplus
}
#endif
