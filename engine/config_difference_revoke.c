/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What 'revoke' sections of two configurations refuse: by what they name, not by their own names.
 */
#include "engine/config_telling.h"

#include "lib/base/array.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Lists of a section, in words. */
static const struct {
	size_t offset;
	const char *noun;
	bool has_time; /* only what was issued before a time may be meant */
} kinds[] = {
	{ offsetof(struct mm_config_revoke, tokens), "token ", false },
	{ offsetof(struct mm_config_revoke, sessions), "tokens of session ", true },
	{ offsetof(struct mm_config_revoke, subjects), "tokens of subject ", true },
	{ offsetof(struct mm_config_revoke, clients), "tokens of client ", true },
	{ offsetof(struct mm_config_revoke, tenants), "tokens of tenant ", true },
	{ offsetof(struct mm_config_revoke, keys), "key ", false },
};

/* One thing that is refused. */
struct bar {
	const char *realm, *value;
	size_t kind;
	int64_t before_s; /* tokens issued earlier; INT64_MAX: all */
};

struct bars {
	struct bar *items;
	size_t count;
};

static int
compare_bars(const void *a, const void *b)
{
	const struct bar *left = a, *right = b;
	int order = strcmp(left->realm, right->realm);

	if (order == 0)
		order = left->kind < right->kind ? -1 : left->kind > right->kind;
	return order != 0 ? order : strcmp(left->value, right->value);
}

static char **
list_of(const struct mm_config_revoke *revoke, size_t kind)
{
	return *(char **const *)(const void *)((const char *)revoke + kinds[kind].offset);
}

static size_t
count_texts(char *const *list)
{
	size_t count = 0;

	while (list != NULL && list[count] != NULL)
		count++;
	return count;
}

static size_t
count_bars(const struct mm_config *config)
{
	size_t count = 0;

	for (size_t i = 0; i < config->revoke_count; i++)
		for (size_t kind = 0; kind < MM_COUNT_OF(kinds); kind++)
			count += count_texts(list_of(&config->revokes[i], kind));
	return count;
}

static void
add_bars(struct bars *bars, const struct mm_config_revoke *revoke, size_t kind)
{
	for (char **value = list_of(revoke, kind); value != NULL && *value != NULL; value++)
		bars->items[bars->count++] = (struct bar){
			.realm = revoke->realm, .kind = kind, .value = *value,
			.before_s = kinds[kind].has_time ? revoke->issued_before_s : INT64_MAX,
		};
}

/* Of those that stand more than once, keep the one that refuses most. */
static void
merge_bars(struct bars *bars)
{
	size_t kept = 0;

	for (size_t i = 0; i < bars->count; i++) {
		if (kept > 0 && compare_bars(&bars->items[kept - 1], &bars->items[i]) == 0) {
			if (bars->items[i].before_s > bars->items[kept - 1].before_s)
				bars->items[kept - 1] = bars->items[i];
		} else {
			bars->items[kept++] = bars->items[i];
		}
	}
	bars->count = kept;
}

static struct bars
sort_bars(struct mm_config_telling *telling, const struct mm_config *config)
{
	struct bars bars = { NULL, 0 };
	size_t count = count_bars(config);

	if (count == 0)
		return bars;
	bars.items = calloc(count, sizeof(bars.items[0]));
	if (bars.items == NULL) {
		telling->lines->failed = true;
		return bars;
	}
	for (size_t i = 0; i < config->revoke_count; i++)
		for (size_t kind = 0; kind < MM_COUNT_OF(kinds); kind++)
			add_bars(&bars, &config->revokes[i], kind);
	qsort(bars.items, bars.count, sizeof(bars.items[0]), compare_bars);
	merge_bars(&bars);
	return bars;
}

/* A thing that is refused less in the other configuration, or not at all; left: what is still refused there. */
static void
tell_bar(struct mm_config_telling *telling, const struct bar *bar, const struct bar *left)
{
	mm_config_telling_begin(telling);
	mm_buf_addf(telling->lines, "%s%s of realm %s", kinds[bar->kind].noun, bar->value, bar->realm);
	if (left != NULL)
		mm_buf_addf(telling->lines, ", issued at %" PRId64 " or later", left->before_s);
	if (bar->before_s != INT64_MAX)
		mm_buf_addf(telling->lines, ", issued before %" PRId64, bar->before_s);
	mm_config_telling_end(telling);
}

void
mm_config_telling_revocations(struct mm_config_telling *telling)
{
	struct bars from = sort_bars(telling, telling->from), to = sort_bars(telling, telling->to);

	for (size_t i = 0; i < from.count; i++) {
		const struct bar *bar = &from.items[i];
		const struct bar *left =
		    to.count == 0 ? NULL : bsearch(bar, to.items, to.count, sizeof(to.items[0]), compare_bars);

		if (left == NULL || left->before_s < bar->before_s)
			tell_bar(telling, bar, left);
	}
	free(from.items);
	free(to.items);
}
