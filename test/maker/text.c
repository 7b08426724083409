/* SPDX-License-Identifier: Apache-2.0 */
/* Text as the token maker builds it. */
#include "test/maker/text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char maker_base64url_alphabet[65] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

_Noreturn void
maker_fail(const char *format, ...)
{
	va_list args;

	fputs("mintmark-maker: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

char *
maker_copy_part(const char *str, size_t len)
{
	char *copy = strndup(str, len);

	if (copy == NULL)
		maker_fail("out of memory");
	return copy;
}

char *
maker_copy(const char *str)
{
	return maker_copy_part(str, strlen(str));
}

static void
make_room(struct maker_text *text, size_t more)
{
	size_t room = text->room == 0 ? 256 : text->room;

	while (room - text->len <= more)
		room *= 2;
	if (room == text->room)
		return;
	text->bytes = realloc(text->bytes, room);
	if (text->bytes == NULL)
		maker_fail("out of memory");
	text->room = room;
}

void
maker_text_add(struct maker_text *text, const void *bytes, size_t len)
{
	make_room(text, len);
	if (len > 0)
		memcpy(text->bytes + text->len, bytes, len);
	text->len += len;
	text->bytes[text->len] = '\0';
}

void
maker_text_add_str(struct maker_text *text, const char *str)
{
	maker_text_add(text, str, strlen(str));
}

void
maker_text_add_format(struct maker_text *text, const char *format, ...)
{
	va_list args;
	char *line = NULL;

	va_start(args, format);
	if (vasprintf(&line, format, args) < 0)
		maker_fail("out of memory");
	va_end(args);
	maker_text_add_str(text, line);
	free(line);
}

void
maker_text_add_base64url(struct maker_text *text, const void *bytes, size_t len)
{
	const unsigned char *in = bytes;
	uint32_t bits = 0;
	unsigned pending = 0;

	for (size_t i = 0; i < len; i++) {
		bits = bits << 8 | in[i];
		for (pending += 8; pending >= 6; pending -= 6)
			maker_text_add(text, &maker_base64url_alphabet[bits >> (pending - 6) & 63], 1);
	}
	if (pending > 0)
		maker_text_add(text, &maker_base64url_alphabet[bits << (6 - pending) & 63], 1);
}

void
maker_text_add_json_string(struct maker_text *text, const char *str)
{
	maker_text_add_str(text, "\"");
	for (; *str != '\0'; str++) {
		if (*str == '"' || *str == '\\')
			maker_text_add_format(text, "\\%c", *str);
		else if ((unsigned char)*str < 0x20)
			maker_text_add_format(text, "\\u%04x", (unsigned)*str);
		else
			maker_text_add(text, str, 1);
	}
	maker_text_add_str(text, "\"");
}

void
maker_text_clear(struct maker_text *text)
{
	free(text->bytes);
	*text = (struct maker_text){ 0 };
}

static struct maker_member *
find_member(struct maker_object *object, const char *name)
{
	for (size_t i = 0; i < object->count; i++) {
		if (strcmp(object->members[i].name, name) == 0)
			return &object->members[i];
	}
	return NULL;
}

void
maker_object_append(struct maker_object *object, const char *name, const char *value)
{
	if (object->count == MAKER_MEMBERS_MAX)
		maker_fail("an object of more than %d members", MAKER_MEMBERS_MAX);
	object->members[object->count].name = maker_copy(name);
	object->members[object->count].value = maker_copy(value);
	object->count++;
}

void
maker_object_set(struct maker_object *object, const char *name, const char *value)
{
	struct maker_member *member = find_member(object, name);

	if (member == NULL) {
		maker_object_append(object, name, value);
		return;
	}
	free(member->value);
	member->value = maker_copy(value);
}

void
maker_object_set_string(struct maker_object *object, const char *name, const char *str)
{
	struct maker_text value = { 0 };

	maker_text_add_json_string(&value, str);
	maker_object_set(object, name, value.bytes);
	maker_text_clear(&value);
}

void
maker_object_set_number(struct maker_object *object, const char *name, long long number)
{
	struct maker_text value = { 0 };

	maker_text_add_format(&value, "%lld", number);
	maker_object_set(object, name, value.bytes);
	maker_text_clear(&value);
}

void
maker_object_remove(struct maker_object *object, const char *name)
{
	struct maker_member *member = find_member(object, name);

	if (member == NULL)
		return;
	free(member->name);
	free(member->value);
	object->count--;
	memmove(member, member + 1, (size_t)(&object->members[object->count] - member) * sizeof *member);
}

void
maker_object_write(const struct maker_object *object, struct maker_text *text)
{
	maker_text_add_str(text, "{");
	for (size_t i = 0; i < object->count; i++) {
		const struct maker_member *member = &object->members[i];

		maker_text_add_format(text, "%s\"%s\":", i == 0 ? "" : ",", member->name);
		maker_text_add_str(text, member->value);
	}
	maker_text_add_str(text, "}");
}

void
maker_object_clear(struct maker_object *object)
{
	for (size_t i = 0; i < object->count; i++) {
		free(object->members[i].name);
		free(object->members[i].value);
	}
	object->count = 0;
}
