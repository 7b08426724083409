/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text as the token maker builds it: growing buffers, base64url, JSON members.
 *
 * The maker shares no code with the library on purpose: what makes the tokens of the tests must not have
 * the faults of what judges them. Every function ends the program where memory is short.
 */
#ifndef MAKER_TEXT_H
#define MAKER_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Bytes with a NUL behind them; all zeroes is an empty one. */
struct maker_text {
	char *bytes;
	size_t len, room;
};

void maker_text_add(struct maker_text *text, const void *bytes, size_t len);
void maker_text_add_str(struct maker_text *text, const char *str);
void maker_text_add_format(struct maker_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void maker_text_add_base64url(struct maker_text *text, const void *bytes, size_t len);
/* A JSON string with its quotes; only '"', '\' and control characters are escaped. */
void maker_text_add_json_string(struct maker_text *text, const char *str);
void maker_text_clear(struct maker_text *text);

/* The alphabet of RFC 4648 section 5, by value. */
extern const char maker_base64url_alphabet[65];

/* The members of one JSON object in their order. Name and value are JSON as it will stand in the text. */
#define MAKER_MEMBERS_MAX 64
struct maker_object {
	struct maker_member {
		char *name, *value;
	} members[MAKER_MEMBERS_MAX];
	size_t count;
};

/* Replace the member of this name, or append it. */
void maker_object_set(struct maker_object *object, const char *name, const char *value);
void maker_object_set_string(struct maker_object *object, const char *name, const char *str);
void maker_object_set_number(struct maker_object *object, const char *name, long long number);
/* Append it, whether or not there is one of this name. */
void maker_object_append(struct maker_object *object, const char *name, const char *value);
void maker_object_remove(struct maker_object *object, const char *name);
void maker_object_write(const struct maker_object *object, struct maker_text *text);
void maker_object_clear(struct maker_object *object);

/* strdup and strndup that do not fail. */
char *maker_copy(const char *str);
char *maker_copy_part(const char *str, size_t len);

/* Say it on standard error and exit with 2. */
_Noreturn void maker_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
