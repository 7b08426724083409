/* SPDX-License-Identifier: Apache-2.0 */
/* Other spellings of one token's text. */
#include "test/maker/spelling.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
insert(struct maker_text *text, size_t at, const char *what)
{
	char *rest = maker_copy(text->bytes + at);

	text->len = at;
	maker_text_add_str(text, what);
	maker_text_add_str(text, rest);
	free(rest);
}

/* The next character of the alphabet differs only in the lowest, unused bit of the last one. */
static void
set_unused_bit(struct maker_text *text)
{
	char *last = &text->bytes[text->len - 1];
	const char *place = strchr(maker_base64url_alphabet, *last);

	if (text->len % 4 == 0 || place == NULL)
		maker_fail("a part of %zu characters has no unused bits", text->len);
	*last = place[1];
}

static void
pad(struct maker_text *text)
{
	maker_text_add_str(text, text->len % 4 == 3 ? "=" : "==");
}

static void
space_before(struct maker_text *text)
{
	insert(text, 0, " ");
}

static void
space_inside(struct maker_text *text)
{
	insert(text, text->len / 2, " ");
}

static void
space_behind(struct maker_text *text)
{
	maker_text_add_str(text, " ");
}

static void
newline_inside(struct maker_text *text)
{
	insert(text, text->len / 2, "\n");
}

static void
newline_behind(struct maker_text *text)
{
	maker_text_add_str(text, "\n");
}

static void
fourth_segment(struct maker_text *text)
{
	maker_text_add_str(text, ".e30");
}

static void
empty_fourth_segment(struct maker_text *text)
{
	maker_text_add_str(text, ".");
}

static void
two_segments(struct maker_text *text)
{
	text->len = (size_t)(strrchr(text->bytes, '.') - text->bytes);
	text->bytes[text->len] = '\0';
}

/* The alphabet of RFC 4648 section 4: '+' and '/' for '-' and '_'. */
static void
standard_alphabet(struct maker_text *text)
{
	for (char *place = text->bytes; *place != '\0'; place++)
		*place = *place == '-' ? '+' : *place == '_' ? '/' : *place;
}

static void
nothing_at_all(struct maker_text *text)
{
	text->len = 0;
	text->bytes[0] = '\0';
}

static const struct maker_spelling spellings[] = {
	{ "header-unused-bits", MAKER_HEADER, set_unused_bit },
	{ "payload-unused-bits", MAKER_PAYLOAD, set_unused_bit },
	{ "signature-unused-bits", MAKER_SIGNATURE, set_unused_bit },
	{ "header-padded", MAKER_HEADER, pad },
	{ "payload-padded", MAKER_PAYLOAD, pad },
	{ "signature-padded", MAKER_SIGNATURE, pad },
	{ "header-space", MAKER_HEADER, space_inside },
	{ "payload-newline", MAKER_PAYLOAD, newline_inside },
	{ "signature-space", MAKER_SIGNATURE, space_inside },
	{ "space-before", MAKER_WHOLE, space_before },
	{ "space-behind", MAKER_WHOLE, space_behind },
	{ "newline-behind", MAKER_WHOLE, newline_behind },
	{ "fourth-segment", MAKER_WHOLE, fourth_segment },
	{ "empty-fourth-segment", MAKER_WHOLE, empty_fourth_segment },
	{ "two-segments", MAKER_WHOLE, two_segments },
	{ "standard-alphabet", MAKER_WHOLE, standard_alphabet },
	{ "nothing", MAKER_WHOLE, nothing_at_all },
};

const struct maker_spelling *
maker_spelling_find(const char *name)
{
	for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
		if (strcmp(name, spellings[i].name) == 0)
			return &spellings[i];
	}
	maker_fail("there is no spelling '%s'", name);
}

bool
maker_spelling_fits(const struct maker_spelling *spelling, const struct maker_text *token)
{
	return spelling == NULL || spelling->spell != standard_alphabet || strpbrk(token->bytes, "-_") != NULL;
}

void
maker_spell(const struct maker_spelling *spelling, enum maker_part part, struct maker_text *text)
{
	if (spelling != NULL && spelling->part == part)
		spelling->spell(text);
}

bool
maker_spelling_needs_unused_bits(const struct maker_spelling *spelling, enum maker_part part)
{
	return spelling != NULL && spelling->part == part &&
	    (spelling->spell == set_unused_bit || spelling->spell == pad);
}

void
maker_spelling_print_names(void)
{
	for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++)
		printf(" %s", spellings[i].name);
	putchar('\n');
}
