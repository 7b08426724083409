/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lexer and grammar of the first reading.
 */
#include "engine/config_scan.h"

#include "engine/config.h"
#include "lib/codec/utf8.h"

#include <stdlib.h>
#include <string.h>

enum token_kind {
	TOKEN_END,
	TOKEN_WORD,
	TOKEN_STRING,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_EQUALS,
	TOKEN_COMMA,
	TOKEN_FAULT, /* told already */
};

struct token {
	enum token_kind kind;
	struct mm_slice text; /* a string's without its quotes */
	size_t begin, end;
	int line;
};

struct scanner {
	struct mm_config_scan *scan;
	const char *path;
	struct mm_problems *problems;
	size_t at;
	int line;
	struct token token; /* the one to be looked at */
};

static const char *
name_of(enum token_kind kind)
{
	static const char *const names[] = {
		[TOKEN_END] = "the end of the file", [TOKEN_WORD] = "a word", [TOKEN_STRING] = "a string",
		[TOKEN_OPEN] = "'{'", [TOKEN_CLOSE] = "'}'", [TOKEN_EQUALS] = "'='", [TOKEN_COMMA] = "','",
		[TOKEN_FAULT] = "a fault",
	};

	return names[kind];
}

#define TELL(scanner, at_line, mend, ...) \
	mm_problems_add((scanner)->problems, MM_PROBLEM_ERROR, (scanner)->path, (at_line), (mend), __VA_ARGS__)

/* ---- the lexer ---- */

static int
peek(const struct scanner *scanner, size_t ahead)
{
	size_t at = scanner->at + ahead;

	return at < scanner->scan->len ? (unsigned char)scanner->scan->text[at] : -1;
}

static void
blank(char *text, size_t begin, size_t end)
{
	for (size_t i = begin; i < end; i++)
		if (text[i] != '\n')
			text[i] = ' ';
}

static void
skip_line_comment(struct scanner *scanner)
{
	size_t begin = scanner->at;

	while (peek(scanner, 0) >= 0 && peek(scanner, 0) != '\n')
		scanner->at++;
	blank(scanner->scan->text, begin, scanner->at);
}

static bool
skip_block_comment(struct scanner *scanner)
{
	size_t begin = scanner->at;
	int line = scanner->line;

	scanner->at += 2;
	while (peek(scanner, 0) >= 0 && !(peek(scanner, 0) == '*' && peek(scanner, 1) == '/')) {
		if (peek(scanner, 0) == '\n')
			scanner->line++;
		scanner->at++;
	}
	if (peek(scanner, 0) < 0) {
		TELL(scanner, line, "close it with */", "a comment begins with /* here and never ends");
		return false;
	}
	scanner->at += 2;
	blank(scanner->scan->text, begin, scanner->at);
	return true;
}

/* Skip white space and comments; false where one was wrong. */
static bool
skip_space(struct scanner *scanner)
{
	for (;;) {
		int byte = peek(scanner, 0);

		if (byte == '\n')
			scanner->line++;
		if (byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n') {
			scanner->at++;
		} else if (byte == '#' || (byte == '/' && peek(scanner, 1) == '/')) {
			skip_line_comment(scanner);
		} else if (byte == '/' && peek(scanner, 1) == '*') {
			if (!skip_block_comment(scanner))
				return false;
		} else {
			return true;
		}
	}
}

static bool
is_word_byte(int byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
	    byte == '_' || byte == '-' || byte == '.';
}

static enum token_kind
lex_word(struct scanner *scanner, struct token *token)
{
	while (is_word_byte(peek(scanner, 0)))
		scanner->at++;
	token->text = mm_slice(scanner->scan->text + token->begin, scanner->at - token->begin);
	return TOKEN_WORD;
}

/*
 * Whether what stands at the scanner may stand in a string. libconfuse puts the environment in for "${", drops the
 * backslash of escapes that it does not know, and lets a string run over the end of the line up to the next quote.
 */
