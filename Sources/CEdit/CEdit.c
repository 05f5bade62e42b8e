#define _GNU_SOURCE
#include "CEdit.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

// An interrupt at a prompt, and one of an evaluation: the reading end, and the handler's.
static int prompt_pipe[2] = {-1, -1};
static int evaluation_pipe[2] = {-1, -1};
static atomic_bool is_evaluating;
static bool is_interrupted;

static void note_interrupt(int number) {
    (void)number;
    int saved = errno;
    int end = atomic_load(&is_evaluating) ? evaluation_pipe[1] : prompt_pipe[1];
    if (write(end, "i", 1) < 0) { /* Full: enough are told of. */ }
    errno = saved;
}

int cedit_interrupts(void) {
    if (evaluation_pipe[0] >= 0) return evaluation_pipe[0];
    if (pipe2(prompt_pipe, O_CLOEXEC | O_NONBLOCK) != 0) return -1;
    if (pipe2(evaluation_pipe, O_CLOEXEC) != 0) return -1;
    // A full pipe must not stop the process inside of its handler.
    fcntl(evaluation_pipe[1], F_SETFL, O_NONBLOCK);
    struct sigaction action = {.sa_handler = note_interrupt, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGINT, &action, NULL) != 0) return -1;
    // A parent whose threads block it hands that down.
    sigset_t interrupt;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    return pthread_sigmask(SIG_UNBLOCK, &interrupt, NULL) == 0 ? evaluation_pipe[0] : -1;
}

void cedit_set_evaluating(bool is) { atomic_store(&is_evaluating, is); }

static bool take_interrupt(void) {
    bool was_there = false;
    char bytes[64];
    while (prompt_pipe[0] >= 0 && read(prompt_pipe[0], bytes, sizeof bytes) > 0) was_there = true;
    return was_there;
}

bool cedit_wait(void) {
    struct pollfd waits[2] = {
        {.fd = STDIN_FILENO, .events = POLLIN}, {.fd = prompt_pipe[0], .events = POLLIN}};
    while (true) {
        int count = poll(waits, 2, -1);
        if (count < 0 && errno == EINTR) continue;
        return count < 0 || !(waits[1].revents && take_interrupt());
    }
}

static int next_byte(void) {
    if (!cedit_wait()) {
        is_interrupted = true;
        return EOF;
    }
    unsigned char byte;
    ssize_t got;
    do got = read(STDIN_FILENO, &byte, 1);
    while (got < 0 && errno == EINTR);
    return got == 1 ? byte : EOF;
}

// libedit takes what comes from here for a whole character. What is no UTF-8 becomes U+FFFD.
static int next_character(FILE *stream) {
    (void)stream;
    int first = next_byte();
    if (first < 0x80) return first;
    int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    int character = first & (0x3F >> more);
    for (int number = 0; number < more; number++) {
        int byte = next_byte();
        if (byte == EOF) return EOF;
        if ((byte & 0xC0) != 0x80) return 0xFFFD;
        character = character << 6 | (byte & 0x3F);
    }
    return first >= 0xC0 && first < 0xF8 ? character : 0xFFFD;
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
    int *catches = (int *)dlsym(library, "rl_catch_signals");
    int (**getc_function)(FILE *) = (int (**)(FILE *))dlsym(library, "rl_getc_function");
    if (!is_whole || !attempted || !breaks || !append || !catches || !getc_function) return false;
    // Its own handlers send what they catch to the whole process group a second time.
    *catches = 0;
    *getc_function = next_character;
    // Without it libedit knows ASCII alone.
    setlocale(LC_CTYPE, "C.UTF-8");
    *attempted = complete;
    // A reference such as data.authz.allow is one word.
    *breaks = " \t\n\"\\'`$><=;|&{([,:!+-*/%)]}";
    *append = 0;
    state = 1;
    return true;
}

char *cedit_line(const char *prompt, bool *was_interrupted) {
    is_interrupted = false;
    take_interrupt();
    char *line = cedit_is_there() ? api.readline(prompt) : NULL;
    *was_interrupted = is_interrupted;
    if (is_interrupted) {
        free(line);
        return NULL;
    }
    return line;
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
