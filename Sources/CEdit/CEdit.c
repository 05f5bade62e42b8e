#include "CEdit.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

// The readline interface, which libedit has had for two decades: its header is not needed to build.
typedef char *completion_entry(const char *, int);

static struct {
    char *(*readline)(const char *);
    int (*add_history)(const char *);
    int (*read_history)(const char *);
    int (*write_history)(const char *);
    void (*stifle_history)(int);
    char **(*completion_matches)(const char *, completion_entry *);
    char **(*attempted)(const char *, int, int);
} api;

static char *words;
static size_t words_bytes;
static const char *next_word;

static char *entry(const char *text, int state) {
    if (state == 0) next_word = words;
    size_t length = strlen(text);
    while (next_word && next_word < words + words_bytes) {
        const char *word = next_word;
        next_word += strlen(word) + 1;
        if (strncmp(word, text, length) == 0) return strdup(word);
    }
    return NULL;
}

static char **complete(const char *text, int start, int end) {
    (void)start;
    (void)end;
    return api.completion_matches(text, entry);
}

bool cedit_is_there(void) {
    static int state;
    if (state) return state > 0;
    state = -1;
    void *library = dlopen("libedit.so.2", RTLD_NOW | RTLD_LOCAL);
    if (!library) return false;
    bool is_whole = true;
#define RESOLVE(member, name) \
    if (!(api.member = (__typeof__(api.member))dlsym(library, name))) is_whole = false
    RESOLVE(readline, "readline");
    RESOLVE(add_history, "add_history");
    RESOLVE(read_history, "read_history");
    RESOLVE(write_history, "write_history");
    RESOLVE(stifle_history, "stifle_history");
    RESOLVE(completion_matches, "rl_completion_matches");
#undef RESOLVE
    char **(**attempted)(const char *, int, int) =
        (char **(**)(const char *, int, int))dlsym(library, "rl_attempted_completion_function");
    const char **breaks = (const char **)dlsym(library, "rl_basic_word_break_characters");
    int *append = (int *)dlsym(library, "rl_completion_append_character");
    if (!is_whole || !attempted || !breaks || !append) return false;
    *attempted = complete;
    // A reference such as data.authz.allow is one word.
    *breaks = " \t\n\"\\'`$><=;|&{([,:!+-*/%)]}";
    *append = 0;
    state = 1;
    return true;
}

char *cedit_line(const char *prompt) {
    return cedit_is_there() ? api.readline(prompt) : NULL;
}

void cedit_remember(const char *line, const char *path, int lines_max) {
    if (!cedit_is_there()) return;
    api.add_history(line);
    api.stifle_history(lines_max);
    if (path) api.write_history(path);
}

void cedit_read_history(const char *path) {
    if (cedit_is_there()) api.read_history(path);
}

void cedit_complete(const char *text, size_t bytes) {
    free(words);
    words = malloc(bytes + 1);
    words_bytes = words ? bytes : 0;
    if (words) memcpy(words, text, bytes);
}