static bool
check_string_byte(struct scanner *scanner, int quote)
{
	int byte = peek(scanner, 0);

	if (byte < 0 || byte == '\n') {
		TELL(scanner, scanner->line, "a string ends on its line", "a string is not closed");
	} else if (byte < 0x20 || byte == 0x7f) {
		TELL(scanner, scanner->line, "remove it", "a string holds the control character %d", byte);
	} else if (byte == '$' && peek(scanner, 1) == '{') {
		TELL(scanner, scanner->line, "write the value itself; the environment is not looked at",
		    "a string holds \"${\"");
	} else if (byte == '\\' && (quote != '"' || (peek(scanner, 1) != '"' && peek(scanner, 1) != '\\'))) {
		TELL(scanner, scanner->line, "in double quotes \\\" and \\\\ are the escapes; there are no others",
		    "a string holds an unknown escape");
	} else {
		return true;
	}
	return false;
}

static enum token_kind
lex_string(struct scanner *scanner, struct token *token)
{
	int quote = peek(scanner, 0);

	scanner->at++;
	while (peek(scanner, 0) != quote) {
		if (!check_string_byte(scanner, quote))
			return TOKEN_FAULT;
		scanner->at += peek(scanner, 0) == '\\' ? 2 : 1;
	}
	token->text = mm_slice(scanner->scan->text + token->begin + 1, scanner->at - token->begin - 1);
	scanner->at++;
	if (token->text.len <= MM_CONFIG_VALUE_LEN_MAX)
		return TOKEN_STRING;
	TELL(scanner, token->line, "no value needs so many", "a string has %zu bytes, at most %d are allowed",
	    token->text.len, MM_CONFIG_VALUE_LEN_MAX);
	return TOKEN_FAULT;
}

static enum token_kind
lex_foreign(struct scanner *scanner, int byte)
{
	if (byte == '(')
		TELL(scanner, scanner->line, "everything stands in this one file",
		    "'(' has no meaning here: there are no functions such as include()");
	else if (byte == '+')
		TELL(scanner, scanner->line, "write the whole list once", "'+' has no meaning here");
	else if (byte == ';')
		TELL(scanner, scanner->line, "a setting ends where the next begins", "';' has no meaning here");
	else if (byte == '/' || byte == ':' || byte == '@' || byte == '*' || byte == '~' || byte >= 0x80)
		TELL(scanner, scanner->line, "write the whole value in double quotes",
		    "a value that is more than letters, digits, '_', '-' and '.' needs quotes");
	else if (byte >= 0x20 && byte < 0x7f)
		TELL(scanner, scanner->line, "write values in double quotes", "'%c' has no meaning here", byte);
	else
		TELL(scanner, scanner->line, "remove it", "the control character %d has no meaning here", byte);
	return TOKEN_FAULT;
}

static enum token_kind
lex(struct scanner *scanner, struct token *token)
{
	int byte = peek(scanner, 0);

	if (byte < 0)
		return TOKEN_END;
	if (is_word_byte(byte))
		return lex_word(scanner, token);
	if (byte == '"' || byte == '\'')
		return lex_string(scanner, token);
	scanner->at++;
	switch (byte) {
	case '{':
		return TOKEN_OPEN;
	case '}':
		return TOKEN_CLOSE;
	case '=':
		return TOKEN_EQUALS;
	case ',':
		return TOKEN_COMMA;
	default:
		return lex_foreign(scanner, byte);
	}
}

/* Take the next token into scanner->token. */
static void
advance(struct scanner *scanner)
{
	struct token *token = &scanner->token;

	if (!skip_space(scanner)) {
		token->kind = TOKEN_FAULT;
		return;
	}
	token->line = scanner->line;
	token->begin = scanner->at;
	token->kind = lex(scanner, token);
	token->end = scanner->at;
}

/* ---- the grammar ---- */

/* Tell that something else was expected; what the lexer refused was told by it. */
static bool
unexpected(struct scanner *scanner, const char *wanted, const char *mend)
{
	if (scanner->token.kind != TOKEN_FAULT)
		TELL(scanner, scanner->token.line, mend, "%s is expected, but here is %s", wanted,
		    name_of(scanner->token.kind));
	return false;
}

static bool
take(struct scanner *scanner, enum token_kind kind, const char *mend)
{
	if (scanner->token.kind != kind)
		return unexpected(scanner, name_of(kind), mend);
	advance(scanner);
	return true;
}

static bool
is_value(const struct scanner *scanner)
{
	return scanner->token.kind == TOKEN_WORD || scanner->token.kind == TOKEN_STRING;
}

/* Behind the opening brace of a list, up to and with its closing one. */
static bool
scan_list(struct scanner *scanner, struct mm_scan_setting *setting)
{
	static const char mend[] = "a list is { \"one\", \"two\" }";
	size_t begin = scanner->token.end;

	advance(scanner);
	while (scanner->token.kind != TOKEN_CLOSE) {
		if (!is_value(scanner))
			return unexpected(scanner, "a value", mend);
		advance(scanner);
		if (scanner->token.kind == TOKEN_CLOSE)
			break;
		if (!take(scanner, TOKEN_COMMA, mend))
			return false;
		if (!is_value(scanner))
			return unexpected(scanner, "a value behind ','", "remove the last ','");
	}
	setting->shape = MM_SCAN_LIST;
	setting->value = mm_slice(scanner->scan->text + begin, scanner->token.begin - begin);
	return true;
}

static bool
scan_value(struct scanner *scanner, struct mm_scan_setting *setting)
{
	if (scanner->token.kind == TOKEN_OPEN) {
		if (!scan_list(scanner, setting))
			return false;
	} else if (is_value(scanner)) {
		setting->shape = scanner->token.kind == TOKEN_WORD ? MM_SCAN_WORD : MM_SCAN_STRING;
		setting->value = scanner->token.text;
	} else {
		return unexpected(scanner, "a value", "a setting is: name = \"value\"");
	}
	setting->end = scanner->token.end;
	advance(scanner);
	return true;
}

static bool
add_setting(struct scanner *scanner, const struct mm_scan_setting *setting)
{
	struct mm_config_scan *scan = scanner->scan;

	if (scan->setting_count == MM_CONFIG_SETTINGS_MAX) {
		TELL(scanner, setting->line, "split the installation", "more than %d settings", MM_CONFIG_SETTINGS_MAX);
		return false;
	}
	scan->settings[scan->setting_count++] = *setting;
	return true;
}

static bool
add_section(struct scanner *scanner, const struct mm_scan_section *section)
{
	struct mm_config_scan *scan = scanner->scan;

	if (scan->section_count == MM_CONFIG_SECTIONS_MAX) {
		TELL(scanner, section->line, "split the installation", "more than %d sections", MM_CONFIG_SECTIONS_MAX);
		return false;
	}
	scan->sections[scan->section_count++] = *section;
	return true;
}

/* Behind a setting's name. */
static bool
scan_setting(struct scanner *scanner, const struct token *name, size_t section)
{
	struct mm_scan_setting setting = {
		.name = name->text, .section = section, .begin = name->begin, .line = name->line,
	};

	return take(scanner, TOKEN_EQUALS, "a setting is: name = \"value\"") && scan_value(scanner, &setting) &&
	    add_setting(scanner, &setting);
}

static bool
scan_section_body(struct scanner *scanner, size_t section)
{
	while (scanner->token.kind != TOKEN_CLOSE) {
		struct token name = scanner->token;

		if (name.kind == TOKEN_END) {
			TELL(scanner, scanner->scan->sections[section].line, "close it with '}'",
			    "the section that begins here never ends");
			return false;
		}
		if (!take(scanner, TOKEN_WORD, "a setting is: name = \"value\"") ||
		    !scan_setting(scanner, &name, section))
			return false;
	}
	scanner->scan->sections[section].end = scanner->token.end;
	advance(scanner);
	return true;
}

/* Behind the kind of a section. */
static bool
scan_section(struct scanner *scanner, const struct token *kind)
{
	struct mm_scan_section section = {
		.kind = kind->text, .title = scanner->token.text, .begin = kind->begin, .line = kind->line,
		.first = scanner->scan->setting_count,
	};

	advance(scanner);
	if (!take(scanner, TOKEN_OPEN, "a section is: realm NAME { … }") || !add_section(scanner, &section))
		return false;
	return scan_section_body(scanner, scanner->scan->section_count - 1);
}

static bool
scan_items(struct scanner *scanner)
{
	while (scanner->token.kind != TOKEN_END) {
		struct token name = scanner->token;

		if (!take(scanner, TOKEN_WORD, "a setting is: name = \"value\"; a section is: realm NAME { … }"))
			return false;
		if (is_value(scanner)) {
			if (!scan_section(scanner, &name))
				return false;
		} else if (scanner->token.kind == TOKEN_OPEN) {
			TELL(scanner, name.line, "write realm NAME { … }", "the section '%.*s' has no name",
			    (int)name.text.len, name.text.ptr);
			return false;
		} else if (!scan_setting(scanner, &name, 0)) {
			return false;
		}
	}
	return true;
}

/* ---- the whole ---- */

/* Size and bytes: a NUL would end the text for libconfuse, and no value may be what only looks like text. */
static bool
check_bytes(struct mm_slice text, const char *path, struct mm_problems *problems)
{
	int line = 1;
	size_t len;

	if (text.len > MM_CONFIG_LEN_MAX) {
		mm_problems_add(problems, MM_PROBLEM_ERROR, path, 0, "is it the right file?",
		    "the configuration has %zu bytes, at most %d are read", text.len, MM_CONFIG_LEN_MAX);
		return false;
	}
	for (size_t at = 0; at < text.len; at += len) {
		len = text.ptr[at] == '\0' ? 0 : mm_utf8_decode(text.ptr + at, text.len - at, NULL);
		if (len == 0) {
			mm_problems_add(problems, MM_PROBLEM_ERROR, path, line, "save the file as UTF-8 text",
			    "byte 0x%02x is not text here", (unsigned)(unsigned char)text.ptr[at]);
			return false;
		}
		if (text.ptr[at] == '\n')
			line++;
	}
	return true;
}

/* Room for all that the limits allow, so that nothing is moved while it is borrowed. */
static bool
allocate(struct mm_config_scan *scan, struct mm_slice text)
{
	scan->text = malloc(text.len + 1);
	scan->settings = calloc(MM_CONFIG_SETTINGS_MAX, sizeof(*scan->settings));
	scan->sections = calloc(MM_CONFIG_SECTIONS_MAX, sizeof(*scan->sections));
	if (scan->text == NULL || scan->settings == NULL || scan->sections == NULL)
		return false;
	if (text.len > 0)
		memcpy(scan->text, text.ptr, text.len);
	scan->text[text.len] = '\0';
	scan->len = text.len;
	scan->section_count = 1;
	return true;
}

bool
mm_config_scan(struct mm_slice text, const char *path, struct mm_problems *problems, struct mm_config_scan *scan)
{
	struct scanner scanner = { .scan = scan, .path = path, .problems = problems, .line = 1 };

	memset(scan, 0, sizeof(*scan));
	if (!check_bytes(text, path, problems))
		return false;
	if (!allocate(scan, text)) {
		problems->incomplete = true;
		return false;
	}
	advance(&scanner);
	return scan_items(&scanner);
}

void
mm_config_scan_clear(struct mm_config_scan *scan)
{
	free(scan->text);
	free(scan->settings);
	free(scan->sections);
	memset(scan, 0, sizeof(*scan));
}

char *
mm_config_scan_sound_text(const struct mm_config_scan *scan)
{
	char *text = strdup(scan->text);

	if (text == NULL)
		return NULL;
	for (size_t i = 0; i < scan->setting_count; i++)
		if (scan->settings[i].faulty)
			blank(text, scan->settings[i].begin, scan->settings[i].end);
	for (size_t i = 1; i < scan->section_count; i++)
		if (scan->sections[i].faulty)
			blank(text, scan->sections[i].begin, scan->sections[i].end);
	return text;
}

const struct mm_scan_setting *
mm_config_scan_find(const struct mm_config_scan *scan, size_t section, const char *name)
{
	for (size_t i = scan->sections[section].first; i < scan->setting_count; i++) {
		const struct mm_scan_setting *setting = &scan->settings[i];

		if (section != 0 && setting->section != section)
			break;
		if (setting->section == section && mm_slice_equal(setting->name, mm_slice_str(name)))
			return setting;
	}
	return NULL;
}
